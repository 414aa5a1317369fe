//! Cells of builtin kinds.

use serde_json::{Value, json};

use super::age;
use crate::catalog::Resource;
use crate::object;

/// Gives the cells of a builtin kind; `None` for kinds that show name and age only.
pub(super) fn cells(resource: &Resource, value: &Value) -> Option<Vec<Value>> {
    let _ = (
        resource,
        value,
        json!(age(object::meta(value, "creationTimestamp"))),
    );
    None
}
