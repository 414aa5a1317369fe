//! Reading `status.conditions`.
//!
//! In: one object. Out: a condition by its type. Refuses to judge it.

use serde_json::Value;

/// One condition of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition<'a> {
    name: &'a str,
    status: &'a str,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
    /// True where the condition was told about an earlier generation of the object.
    stale: bool,
}

impl Condition<'_> {
    /// True where the condition is, as of the present generation.
    pub(super) fn is_true(&self) -> bool {
        self.status == "True" && !self.stale
    }

    /// True where the condition is not, as of the present generation.
    pub(super) fn is_false(&self) -> bool {
        self.status == "False" && !self.stale
    }

    /// True where the condition has a status, as of the present generation.
    pub(super) fn has_status(&self, status: &str) -> bool {
        self.status == status && !self.stale
    }

    /// The condition in words.
    pub(super) fn explain(&self) -> String {
        if self.stale {
            return format!("{} is not yet reported for this generation", self.name);
        }
        let why = match (self.reason, self.message) {
            ("", "") => String::new(),
            (reason, "") => format!(": {reason}"),
            ("", message) => format!(": {message}"),
            (reason, message) => format!(": {reason}: {message}"),
        };
        format!("{} is {}{why}", self.name, self.status)
    }
}

/// The condition with this type; `None` where the object does not report it.
pub(super) fn condition<'a>(object: &'a Value, name: &'a str) -> Option<Condition<'a>> {
    let generation = object.pointer("/metadata/generation").and_then(numeric);
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == name)?;
    let text = |field: &str| found[field].as_str().unwrap_or_default();
    let observed = found.get("observedGeneration").and_then(numeric);
    let stale = matches!((observed, generation), (Some(observed), Some(generation)) if observed < generation);
    Some(Condition { name, status: text("status"), reason: text("reason"), message: text("message"), stale })
}

/// An integer, also one that is written as text, as some controllers do.
pub(super) fn numeric(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
