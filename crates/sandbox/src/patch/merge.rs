//! JSON merge patch. Source: RFC 7386.

use serde_json::{Map, Value};

/// Gives `target` with the patch laid over it; null removes.
pub(crate) fn merge_patch(target: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let mut out = match target {
        Value::Object(fields) => fields.clone(),
        _ => Map::new(),
    };
    for (name, change) in changes {
        if change.is_null() {
            out.shift_remove(name);
        } else {
            let merged = merge_patch(out.get(name).unwrap_or(&Value::Null), change);
            out.insert(name.clone(), merged);
        }
    }
    Value::Object(out)
}
