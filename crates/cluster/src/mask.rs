//! Keeping secret values out of everything that is shown.
//!
//! In: values and texts about to be shown. Out: the same with a placeholder in place of what is secret.
//! Refuses to know where values come from: callers name them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What stands in place of a secret value.
pub(crate) const PLACEHOLDER: &str = "(secret)";

/// Values shorter than this many bytes are only masked where they are the whole text: as parts of a text they
/// would mask harmless ones and so betray themselves.
const MIN_PART_BYTES: usize = 5;

/// A value that is never shown in clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(String);

impl Sensitive {
    /// Marks a value as secret.
    pub fn new(value: impl Into<String>) -> Self {
        Sensitive(value.into())
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PLACEHOLDER)
    }
}

/// Masks a list of secret values, in clear and in base64.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    values: Vec<Sensitive>,
}

impl Mask {
    /// Masks these values.
    pub fn new(sensitive: &[Sensitive]) -> Self {
        let mut values: Vec<Sensitive> = Vec::new();
        for value in sensitive.iter().filter(|value| !value.0.is_empty()) {
            values.push(value.clone());
            values.push(Sensitive(STANDARD.encode(&value.0)));
        }
        // The longest first, so that no part of a longer secret stays behind.
        values.sort_by_key(|value| std::cmp::Reverse(value.0.len()));
        Mask { values }
    }

    /// Replaces every secret value in a text.
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_string();
        for Sensitive(value) in &self.values {
            if masked == *value {
                return PLACEHOLDER.to_string();
            }
            if value.len() >= MIN_PART_BYTES && masked.contains(value.as_str()) {
                masked = masked.replace(value.as_str(), PLACEHOLDER);
            }
        }
        masked
    }

    /// Replaces every secret value in the strings of a tree.
    pub fn value(&self, value: &Value) -> Value {
        if self.values.is_empty() {
            return value.clone();
        }
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(key, item)| (key.clone(), self.value(item))).collect())
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn masks_clear_and_encoded_forms_but_no_short_parts() {
        let mask = Mask::new(&[Sensitive::new("hunter22"), Sensitive::new("no")]);
        assert_eq!(mask.text("user:hunter22@db"), "user:(secret)@db");
        assert_eq!(mask.text(&STANDARD.encode("hunter22")), PLACEHOLDER);
        assert_eq!(mask.text("nobody knows"), "nobody knows");
        assert_eq!(mask.value(&json!({"a": ["no", "yes"]})), json!({"a": [PLACEHOLDER, "yes"]}));
        assert!(!format!("{mask:?}").contains("hunter22"));
    }
}
