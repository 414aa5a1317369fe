//! The annotation in which kubectl's client-side apply keeps what it applied last.
//!
//! Source: apimachinery `managedfields/internal/lastapplied*.go`.

use serde_json::{Value, json};

use super::field_manager::without_entries;

/// The annotation's name.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Tells whether kubectl has applied the object client-side.
pub(super) fn has_last_applied(object: &Value) -> bool {
    object.pointer("/metadata/annotations").is_some_and(|a| a.get(LAST_APPLIED).is_some())
}

/// Keeps kubectl's client-side annotation in step when kubectl applies server-side.
pub(super) fn renew_last_applied(new: &mut Value, config: &Value) {
    let mut config = without_entries(config);
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.shift_remove(LAST_APPLIED);
    }
    if let Some(annotations) = new.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.insert(LAST_APPLIED.into(), json!(format!("{}\n", sorted(&config))));
    }
}

/// The value with the keys of all maps in order, as Go writes them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            Value::Object(names.into_iter().map(|name| (name.clone(), sorted(&fields[name]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
