//! One resource in one version.

use std::sync::Arc;

use serde_json::Value;

use super::custom::CustomVersion;
use crate::schema::Schema;
use crate::schema::builtin::TypeLine;
use crate::store::Table;

/// What is known of a resource in one version.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) namespaced: bool,
    pub(crate) verbs: Vec<String>,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    /// Subresources as discovery lists them: name, kind (with group and version where they differ), verbs.
    pub(crate) subresources: Vec<Value>,
    pub(crate) columns: Vec<Column>,
    pub(crate) source: Source,
}

/// Where a resource comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Builtin(Option<&'static TypeLine>),
    Custom(Arc<CustomVersion>),
}

/// One column of the resource's table.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) format: String,
    pub(crate) priority: i64,
    /// Where a custom column's value is; empty for builtin ones.
    pub(crate) path: String,
    pub(crate) description: String,
}

impl Resource {
    /// The `apiVersion` of the resource's objects.
    pub(crate) fn api_version(&self) -> String {
        crate::object::api_version(&self.group, &self.version)
    }

    /// Where the objects are stored: some resources are two views of the same objects.
    pub(crate) fn table(&self) -> Table {
        match (self.group.as_str(), self.plural.as_str()) {
            ("events.k8s.io", "events") => Table::new("", "events"),
            (group, plural) => Table::new(group, plural),
        }
    }

    /// Tells whether objects are stored in this version.
    pub(crate) fn is_storage(&self) -> bool {
        match &self.source {
            Source::Custom(version) => version.storage,
            Source::Builtin(_) => {
                let view = (self.group.as_str(), self.version.as_str(), self.plural.as_str());
                !matches!(view, ("autoscaling", "v1", "horizontalpodautoscalers") | ("events.k8s.io", ..))
            }
        }
    }

    /// The type of the objects; `None` when objects are taken as they are.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        match &self.source {
            Source::Builtin(line) => line.map(|l| l.schema()),
            Source::Custom(version) => Some(version.schema()),
        }
    }

    /// Tells whether the kind comes from a CustomResourceDefinition.
    pub(crate) fn custom(&self) -> Option<&CustomVersion> {
        match &self.source {
            Source::Builtin(_) => None,
            Source::Custom(version) => Some(version),
        }
    }

    /// Tells whether the resource has a subresource of that name.
    pub(crate) fn has_subresource(&self, name: &str) -> bool {
        self.subresources.iter().any(|s| s["subresource"] == name)
    }

    /// Tells whether the resource takes a verb.
    pub(crate) fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|v| v == verb)
    }
}
