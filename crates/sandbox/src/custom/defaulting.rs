//! Setting the defaults that a schema declares, and dropping nulls that it does not allow.

use serde_json::Value;

use crate::schema::{Atom, Schema};

/// Sets the defaults of missing fields, and of null fields that may not be null.
pub(super) fn set_defaults(schema: &Schema, value: &mut Value) {
    match (schema.atom(Some(value)), value) {
        (Atom::Map { map, .. }, Value::Object(fields)) => {
            for (name, field) in &map.fields {
                let nullable = field.rules.as_ref().is_some_and(|r| r.nullable);
                let missing = match fields.get(name) {
                    None => true,
                    Some(Value::Null) => !nullable,
                    Some(_) => false,
                };
                match &field.default {
                    Some(default) if missing => drop(fields.insert(name.clone(), default.clone())),
                    None if missing => drop(fields.shift_remove(name)),
                    _ => {}
                }
            }
            for (name, child) in fields.iter_mut() {
                if let Some(field) = map.child(name) {
                    set_defaults(field, child);
                }
            }
        }
        (Atom::List { list }, Value::Array(items)) => {
            items.iter_mut().for_each(|item| set_defaults(&list.item, item));
        }
        _ => {}
    }
}
