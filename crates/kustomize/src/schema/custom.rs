//! A schema that a kustomization names under `openapi.path`.
//!
//! In: an OpenAPI document. Out: its definitions by name and by kind, and the scopes its paths tell.

use std::rc::Rc;

use hub_yaml::Node;
use rustc_hash::FxHashMap;

use super::{MergeKeys, Shape};

const GVK: &str = "x-kubernetes-group-version-kind";

/// An OpenAPI document.
#[derive(Debug)]
pub(crate) struct Custom {
    definitions: FxHashMap<String, Rc<Definition>>,
    kinds: FxHashMap<(String, String), Rc<Definition>>,
    namespaced: FxHashMap<(String, String), bool>,
}

/// A schema inside the document.
#[derive(Debug)]
pub(crate) struct Definition(Node);

impl Custom {
    pub(crate) fn read(document: &Node) -> Self {
        let mut custom = Custom {
            definitions: FxHashMap::default(),
            kinds: FxHashMap::default(),
            namespaced: FxHashMap::default(),
        };
        for (name, schema) in document.get("definitions").map(Node::entries).unwrap_or_default() {
            let definition = Rc::new(Definition(schema.clone()));
            for gvk in schema.get(GVK).map(Node::items).unwrap_or_default() {
                custom.kinds.insert(type_of(gvk), Rc::clone(&definition));
            }
            let name = name.text().unwrap_or_default().to_owned();
            custom.definitions.insert(name, definition);
        }
        for (path, item) in document.get("paths").map(Node::entries).unwrap_or_default() {
            let Some(gvk) = item.at(&["get", GVK]) else { continue };
            let inside = path.text().is_some_and(|p| p.contains("namespaces/{namespace}"));
            let known = custom.namespaced.entry(type_of(gvk)).or_insert(false);
            *known |= inside;
        }
        custom
    }

    pub(super) fn is_namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        self.namespaced.get(&(api_version.to_owned(), kind.to_owned())).copied()
    }

    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<Rc<Definition>> {
        self.kinds.get(&(api_version.to_owned(), kind.to_owned())).cloned()
    }

    pub(super) fn definition(&self, name: &str) -> Option<Rc<Definition>> {
        self.definitions.get(name).cloned()
    }
}

fn type_of(gvk: &Node) -> (String, String) {
    let text = |key| gvk.get(key).and_then(Node::text).unwrap_or_default();
    let api_version = match text("group") {
        "" => text("version").to_owned(),
        group => format!("{group}/{}", text("version")),
    };
    (api_version, text("kind").to_owned())
}

impl Definition {
    pub(super) fn reference(&self) -> Option<String> {
        let reference = self.0.get("$ref")?.text()?;
        Some(reference.strip_prefix("#/definitions/").unwrap_or(reference).to_owned())
    }

    pub(super) fn field(&self, name: &str) -> Option<Rc<Definition>> {
        let property = self.0.get("properties").and_then(|properties| properties.get(name));
        let found =
            property.or_else(|| self.0.get("additionalProperties").filter(|schema| schema.is_mapping()))?;
        Some(Rc::new(Definition(found.clone())))
    }

    pub(super) fn items(&self) -> Option<Rc<Definition>> {
        self.0.get("items").map(|items| Rc::new(Definition(items.clone())))
    }

    /// Whether it is a list, and by which keys it is merged.
    pub(super) fn shape(&self) -> (Shape, Option<MergeKeys>) {
        let is_list = self.0.get("type").and_then(Node::text) == Some("array");
        let shape = if is_list { Shape::List } else { Shape::One };
        let strategy = self.0.get("x-kubernetes-patch-strategy").and_then(Node::text);
        if !strategy.is_some_and(|s| s.split(',').any(|word| word == "merge")) {
            return (shape, None);
        }
        let texts = |node: &Node| -> MergeKeys {
            node.items().iter().filter_map(Node::text).map(str::to_owned).collect()
        };
        let keys = match self.0.get("x-kubernetes-list-map-keys") {
            Some(keys) => texts(keys),
            None => {
                let key = self.0.get("x-kubernetes-patch-merge-key").and_then(Node::text);
                key.map(str::to_owned).into_iter().collect()
            }
        };
        (shape, Some(keys))
    }
}
