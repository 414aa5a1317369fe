//! Taking fields out of an object.

use serde_json::{Map as Object, Value};

use super::item::path_element;
use crate::fields::{FieldSet, PathElement};
use crate::schema::{Atom, ListKind, Schema, builtin};

/// Gives `value` without the fields of `set`; null when an inner node is left without content.
pub(crate) fn remove(schema: &Schema, value: &Value, set: &FieldSet) -> Value {
    match (schema.atom(Some(value)), value) {
        (Atom::Scalar(_), _) => value.clone(),
        (Atom::List { list }, Value::Array(items)) if list.kind != ListKind::Atomic => {
            let kept: Vec<Value> = items
                .iter()
                .filter_map(|item| match path_element(list, item) {
                    Ok(step) if set.members.contains(&step) => None,
                    Ok(step) => Some(match set.children.get(&step) {
                        Some(below) if !below.is_empty() => remove(&list.item, item, below),
                        _ => item.clone(),
                    }),
                    Err(_) => Some(item.clone()),
                })
                .collect();
            if kept.is_empty() { Value::Null } else { Value::Array(kept) }
        }
        (Atom::Map { map, atomic: false }, Value::Object(fields)) => {
            let mut kept = Object::new();
            for (name, child) in fields {
                let step = PathElement::Field(name.clone());
                if set.members.contains(&step) {
                    continue;
                }
                let child = match set.children.get(&step) {
                    Some(below) if !below.is_empty() => {
                        remove(map.child(name).unwrap_or(&builtin::ANY_NODE), child, below)
                    }
                    _ => child.clone(),
                };
                kept.insert(name.clone(), child);
            }
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        _ => Value::Null,
    }
}
