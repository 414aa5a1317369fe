//! A parameter as a manifest declares it.
//!
//! In: one node of a `parameters:` tree, already read. Out: flat declarations, in the order written.
//! Refuses to know: where values come from in the end (that is `parameters`).

use serde::Serialize;
use serde_json::Value;

use crate::diagnostic::Place;

/// A leaf of a `parameters:` tree, under its full dotted name.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDeclaration {
    /// The names of all ancestors and its own, joined with dots.
    pub name: String,
    /// The value as written; `None` when there is none or it is null.
    pub value: Option<Value>,
    /// Used when nothing else gives a value.
    pub default: Option<Value>,
    /// `empty: allow`: without a value it is an empty string.
    pub allow_empty: bool,
    /// The environment variable that hooks find it under; `None` means that hooks don't see it.
    pub env: Option<String>,
    /// The process's environment variable that gives the value.
    pub from_env: Option<String>,
    /// The file whose content is the value.
    pub from_file: Option<String>,
    /// `user`, `tech` or `link`; `None` when not said.
    pub kind: Option<String>,
    /// The one component that it is meant for; `None` means all that declare it.
    pub component: Option<String>,
    /// A line for people.
    pub brief: Option<String>,
    /// What values it takes; `None` takes anything.
    pub parameter_type: Option<ParameterType>,
    /// The only values allowed; empty allows all.
    pub choices: Vec<Value>,
    /// An expression that the whole value must match.
    pub pattern: Option<String>,
    /// Never shown, logged or recorded in clear.
    pub secret: bool,
    /// Its name is that of a secret, and nothing says that it is none: its value is not listed or recorded, but it is not
    /// looked for in anything else either.
    pub private: bool,
    /// An empty value is an error.
    pub required: bool,
    /// How a value is made when nobody gives one.
    pub generate: Option<GenerateDeclaration>,
    /// Where it is declared.
    pub place: Option<Place>,
    /// Where its value is written, for messages that blame the value.
    pub value_place: Option<Place>,
}

impl ParameterDeclaration {
    /// A declaration with nothing but a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: None,
            default: None,
            allow_empty: false,
            env: None,
            from_env: None,
            from_file: None,
            kind: None,
            component: None,
            brief: None,
            parameter_type: None,
            choices: Vec::new(),
            pattern: None,
            secret: false,
            private: false,
            required: false,
            generate: None,
            place: None,
            value_place: None,
        }
    }
}

/// A value that is read from a live Secret, or made at random where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateDeclaration {
    /// The Secret's name; it may hold `${…}`.
    pub secret: String,
    /// The key in it.
    pub key: String,
    /// The Secret's namespace; `None` means the component's.
    pub namespace: Option<String>,
    /// How many letters and digits a new value has.
    pub length: usize,
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A sequence.
    List,
    /// A mapping.
    Map,
    /// An absolute URL.
    Url,
    /// A time such as `90s`, `10m` or `1h30m`.
    Duration,
}

impl ParameterType {
    /// Every type under the name that manifests use.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("string", Self::String),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("list", Self::List),
        ("map", Self::Map),
        ("url", Self::Url),
        ("duration", Self::Duration),
    ];

    /// The type of a name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
    }

    /// The name that manifests use.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, t)| *t == self).map_or("string", |(n, _)| n)
    }
}
