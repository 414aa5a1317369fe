//! Who owns a field, by the object's own record of it.
//!
//! In: an object with `metadata.managedFields`, and a path. Out: names of managers. Refuses to judge them.
//! Source: KEP-555 and structured-merge-diff `fieldpath/serialize-pe.go` for the keys of `fieldsV1`.

use serde_json::{Map, Value};

use crate::desired::FIELD_MANAGER;
use crate::diff::Step;

/// Managers that own the field at a path, or the nearest field above it that is owned at all.
pub(crate) fn owners(object: &Value, path: &[Step]) -> Vec<String> {
    let mut owners: Vec<(usize, String)> = Vec::new();
    for entry in entries(object) {
        let manager = entry["manager"].as_str().unwrap_or_default().to_string();
        let depth = depth(&entry["fieldsV1"], path);
        if depth > 0 && !owners.iter().any(|(_, known)| *known == manager) {
            owners.push((depth, manager));
        }
    }
    let deepest = owners.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
    // Whoever owns something above owns this field only where nobody is more exact.
    owners
        .into_iter()
        .filter(|(depth, _)| *depth == deepest && *depth == path.len())
        .map(|(_, name)| name)
        .collect()
}

/// Our own entry: what we applied.
pub(crate) fn our_fields(object: &Value) -> Option<&Value> {
    entries(object)
        .iter()
        .find(|entry| {
            entry["manager"] == FIELD_MANAGER
                && entry["operation"] == "Apply"
                && entry.get("subresource").is_none()
        })
        .map(|entry| &entry["fieldsV1"])
}

/// The record, entry by entry.
pub(crate) fn entries(object: &Value) -> &[Value] {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    entries.map(Vec::as_slice).unwrap_or_default()
}

/// How many steps of the path an entry of the record covers. A list that is owned as a whole covers its items.
fn depth(fields: &Value, path: &[Step]) -> usize {
    let mut node = fields;
    for (depth, step) in path.iter().enumerate() {
        let Some(children) = node.as_object() else { return depth };
        let next = match step {
            Step::Field(name) => children.get(&format!("f:{name}")),
            Step::Item(keys) => item(children, keys),
            Step::Index(index) => children.get(&format!("i:{index}")),
        };
        match next {
            Some(child) => node = child,
            None if depth > 0 && children.keys().all(|key| key == ".") => return path.len(),
            None => return depth,
        }
    }
    path.len()
}

fn item<'a>(children: &'a Map<String, Value>, keys: &[(String, Value)]) -> Option<&'a Value> {
    children.iter().find_map(|(name, child)| {
        let recorded: Map<String, Value> = serde_json::from_str(name.strip_prefix("k:")?).ok()?;
        // Our keys may be fewer than the record's (a port by number, recorded by number and protocol).
        let matches = keys.iter().any(|(key, _)| recorded.contains_key(key))
            && keys.iter().all(|(key, value)| recorded.get(key).is_none_or(|other| other == value));
        matches.then_some(child)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_most_exact_owner_is_named() {
        let object = json!({"metadata": {"managedFields": [
            {"manager": "hub", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:containers": {
                "k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}}}}},
            {"manager": "hpa", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]}});
        let field = |name: &str| Step::Field(name.to_string());
        assert_eq!(owners(&object, &[field("spec"), field("replicas")]), ["hub", "hpa"]);
        let image = [
            field("spec"),
            field("template"),
            field("containers"),
            Step::Item(vec![("name".into(), json!("a"))]),
            field("image"),
        ];
        assert_eq!(owners(&object, &image), ["hub"]);
        assert!(owners(&object, &[field("spec"), field("paused")]).is_empty());
        assert!(our_fields(&object).is_some());
    }
}
