//! Whether a value fits a schema, as apply asks it.

use serde_json::Value;

use super::item::path_element;
use crate::fields::PathElement;
use crate::schema::{Atom, List, ListKind, Map, Scalar, Schema};

/// One misfit: where and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaError {
    pub(crate) path: String,
    pub(crate) message: String,
}

impl std::fmt::Display for SchemaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// Lists the misfits of `value`; `duplicates` allows equal items in sets and keyed lists.
pub(crate) fn check(schema: &Schema, value: &Value, duplicates: bool) -> Vec<SchemaError> {
    let mut walk = Walk { duplicates, path: Vec::new(), errors: Vec::new() };
    walk.node(schema, value);
    walk.errors
}

/// One step of the way to a value: a field, which is borrowed because nearly all steps are, or anything else.
enum Step<'a> {
    Field(&'a str),
    Other(PathElement),
}

impl std::fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Other(element) => element.fmt(f),
        }
    }
}

struct Walk<'a> {
    duplicates: bool,
    path: Vec<Step<'a>>,
    errors: Vec<SchemaError>,
}

impl<'a> Walk<'a> {
    fn fail(&mut self, message: impl Into<String>) {
        let path = self.path.iter().map(Step::to_string).collect();
        self.errors.push(SchemaError { path, message: message.into() });
    }

    fn below(&mut self, step: Step<'a>, schema: &Schema, value: &'a Value) {
        self.path.push(step);
        self.node(schema, value);
        self.path.pop();
    }

    fn node(&mut self, schema: &Schema, value: &'a Value) {
        match schema.atom(Some(value)) {
            Atom::Scalar(kind) => self.scalar(kind, value),
            Atom::List { list } => self.list(list, value),
            Atom::Map { map, .. } => self.map(map, value),
        }
    }

    fn scalar(&mut self, kind: Scalar, value: &Value) {
        let message = match (kind, value) {
            (_, Value::Null) => return,
            (Scalar::Integer | Scalar::Number, Value::Number(_)) => return,
            (Scalar::Integer | Scalar::Number, other) => {
                format!("expected numeric (int or float), got {}", go_type(other))
            }
            (Scalar::Boolean, Value::Bool(_)) => return,
            (Scalar::Boolean, other) => format!("expected boolean, got {}", go_value(other)),
            (Scalar::String | Scalar::Bytes, Value::String(_)) => return,
            (Scalar::String | Scalar::Bytes, other) => {
                format!("expected string, got {}", go_unstructured(other))
            }
            (_, Value::Array(_) | Value::Object(_)) => {
                format!("expected any scalar, got {}", go_value(value))
            }
            _ => return,
        };
        self.fail(message);
    }

    fn list(&mut self, list: &List, value: &'a Value) {
        let items = match value {
            Value::Null => return,
            Value::Array(items) => items,
            other => return self.fail(format!("expected list, got {}", go_value(other))),
        };
        let mut seen = std::collections::HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let step = match &list.kind {
                ListKind::Atomic => PathElement::Index(index),
                _ => match path_element(list, item) {
                    Ok(step) => step,
                    Err(message) => return self.fail(format!("element {index}: {message}")),
                },
            };
            if !self.duplicates && list.kind != ListKind::Atomic && !seen.insert(step.clone()) {
                self.fail(format!("duplicate entries for key {step}"));
            }
            self.below(Step::Other(step), &list.item, item);
        }
    }

    fn map(&mut self, map: &Map, value: &'a Value) {
        let fields = match value {
            Value::Null => return,
            Value::Object(fields) => fields,
            other => return self.fail(format!("expected map, got {}", go_value(other))),
        };
        for (name, child) in fields {
            let step = Step::Field(name);
            match map.child(name) {
                Some(field) => self.below(step, field, child),
                None => {
                    self.path.push(step);
                    self.fail("field not declared in schema");
                    self.path.pop();
                    return;
                }
            }
        }
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn go_unstructured(value: &Value) -> String {
    let inner = match value {
        Value::Number(n) => n.to_string(),
        other => go_value(other),
    };
    format!("&value.valueUnstructured{{Value:{inner}}}")
}

/// Prints a value as structured-merge-diff's `%v` does.
fn go_value(value: &Value) -> String {
    format!("&{{{}}}", go_plain(value))
}

fn go_plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(s) => s.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_plain).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            let fields: Vec<String> =
                sorted.into_iter().map(|(k, v)| format!("{k}:{}", go_plain(v))).collect();
            format!("map[{}]", fields.join(" "))
        }
        other => other.to_string(),
    }
}
