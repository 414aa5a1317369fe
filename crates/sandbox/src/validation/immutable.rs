//! Fields that may not change.

use serde_json::Value;

use crate::status::Cause;

/// Refuses a field that differs from the live object's.
pub(super) fn keep(value: &Value, live: Option<&Value>, pointer: &str, causes: &mut Vec<Cause>) {
    let Some(live) = live else { return };
    let (new, old) = (value.pointer(pointer), live.pointer(pointer));
    if new != old {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        causes.push(Cause::invalid(field, new.unwrap_or(&Value::Null), "field is immutable"));
    }
}
