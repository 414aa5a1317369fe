//! Lists.
//!
//! Source: sprig's `list.go`.

use super::super::functions::{Call, Entry};
use super::super::value::Value;
use super::numbers;

pub(in super::super) const FUNCTIONS: &[Entry] = &[
    ("list", |call| Ok(Value::list(call.values.to_vec()))),
    ("tuple", |call| Ok(Value::list(call.values.to_vec()))),
    ("append", push),
    ("push", push),
    ("prepend", |call| {
        call.count(2, 2)?;
        Ok(Value::list(std::iter::once(call.value(1).clone()).chain(call.list(0)?.iter().cloned())))
    }),
    ("last", |call| {
        call.count(1, 1)?;
        Ok(call.list(0)?.last().cloned().unwrap_or(Value::Nil))
    }),
    ("rest", |call| {
        call.count(1, 1)?;
        Ok(Value::list(call.list(0)?.iter().skip(1).cloned()))
    }),
    ("initial", |call| {
        call.count(1, 1)?;
        let items = call.list(0)?;
        Ok(Value::list(items[..items.len().saturating_sub(1)].to_vec()))
    }),
    ("reverse", |call| {
        call.count(1, 1)?;
        Ok(Value::list(call.list(0)?.iter().rev().cloned()))
    }),
    ("uniq", |call| {
        call.count(1, 1)?;
        let mut seen: Vec<Value> = Vec::new();
        for item in call.list(0)? {
            if !seen.contains(item) {
                seen.push(item.clone());
            }
        }
        Ok(Value::list(seen))
    }),
    ("without", |call| {
        call.count(1, usize::MAX)?;
        let kept = call.list(0)?.iter().filter(|item| !call.values[1..].contains(item));
        Ok(Value::list(kept.cloned()))
    }),
    ("has", |call| {
        call.count(2, 2)?;
        Ok(Value::Bool(call.list(1)?.contains(call.value(0))))
    }),
    ("concat", |call| {
        let mut out = Vec::new();
        for i in 0..call.values.len() {
            out.extend_from_slice(call.list(i)?);
        }
        Ok(Value::list(out))
    }),
    ("slice", slice),
    ("sortAlpha", |call| {
        call.count(1, 1)?;
        let mut texts = texts(call.value(0));
        texts.sort();
        Ok(Value::texts(texts))
    }),
    ("toStrings", |call| call.count(1, 1).map(|()| Value::texts(texts(call.value(0))))),
];

fn push(call: &Call<'_>) -> Result<Value, String> {
    call.count(2, 2)?;
    Ok(Value::list(call.list(0)?.iter().cloned().chain([call.value(1).clone()])))
}

/// As sprig's `strslice`: a list's items as text without nils; anything else as one.
fn texts(value: &Value) -> Vec<String> {
    let is_nil = |value: &&Value| matches!(value, Value::Nil | Value::Missing);
    match value {
        Value::List(items) => items.iter().filter(|i| !is_nil(i)).map(ToString::to_string).collect(),
        value if is_nil(&value) => Vec::new(),
        value => vec![value.to_string()],
    }
}

fn slice(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, 3)?;
    // Sprig's takes lists only; Go's own takes text too.
    if let Value::Str(text) = call.value(0) {
        let (start, end) = bounds(call, text.len())?;
        return text
            .get(start..end)
            .map(Value::text)
            .ok_or_else(|| "the index is inside a character".to_owned());
    }
    let items = call.list(0)?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let (start, end) = bounds(call, items.len())?;
    Ok(Value::list(items[start..end].to_vec()))
}

fn bounds(call: &Call<'_>, len: usize) -> Result<(usize, usize), String> {
    let at = |index: usize, default: usize| match call.values.get(index) {
        Some(value) => {
            usize::try_from(numbers::int(value)).map_err(|_| format!("index out of range: {value}"))
        }
        None => Ok(default),
    };
    let (start, end) = (at(1, 0)?, at(2, len)?);
    if start > end || end > len {
        return Err(format!("slice bounds out of range [{start}:{end}] with length {len}"));
    }
    Ok((start, end))
}
