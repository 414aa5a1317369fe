//! PodDisruptionBudgets: done, unless the controller cannot count pods.

use serde_json::Value;

use super::Readiness;
use super::conditions::condition;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    Some(match condition(object, "DisruptionAllowed") {
        Some(known) if known.reason == "SyncFailed" => Readiness::in_progress(known.explain()),
        _ => Readiness::current("there is nothing to wait for"),
    })
}
