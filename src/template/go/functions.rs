//! The table of functions, and how they read their arguments.

use super::value::{Map, Value};
use super::{builtins, hubctl, sprig};

/// A function: arguments in, a value or a message out.
pub(super) type Function = fn(&Call<'_>) -> Result<Value, String>;

/// A function's name and itself.
pub(super) type Entry = (&'static str, Function);

/// Tables in the order in which a name is looked up: hubctl's override sprig's, which override Go's.
const TABLES: [&[Entry]; 8] = [
    hubctl::FUNCTIONS,
    sprig::strings::FUNCTIONS,
    sprig::lists::FUNCTIONS,
    sprig::dicts::FUNCTIONS,
    sprig::numbers::FUNCTIONS,
    sprig::encoding::FUNCTIONS,
    sprig::general::FUNCTIONS,
    builtins::FUNCTIONS,
];

fn find(name: &str) -> Option<Function> {
    TABLES.iter().flat_map(|table| table.iter()).find(|(n, _)| *n == name).map(|(_, f)| *f)
}

/// Whether there is such a function.
pub(super) fn exists(name: &str) -> bool {
    name == "and" || name == "or" || find(name).is_some()
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|table| table.iter().map(|(name, _)| *name)).chain(["and", "or"])
}

/// Calls a function.
///
/// # Errors
/// It refuses its arguments.
pub(super) fn call(name: &str, call: &Call<'_>) -> Result<Value, String> {
    find(name).ok_or_else(|| "not defined".to_owned())?(call)
}

/// The arguments of a call.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) values: &'a [Value],
}

impl Call<'_> {
    /// The number of arguments must be one of these.
    pub(super) fn count(&self, least: usize, most: usize) -> Result<(), String> {
        let n = self.values.len();
        if (least..=most).contains(&n) {
            return Ok(());
        }
        let want = match (least, most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        Err(format!("wrong number of args for {}: want {want} got {n}", self.name))
    }

    /// An argument; nil when it is missing.
    pub(super) fn value(&self, index: usize) -> &Value {
        self.values.get(index).unwrap_or(&Value::Nil)
    }

    /// An argument that must be text.
    pub(super) fn text(&self, index: usize) -> Result<&str, String> {
        match self.value(index) {
            Value::Str(text) => Ok(text),
            other => Err(wrong(other, "string")),
        }
    }

    /// An argument that must be a whole number.
    pub(super) fn int(&self, index: usize) -> Result<i64, String> {
        match self.value(index) {
            Value::Int(i) => Ok(*i),
            other => Err(wrong(other, "int")),
        }
    }

    /// An argument that must be a list.
    pub(super) fn list(&self, index: usize) -> Result<&[Value], String> {
        match self.value(index) {
            Value::List(items) => Ok(items),
            Value::Nil | Value::Missing => Ok(&[]),
            other => Err(wrong(other, "a list")),
        }
    }

    /// An argument that must be a map.
    pub(super) fn map(&self, index: usize) -> Result<&Map, String> {
        match self.value(index) {
            Value::Map(map) => Ok(map),
            other => Err(wrong(other, "map[string]interface {}")),
        }
    }
}

fn wrong(value: &Value, expected: &str) -> String {
    match value {
        Value::Missing | Value::Nil => format!("invalid value; expected {expected}"),
        other => format!("wrong type for value; expected {expected}; got {}", other.type_name()),
    }
}
