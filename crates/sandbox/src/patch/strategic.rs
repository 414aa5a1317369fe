//! Strategic merge patch: lists merged by key as the type says.
//!
//! Source: apimachinery `pkg/util/strategicpatch`.

use serde_json::{Map, Value};

use crate::schema::{Atom, Schema};

type Fields = Map<String, Value>;

/// Gives `target` with the patch merged in, or what is wrong with the patch.
pub(crate) fn strategic(schema: &Schema, target: &Value, patch: &Value) -> Result<Value, String> {
    let Value::Object(patch) = patch else {
        return Err("a strategic merge patch is an object".into());
    };
    let empty = Fields::new();
    let target = target.as_object().unwrap_or(&empty);
    merge_map(Some(schema), target, patch).map(Value::Object)
}

fn merge_map(schema: Option<&Schema>, target: &Fields, patch: &Fields) -> Result<Fields, String> {
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            let mut whole = patch.clone();
            whole.shift_remove("$patch");
            return Ok(whole);
        }
        Some("delete") => return Ok(Fields::new()),
        _ => {}
    }
    let mut out = target.clone();
    if let Some(Value::Array(kept)) = patch.get("$retainKeys") {
        out.retain(|name, _| kept.iter().any(|k| k == name.as_str()));
    }
    for (name, change) in patch {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            delete_items(&mut out, list, change);
            continue;
        }
        if name.starts_with('$') {
            continue;
        }
        let field = schema.and_then(|s| s.field(name));
        match change {
            Value::Null => drop(out.shift_remove(name)),
            Value::Object(below) => {
                let empty = Fields::new();
                let old = out.get(name).and_then(Value::as_object).unwrap_or(&empty);
                let merged = merge_map(field, old, below)?;
                out.insert(name.clone(), Value::Object(merged));
            }
            Value::Array(items) => {
                let order = patch.get(&format!("$setElementOrder/{name}"));
                let merged = merge_list(field, out.get(name), items, order)?;
                out.insert(name.clone(), merged);
            }
            scalar => drop(out.insert(name.clone(), scalar.clone())),
        }
    }
    for (name, order) in patch {
        let Some(list) = name.strip_prefix("$setElementOrder/") else { continue };
        if patch.contains_key(list) {
            continue;
        }
        if let (Some(items), Some(order)) = (out.get(list).and_then(Value::as_array), order.as_array()) {
            let hint = schema.and_then(|s| s.field(list)).and_then(|f| f.patch.as_ref());
            let sorted = arrange(items.clone(), items, order, hint.and_then(|h| h.merge_key.as_deref()));
            out.insert(list.to_owned(), Value::Array(sorted));
        }
    }
    Ok(out)
}

fn delete_items(out: &mut Fields, list: &str, removed: &Value) {
    if let (Some(Value::Array(items)), Value::Array(removed)) = (out.get_mut(list), removed) {
        items.retain(|item| !removed.contains(item));
    }
}

fn merge_list(
    field: Option<&Schema>,
    target: Option<&Value>,
    patch: &[Value],
    order: Option<&Value>,
) -> Result<Value, String> {
    let hint = field.and_then(|f| f.patch.as_ref()).cloned().unwrap_or_default();
    let old = target.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let replaced = patch.iter().any(|item| item.get("$patch").and_then(Value::as_str) == Some("replace"));
    if !hint.merge || replaced {
        let plain = patch.iter().filter(|item| item.get("$patch").is_none()).cloned();
        return Ok(Value::Array(plain.collect()));
    }
    let merged = match &hint.merge_key {
        Some(key) => merge_keyed(field, key, old, patch)?,
        None => {
            let added = patch.iter().filter(|item| !old.contains(item));
            old.iter().chain(added).cloned().collect()
        }
    };
    let order = order.and_then(Value::as_array).map_or(patch, Vec::as_slice);
    Ok(Value::Array(arrange(merged, old, order, hint.merge_key.as_deref())))
}

fn merge_keyed(
    field: Option<&Schema>,
    key: &str,
    old: &[Value],
    patch: &[Value],
) -> Result<Vec<Value>, String> {
    let item = field.and_then(|f| match f.atom(Some(&Value::Array(Vec::new()))) {
        Atom::List { list } => Some(&*list.item),
        _ => None,
    });
    let mut merged: Vec<Value> = old.to_vec();
    for change in patch {
        let Value::Object(fields) = change else {
            return Err("expected an object in a keyed list".into());
        };
        let id = fields
            .get(key)
            .ok_or_else(|| format!("map: {change} does not contain declared merge key: {key}"))?;
        let at = merged.iter().position(|m| m.get(key) == Some(id));
        match (fields.get("$patch").and_then(Value::as_str), at) {
            (Some("delete"), Some(_)) => merged.retain(|m| m.get(key) != Some(id)),
            (Some("delete"), None) => {}
            (_, Some(at)) => {
                let empty = Fields::new();
                let old = merged[at].as_object().unwrap_or(&empty);
                merged[at] = Value::Object(merge_map(item, old, fields)?);
            }
            (_, None) => merged.push(Value::Object(merge_map(item, &Fields::new(), fields)?)),
        }
    }
    Ok(merged)
}

/// Orders a merged list: the items of `order` in that order, the others in the old one, and both by the old order
/// where it has them.
fn arrange(merged: Vec<Value>, old: &[Value], order: &[Value], key: Option<&str>) -> Vec<Value> {
    let same = |a: &Value, b: &Value| match key {
        Some(key) => a.get(key) == b.get(key),
        None => a == b,
    };
    let place = |list: &[Value], item: &Value| list.iter().position(|other| same(other, item));
    let (mut named, mut others): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| place(order, item).is_some());
    named.sort_by_key(|item| place(order, item));
    others.sort_by_key(|item| place(old, item));
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut out = Vec::new();
    loop {
        let other_first = match (others.peek(), named.peek()) {
            (None, None) => return out,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(other), Some(named)) => {
                matches!((place(old, other), place(old, named)), (Some(a), Some(b)) if a < b)
            }
        };
        out.extend(if other_first { others.next() } else { named.next() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::builtin;
    use serde_json::json;

    fn pod_spec(target: Value, patch: Value) -> Value {
        let schema = builtin::line("core.v1.PodSpec").expect("recorded").schema();
        strategic(schema, &target, &patch).expect("a good patch")
    }

    #[test]
    fn containers_merge_by_name() {
        let target = json!({"containers": [{"name": "a", "image": "x", "args": ["1"]}, {"name": "b"}]});
        let patch = json!({"containers": [{"name": "a", "image": "y"}, {"name": "b", "$patch": "delete"}]});
        let expected = json!({"containers": [{"name": "a", "image": "y", "args": ["1"]}]});
        assert_eq!(pod_spec(target, patch), expected);
    }

    #[test]
    fn element_order_is_kept() {
        let target = json!({"containers": [{"name": "a"}, {"name": "b"}]});
        let patch = json!({
            "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}, {"name": "c"}],
            "containers": [{"name": "c", "image": "z"}],
        });
        let expected = json!({"containers": [{"name": "b"}, {"name": "a"}, {"name": "c", "image": "z"}]});
        assert_eq!(pod_spec(target, patch), expected);
    }

    #[test]
    fn atomic_lists_are_replaced() {
        let target = json!({"containers": [{"name": "a", "args": ["1", "2"]}]});
        let patch = json!({"containers": [{"name": "a", "args": ["3"]}]});
        assert_eq!(pod_spec(target, patch), json!({"containers": [{"name": "a", "args": ["3"]}]}));
    }
}
