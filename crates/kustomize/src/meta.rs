//! The fields that every Kubernetes object has.
//!
//! In: a tree. Out: texts, and changes of them the way kyaml makes them. Knows nothing of other resources.
//!
//! Source: kyaml `yaml/rnode.go`, `yaml/fns.go` (FieldSetter).

use std::collections::BTreeMap;

use hub_yaml::{Node, Style, Tag, Text, Value};

/// Null, or an empty mapping or list.
pub(crate) fn is_nil_or_empty(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(entries) => entries.is_empty() || node.tag() == Tag::Null,
        Value::Sequence(items) => items.is_empty() || node.tag() == Tag::Null,
        _ => node.tag() == Tag::Null,
    }
}

/// The text of a scalar; empty for all else.
pub(crate) fn text_of(node: &Node) -> &str {
    match &node.value {
        Value::Scalar(text) => text,
        _ => "",
    }
}

pub(crate) fn kind(node: &Node) -> &str {
    node.get("kind").map(text_of).unwrap_or_default()
}

pub(crate) fn api_version(node: &Node) -> &str {
    node.get("apiVersion").map(text_of).unwrap_or_default()
}

fn metadata_text<'n>(node: &'n Node, field: &str) -> &'n str {
    let Some(metadata) = node.get("metadata").filter(|metadata| !is_nil_or_empty(metadata)) else {
        return "";
    };
    match metadata.get(field) {
        Some(value) if !is_nil_or_empty(value) => text_of(value),
        _ => "",
    }
}

pub(crate) fn name(node: &Node) -> &str {
    metadata_text(node, "name")
}

pub(crate) fn namespace(node: &Node) -> &str {
    metadata_text(node, "namespace")
}

/// `metadata.labels` or `metadata.annotations` as texts.
pub(crate) fn metadata_map(node: &Node, field: &str) -> BTreeMap<Text, Text> {
    let map = node.get("metadata").and_then(|metadata| metadata.get(field));
    let mut found = BTreeMap::new();
    for (key, value) in map.map(Node::entries).unwrap_or_default() {
        found.insert(Text::new(text_of(key)), Text::new(text_of(value)));
    }
    found
}

/// One annotation, as text.
pub(crate) fn annotation<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.at(&["metadata", "annotations", key]).map(text_of)
}

/// Replaces `metadata.labels` or `metadata.annotations`; takes the field away where there is nothing to put.
pub(crate) fn set_metadata_map(node: &mut Node, field: &str, map: &BTreeMap<Text, Text>) {
    let metadata = child_mapping(node, "metadata");
    remove_first(metadata, field);
    if map.is_empty() {
        return;
    }
    let mut entries = Vec::with_capacity(map.len());
    for (key, value) in map {
        entries.push((Node::untyped(key.clone()), Node::string(value.clone())));
    }
    metadata.push_entry(Node::untyped(field), Node::new(Value::Mapping(entries)));
}

/// The mapping under a key, made if it is missing or null.
pub(crate) fn child_mapping<'n>(node: &'n mut Node, key: &str) -> &'n mut Node {
    if !node.is_mapping() {
        node.replace(Node::mapping());
    }
    let at = match position(node, key) {
        Some(at) => at,
        None => {
            node.push_entry(Node::untyped(key), Node::mapping());
            node.entries().len() - 1
        }
    };
    let child = &mut node.entries_mut().expect("a mapping has just been seen")[at].1;
    if child.tag() == Tag::Null {
        child.replace(Node::mapping());
    }
    child
}

pub(crate) fn position(node: &Node, key: &str) -> Option<usize> {
    node.entries().iter().position(|(k, _)| text_of(k) == key)
}

/// Takes the first entry of a key away, as kyaml's FieldClearer does.
pub(crate) fn remove_first(node: &mut Node, key: &str) -> Option<Node> {
    let at = position(node, key)?;
    Some(node.entries_mut()?.remove(at).1)
}

/// Puts a value under a key: one that was there gives it its style.
pub(crate) fn set_field(node: &mut Node, key: &str, value: Node) {
    match position(node, key) {
        Some(at) => {
            let old = &mut node.entries_mut().expect("has the key")[at].1;
            let style = old.style;
            old.replace(value.with_style(style));
        }
        None => node.push_entry(Node::untyped(key), settled(value)),
    }
}

/// A scalar without a tag that YAML 1.1 would not read as a string is quoted when it is put under a new key.
pub(crate) fn settled(mut value: Node) -> Node {
    if value.tag() == Tag::Unset && value.style == Style::Plain && value.is_scalar() {
        let text = text_of(&value);
        if !text.is_empty() && !hub_yaml::is_plain_string_v2(text) {
            value.style = Style::DoubleQuoted;
        }
    }
    value
}

pub(crate) fn set_name(node: &mut Node, name: &str) {
    set_field(child_mapping(node, "metadata"), "name", Node::untyped(name));
}

pub(crate) fn set_kind(node: &mut Node, kind: &str) {
    set_field(node, "kind", Node::untyped(kind));
}

pub(crate) fn set_api_version(node: &mut Node, api_version: &str) {
    set_field(node, "apiVersion", Node::untyped(api_version));
}

/// Sets the namespace; an empty one takes the field away.
pub(crate) fn set_namespace(node: &mut Node, namespace: &str) {
    if namespace.is_empty() {
        if let Some(metadata) = node.get_mut("metadata") {
            remove_first(metadata, "namespace");
        }
        return;
    }
    set_field(child_mapping(node, "metadata"), "namespace", Node::untyped(namespace));
}
