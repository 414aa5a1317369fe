//! JSON patch. Source: RFC 6902.

use serde_json::Value;

/// Gives `target` after all operations of the patch, or what is wrong with one of them.
pub(crate) fn json_patch(target: &Value, patch: &Value) -> Result<Value, String> {
    let operations = patch.as_array().ok_or("a JSON patch is a list of operations")?;
    let mut out = target.clone();
    for operation in operations {
        operate(&mut out, operation)?;
    }
    Ok(out)
}

fn operate(document: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let path = text("path").ok_or("operation without a path")?;
    let value = || operation.get("value").cloned().unwrap_or(Value::Null);
    let from = || text("from").ok_or("operation without from");
    match text("op").unwrap_or_default() {
        "add" => add(document, path, value()),
        "remove" => remove(document, path).map(drop),
        "replace" => {
            let missing =
                || format!("replace operation does not apply: doc is missing key: {path}: missing value");
            let slot = if path.is_empty() { Some(&mut *document) } else { document.pointer_mut(path) };
            *slot.ok_or_else(missing)? = value();
            Ok(())
        }
        "move" => {
            let moved = remove(document, from()?)?;
            add(document, path, moved)
        }
        "copy" => {
            let copied = document.pointer(from()?).cloned();
            add(document, path, copied.ok_or("copy operation does not apply: doc is missing from path")?)
        }
        "test" => {
            if document.pointer(path).unwrap_or(&Value::Null) == &value() {
                Ok(())
            } else {
                Err(format!("testing value {path} failed: test failed"))
            }
        }
        other => Err(format!("Unexpected kind: {other}")),
    }
}

fn split(path: &str) -> Result<(&str, String), String> {
    let (parent, last) =
        path.rsplit_once('/').ok_or_else(|| format!("the path {path:?} is not a JSON pointer"))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (parent, last) = split(path)?;
    let missing = || format!("add operation does not apply: doc is missing path: {path:?}: missing value");
    match document.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(fields) => drop(fields.insert(last, value)),
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let at: usize = last.parse().map_err(|_| format!("{last:?} is no list index"))?;
            if at > items.len() {
                let bounds = format!("add operation does not apply: doc is missing path: {path:?}");
                return Err(format!(
                    "{bounds}: Unable to access invalid index: {at}: invalid index referenced"
                ));
            }
            items.insert(at, value);
        }
        _ => return Err(missing()),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<Value, String> {
    let (parent, last) = split(path)?;
    let missing = || format!("remove operation does not apply: doc is missing path: {path:?}: missing value");
    let removed = match document.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(fields) => fields.shift_remove(&last),
        Value::Array(items) => {
            last.parse().ok().filter(|at| *at < items.len()).map(|at: usize| items.remove(at))
        }
        _ => None,
    };
    let unable = || format!("remove operation does not apply: doc is missing key: {path}: missing value");
    removed.ok_or_else(unable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_apply_in_order() {
        let object = json!({"a": [1, 2], "b": {"c": 1}});
        let patch = json!([
            {"op": "test", "path": "/b/c", "value": 1},
            {"op": "add", "path": "/a/1", "value": 9},
            {"op": "remove", "path": "/b/c"},
            {"op": "move", "from": "/a/0", "path": "/b/d"},
            {"op": "add", "path": "/x~1y", "value": true},
        ]);
        assert_eq!(json_patch(&object, &patch), Ok(json!({"a": [9, 2], "b": {"d": 1}, "x/y": true})));
        assert!(json_patch(&object, &json!([{"op": "replace", "path": "/z", "value": 1}])).is_err());
    }
}
