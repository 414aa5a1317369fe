//! Keeping secret values out of everything that is shown.
//!
//! In: values and texts about to be shown. Out: the same with a placeholder in place of what is secret.
//! Refuses to know where values come from: callers name them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use serde_json::Value;

/// What stands in place of a secret value.
pub(crate) const PLACEHOLDER: &str = "(secret)";

/// Values shorter than this many bytes are only masked where they are the whole text: as parts of a text they
/// would mask harmless ones and so betray themselves.
const MIN_PART_BYTES: usize = 5;
/// A shorter run of base64 turns up by chance.
const MIN_ENCODED_BYTES: usize = 8;
/// Where the program `base64` breaks its lines.
const ENCODED_LINE: usize = 76;

/// A value that is never shown in clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(String);

impl Sensitive {
    /// Marks a value as secret.
    pub fn new(value: impl Into<String>) -> Self {
        Sensitive(value.into())
    }

    /// The value itself, for those who look for it and show it to nobody.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PLACEHOLDER)
    }
}

/// Masks a list of secret values: in clear, each of their lines, as quoted in JSON and in messages of the server, in
/// URLs, and in base64, also as part of a longer text that was encoded as a whole.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    values: Vec<Sensitive>,
}

impl Mask {
    /// What stands in place of a secret value.
    pub const PLACEHOLDER: &'static str = PLACEHOLDER;

    /// Masks these values.
    pub fn new(sensitive: &[Sensitive]) -> Self {
        let mut forms: Vec<String> = sensitive.iter().flat_map(|value| forms(&value.0)).collect();
        // The longest first, so that no part of a longer secret stays behind.
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        forms.dedup();
        Mask { values: forms.into_iter().map(Sensitive).collect() }
    }

    /// True where nothing is secret.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
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

/// Every way in which a secret turns up.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_string(), secret.trim().to_string()];
    let lines = secret.lines().map(str::trim).filter(|line| line.len() >= MIN_PART_BYTES);
    forms.extend(lines.map(str::to_string));
    for form in forms.clone() {
        let quoted = Value::from(form.as_str()).to_string();
        forms.push(quoted[1..quoted.len() - 1].to_string());
        // Go's JSON escapes these too.
        let escaped = |text: String, (sign, code): (char, &str)| text.replace(sign, code);
        let signs = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")];
        forms.push(signs.into_iter().fold(quoted[1..quoted.len() - 1].to_string(), escaped));
        forms.push(percent_encoded(&form));
        forms.extend([STANDARD.encode(&form), URL_SAFE.encode(&form)]);
        forms.extend(
            (0..3).map(|offset| encoded_part(form.as_bytes(), offset)).filter(|form| is_telling(form)),
        );
    }
    let encoded = STANDARD.encode(secret);
    if encoded.len() > ENCODED_LINE {
        let lines = encoded.as_bytes().chunks(ENCODED_LINE);
        forms.extend(
            lines.map(|line| String::from_utf8_lossy(line).into_owned()).filter(|form| is_telling(form)),
        );
    }
    forms.retain(|form| !form.is_empty());
    forms
}

fn is_telling(encoded: &str) -> bool {
    encoded.len() >= MIN_ENCODED_BYTES
}

/// What base64 has of a text whatever is around it, where it begins so many bytes after a multiple of three.
fn encoded_part(text: &[u8], offset: usize) -> String {
    let encoded = STANDARD_NO_PAD.encode([&[0; 2][..offset], text].concat());
    // Characters that also hold bits of neighbours are left out.
    let begin = [0, 2, 3][offset];
    let end = encoded.len() - usize::from(!(offset + text.len()).is_multiple_of(3));
    encoded.get(begin..end).unwrap_or_default().to_string()
}

/// Source: RFC 3986, section 2.3.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
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

    #[test]
    fn masks_what_programs_make_of_a_secret() {
        let secret = "first \"line\"\nsecond & l<st";
        let mask = Mask::new(&[Sensitive::new(secret)]);
        for shown in [
            "first \"line\"".to_string(),
            "  second & l<st".to_string(),
            format!("invalid value {secret:?}"),
            json!({"a": secret}).to_string(),
            "first \\\"line\\\"\\nsecond \\u0026 l\\u003cst".to_string(),
            "?q=second%20%26%20l%3Cst".to_string(),
        ] {
            let masked = mask.text(&shown);
            assert!(!masked.contains("line") && !masked.contains("second"), "{shown} gave {masked}");
        }
    }

    proptest::proptest! {
        #[test]
        fn masks_secrets_in_what_was_encoded_as_a_whole(before in ".{0,7}", secret in "[a-zA-Z0-9/+ ]{9,40}", after in ".{0,7}") {
            let mask = Mask::new(&[Sensitive::new(secret.as_str())]);
            let masked = mask.text(&STANDARD.encode(format!("{before}{secret}{after}")));
            proptest::prop_assert!(masked.contains(PLACEHOLDER), "{masked}");
        }
    }
}
