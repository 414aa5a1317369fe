//! Maps.
//!
//! Source: sprig's `dict.go`. Unlike there, `keys` and `values` come in the order of the keys.

use super::super::functions::{Call, Entry};
use super::super::value::{Map, Value};

pub(in super::super) const FUNCTIONS: &[Entry] = &[
    ("dict", |call| {
        let pairs = call.values.chunks(2);
        Ok(Value::map(
            pairs.map(|p| (p[0].to_string(), p.get(1).cloned().unwrap_or_else(|| Value::text("")))),
        ))
    }),
    ("set", |call| {
        call.count(3, 3)?;
        call.map(0)?.borrow_mut().insert(call.text(1)?.to_owned(), call.value(2).clone());
        Ok(call.value(0).clone())
    }),
    ("unset", |call| {
        call.count(2, 2)?;
        call.map(0)?.borrow_mut().remove(call.text(1)?);
        Ok(call.value(0).clone())
    }),
    ("hasKey", |call| {
        call.count(2, 2)?;
        Ok(Value::Bool(call.map(0)?.borrow().contains_key(call.text(1)?)))
    }),
    ("pluck", |call| {
        call.count(1, usize::MAX)?;
        let mut out = Vec::new();
        for i in 1..call.values.len() {
            out.extend(call.map(i)?.borrow().get(call.text(0)?).cloned());
        }
        Ok(Value::list(out))
    }),
    ("keys", |call| {
        let mut out = Vec::new();
        for i in 0..call.values.len() {
            out.extend(call.map(i)?.borrow().keys().cloned());
        }
        Ok(Value::texts(out))
    }),
    ("values", |call| {
        call.count(1, 1)?;
        Ok(Value::list(call.map(0)?.borrow().values().cloned()))
    }),
    ("pick", |call| chosen(call, true)),
    ("omit", |call| chosen(call, false)),
    ("merge", |call| merge(call, false)),
    ("mergeOverwrite", |call| merge(call, true)),
];

fn chosen(call: &Call<'_>, keep: bool) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    let keys: Result<Vec<&str>, String> = (1..call.values.len()).map(|i| call.text(i)).collect();
    let keys = keys?;
    let map = call.map(0)?.borrow();
    let entries = map.iter().filter(|(k, _)| keys.contains(&k.as_str()) == keep);
    Ok(Value::map(entries.map(|(k, v)| (k.clone(), v.clone()))))
}

fn merge(call: &Call<'_>, overwrite: bool) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    let target = call.map(0)?;
    for i in 1..call.values.len() {
        merge_into(target, call.map(i)?, overwrite);
    }
    Ok(call.value(0).clone())
}

/// As mergo: what is empty on the right never replaces, what is not empty on the left only when overwriting.
fn merge_into(target: &Map, source: &Map, overwrite: bool) {
    if std::rc::Rc::ptr_eq(target, source) {
        return;
    }
    let entries: Vec<(String, Value)> = source.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (key, value) in entries {
        let old = target.borrow().get(&key).cloned();
        match (&old, &value) {
            (Some(Value::Map(old)), Value::Map(new)) => merge_into(old, new, overwrite),
            (Some(old), _) if old.truth() && !(overwrite && value.truth()) => {}
            _ => {
                target.borrow_mut().insert(key, value);
            }
        }
    }
}
