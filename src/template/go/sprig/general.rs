//! Defaults, reflection, paths, versions, expressions, failure.
//!
//! Source: sprig's `defaults.go`, `reflect.go`, `regex.go`, `semver.go`, `functions.go`.

use regex::Regex;

use super::super::functions::{Call, Entry};
use super::super::value::Value;

pub(in super::super) const FUNCTIONS: &[Entry] = &[
    ("hello", |_| Ok(Value::text("Hello!"))),
    ("default", |call| {
        call.count(1, usize::MAX)?;
        let given = call.values.get(1).filter(|v| v.truth());
        Ok(given.unwrap_or(call.value(0)).clone())
    }),
    ("empty", |call| call.count(1, 1).map(|()| Value::Bool(!call.value(0).truth()))),
    ("coalesce", |call| Ok(call.values.iter().find(|v| v.truth()).cloned().unwrap_or(Value::Nil))),
    ("ternary", |call| {
        call.count(3, 3)?;
        match call.value(2) {
            Value::Bool(yes) => Ok(call.value(usize::from(!yes)).clone()),
            other => Err(format!("wrong type for value; expected bool; got {}", other.type_name())),
        }
    }),
    ("deepCopy", |call| call.count(1, 1).map(|()| call.value(0).deep_copy())),
    ("deepEqual", |call| call.count(2, 2).map(|()| Value::Bool(call.value(0) == call.value(1)))),
    ("typeOf", |call| call.count(1, 1).map(|()| Value::text(call.value(0).type_name()))),
    ("kindOf", |call| call.count(1, 1).map(|()| Value::text(call.value(0).kind_name()))),
    ("typeIs", type_is),
    ("typeIsLike", type_is),
    ("kindIs", |call| {
        call.count(2, 2)?;
        Ok(Value::Bool(call.text(0)? == call.value(1).kind_name()))
    }),
    ("fail", |call| {
        call.count(1, 1)?;
        Err(call.text(0)?.to_owned())
    }),
    ("base", |call| on_path(call, base)),
    ("dir", |call| on_path(call, |path| clean(path.rfind('/').map_or("", |at| &path[..=at])))),
    ("clean", |call| on_path(call, clean)),
    ("ext", |call| {
        on_path(call, |path| {
            let name = &path[path.rfind('/').map_or(0, |at| at + 1)..];
            name.rfind('.').map(|at| name[at..].to_owned()).unwrap_or_default()
        })
    }),
    ("isAbs", |call| {
        call.count(1, 1)?;
        Ok(Value::Bool(call.text(0)?.starts_with('/')))
    }),
    ("regexMatch", |call| {
        call.count(2, 2)?;
        Ok(Value::Bool(expression(call)?.is_match(call.text(1)?)))
    }),
    ("regexFind", |call| {
        call.count(2, 2)?;
        Ok(Value::text(expression(call)?.find(call.text(1)?).map_or("", |m| m.as_str())))
    }),
    ("regexFindAll", |call| {
        call.count(3, 3)?;
        let limit = usize::try_from(call.int(2)?).unwrap_or(usize::MAX);
        let re = expression(call)?;
        Ok(Value::texts(re.find_iter(call.text(1)?).take(limit).map(|m| m.as_str())))
    }),
    ("regexReplaceAll", |call| {
        call.count(3, 3)?;
        Ok(Value::text(expression(call)?.replace_all(call.text(1)?, call.text(2)?)))
    }),
    ("regexReplaceAllLiteral", |call| {
        call.count(3, 3)?;
        Ok(Value::text(expression(call)?.replace_all(call.text(1)?, regex::NoExpand(call.text(2)?))))
    }),
    ("regexSplit", |call| {
        call.count(3, 3)?;
        let re = expression(call)?;
        Ok(match usize::try_from(call.int(2)?) {
            Ok(0) => Value::list([]),
            Ok(limit) => Value::texts(re.splitn(call.text(1)?, limit)),
            Err(_) => Value::texts(re.split(call.text(1)?)),
        })
    }),
    ("semverCompare", |call| {
        call.count(2, 2)?;
        super::words::version_fits(call.text(0)?, call.text(1)?).map(Value::Bool)
    }),
];

fn type_is(call: &Call<'_>) -> Result<Value, String> {
    call.count(2, 2)?;
    Ok(Value::Bool(call.text(0)? == call.value(1).type_name()))
}

fn expression(call: &Call<'_>) -> Result<Regex, String> {
    Regex::new(call.text(0)?).map_err(|e| e.to_string().lines().last().unwrap_or_default().to_owned())
}

fn on_path(call: &Call<'_>, work: impl FnOnce(&str) -> String) -> Result<Value, String> {
    call.count(1, 1)?;
    Ok(Value::text(work(call.text(0)?)))
}

/// As Go's `path.Base`.
fn base(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    let name = trimmed.rsplit('/').next().unwrap_or(trimmed);
    if name.is_empty() { "/".to_owned() } else { name.to_owned() }
}

/// As Go's `path.Clean`.
fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
