//! The form in which the server's own types write an object.
//!
//! Source: Go's `encoding/json` over the API structs, whose tags the recorded table carries as `x-go`.

use serde_json::{Map as Object, Value, json};

use super::quantity;
use crate::schema::{Atom, GoForm, Map, Scalar, Schema, Shape};

/// Brings a value of a builtin type into canonical form: no unknown fields, no nulls but where Go writes them,
/// structs always, empty optional lists and maps never, quantities as the server spells them.
pub(crate) fn canonical(schema: &Schema, value: &mut Value) {
    match (schema.atom(Some(value)), value) {
        (Atom::Map { map, .. }, Value::Object(object)) => canonical_map(map, object),
        (Atom::List { list }, Value::Array(items)) => {
            items.iter_mut().for_each(|item| canonical(&list.item, item))
        }
        (Atom::Scalar(Scalar::Quantity), value) => {
            if let Some(text) = quantity::canonical(value) {
                *value = json!(text);
            }
        }
        _ => {}
    }
}

fn canonical_map(map: &Map, object: &mut Object<String, Value>) {
    if !map.fields.is_empty() {
        object.retain(|name, value| map.child(name).is_some_and(|field| !left_out(field, value)));
        for name in &map.written {
            if object.get(name).is_none_or(Value::is_null)
                && let Some(unset) = map.fields.get(name).and_then(unset)
            {
                object.insert(name.clone(), unset);
            }
        }
    }
    for (name, value) in object.iter_mut() {
        if let Some(child) = map.child(name) {
            // the server's storage cannot tell an empty list from none
            if child.go == GoForm::Always && value.as_array().is_some_and(Vec::is_empty) {
                *value = Value::Null;
            }
            canonical(child, value);
        }
    }
}

/// What is written for a field that is not set; `None` when nothing is.
fn unset(field: &Schema) -> Option<Value> {
    match (field.go, &field.target().shape) {
        (GoForm::Plain | GoForm::Zero, _) => None,
        (GoForm::Always, Shape::Scalar(kind)) => Some(match kind {
            Scalar::String | Scalar::Formatted => json!(""),
            Scalar::Integer | Scalar::Number => json!(0),
            Scalar::Boolean => json!(false),
            _ => Value::Null,
        }),
        (GoForm::Always, _) => Some(Value::Null),
        (GoForm::Struct, Shape::Scalar(Scalar::IntOrString)) => Some(json!(0)),
        (GoForm::Struct, Shape::Scalar(Scalar::Quantity)) => Some(json!("0")),
        (GoForm::Struct, Shape::Map(_)) => Some(json!({})),
        (GoForm::Struct, _) => None,
    }
}

/// Tells whether a field with this value is not written.
fn left_out(field: &Schema, value: &Value) -> bool {
    match value {
        Value::Null => field.go != GoForm::Always,
        _ if field.go == GoForm::Zero => *value == json!("") || *value == json!(0) || *value == json!(false),
        Value::Array(items) => items.is_empty() && field.go != GoForm::Always,
        Value::Object(fields) if fields.is_empty() && field.go == GoForm::Plain => {
            // a map without keys is left out, a struct without fields is not
            matches!(&field.shape, Shape::Map(map) if map.fields.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::builtin;

    #[test]
    fn go_writes_structs_and_drops_empty_options() {
        let mut role = json!({"metadata": {"labels": {}, "name": "a"}, "rules": null, "extra": 1});
        canonical(builtin::line("rbac.v1.ClusterRole").expect("recorded").schema(), &mut role);
        assert_eq!(role, json!({"metadata": {"name": "a"}, "rules": null}));
        let mut spec =
            json!({"hostNetwork": false, "replicas": 0, "containers": [{"name": "a"}], "volumes": []});
        canonical(builtin::line("core.v1.PodSpec").expect("recorded").schema(), &mut spec);
        assert_eq!(spec, json!({"containers": [{"name": "a", "resources": {}}]}));
    }
}
