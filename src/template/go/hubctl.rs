//! hubctl's own functions, which replace sprig's of the same name.
//!
//! Source: hubctl's `lifecycle/template.go`. Unlike there, `first` takes any list, and each takes nil as nothing.

use std::sync::LazyLock;

use regex::Regex;

use super::functions::{Call, Entry};
use super::literal::{self, Quoted};
use super::value::Value;

pub(super) const FUNCTIONS: &[Entry] = &[
    ("split", split),
    ("compact", compact),
    ("join", join),
    ("first", first),
    ("formatSubdomain", format_subdomain),
    ("unquote", unquote),
    ("uquote", unquote),
    ("bcrypt", bcrypt),
];

fn split(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    let text = call.text(0)?;
    if call.values.len() == 1 {
        return Ok(Value::texts(text.split_whitespace()));
    }
    Ok(Value::texts(split_go(text, call.text(1)?)))
}

/// As `strings.Split`: an empty separator splits into characters.
pub(super) fn split_go(text: &str, separator: &str) -> Vec<String> {
    if separator.is_empty() {
        return text.chars().map(String::from).collect();
    }
    text.split(separator).map(ToOwned::to_owned).collect()
}

fn compact(call: &Call<'_>) -> Result<Value, String> {
    let mut out = Vec::new();
    for value in call.values {
        flatten(value, &mut out)?;
    }
    Ok(Value::texts(out))
}

fn flatten(value: &Value, out: &mut Vec<String>) -> Result<(), String> {
    match value {
        Value::List(items) => items.iter().try_for_each(|item| flatten(item, out)),
        Value::Str(text) => {
            let text = text.trim();
            if !text.is_empty() {
                out.push(text.to_owned());
            }
            Ok(())
        }
        other => Err(format!("Argument type {} not yet supported", other.type_name())),
    }
}

fn join(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    let (separator, arguments) = match call.values {
        [arguments @ .., last] if !arguments.is_empty() => (last.to_string(), arguments),
        all => (String::new(), all),
    };
    let separator = if separator.is_empty() { " ".to_owned() } else { separator };
    let mut out = Vec::new();
    for value in arguments {
        match value {
            Value::List(items) => out.extend(items.iter().map(ToString::to_string)),
            Value::Str(text) => out.push(text.to_string()),
            other => return Err(format!("Argument type {} not yet supported", other.type_name())),
        }
    }
    Ok(Value::text(out.join(&separator)))
}

fn first(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, 1)?;
    call.list(0)?.first().cloned().ok_or_else(|| "first expects at least one argument".to_owned())
}

static LEADING: LazyLock<Regex> = LazyLock::new(|| constant("^[^a-zA-Z]+"));
static CAMEL: LazyLock<Regex> = LazyLock::new(|| constant("([a-z0-9])([A-Z])"));
static OTHERS: LazyLock<Regex> = LazyLock::new(|| constant("[^a-zA-Z0-9-]+"));
static DASHES: LazyLock<Regex> = LazyLock::new(|| constant("-{2,}"));
static TRAILING: LazyLock<Regex> = LazyLock::new(|| constant("[^a-zA-Z0-9]+$"));

fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern that a test compiles")
}

fn format_subdomain(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    let text = call.text(0)?.trim();
    let size = match call.values.get(1) {
        None => 63,
        Some(Value::Int(size)) => *size,
        Some(Value::Str(size)) => size.parse().unwrap_or(0),
        Some(other) => return Err(format!("Argument type {} not yet supported", other.type_name())),
    };
    let text = LEADING.replace_all(text, "");
    let text = CAMEL.replace_all(&text, "${1}-${2}");
    let text = OTHERS.replace_all(&text, "-");
    let mut text = DASHES.replace_all(&text, "-").to_lowercase();
    text.truncate(usize::try_from(size).unwrap_or(0));
    let text = TRAILING.replace_all(&text, "");
    Ok(Value::text(match call.values.get(2) {
        Some(delimiter) => text.replace('-', &delimiter.to_string()),
        None => text.into_owned(),
    }))
}

fn unquote(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, 1)?;
    let text = call.text(0)?;
    let quoted = text.starts_with(['"', '\'', '`']).then(|| literal::quoted(text));
    match quoted {
        Some(Ok((Quoted::Text(inner), len))) if len == text.len() => Ok(Value::text(inner)),
        Some(Ok((Quoted::Char(inner), len))) if len == text.len() => Ok(Value::text(inner.to_string())),
        _ => Err("invalid syntax".to_owned()),
    }
}

fn bcrypt(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, 1)?;
    let text = call.text(0)?;
    if text.len() > 72 {
        return Err("bcrypt: password length exceeds 72 bytes".to_owned());
    }
    // Go's default cost.
    ::bcrypt::hash(text, 10)
        .map(|hash| Value::text(hash.replacen("$2b$", "$2a$", 1)))
        .map_err(|e| e.to_string())
}
