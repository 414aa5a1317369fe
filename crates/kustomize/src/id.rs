//! How resources are told apart.
//!
//! Source: kyaml `resid/gvk.go`, `resid/resid.go`.

use std::fmt;

use hub_yaml::{Node, Text};

use crate::{meta, schema::Schema};

/// Group, version and kind of a resource. In a selector, what is empty selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gvk {
    /// The API group; empty for the core group.
    pub group: Text,
    /// The version in the group.
    pub version: Text,
    /// The kind.
    pub kind: Text,
}

impl Gvk {
    /// Reads `apiVersion` and `kind`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        Gvk { group: Text::new(group), version: Text::new(version), kind: Text::new(kind) }
    }

    /// That of an object.
    pub fn of(node: &Node) -> Self {
        Gvk::new(meta::api_version(node), meta::kind(node))
    }

    /// `group/version`, or only the version in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Whether a selector selects this.
    pub fn is_selected_by(&self, selector: &Gvk) -> bool {
        (selector.kind.is_empty() || selector.kind == self.kind)
            && (selector.group.is_empty() || selector.group == self.group)
            && (selector.version.is_empty() || selector.version == self.version)
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Text, none: &'static str| {
            if text.is_empty() { none.to_owned() } else { text.to_string() }
        };
        write!(
            f,
            "{}.{}.{}",
            or(&self.kind, "[noKind]"),
            or(&self.version, "[noVer]"),
            or(&self.group, "[noGrp]")
        )
    }
}

/// Group and version of an `apiVersion`.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The namespace that stands for none, of what is cluster-wide.
pub(crate) const NO_NAMESPACE: &str = "_non_namespaceable_";
/// The namespace of what names none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// The id of a resource: no two of a set have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResId {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// The name.
    pub name: Text,
    /// The namespace as written; empty where none is.
    pub namespace: Text,
    /// Whether the kind is known to be cluster-wide.
    pub cluster_scoped: bool,
}

impl ResId {
    /// The id of an object as it stands.
    pub(crate) fn of(node: &Node, schema: &Schema) -> Self {
        let api_version = meta::api_version(node);
        let kind = meta::kind(node);
        ResId {
            gvk: Gvk::new(api_version, kind),
            name: Text::new(meta::name(node)),
            namespace: Text::new(meta::namespace(node)),
            cluster_scoped: schema.is_cluster_scoped(api_version, kind),
        }
    }

    /// The namespace that counts when ids are compared.
    pub fn effective_namespace(&self) -> &str {
        if self.cluster_scoped {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }

    /// Whether two ids are those of one resource.
    pub fn same(&self, other: &ResId) -> bool {
        self.name == other.name
            && self.gvk == other.gvk
            && self.effective_namespace() == other.effective_namespace()
    }

    /// What ids are compared by.
    pub(crate) fn key(&self) -> ResKey {
        ResKey {
            gvk: self.gvk.clone(),
            name: self.name.clone(),
            namespace: Text::new(self.effective_namespace()),
        }
    }
}

impl fmt::Display for ResId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = if self.namespace.is_empty() { "[noNs]" } else { &self.namespace };
        let name = if self.name.is_empty() { "[noName]" } else { &self.name };
        write!(f, "{}/{name}.{namespace}", self.gvk)
    }
}

/// An id reduced to what counts when ids are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ResKey {
    gvk: Gvk,
    name: Text,
    namespace: Text,
}
