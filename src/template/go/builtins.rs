//! The functions of Go's `text/template` itself.
//!
//! Source: Go's `text/template/funcs.go`. `and` and `or` are in `exec`, since they look at only what they need;
//! `slice` is sprig's.

use std::cmp::Ordering;

use super::functions::{Call, Entry};
use super::value::{Value, compare};
use super::verbs;

pub(super) const FUNCTIONS: &[Entry] = &[
    ("not", |call| call.count(1, 1).map(|()| Value::Bool(!call.value(0).truth()))),
    ("len", len),
    ("index", index),
    ("print", |call| Ok(Value::text(print(call.values)))),
    ("println", |call| Ok(Value::text(line(call.values)))),
    ("printf", |call| {
        call.count(1, usize::MAX)?;
        Ok(Value::text(verbs::printf(call.text(0)?, &call.values[1..])))
    }),
    ("html", |call| Ok(Value::text(html(&print(call.values))))),
    ("js", |call| Ok(Value::text(js(&print(call.values))))),
    ("urlquery", |call| Ok(Value::text(query(&print(call.values))))),
    ("eq", equal),
    ("ne", |call| {
        call.count(2, 2)?;
        same(call.value(0), call.value(1)).map(|b| Value::Bool(!b))
    }),
    ("lt", |call| order(call, &[Ordering::Less])),
    ("le", |call| order(call, &[Ordering::Less, Ordering::Equal])),
    ("gt", |call| order(call, &[Ordering::Greater])),
    ("ge", |call| order(call, &[Ordering::Greater, Ordering::Equal])),
    ("call", |_| Err("no value of a template is a function".to_owned())),
];

fn len(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, 1)?;
    let len = match call.value(0) {
        Value::Str(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.borrow().len(),
        Value::Missing | Value::Nil => return Err("len of nil pointer".to_owned()),
        other => return Err(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(i64::try_from(len).unwrap_or(i64::MAX)))
}

fn index(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    let mut value = call.value(0).clone();
    for key in &call.values[1..] {
        value = match (&value, key) {
            (Value::Map(map), Value::Str(key)) => map.borrow().get(&**key).cloned().unwrap_or(Value::Nil),
            (Value::Map(_), key) => {
                return Err(format!("value has type {}; should be string", key.type_name()));
            }
            (Value::List(items), key) => items[position(key, items.len())?].clone(),
            (Value::Str(text), key) => Value::Int(i64::from(text.as_bytes()[position(key, text.len())?])),
            (Value::Missing | Value::Nil, _) => return Err("index of untyped nil".to_owned()),
            (other, _) => return Err(format!("can't index item of type {}", other.type_name())),
        };
    }
    Ok(value)
}

fn position(key: &Value, len: usize) -> Result<usize, String> {
    let Value::Int(i) = key else {
        return Err(format!("cannot index slice/array with type {}", key.type_name()));
    };
    usize::try_from(*i).ok().filter(|i| *i < len).ok_or_else(|| format!("index out of range: {i}"))
}

/// As `fmt.Sprint`: a space between two that are no text.
pub(super) fn print(values: &[Value]) -> String {
    let mut out = String::new();
    for (i, value) in values.iter().enumerate() {
        let is_text = |value: &Value| matches!(value, Value::Str(_));
        if i > 0 && !is_text(value) && !is_text(&values[i - 1]) {
            out.push(' ');
        }
        out.push_str(&value.to_string());
    }
    out
}

fn line(values: &[Value]) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    words.join(" ") + "\n"
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('\'', "&#39;")
        .replace('"', "&#34;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\0', "\u{fffd}")
}

fn js(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c if u32::from(c) < 0x20 || c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// As `url.QueryEscape`.
pub(super) fn query(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn equal(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    let [first, rest @ ..] = call.values else { return Ok(Value::Bool(false)) };
    if rest.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in rest {
        if same(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn same(a: &Value, b: &Value) -> Result<bool, String> {
    match (a, b) {
        (Value::Missing | Value::Nil, b) => Ok(matches!(b, Value::Missing | Value::Nil)),
        (a, Value::Missing | Value::Nil) if !matches!(a, Value::List(_) | Value::Map(_)) => Ok(false),
        (Value::List(_) | Value::Map(_), Value::Missing | Value::Nil) => Ok(false),
        (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => {
            Err("non-comparable type: lists and maps cannot be compared; see deepEqual".to_owned())
        }
        (a, b) if a.kind_name() != b.kind_name() => {
            Err(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()))
        }
        (a, b) => Ok(a == b),
    }
}

fn order(call: &Call<'_>, wanted: &[Ordering]) -> Result<Value, String> {
    call.count(2, 2)?;
    let (a, b) = (call.value(0), call.value(1));
    match compare(a, b) {
        Some(found) => Ok(Value::Bool(wanted.contains(&found))),
        None if a.kind_name() == b.kind_name() => Err("invalid type for comparison".to_owned()),
        None => Err(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name())),
    }
}
