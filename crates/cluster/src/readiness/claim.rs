//! PersistentVolumeClaims: bound.
//!
//! Differs from kstatus: a lost claim has failed. Claims that wait for their first consumer look the same as others
//! here; whoever waits reads the storage class.

use serde_json::Value;

use super::Readiness;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let phase = object.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    Some(match phase {
        "Bound" => Readiness::current("Bound"),
        "Lost" => Readiness::failed("its volume is lost"),
        _ => Readiness::in_progress("it is not bound to a volume yet"),
    })
}
