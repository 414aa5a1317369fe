//! Values as Go's templates see them.
//!
//! In: parameters. Out: [`Value`], which prints and compares as Go does. Refuses to know: syntax.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;

use super::format;

/// A Go map with text keys; shared, since `set` changes it for everyone who has it.
pub(super) type Map = Rc<RefCell<BTreeMap<String, Value>>>;

/// A value of a template.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A key that a map does not have: prints as `<no value>`, and so does everything below it.
    Missing,
    /// Go's nil.
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    List(Rc<[Value]>),
    Map(Map),
}

impl Value {
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        Self::Str(Rc::from(text.as_ref()))
    }

    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    pub(super) fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::list(items.into_iter().map(Self::text))
    }

    pub(super) fn map(entries: impl IntoIterator<Item = (String, Self)>) -> Self {
        Self::Map(Rc::new(RefCell::new(entries.into_iter().collect())))
    }

    /// Go's truth: what is not empty.
    pub(super) fn truth(&self) -> bool {
        match self {
            Self::Missing | Self::Nil => false,
            Self::Bool(b) => *b,
            Self::Int(i) => *i != 0,
            Self::Float(f) => *f != 0.0,
            Self::Str(s) => !s.is_empty(),
            Self::List(l) => !l.is_empty(),
            Self::Map(m) => !m.borrow().is_empty(),
        }
    }

    /// The name of its Go type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Missing | Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Str(_) => "string",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
        }
    }

    /// The name of its Go kind.
    pub(super) fn kind_name(&self) -> &'static str {
        match self {
            Self::Missing | Self::Nil => "invalid",
            Self::List(_) => "slice",
            Self::Map(_) => "map",
            other => other.type_name(),
        }
    }

    /// A copy that shares nothing.
    pub(super) fn deep_copy(&self) -> Self {
        match self {
            Self::List(items) => Self::list(items.iter().map(Self::deep_copy)),
            Self::Map(map) => Self::map(map.borrow().iter().map(|(k, v)| (k.clone(), v.deep_copy()))),
            other => other.clone(),
        }
    }

    /// As JSON, for `toJson`.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Missing | Self::Nil => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Int(i) => Json::from(*i),
            Self::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => Json::from(*f as i64),
            Self::Float(f) => Json::from(*f),
            Self::Str(s) => Json::String(s.to_string()),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(map) => map.borrow().iter().map(|(k, v)| (k.clone(), v.to_json())).collect(),
        }
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Nil,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => match n.as_i64() {
                Some(i) => Self::Int(i),
                None => Self::Float(n.as_f64().unwrap_or_default()),
            },
            Json::String(s) => Self::text(s),
            Json::Array(items) => Self::list(items.iter().map(Self::from)),
            Json::Object(map) => Self::map(map.iter().map(|(k, v)| (k.clone(), Self::from(v)))),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(i: i64) -> Self {
        Self::Int(i)
    }
}

impl From<f64> for Value {
    fn from(f: f64) -> Self {
        Self::Float(f)
    }
}

/// Equality in depth, as `reflect.DeepEqual`.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Missing | Self::Nil, Self::Missing | Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => Rc::ptr_eq(a, b) || *a.borrow() == *b.borrow(),
            _ => false,
        }
    }
}

/// The order of two basic values of the same kind; `None` for others.
pub(super) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).or(Some(Ordering::Greater)),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// As Go's `%v` prints it; nil is `<nil>`.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing | Self::Nil => f.write_str("<nil>"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => f.write_str(&format::general(*x, None)),
            Self::Str(s) => f.write_str(s),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(" "))
            }
            Self::Map(map) => {
                let entries: Vec<String> = map.borrow().iter().map(|(k, v)| format!("{k}:{v}")).collect();
                write!(f, "map[{}]", entries.join(" "))
            }
        }
    }
}
