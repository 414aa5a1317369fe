//! What a decoder says about a value that does not fit its type.

use serde_json::Value;

use crate::schema::{Atom, Scalar, Schema};

/// What Go says of a text that is no quantity. Source: apimachinery `pkg/api/resource`, `ErrFormatWrong`.
pub(crate) const QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// Lists the paths of fields that the type does not have, e.g. `spec.containers[0].foo`.
pub(crate) fn unknown_fields(schema: &Schema, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    unknown(schema, value, &mut String::new(), &mut found);
    found.sort();
    found
}

fn unknown(schema: &Schema, value: &Value, path: &mut String, found: &mut Vec<String>) {
    match (schema.atom(Some(value)), value) {
        (Atom::Map { map, .. }, Value::Object(fields)) => {
            for (name, child) in fields {
                let length = path.len();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                match map.child(name) {
                    Some(field) => unknown(field, child, path, found),
                    None => found.push(path.clone()),
                }
                path.truncate(length);
            }
        }
        (Atom::List { list }, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                let length = path.len();
                path.push_str(&format!("[{index}]"));
                unknown(&list.item, item, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Says why a builtin type cannot hold the value, in the words of the Go decoder; `None` when it can.
pub(crate) fn mismatch(kind: &str, schema: &Schema, value: &Value) -> Option<String> {
    let mut path = Vec::new();
    misfit(schema, value, kind, &mut path)
}

fn misfit<'a>(schema: &Schema, value: &'a Value, owner: &str, path: &mut Vec<&'a str>) -> Option<String> {
    let owner = match &schema.shape {
        crate::schema::Shape::Named { name, .. } => name.name().rsplit('.').next().unwrap_or_default(),
        _ => owner,
    };
    let wrong = |kind: &str, path: &[&str]| {
        let found = match value {
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            _ => "object",
        };
        let last = path.join(".");
        Some(format!("json: cannot unmarshal {found} into Go struct field {owner}.{last} of type {kind}"))
    };
    match (schema.atom(Some(value)), value) {
        (_, Value::Null) => None,
        (Atom::Map { map, .. }, Value::Object(fields)) => fields.iter().find_map(|(name, child)| {
            let declared = map.fields.contains_key(name);
            if declared {
                path.push(name);
            }
            let found = map.child(name).and_then(|field| misfit(field, child, owner, path));
            if declared {
                path.pop();
            }
            found
        }),
        (Atom::List { list }, Value::Array(items)) => {
            items.iter().find_map(|item| misfit(&list.item, item, owner, path))
        }
        (Atom::Map { map, .. }, _) => {
            let kind = if map.fields.is_empty() { "map[string]string".to_owned() } else { go_struct(schema) };
            wrong(&kind, path)
        }
        (Atom::List { list }, _) => wrong(&format!("[]{}", go_struct(&list.item)), path),
        (Atom::Scalar(Scalar::Bytes), Value::String(text)) => base64_fault(text),
        (Atom::Scalar(Scalar::Time), Value::String(text)) => time_fault(schema, text),
        (Atom::Scalar(Scalar::Quantity), Value::String(text)) if !crate::builtin::is_quantity(text) => {
            Some(QUANTITY.into())
        }
        (Atom::Scalar(kind), value) => {
            let fits = match kind {
                Scalar::String | Scalar::Bytes | Scalar::Formatted | Scalar::Time => value.is_string(),
                Scalar::Integer => value.is_i64() || value.is_u64(),
                Scalar::Number => value.is_number(),
                Scalar::Boolean => value.is_boolean(),
                Scalar::Any => true,
                Scalar::IntOrString | Scalar::Quantity => value.is_string() || value.is_number(),
            };
            if fits { None } else { wrong(go_scalar(kind), path) }
        }
    }
}

fn go_scalar(kind: Scalar) -> &'static str {
    match kind {
        Scalar::Integer => "int32",
        Scalar::Number => "float64",
        Scalar::Boolean => "bool",
        Scalar::Bytes => "[]uint8",
        _ => "string",
    }
}

fn go_struct(schema: &Schema) -> String {
    match &schema.shape {
        crate::schema::Shape::Named { name, .. } => {
            let parts: Vec<&str> = name.name().split('.').collect();
            let count = parts.len();
            if count >= 2 {
                format!("{}.{}", parts[count - 2], parts[count - 1])
            } else {
                name.name().to_owned()
            }
        }
        crate::schema::Shape::Scalar(kind) => go_scalar(*kind).to_owned(),
        _ => "map[string]interface {}".to_owned(),
    }
}

/// Why a text is no time, as Go's parser says it of what does not even begin as one.
fn time_fault(schema: &Schema, text: &str) -> Option<String> {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return None;
    }
    let is_fine = matches!(&schema.shape, crate::schema::Shape::Named { name, .. } if name.name().ends_with("MicroTime"));
    let layout = if is_fine { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" };
    Some(format!("parsing time {text:?} as {layout:?}: cannot parse {text:?} as \"2006\""))
}

/// Where a text stops being base64, as Go's decoder counts.
fn base64_fault(text: &str) -> Option<String> {
    use base64::Engine;
    let text: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    if base64::engine::general_purpose::STANDARD.decode(&text).is_ok() {
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let at = text.find(|c| !plain(c)).unwrap_or(text.len() / 4 * 4);
    Some(format!("illegal base64 data at input byte {at}"))
}
