//! Reading and writing the metadata that every API object has.
//!
//! In: objects as JSON. Out: their parts. Knows no kinds.

use serde_json::{Map, Value};

/// Gives `metadata.<name>` when it is a non-empty string.
pub(crate) fn meta<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// The object's name, or nothing.
pub(crate) fn name(object: &Value) -> &str {
    meta(object, "name").unwrap_or_default()
}

/// The object's namespace, or nothing.
pub(crate) fn namespace(object: &Value) -> &str {
    meta(object, "namespace").unwrap_or_default()
}

/// The object's metadata, made when missing.
pub(crate) fn metadata_mut(object: &mut Value) -> &mut Map<String, Value> {
    if !object.get("metadata").is_some_and(Value::is_object) {
        object["metadata"] = Value::Object(Map::new());
    }
    object["metadata"].as_object_mut().expect("metadata was just made an object")
}

/// Sets `metadata.<name>`.
pub(crate) fn set_meta(object: &mut Value, name: &str, value: impl Into<Value>) {
    metadata_mut(object).insert(name.into(), value.into());
}

/// Removes `metadata.<name>` and gives what it was.
pub(crate) fn take_meta(object: &mut Value, name: &str) -> Option<Value> {
    metadata_mut(object).shift_remove(name)
}

/// Copies `metadata.<name>` from another object, or removes it when that has none.
pub(crate) fn copy_meta(to: &mut Value, from: &Value, name: &str) {
    match from.get("metadata").and_then(|m| m.get(name)) {
        Some(value) => set_meta(to, name, value.clone()),
        None => drop(take_meta(to, name)),
    }
}

/// The items of `metadata.<name>`, a list of strings.
pub(crate) fn meta_list<'a>(object: &'a Value, name: &str) -> Vec<&'a str> {
    let items = object.get("metadata").and_then(|m| m.get(name)).and_then(Value::as_array);
    items.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

/// `metadata.generation`, 0 when there is none.
pub(crate) fn generation(object: &Value) -> i64 {
    object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default()
}

/// Tells whether deletion has been asked for.
pub(crate) fn deleting(object: &Value) -> bool {
    meta(object, "deletionTimestamp").is_some()
}

/// The value of an annotation.
pub(crate) fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

/// The owner reference whose owner controls the object.
pub(crate) fn controller_uid(object: &Value) -> Option<&str> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    owners.iter().find(|o| o["controller"] == Value::Bool(true))?["uid"].as_str()
}

/// The object's `metadata.uid`, or nothing.
pub(crate) fn uid(object: &Value) -> &str {
    meta(object, "uid").unwrap_or_default()
}

/// Splits an `apiVersion` into group and version.
pub(crate) fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Joins group and version to an `apiVersion`.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}
