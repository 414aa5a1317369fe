//! What a plain scalar means.
//!
//! In: the text of a scalar. Out: its tag and value as go-yaml v3 resolves them (YAML 1.2 with the numbers of
//! 1.1), and whether go-yaml v2 (YAML 1.1: `yes`, `on`, …) would take it for something other than a string.
//!
//! Source: `resolve.go` of go.yaml.in/yaml/v3 v3.0.4 and go.yaml.in/yaml/v2 v2.4.2.

use crate::{number, timestamp};

/// The type of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// `!!null`
    Null,
    /// `!!bool`
    Bool,
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!timestamp`
    Timestamp,
    /// `!!binary`
    Binary,
    /// `!!merge`: the key `<<`
    Merge,
    /// `!!seq`
    Seq,
    /// `!!map`
    Map,
    /// Any other tag; the node has its text.
    Custom,
    /// None given: a node that code made, whose type shows only when it is printed.
    Unset,
}

impl Tag {
    /// The tag of a short form such as `!!str`; None if it is no tag of YAML's own.
    pub fn from_short(text: &str) -> Option<Tag> {
        Some(match text {
            "!!null" => Tag::Null,
            "!!bool" => Tag::Bool,
            "!!str" => Tag::Str,
            "!!int" => Tag::Int,
            "!!float" => Tag::Float,
            "!!timestamp" => Tag::Timestamp,
            "!!binary" => Tag::Binary,
            "!!merge" => Tag::Merge,
            "!!seq" => Tag::Seq,
            "!!map" => Tag::Map,
            _ => return None,
        })
    }

    /// The short form, such as `!!str`; empty for a custom tag.
    pub fn short(self) -> &'static str {
        match self {
            Tag::Null => "!!null",
            Tag::Bool => "!!bool",
            Tag::Str => "!!str",
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            Tag::Timestamp => "!!timestamp",
            Tag::Binary => "!!binary",
            Tag::Merge => "!!merge",
            Tag::Seq => "!!seq",
            Tag::Map => "!!map",
            Tag::Custom | Tag::Unset => "",
        }
    }
}

/// The value of a plain scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~`, nothing.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer too large for [`Scalar::Int`].
    Uint(u64),
    /// Any other number, `.inf` and `.nan`.
    Float(f64),
    /// A date or time, as RFC 3339 text.
    Timestamp(String),
    /// Text.
    Str,
}

impl Scalar {
    /// The tag of such a value.
    pub fn tag(&self) -> Tag {
        match self {
            Scalar::Null => Tag::Null,
            Scalar::Bool(_) => Tag::Bool,
            Scalar::Int(_) | Scalar::Uint(_) => Tag::Int,
            Scalar::Float(_) => Tag::Float,
            Scalar::Timestamp(_) => Tag::Timestamp,
            Scalar::Str => Tag::Str,
        }
    }
}

/// The tag that a plain scalar resolves to.
pub(crate) fn tag(text: &str) -> Tag {
    match text.as_bytes().first() {
        None => Tag::Null,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b't' | b'T' | b'f' | b'F' | b'n' | b'N' | b'~') => {
            scalar(text).tag()
        }
        Some(_) => Tag::Str,
    }
}

/// The value that a plain scalar resolves to.
pub fn scalar(text: &str) -> Scalar {
    let Some(first) = text.as_bytes().first() else {
        return Scalar::Null;
    };
    match first {
        b't' | b'T' | b'f' | b'F' | b'n' | b'N' | b'~' => match text {
            "true" | "True" | "TRUE" => Scalar::Bool(true),
            "false" | "False" | "FALSE" => Scalar::Bool(false),
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            _ => Scalar::Str,
        },
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            _ => number::parse_go_float(text).map_or(Scalar::Str, Scalar::Float),
        },
        b'0'..=b'9' | b'+' | b'-' => number_or_date(text),
        _ => Scalar::Str,
    }
}

fn number_or_date(text: &str) -> Scalar {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if let Some(time) = timestamp::parse(text) {
        return Scalar::Timestamp(time);
    }
    let without_underscores;
    let plain = if text.contains('_') {
        without_underscores = text.replace('_', "");
        without_underscores.as_str()
    } else {
        text
    };
    if let Some(value) = number::parse_int(plain) {
        return match i64::try_from(value) {
            Ok(value) => Scalar::Int(value),
            Err(_) => u64::try_from(value).map_or(Scalar::Str, Scalar::Uint),
        };
    }
    if number::is_decimal_float(plain)
        && let Some(value) = number::finite(plain)
    {
        return Scalar::Float(value);
    }
    Scalar::Str
}

/// Whether go-yaml v2 reads a plain scalar as a string, and so writes a string without quotes.
pub fn is_plain_string_v2(text: &str) -> bool {
    match text.as_bytes().first() {
        None => false,
        Some(b'y' | b'Y' | b'n' | b'N' | b'o' | b'O') => !matches!(
            text,
            "y" | "Y"
                | "yes"
                | "Yes"
                | "YES"
                | "on"
                | "On"
                | "ON"
                | "n"
                | "N"
                | "no"
                | "No"
                | "NO"
                | "off"
                | "Off"
                | "OFF"
                | "null"
                | "Null"
                | "NULL"
        ),
        Some(b'<') => true,
        Some(b'0'..=b'9' | b'+' | b'-') => tag(text) == Tag::Str && !is_base60(text),
        Some(_) => tag(text) == Tag::Str,
    }
}

/// Numbers in base 60, which nobody reads any more but which are still quoted.
fn is_base60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut parts = whole.split(':');
    let head = parts.next().unwrap_or_default();
    let mut count = 0;
    let tail_fits = parts.all(|part| {
        count += 1;
        let bytes = part.as_bytes();
        match bytes {
            [d] => d.is_ascii_digit(),
            [t, d] => (b'0'..=b'5').contains(t) && d.is_ascii_digit(),
            _ => false,
        }
    });
    tail_fits
        && count > 0
        && head.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && head.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_as_in_go_yaml_v3() {
        for (text, expected) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("yes", Scalar::Str),
            ("on", Scalar::Str),
            ("True", Scalar::Bool(true)),
            ("tRUE", Scalar::Str),
            ("0x10", Scalar::Int(16)),
            ("0o17", Scalar::Int(15)),
            ("017", Scalar::Int(15)),
            ("08", Scalar::Float(8.0)),
            ("0b101", Scalar::Int(5)),
            ("-0b101", Scalar::Int(-5)),
            ("1_000", Scalar::Int(1000)),
            ("+12", Scalar::Int(12)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("18446744073709551616", Scalar::Float(18446744073709551616.0)),
            ("1e3", Scalar::Float(1000.0)),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            ("-.5", Scalar::Float(-0.5)),
            ("1e999", Scalar::Str),
            ("1.2.3", Scalar::Str),
            ("-", Scalar::Str),
            (".", Scalar::Str),
            ("12:30", Scalar::Str),
            ("2001-01-01", Scalar::Timestamp("2001-01-01T00:00:00Z".into())),
        ] {
            assert_eq!(scalar(text), expected, "{text}");
        }
    }

    #[test]
    fn strings_that_yaml_1_1_would_misread_are_quoted() {
        for text in ["yes", "N", "off", "", "~", "1", "1e3", "12:30", "190:20:30.15", "0x1F", "2001-01-01"] {
            assert!(!is_plain_string_v2(text), "{text}");
        }
        for text in ["<<", "yeah", "12:60", "1.2.3", "=", "0xZZ", "-", "nope"] {
            assert!(is_plain_string_v2(text), "{text}");
        }
    }
}
