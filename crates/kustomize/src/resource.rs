//! A resource: an object, and what became of it.
//!
//! In: an object. Out: its ids, present and past. The original keeps an object's history in annotations of the object
//! itself and takes them out at the end; here it is kept beside it, and written into annotations only where that could
//! be seen.
//!
//! Source: api `resource/resource.go`, `internal/utils/makeResIds.go`.

use std::sync::Arc;

use hub_yaml::{Node, Style, Tag, Text, Value};

use crate::{
    error::{Error, Result},
    id::{DEFAULT_NAMESPACE, Gvk, NO_NAMESPACE, ResId},
    meta,
    schema::Schema,
};

/// An id that a resource had; its group and version are those that it has now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PreviousId {
    pub(crate) name: Text,
    /// The effective namespace.
    pub(crate) namespace: Text,
    pub(crate) kind: Text,
}

/// What a generated resource does to one of the same id that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    #[default]
    Unspecified,
    Create,
    Replace,
    Merge,
}

impl Behavior {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "create" => Behavior::Create,
            "replace" => Behavior::Replace,
            "merge" => Behavior::Merge,
            _ => Behavior::Unspecified,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Behavior::Unspecified => "unspecified",
            Behavior::Create => "create",
            Behavior::Replace => "replace",
            Behavior::Merge => "merge",
        }
    }
}

/// What became of a resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lineage {
    /// Oldest first.
    pub(crate) previous: Vec<PreviousId>,
    pub(crate) prefixes: Vec<Text>,
    pub(crate) suffixes: Vec<Text>,
    pub(crate) behavior: Option<Behavior>,
    pub(crate) needs_hash: bool,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
    pub(crate) helm_generated: bool,
}

/// An object of a build.
#[derive(Clone, Debug)]
pub struct Resource {
    pub(crate) node: Node,
    pub(crate) lineage: Lineage,
    /// Names of the vars that take a value from it.
    pub(crate) vars: Vec<String>,
    /// What it was read from, for messages.
    pub(crate) file: Option<Arc<str>>,
    /// Counts the groups of nodes that stand in several places.
    shares: u32,
}

impl Resource {
    pub(crate) fn new(node: Node) -> Self {
        let mut resource =
            Resource { node, lineage: Lineage::default(), vars: Vec::new(), file: None, shares: 0 };
        resource.absorb_history();
        resource
    }

    /// The object.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        meta::kind(&self.node)
    }

    /// `group/version`, or only the version in the core group.
    pub fn api_version(&self) -> &str {
        meta::api_version(&self.node)
    }

    /// The name; empty for lists, which need none.
    pub fn name(&self) -> &str {
        meta::name(&self.node)
    }

    /// The namespace; empty where none is written.
    pub fn namespace(&self) -> &str {
        meta::namespace(&self.node)
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::of(&self.node)
    }

    pub(crate) fn id(&self, schema: &Schema) -> ResId {
        ResId::of(&self.node, schema)
    }

    /// The ids that it had, oldest first.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = ResId> {
        let gvk = self.gvk();
        self.lineage.previous.iter().map(move |previous| ResId {
            gvk: Gvk { kind: previous.kind.clone(), ..gvk.clone() },
            name: previous.name.clone(),
            namespace: previous.namespace.clone(),
            cluster_scoped: false,
        })
    }

    /// The id that it had at first.
    pub(crate) fn original_id(&self, schema: &Schema) -> ResId {
        self.previous_ids().next().unwrap_or_else(|| self.id(schema))
    }

    /// Keeps the present id as one that it had.
    pub(crate) fn store_previous_id(&mut self, schema: &Schema) {
        let cluster_scoped = schema.is_cluster_scoped(self.api_version(), self.kind());
        let namespace = match self.namespace() {
            _ if cluster_scoped => NO_NAMESPACE,
            "" => DEFAULT_NAMESPACE,
            namespace => namespace,
        };
        if self.name().is_empty() {
            return;
        }
        let previous = PreviousId {
            name: Text::new(self.name()),
            namespace: Text::new(namespace),
            kind: Text::new(self.kind()),
        };
        self.lineage.previous.push(previous);
    }

    /// A number for a group of nodes that are one node in several places.
    pub(crate) fn next_share(&mut self) -> u32 {
        self.shares += 1;
        self.shares
    }

    /// Carries changes of nodes that stand in several places to all of these.
    pub(crate) fn echo(&mut self, changes: &[(u32, Node)]) {
        if !changes.is_empty() {
            echo(&mut self.node, changes);
        }
    }
}

fn echo(node: &mut Node, changes: &[(u32, Node)]) {
    if node.share() != 0
        && let Some((_, change)) = changes.iter().rev().find(|(share, _)| *share == node.share())
    {
        node.replace(change.clone());
        return;
    }
    match &mut node.value {
        Value::Mapping(entries) => entries.iter_mut().for_each(|(_, value)| echo(value, changes)),
        Value::Sequence(items) => items.iter_mut().for_each(|item| echo(item, changes)),
        _ => {}
    }
}

const DOMAIN: &str = "internal.config.kubernetes.io/";

/// Annotations that are never printed.
const BUILD_ANNOTATIONS: [&str; 19] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

pub(crate) fn is_build_annotation(key: &str) -> bool {
    BUILD_ANNOTATIONS.contains(&key)
}

impl Resource {
    /// Writes the history into annotations, where the original has it.
    pub(crate) fn write_history(&mut self) {
        let lineage = std::mem::take(&mut self.lineage);
        let join =
            |texts: &mut dyn Iterator<Item = &Text>| texts.map(Text::as_str).collect::<Vec<_>>().join(",");
        let mut put = |key: &str, value: String| {
            let annotations =
                meta::child_mapping(meta::child_mapping(&mut self.node, "metadata"), "annotations");
            meta::set_field(annotations, &format!("{DOMAIN}{key}"), Node::string(value));
        };
        if !lineage.previous.is_empty() {
            put("previousNames", join(&mut lineage.previous.iter().map(|p| &p.name)));
            put("previousNamespaces", join(&mut lineage.previous.iter().map(|p| &p.namespace)));
            put("previousKinds", join(&mut lineage.previous.iter().map(|p| &p.kind)));
        }
        if !lineage.prefixes.is_empty() {
            put("prefixes", join(&mut lineage.prefixes.iter()));
        }
        if !lineage.suffixes.is_empty() {
            put("suffixes", join(&mut lineage.suffixes.iter()));
        }
        if let Some(behavior) = lineage.behavior {
            put("generatorBehavior", behavior.text().to_owned());
        }
        let flags = [
            ("needsHashSuffix", lineage.needs_hash),
            ("allowNameChange", lineage.allow_name_change),
            ("allowKindChange", lineage.allow_kind_change),
        ];
        for (key, _) in flags.into_iter().filter(|(_, set)| *set) {
            put(key, "enabled".to_owned());
        }
        if lineage.helm_generated {
            put("helm-generated", "true".to_owned());
        }
    }

    /// Takes the history out of annotations, if there is any.
    pub(crate) fn absorb_history(&mut self) {
        let Some(annotations) = self.node.at(&["metadata", "annotations"]) else { return };
        if !annotations.entries().iter().any(|(key, _)| meta::text_of(key).starts_with(DOMAIN)) {
            return;
        }
        let text = |key: &str| annotations.get(&format!("{DOMAIN}{key}")).map(meta::text_of);
        let list = |key: &str| -> Vec<Text> {
            let joined = text(key).filter(|joined| !joined.is_empty());
            joined.map(|joined| joined.split(',').map(Text::new).collect()).unwrap_or_default()
        };
        let (names, namespaces, kinds) =
            (list("previousNames"), list("previousNamespaces"), list("previousKinds"));
        let mut lineage = Lineage {
            previous: Vec::new(),
            prefixes: list("prefixes"),
            suffixes: list("suffixes"),
            behavior: text("generatorBehavior").map(Behavior::parse),
            needs_hash: text("needsHashSuffix") == Some("enabled"),
            allow_name_change: text("allowNameChange") == Some("enabled"),
            allow_kind_change: text("allowKindChange") == Some("enabled"),
            helm_generated: text("helm-generated") == Some("true"),
        };
        for ((name, namespace), kind) in names.into_iter().zip(namespaces).zip(kinds) {
            lineage.previous.push(PreviousId { name, namespace, kind });
        }
        self.lineage = lineage;
        if let Some(metadata) = self.node.get_mut("metadata")
            && let Some(annotations) = metadata.get_mut("annotations")
            && let Some(entries) = annotations.entries_mut()
        {
            let is_history =
                |key: &str| key.starts_with(DOMAIN) && is_build_annotation(key) && !is_placement(key);
            entries.retain(|(key, _)| !is_history(meta::text_of(key)));
        }
    }
}

/// Annotations that say where an object is kept: not history, but not printed either.
fn is_placement(key: &str) -> bool {
    matches!(
        key.strip_prefix(DOMAIN),
        Some("path" | "index" | "seqindent" | "id" | "annotations-migration-resource-id")
    )
}

impl Resource {
    /// Whether any id, past or present, fits.
    pub(crate) fn has_or_had(&self, schema: &Schema, fits: impl Fn(&ResId) -> bool) -> bool {
        !meta::is_nil_or_empty(&self.node)
            && (self.previous_ids().any(|id| fits(&id)) || fits(&self.id(schema)))
    }

    /// Prints it as YAML, to the end of a text.
    pub(crate) fn print(&self, out: &mut String) -> Result<()> {
        hub_yaml::emit_to(&self.node, out).map_err(|source| self.unprintable(source))
    }

    /// Why it has no printed form.
    pub(crate) fn unprintable(&self, source: hub_yaml::Error) -> Error {
        let id = format!("{} {}", self.kind(), self.name());
        Error::Print { id, file: self.file.as_deref().map(str::to_owned), source }
    }

    /// Takes over labels, annotations, name, namespace and history of the resource that it is merged into.
    ///
    /// Source: api `resource/resource.go`, CopyMergeMetaDataFieldsFrom.
    pub(crate) fn inherit(&mut self, other: &Resource) {
        for field in ["labels", "annotations"] {
            let mut merged = meta::metadata_map(&other.node, field);
            merged.extend(meta::metadata_map(&self.node, field));
            meta::set_metadata_map(&mut self.node, field, &merged);
        }
        let needs_hash = self.lineage.needs_hash;
        self.lineage = other.lineage.clone();
        self.lineage.needs_hash = needs_hash && other.lineage.needs_hash;
        meta::set_name(&mut self.node, other.name());
        meta::set_namespace(&mut self.node, other.namespace());
        self.vars.clone_from(&other.vars);
    }

    /// Adds the `data` and `binaryData` of another one, where this has none of the same key.
    pub(crate) fn merge_data(&mut self, other: &Resource) {
        for field in ["data", "binaryData"] {
            let texts = |node: &Node| -> std::collections::BTreeMap<Text, Text> {
                let entries = node.get(field).map(Node::entries).unwrap_or_default().iter();
                let known = |value: &Node| {
                    if value.tag() == Tag::Null { Text::default() } else { Text::new(meta::text_of(value)) }
                };
                entries.map(|(key, value)| (Text::new(meta::text_of(key)), known(value))).collect()
            };
            let mut merged = texts(&other.node);
            merged.extend(texts(&self.node));
            meta::remove_first(&mut self.node, field);
            for (key, value) in merged {
                let node = meta::child_mapping(&mut self.node, field);
                meta::set_field(node, &key, data_value(&value));
            }
        }
    }
}

/// The value of a key of a config map.
pub(crate) fn data_value(text: &str) -> Node {
    let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
    Node::string(text).with_style(style)
}
