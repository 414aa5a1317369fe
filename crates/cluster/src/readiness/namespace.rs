//! Namespaces: active.

use serde_json::Value;

use super::Readiness;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let phase = object.pointer("/status/phase").and_then(Value::as_str).unwrap_or("Active");
    Some(match phase {
        "Active" => Readiness::current("Active"),
        phase => Readiness::in_progress(format!("its phase is {phase}")),
    })
}
