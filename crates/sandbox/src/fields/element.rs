//! One step of a field path.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

/// One step of a path: a field, a list item by its keys, a set item by its value, or an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PathElement {
    Field(String),
    Key(Vec<(String, KeyValue)>),
    Value(KeyValue),
    Index(usize),
}

/// A scalar that identifies a list item; numbers order before strings, booleans and null.
#[derive(Debug, Clone, Hash, PartialEq, Eq)]
pub(crate) enum KeyValue {
    Int(i64),
    /// A number that is not an integer, by its text.
    Float(String),
    Text(String),
    Bool(bool),
    Null,
}

impl KeyValue {
    /// Reads a scalar; `None` for lists and maps.
    pub(crate) fn of(value: &Value) -> Option<KeyValue> {
        Some(match value {
            Value::Null => KeyValue::Null,
            Value::Bool(b) => KeyValue::Bool(*b),
            Value::String(s) => KeyValue::Text(s.clone()),
            Value::Number(n) => match n.as_i64() {
                Some(i) => KeyValue::Int(i),
                None => KeyValue::Float(n.to_string()),
            },
            Value::Array(_) | Value::Object(_) => return None,
        })
    }

    /// The scalar as JSON.
    pub(crate) fn json(&self) -> Value {
        match self {
            KeyValue::Null => Value::Null,
            KeyValue::Bool(b) => Value::Bool(*b),
            KeyValue::Text(s) => Value::String(s.clone()),
            KeyValue::Int(i) => Value::from(*i),
            KeyValue::Float(text) => text.parse::<f64>().map_or(Value::Null, Value::from),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            KeyValue::Int(_) | KeyValue::Float(_) => 0,
            KeyValue::Text(_) => 1,
            KeyValue::Bool(_) => 2,
            KeyValue::Null => 3,
        }
    }

    fn number(&self) -> f64 {
        match self {
            KeyValue::Int(i) => *i as f64,
            KeyValue::Float(text) => text.parse().unwrap_or(f64::NAN),
            _ => 0.0,
        }
    }
}

impl Ord for KeyValue {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| match (self, other) {
            (KeyValue::Int(a), KeyValue::Int(b)) => a.cmp(b),
            (KeyValue::Text(a), KeyValue::Text(b)) => a.cmp(b),
            (KeyValue::Bool(a), KeyValue::Bool(b)) => a.cmp(b),
            (KeyValue::Float(a), KeyValue::Float(b)) if a == b => Ordering::Equal,
            _ => self.number().total_cmp(&other.number()),
        })
    }
}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathElement::Field(name) => write!(f, ".{name}"),
            PathElement::Key(keys) => {
                let keys: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={}", v.json())).collect();
                write!(f, "[{}]", keys.join(","))
            }
            PathElement::Value(value) => write!(f, "[={}]", value.json()),
            PathElement::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// Writes a path as messages show it, e.g. `.spec.ports[port=80,protocol="TCP"].targetPort`.
pub(crate) fn path_text(path: &[PathElement]) -> String {
    path.iter().map(PathElement::to_string).collect()
}
