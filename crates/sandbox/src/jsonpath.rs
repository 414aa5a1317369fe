//! The JSONPath of printer columns and scale paths, as far as Kubernetes allows it there.
//!
//! In: a value and a path such as `.status.conditions[?(@.type=="Ready")].status`. Out: what it finds.

use serde_json::Value;

/// Gives all values that the path leads to.
pub(crate) fn find<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    let mut rest = path.trim();
    while !rest.is_empty() {
        let Some((step, tail)) = next_step(rest) else {
            return Vec::new();
        };
        found = found.into_iter().flat_map(|node| take(node, &step)).collect();
        rest = tail;
    }
    found.retain(|v| !v.is_null());
    found
}

enum Step {
    Field(String),
    Index(i64),
    All,
    /// Items whose field at a path equals a text.
    Where(String, String),
}

fn next_step(path: &str) -> Option<(Step, &str)> {
    if let Some(rest) = path.strip_prefix('[') {
        let (inside, tail) = rest.split_once(']')?;
        let inside = inside.trim();
        if let Some(filter) = inside.strip_prefix("?(").and_then(|f| f.strip_suffix(')')) {
            let (field, wanted) = filter.split_once("==")?;
            let field = field.trim().strip_prefix("@").unwrap_or(field).to_owned();
            return Some((Step::Where(field, unquoted(wanted.trim()).to_owned()), tail));
        }
        let step = match inside {
            "*" => Step::All,
            text if text.starts_with(['\'', '"']) => Step::Field(unquoted(text).to_owned()),
            number => Step::Index(number.parse().ok()?),
        };
        return Some((step, tail));
    }
    let rest = path.strip_prefix('.').unwrap_or(path);
    let mut name = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.push(chars.next()?.1),
            '.' | '[' => return Some((field_step(name), &rest[at..])),
            c => name.push(c),
        }
    }
    Some((field_step(name), ""))
}

fn field_step(name: String) -> Step {
    if name == "*" { Step::All } else { Step::Field(name) }
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(|c| c == '\'' || c == '"')
}

fn take<'a>(node: &'a Value, step: &Step) -> Vec<&'a Value> {
    match step {
        Step::Field(name) if name.is_empty() => vec![node],
        Step::Field(name) => node.get(name).into_iter().collect(),
        Step::Index(index) => {
            let Some(items) = node.as_array() else {
                return Vec::new();
            };
            let at = if *index < 0 { items.len() as i64 + index } else { *index };
            usize::try_from(at).ok().and_then(|at| items.get(at)).into_iter().collect()
        }
        Step::All => match node {
            Value::Array(items) => items.iter().collect(),
            Value::Object(fields) => fields.values().collect(),
            _ => Vec::new(),
        },
        Step::Where(path, wanted) => {
            let items = node.as_array().map(Vec::as_slice).unwrap_or_default();
            let holds = |item: &&Value| {
                find(item, path)
                    .first()
                    .is_some_and(|v| v.as_str().map_or_else(|| v.to_string() == *wanted, |s| s == wanted))
            };
            items.iter().filter(holds).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use serde_json::json;

    #[test]
    fn printer_column_paths_lead_somewhere() {
        let object = json!({"status": {"conditions": [{"type": "A", "status": "1"}, {"type": "Ready", "status": "True"}],
                            "a.b": {"c": [1, 2]}}});
        assert_eq!(find(&object, ".status.conditions[?(@.type=='Ready')].status"), [&json!("True")]);
        assert_eq!(find(&object, ".status.conditions[*].type"), [&json!("A"), &json!("Ready")]);
        assert_eq!(find(&object, ".status.a\\.b.c[1]"), [&json!(2)]);
        assert!(find(&object, ".spec.x").is_empty());
    }
}
