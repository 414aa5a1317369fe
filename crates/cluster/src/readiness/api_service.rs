//! APIServices: the backend answers. kstatus has no rule for them.

use serde_json::Value;

use super::Readiness;
use super::conditions::condition;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    Some(match condition(object, "Available") {
        Some(known) if known.is_true() => Readiness::current("Available"),
        Some(known) => Readiness::in_progress(known.explain()),
        None => Readiness::in_progress("Available is not reported yet"),
    })
}
