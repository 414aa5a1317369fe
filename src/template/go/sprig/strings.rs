//! Text.
//!
//! Source: sprig's `functions.go` and `strings.go`; `abbrev`, `initials`, `wrap` as Masterminds/goutils.

use rand::RngExt as _;

use super::super::format;
use super::super::functions::{Call, Entry};
use super::super::hubctl::split_go;
use super::super::value::Value;
use super::words;

pub(in super::super) const FUNCTIONS: &[Entry] = &[
    ("trim", |call| one(call, |s| s.trim().to_owned())),
    ("upper", |call| one(call, str::to_uppercase)),
    ("lower", |call| one(call, str::to_lowercase)),
    ("title", |call| one(call, words::title)),
    ("untitle", |call| one(call, words::untitle)),
    ("swapcase", |call| one(call, words::swapcase)),
    ("snakecase", |call| one(call, |s| words::separated(s, '_'))),
    ("kebabcase", |call| one(call, |s| words::separated(s, '-'))),
    ("camelcase", |call| one(call, words::camelcase)),
    ("initials", |call| one(call, words::initials)),
    ("nospace", |call| one(call, |s| s.chars().filter(|c| !c.is_whitespace()).collect())),
    ("trimall", |call| two(call, |a, b| b.trim_matches(|c| a.contains(c)).to_owned())),
    ("trimAll", |call| two(call, |a, b| b.trim_matches(|c| a.contains(c)).to_owned())),
    ("trimSuffix", |call| two(call, |a, b| b.strip_suffix(a).unwrap_or(b).to_owned())),
    ("trimPrefix", |call| two(call, |a, b| b.strip_prefix(a).unwrap_or(b).to_owned())),
    ("contains", |call| test(call, |a, b| b.contains(a))),
    ("hasPrefix", |call| test(call, |a, b| b.starts_with(a))),
    ("hasSuffix", |call| test(call, |a, b| b.ends_with(a))),
    ("replace", |call| {
        call.count(3, 3)?;
        Ok(Value::text(call.text(2)?.replace(call.text(0)?, call.text(1)?)))
    }),
    ("repeat", |call| {
        call.count(2, 2)?;
        let count = usize::try_from(call.int(0)?).map_err(|_| "negative Repeat count".to_owned())?;
        let text = call.text(1)?;
        if count.saturating_mul(text.len()) > MAX_TEXT {
            return Err("the repeated text is too long".to_owned());
        }
        Ok(Value::text(text.repeat(count)))
    }),
    ("trunc", |call| {
        call.count(2, 2)?;
        let text = call.text(1)?;
        let length = usize::try_from(call.int(0)?).map_err(|_| "slice bounds out of range".to_owned())?;
        piece(text, 0, length.min(text.len()))
    }),
    ("substr", |call| {
        call.count(3, 3)?;
        let text = call.text(2)?;
        let (start, end) = (call.int(0)?, call.int(1)?);
        let end = usize::try_from(end).ok().filter(|end| *end <= text.len()).unwrap_or(text.len());
        piece(text, usize::try_from(start).unwrap_or(0), end)
    }),
    ("indent", |call| indent(call, "")),
    ("nindent", |call| indent(call, "\n")),
    ("quote", |call| Ok(joined(call, |v| format::quote(&v.to_string())))),
    ("squote", |call| Ok(joined(call, |v| format!("'{v}'")))),
    ("cat", |call| Ok(joined(call, ToString::to_string))),
    ("plural", |call| {
        call.count(3, 3)?;
        Ok(Value::text(call.text(if call.int(2)? == 1 { 0 } else { 1 })?))
    }),
    ("toString", |call| call.count(1, 1).map(|()| Value::text(call.value(0).to_string()))),
    ("splitList", |call| {
        call.count(2, 2)?;
        Ok(Value::texts(split_go(call.text(1)?, call.text(0)?)))
    }),
    ("splitn", |call| {
        call.count(3, 3)?;
        let parts = usize::try_from(call.int(1)?).unwrap_or(usize::MAX);
        let pieces: Vec<&str> = call.text(2)?.splitn(parts, call.text(0)?).collect();
        Ok(Value::map(pieces.iter().enumerate().map(|(i, part)| (format!("_{i}"), Value::text(part)))))
    }),
    ("abbrev", |call| {
        call.count(2, 2)?;
        Ok(Value::text(words::abbreviate(call.text(1)?, 0, call.int(0)?)))
    }),
    ("abbrevboth", |call| {
        call.count(3, 3)?;
        Ok(Value::text(words::abbreviate(call.text(2)?, call.int(0)?, call.int(1)?)))
    }),
    ("wrap", |call| {
        call.count(2, 2)?;
        Ok(Value::text(words::wrap(call.text(1)?, call.int(0)?, "\n", false)))
    }),
    ("wrapWith", |call| {
        call.count(3, 3)?;
        Ok(Value::text(words::wrap(call.text(2)?, call.int(0)?, call.text(1)?, true)))
    }),
    ("randAlphaNum", |call| random(call, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")),
    ("randAlpha", |call| random(call, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")),
    ("randNumeric", |call| random(call, b"0123456789")),
];

/// The longest text that one call may make.
const MAX_TEXT: usize = 16 << 20;

fn one(call: &Call<'_>, work: impl FnOnce(&str) -> String) -> Result<Value, String> {
    call.count(1, 1)?;
    Ok(Value::text(work(call.text(0)?)))
}

fn two(call: &Call<'_>, work: impl FnOnce(&str, &str) -> String) -> Result<Value, String> {
    call.count(2, 2)?;
    Ok(Value::text(work(call.text(0)?, call.text(1)?)))
}

fn test(call: &Call<'_>, work: impl FnOnce(&str, &str) -> bool) -> Result<Value, String> {
    call.count(2, 2)?;
    Ok(Value::Bool(work(call.text(0)?, call.text(1)?)))
}

fn piece(text: &str, start: usize, end: usize) -> Result<Value, String> {
    text.get(start..end).map(Value::text).ok_or_else(|| format!("slice bounds out of range [{start}:{end}]"))
}

fn indent(call: &Call<'_>, before: &str) -> Result<Value, String> {
    call.count(2, 2)?;
    let spaces = usize::try_from(call.int(0)?).ok().filter(|n| *n < MAX_TEXT);
    let pad = " ".repeat(spaces.ok_or_else(|| "negative Repeat count".to_owned())?);
    Ok(Value::text(format!("{before}{pad}{}", call.text(1)?.replace('\n', &format!("\n{pad}")))))
}

fn joined(call: &Call<'_>, shown: impl Fn(&Value) -> String) -> Value {
    let values = call.values.iter().filter(|v| !matches!(v, Value::Nil | Value::Missing));
    Value::text(values.map(shown).collect::<Vec<_>>().join(" "))
}

fn random(call: &Call<'_>, alphabet: &[u8]) -> Result<Value, String> {
    call.count(1, 1)?;
    let length = usize::try_from(call.int(0)?).ok().filter(|n| *n <= 1 << 16);
    let length = length.ok_or_else(|| "the length is out of range".to_owned())?;
    let mut rng = rand::rng();
    Ok(Value::text(
        (0..length).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect::<String>(),
    ))
}
