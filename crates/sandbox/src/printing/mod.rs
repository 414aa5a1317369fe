//! The cells of an object's table row.
//!
//! In: an object. Out: one value per column of its resource. Source: kubernetes `pkg/printers/internalversion`.

mod age;
mod builtin;
mod custom;

use serde_json::{Value, json};

use crate::catalog::Resource;
use crate::object;

use age::age;
use age::human_duration;

/// Gives the cells of an object.
pub(crate) fn cells(resource: &Resource, value: &Value) -> Vec<Value> {
    if resource.custom().is_some() {
        return custom::cells(&resource.columns, value);
    }
    let mut cells = builtin::cells(resource, value).unwrap_or_else(|| {
        vec![json!(object::name(value)), json!(age(object::meta(value, "creationTimestamp")))]
    });
    cells.resize(resource.columns.len(), json!(""));
    cells
}
