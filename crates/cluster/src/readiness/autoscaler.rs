//! HorizontalPodAutoscalers: never waited for. Whether metrics flow is the cluster's matter, so what is wrong is
//! said in the message only.

use serde_json::Value;

use super::Readiness;
use super::conditions::condition;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let mut wrong = ["AbleToScale", "ScalingActive"].into_iter().filter_map(|name| condition(object, name));
    let wrong = wrong.find(|known| known.is_false());
    Some(Readiness::current(wrong.map_or("there is nothing to wait for".into(), |known| known.explain())))
}
