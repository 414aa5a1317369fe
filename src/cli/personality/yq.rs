//! `yq -i '.resources += ["x"]' FILE`: the edits that components make, so that no yq is needed.
//!
//! Knows `.a.b`, `.a += [..]`, `.a = ..` and `del(.a)` in the syntax of mikefarah's yq 4. Anything else goes to the yq
//! behind this one on the PATH.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_yaml::{Mapping, Value};

use super::{Stop, Surroundings};
use crate::ui;

enum Edit {
    Get,
    Set(Value),
    Append(Value),
    Delete,
}

pub(super) fn run(words: &[&str], surroundings: &Surroundings) -> Result<(), Stop> {
    let plain: Vec<&str> =
        words.iter().copied().filter(|w| !matches!(*w, "e" | "eval" | "-i" | "--inplace")).collect();
    let in_place = words.iter().any(|w| matches!(*w, "-i" | "--inplace"));
    let known = match plain.as_slice() {
        [expression, file] if !expression.starts_with('-') => parse(expression).map(|edit| (edit, *file)),
        _ => None,
    };
    let Some(((path, edit), file)) = known else { return elsewhere(words, surroundings) };
    let file = Path::new(file);
    let text = std::fs::read_to_string(file).map_err(|e| Stop::of_file(file, &e))?;
    let wrong = |e: String| Stop::new(format!("{}: {e}", file.display()));
    let mut root: Value = serde_yaml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    let result = apply(&mut root, &path, edit).map_err(wrong)?;
    let shown = match &result {
        Some(Value::String(text)) => format!("{text}\n"),
        value => printed(value.as_ref().unwrap_or(&root)).map_err(wrong)?,
    };
    if in_place {
        return std::fs::write(file, shown).map_err(|e| Stop::of_file(file, &e));
    }
    ui::bytes(shown.as_bytes()).map_err(|e| Stop::new(e.to_string()))
}

fn printed(value: &Value) -> Result<String, String> {
    let value = serde_json::to_value(value).map_err(|e| e.to_string())?;
    crate::yaml::to_yaml(&value).map_err(|e| e.to_string())
}

fn parse(expression: &str) -> Option<(Vec<String>, Edit)> {
    let expression = expression.trim();
    if let Some(inner) = expression.strip_prefix("del(").and_then(|rest| rest.strip_suffix(')')) {
        return Some((path(inner)?, Edit::Delete));
    }
    let value =
        |text: &str| serde_yaml::from_str::<Value>(text.trim()).ok().filter(|_| is_literal(text.trim()));
    if let Some((left, right)) = expression.split_once("+=") {
        return Some((path(left)?, Edit::Append(value(right)?)));
    }
    match expression.split_once('=') {
        Some((left, right)) => Some((path(left)?, Edit::Set(value(right)?))),
        None => Some((path(expression)?, Edit::Get)),
    }
}

fn is_literal(text: &str) -> bool {
    text.starts_with(['[', '{', '"'])
        || matches!(text, "true" | "false" | "null")
        || text.parse::<f64>().is_ok()
}

fn path(text: &str) -> Option<Vec<String>> {
    let text = text.trim().strip_prefix('.')?;
    let parts: Vec<String> = text.split('.').map(|p| p.trim_matches('"').to_owned()).collect();
    let plain = |part: &String| part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    parts.iter().all(|p| !p.is_empty() && plain(p)).then_some(parts)
}

fn apply(root: &mut Value, path: &[String], edit: Edit) -> Result<Option<Value>, String> {
    let Some((last, above)) = path.split_last() else { return Ok(None) };
    let mut here = root;
    for key in above {
        here = child(here, key)?;
    }
    if matches!(edit, Edit::Get) {
        return Ok(Some(here.get(last.as_str()).cloned().unwrap_or_default()));
    }
    if matches!(edit, Edit::Delete) {
        if let Value::Mapping(map) = here {
            map.shift_remove(last.as_str());
        }
        return Ok(None);
    }
    let slot = child(here, last)?;
    match (edit, slot) {
        (Edit::Set(value), slot) => *slot = value,
        (Edit::Append(Value::Sequence(more)), Value::Sequence(items)) => items.extend(more),
        (Edit::Append(value), Value::Sequence(items)) => items.push(value),
        (Edit::Append(value), slot @ Value::Null) => *slot = value,
        (Edit::Append(Value::Mapping(more)), Value::Mapping(map)) => map.extend(more),
        (Edit::Append(Value::String(more)), Value::String(text)) => text.push_str(&more),
        _ => return Err("these values cannot be added".to_owned()),
    }
    Ok(None)
}

fn child<'a>(value: &'a mut Value, key: &str) -> Result<&'a mut Value, String> {
    if value.is_null() {
        *value = Value::Mapping(Mapping::new());
    }
    match value {
        Value::Mapping(map) => Ok(map.entry(Value::from(key)).or_insert(Value::Null)),
        _ => Err(format!("`{key}` is looked for in what is no mapping")),
    }
}

/// Runs the next yq on the PATH, which is not this program.
fn elsewhere(words: &[&str], surroundings: &Surroundings) -> Result<(), Stop> {
    let own = surroundings.program.canonicalize().ok();
    let path = surroundings.get("PATH").unwrap_or_default();
    let mut candidates = path.split(':').map(|folder| Path::new(folder).join("yq"));
    let other = candidates.find(|file| file.is_file() && file.canonicalize().ok() != own);
    let Some(other) = other else {
        return Err(Stop::new(
            "hub knows `.a.b`, `.a += [..]`, `.a = ..` and `del(.a)` of one file; install yq 4 for the rest",
        ));
    };
    let status = Command::new(other).args(words).stdin(Stdio::inherit()).status();
    match status.map_err(|e| Stop::new(e.to_string()))?.code() {
        Some(0) => Ok(()),
        code => Err(Stop::with_code(u8::try_from(code.unwrap_or(1)).unwrap_or(1), "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_what_components_edit() {
        let mut root: Value = serde_yaml::from_str("resources: [a]\nx: {y: 1}\n").unwrap();
        for expression in
            [".resources += [\"b\"]", ".new += [\"c\"]", ".x.y = \"z\"", "del(.x.q)", ".m.n = 2", "del(.m)"]
        {
            let (path, edit) = parse(expression).unwrap();
            apply(&mut root, &path, edit).unwrap();
        }
        assert_eq!(printed(&root).unwrap(), "resources:\n- a\n- b\nx:\n  \"y\": z\nnew:\n- c\n");
        for expression in [".a | length", "select(di == 1)", ".a[0]", ".a = .b"] {
            assert!(parse(expression).is_none(), "{expression}");
        }
    }
}
