//! Removing fields that the schema does not have.

use serde_json::Value;

use crate::schema::{Atom, Schema};

/// Removes unknown fields, below known ones too.
pub(super) fn prune(schema: &Schema, value: &mut Value) {
    let preserve = schema.rules.as_ref().is_some_and(|r| r.preserve);
    match (schema.atom(Some(value)), value) {
        (Atom::Map { map, .. }, Value::Object(fields)) => {
            if !preserve {
                fields.retain(|name, _| map.child(name).is_some());
            }
            for (name, child) in fields.iter_mut() {
                if let Some(field) = map.child(name) {
                    prune(field, child);
                }
            }
        }
        (Atom::List { list }, Value::Array(items)) => {
            items.iter_mut().for_each(|item| prune(&list.item, item))
        }
        _ => {}
    }
}
