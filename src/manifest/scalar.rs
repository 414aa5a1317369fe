//! Plain scalars by the rules of YAML 1.1, as hubctl's reader has them.
//!
//! In: the text of an unquoted scalar. Out: a JSON value. Refuses to know: where it stands.
//!
//! Source: go-yaml v2 `resolve.go` (booleans, base prefixes, underscores); YAML 1.1 types repository.

use serde_json::{Number, Value};

/// Whether the text means null.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The value that the text means.
pub(super) fn resolve(text: &str) -> Value {
    if is_null(text) {
        return Value::Null;
    }
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    integer(text).or_else(|| float(text)).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if !digits.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let digits = digits.replace('_', "");
    let (radix, digits) = match digits.as_str() {
        d if d.starts_with("0x") => (16, &d[2..]),
        d if d.starts_with("0b") => (2, &d[2..]),
        d if d.starts_with("0o") => (8, &d[2..]),
        d if d.len() > 1 && d.starts_with('0') => (8, &d[1..]),
        d => (10, d),
    };
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        let value = i64::try_from(magnitude).ok()?;
        return Some(Value::Number((-value).into()));
    }
    Some(Value::Number(magnitude.into()))
}

fn float(text: &str) -> Option<Value> {
    let first = text.trim_start_matches(['-', '+']).as_bytes().first()?;
    if !(first.is_ascii_digit() || *first == b'.') || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let plain = text.replace('_', "");
    if !plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    Number::from_f64(plain.parse().ok()?).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn follows_yaml_1_1() {
        for (text, value) in [
            ("yes", json!(true)),
            ("off", json!(false)),
            ("~", json!(null)),
            ("0x10", json!(16)),
            ("010", json!(8)),
            ("1_000", json!(1000)),
            ("-3", json!(-3)),
            ("1.5", json!(1.5)),
            ("v0.10.0", json!("v0.10.0")),
            ("1.2.3", json!("1.2.3")),
            ("2026-11-21", json!("2026-11-21")),
            ("10m", json!("10m")),
        ] {
            assert_eq!(resolve(text), value, "{text}");
        }
    }
}
