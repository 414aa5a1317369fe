//! Looks into resource files.
//!
//! In: the text of a file. Out: the objects in it, `List`s opened up. Refuses to know what they are for.
//!
//! Source: kyaml `kio/byteio_reader.go`, `yaml/rnode.go` (GetValidatedMetadata).

use hub_yaml::Node;

/// The objects of a text; None if it is no YAML.
pub(super) fn objects(text: &str) -> Option<Vec<Node>> {
    let documents = hub_yaml::parse(text).ok()?;
    let is_only = documents.len() == 1;
    let mut objects = Vec::new();
    for document in documents {
        let root = document.root;
        let is_list = matches!(field(&root, &["kind"]), "List" | "ResourceList");
        match root.get("items") {
            Some(items) if is_only && is_list => objects.extend(items.items().iter().cloned()),
            _ if root.is_null() => {}
            _ => objects.push(root),
        }
    }
    Some(objects)
}

/// Whether a text is one that a kustomization can have as a resource: each object has a kind and a name.
pub(super) fn is_resource_file(text: &str) -> bool {
    let is_resource = |object: &Node| {
        let kind = field(object, &["kind"]);
        let is_nothing = object.is_mapping() && object.entries().is_empty();
        let is_named = kind.ends_with("List") || !field(object, &["metadata", "name"]).is_empty();
        is_nothing || !kind.is_empty() && is_named
    };
    objects(text).is_some_and(|objects| objects.iter().all(is_resource))
}

/// A text in an object; empty where there is none.
pub(super) fn field<'n>(object: &'n Node, path: &[&str]) -> &'n str {
    object.at(path).filter(|node| !node.is_null()).and_then(Node::text).unwrap_or_default()
}
