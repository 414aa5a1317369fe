//! The form in which the server's own types write an object.
//!
//! Source: Go's `encoding/json` over the API structs: structs are always written, empty optional lists and maps never.

use serde_json::{Map as Object, Value, json};

use crate::schema::{Atom, Map, Schema};

/// Brings a value of a builtin type into canonical form.
pub(crate) fn canonical(schema: &Schema, value: &mut Value) {
    match (schema.atom(Some(value)), value) {
        (Atom::Map { map, .. }, Value::Object(object)) => canonical_map(schema, map, object),
        (Atom::List { list }, Value::Array(items)) => {
            items.iter_mut().for_each(|item| canonical(&list.item, item))
        }
        _ => {}
    }
}

fn canonical_map(schema: &Schema, map: &Map, object: &mut Object<String, Value>) {
    let required = schema
        .target()
        .rules
        .as_ref()
        .map(|r| r.required.as_slice())
        .unwrap_or_default();
    if !map.fields.is_empty() {
        object.retain(|name, value| {
            map.child(name).is_some() && (required.contains(name) || !dropped(map, name, value))
        });
        for (name, field) in &map.fields {
            if object.get(name).is_none_or(Value::is_null) {
                match &field.default {
                    Some(default) if required.contains(name) || is_struct(default) => {
                        object.insert(name.clone(), default.clone());
                    }
                    None if required.contains(name) => drop(object.insert(name.clone(), Value::Null)),
                    _ => {}
                }
            }
        }
    }
    for (name, value) in object.iter_mut() {
        if let Some(child) = map.child(name) {
            canonical(child, value);
        }
    }
}

fn is_struct(default: &Value) -> bool {
    default.as_object().is_some_and(Object::is_empty)
}

/// Tells whether an optional field with this value is left out.
fn dropped(map: &Map, name: &str, value: &Value) -> bool {
    let Some(field) = map.fields.get(name) else {
        return value.is_null();
    };
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) if fields.is_empty() => {
            // a map without keys is left out, a struct without fields is not
            field
                .as_map()
                .is_some_and(|m| m.fields.is_empty() && m.rest.is_some())
                && field.default.is_none()
                && !matches!(field.shape, crate::schema::Shape::Named { .. })
        }
        _ => false,
    }
}

/// The object that a new one of this kind starts from.
pub(crate) fn empty(schema: Option<&Schema>, api_version: &str, kind: &str) -> Value {
    let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {}});
    if let Some(schema) = schema {
        canonical(schema, &mut value);
    }
    value
}
