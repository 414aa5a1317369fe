//! JSON patches (RFC 6902).
//!
//! In: a patch as YAML or JSON, an object. Out: the object, changed. A missing key of a mapping can be replaced, and
//! negative indices count from the end, as with the library that the original uses.
//!
//! Source: gopkg.in/evanphx/json-patch.v4 v4.13.0 (`patch.go`), api `filters/patchjson6902`.

use hub_yaml::{Node, Tag, Value};

use super::json;
use crate::kustomization::decode::settle_1_1;

/// A JSON patch.
#[derive(Clone, Debug)]
pub(crate) struct JsonPatch {
    operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
struct Operation {
    op: String,
    path: Option<String>,
    from: Option<String>,
    value: Option<Node>,
}

/// Reads a patch.
///
/// # Errors
/// In words: it is no list of operations.
pub(crate) fn parse(text: &str) -> Result<JsonPatch, String> {
    let root = if text.starts_with('[') {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|e| format!("invalid JSON: {e}"))?;
        from_json(value)
    } else {
        let root = hub_yaml::parse_first(text).map_err(|e| e.to_string())?;
        let mut root = root.unwrap_or_else(Node::null);
        hub_yaml::expand_aliases(&mut root).map_err(|e| e.to_string())?;
        settle_1_1(&mut root);
        root
    };
    if root.is_null() {
        return Ok(JsonPatch { operations: Vec::new() });
    }
    let Value::Sequence(items) = root.value else {
        return Err(format!("a JSON patch must be a list of operations, not {}", root.description()));
    };
    let operations = items.into_iter().map(operation).collect::<Result<_, _>>()?;
    Ok(JsonPatch { operations })
}

fn operation(item: Node) -> Result<Operation, String> {
    if !item.is_mapping() {
        return Err(format!("an operation of a JSON patch must be a mapping, not {}", item.description()));
    }
    let text = |key: &str| item.get(key).and_then(Node::as_str).map(str::to_owned);
    Ok(Operation {
        op: text("op").unwrap_or_default(),
        path: text("path"),
        from: text("from"),
        value: item.get("value").cloned(),
    })
}

fn from_json(value: serde_json::Value) -> Node {
    match value {
        serde_json::Value::Null => Node::null(),
        serde_json::Value::Bool(value) => Node::scalar(if value { "true" } else { "false" }, Tag::Bool),
        serde_json::Value::Number(number) => Node::new(Value::Scalar(number.to_string().into())),
        serde_json::Value::String(text) => Node::string(text).with_style(hub_yaml::Style::DoubleQuoted),
        serde_json::Value::Array(items) => {
            Node::new(Value::Sequence(items.into_iter().map(from_json).collect()))
        }
        serde_json::Value::Object(entries) => Node::new(Value::Mapping(
            entries.into_iter().map(|(key, value)| (Node::string(key), from_json(value))).collect(),
        )),
    }
}

impl JsonPatch {
    /// Whether it has no operations.
    pub(crate) fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Applies the patch.
    ///
    /// # Errors
    /// In words: an operation does not apply.
    pub(crate) fn apply(&self, object: &mut Node) -> Result<(), String> {
        json::settle(object).map_err(|e| e.to_string())?;
        for operation in &self.operations {
            operation.apply(object)?;
        }
        json::settle_floats(object).map_err(|e| e.to_string())?;
        if object.is_mapping() {
            Ok(())
        } else {
            Err(format!("the patch makes {} of the object", object.description()))
        }
    }
}

impl Operation {
    fn apply(&self, root: &mut Node) -> Result<(), String> {
        let Some(path) = self.path.as_deref() else {
            return Err(format!("the operation '{}' has no path", self.op));
        };
        let fail = |message: String| format!("operation '{}' on '{path}': {message}", self.op);
        match self.op.as_str() {
            "add" => add(root, path, self.value()).map_err(fail),
            "remove" => take(root, path).map(drop).map_err(fail),
            "replace" => self.replace(root, path).map_err(fail),
            "test" => self.test(root, path).map_err(fail),
            "move" => {
                let value = take(root, self.from().map_err(fail)?).map_err(fail)?;
                add(root, path, value).map_err(fail)
            }
            "copy" => {
                let value = get(root, self.from().map_err(fail)?).map_err(fail)?.cloned();
                add(root, path, value.unwrap_or_else(Node::null)).map_err(fail)
            }
            other => Err(format!("'{other}' is no operation of a JSON patch")),
        }
    }

    fn value(&self) -> Node {
        self.value.clone().unwrap_or_else(Node::null)
    }

    fn from(&self) -> Result<&str, String> {
        self.from.as_deref().ok_or_else(|| "it has no 'from'".into())
    }

    fn replace(&self, root: &mut Node, path: &str) -> Result<(), String> {
        if path.is_empty() {
            *root = self.value();
            return Ok(());
        }
        let (parent, key) = container(root, path)?;
        match &mut parent.value {
            Value::Sequence(items) => {
                let at = index(&key, items.len())?;
                items[at] = self.value();
            }
            _ => put(parent, &key, self.value()),
        }
        Ok(())
    }

    fn test(&self, root: &mut Node, path: &str) -> Result<(), String> {
        let wanted = self.value();
        let found = if path.is_empty() { Some(&*root) } else { get(root, path)? };
        let equal = match found {
            None => wanted.is_null(),
            Some(found) => equals(found, &wanted),
        };
        if equal { Ok(()) } else { Err("the value is another one".into()) }
    }
}

fn equals(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Mapping(x), Value::Mapping(_)) => {
            x.len() == b.entries().len()
                && x.iter().all(|(key, value)| {
                    b.get(key.text().unwrap_or_default()).is_some_and(|other| equals(value, other))
                })
        }
        (Value::Sequence(x), Value::Sequence(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equals(x, y))
        }
        (Value::Scalar(x), Value::Scalar(y)) => {
            let both_null = a.is_null() && b.is_null();
            both_null || (x == y && (a.tag() == Tag::Str) == (b.tag() == Tag::Str))
        }
        _ => false,
    }
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// The mapping or list that a path leads into, and the last key.
fn container<'n>(root: &'n mut Node, path: &str) -> Result<(&'n mut Node, String), String> {
    let mut parts = path.split('/');
    parts.next();
    let mut parts: Vec<String> = parts.map(unescape).collect();
    let Some(key) = parts.pop() else {
        return Err("the path must begin with a '/'".into());
    };
    let mut node = root;
    for part in parts {
        let missing = || format!("the object has no '{part}' on the way");
        let next = match &mut node.value {
            Value::Sequence(items) => {
                let at = index(&part, items.len()).map_err(|_| missing())?;
                items.get_mut(at)
            }
            Value::Mapping(entries) => {
                entries.iter_mut().find(|(key, _)| key.text() == Some(part.as_str())).map(|(_, value)| value)
            }
            _ => None,
        };
        node = next.filter(|next| !next.is_scalar()).ok_or_else(missing)?;
    }
    Ok((node, key))
}

/// An index into a list of a length; a negative one counts from the end.
fn index(key: &str, length: usize) -> Result<usize, String> {
    let number: i64 = key.parse().map_err(|_| format!("'{key}' is no index of a list"))?;
    let at = if number < 0 { number + length as i64 } else { number };
    usize::try_from(at)
        .ok()
        .filter(|at| *at < length)
        .ok_or_else(|| format!("the list has no element {number}"))
}

fn put(mapping: &mut Node, key: &str, value: Node) {
    match mapping.get_mut(key) {
        Some(old) => *old = value,
        None => mapping.push_entry(Node::string(key), value),
    }
}

fn add(root: &mut Node, path: &str, value: Node) -> Result<(), String> {
    let (parent, key) = container(root, path)?;
    match &mut parent.value {
        Value::Sequence(items) if key == "-" => items.push(value),
        Value::Sequence(items) => {
            let at = index(&key, items.len() + 1)?;
            items.insert(at, value);
        }
        _ => put(parent, &key, value),
    }
    Ok(())
}

fn get<'n>(root: &'n mut Node, path: &str) -> Result<Option<&'n Node>, String> {
    let (parent, key) = container(root, path)?;
    match &parent.value {
        Value::Sequence(items) => {
            let at = index(&key, items.len())?;
            Ok(items.get(at))
        }
        _ => Ok(parent.get(&key)),
    }
}

fn take(root: &mut Node, path: &str) -> Result<Node, String> {
    let (parent, key) = container(root, path)?;
    match &mut parent.value {
        Value::Sequence(items) => {
            let at = index(&key, items.len())?;
            Ok(items.remove(at))
        }
        _ => parent.remove(&key).ok_or_else(|| format!("there is no '{key}' to remove")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(object: &str, patch: &str) -> Result<String, String> {
        let mut node = hub_yaml::parse_first(object).expect("good YAML").expect("a document");
        parse(patch)?.apply(&mut node)?;
        hub_yaml::emit(&node).map_err(|e| e.to_string())
    }

    #[test]
    fn operations_apply() {
        let object = "a: [1, 2, 3]\nb: {c: x}\n";
        for (patch, expected) in [
            ("- {op: add, path: /a/-, value: yes}", "a:\n- 1\n- 2\n- 3\n- true\nb:\n  c: x\n"),
            ("- {op: remove, path: /a/-1}", "a:\n- 1\n- 2\nb:\n  c: x\n"),
            ("- {op: replace, path: /b/d, value: 1e6}", "a:\n- 1\n- 2\n- 3\nb:\n  c: x\n  d: 1000000\n"),
            ("- {op: move, from: /b/c, path: /e~1f}", "a:\n- 1\n- 2\n- 3\nb: {}\ne/f: x\n"),
            (
                "[{\"op\": \"test\", \"path\": \"/b\", \"value\": {\"c\": \"x\"}}]",
                "a:\n- 1\n- 2\n- 3\nb:\n  c: x\n",
            ),
        ] {
            assert_eq!(applied(object, patch).as_deref(), Ok(expected), "{patch}");
        }
    }

    #[test]
    fn operations_that_do_not_apply_are_errors() {
        for patch in [
            "- {op: add, path: /x/y, value: 1}",
            "- {op: remove, path: /b/d}",
            "- {op: test, path: /b/c, value: y}",
            "- {op: add, path: /a/7, value: 1}",
            "- {op: frob, path: /a}",
        ] {
            assert!(applied("a: [1]\nb: {c: x}\n", patch).is_err(), "{patch}");
        }
    }
}
