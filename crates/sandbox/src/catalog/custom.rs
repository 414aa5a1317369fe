//! Kinds that a CustomResourceDefinition defines.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::builtin::strings;
use super::resource::{Column, Resource, Source};
use crate::schema::{Schema, custom_resource};

/// A defined kind with its served versions, in discovery order.
#[derive(Debug)]
pub(crate) struct CustomKind {
    versions: Vec<Arc<Resource>>,
}

/// One version of a defined kind.
#[derive(Debug)]
pub(crate) struct CustomVersion {
    definition: Arc<Value>,
    index: usize,
    pub(crate) served: bool,
    pub(crate) storage: bool,
    /// Where the scale subresource finds its values; `None` when there is no such subresource.
    pub(crate) scale: Option<ScalePaths>,
    /// A warning for whoever uses this version; `None` when it is not deprecated.
    pub(crate) deprecation: Option<String>,
    schema: OnceLock<Schema>,
}

/// The paths that a scale subresource maps.
#[derive(Debug, Clone)]
pub(crate) struct ScalePaths {
    pub(crate) spec_replicas: String,
    pub(crate) status_replicas: String,
    pub(crate) selector: Option<String>,
}

impl CustomVersion {
    /// The type of the version's objects, read at first use.
    pub(crate) fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| custom_resource(self.openapi()))
    }

    /// The version's schema as defined.
    pub(crate) fn openapi(&self) -> &Value {
        &self.definition["spec"]["versions"][self.index]["schema"]["openAPIV3Schema"]
    }

    /// Tells whether unknown fields are kept everywhere.
    pub(crate) fn preserves(&self) -> bool {
        self.definition["spec"]["preserveUnknownFields"] == Value::Bool(true)
    }
}

impl CustomKind {
    /// Reads a definition; `None` when it is incomplete.
    pub(crate) fn read(definition: &Arc<Value>) -> Option<CustomKind> {
        let spec = &definition["spec"];
        let versions = spec["versions"].as_array()?;
        let mut read: Vec<Arc<Resource>> = (0..versions.len())
            .map(|index| version(definition, index).map(Arc::new))
            .collect::<Option<_>>()?;
        read.sort_by_key(|resource| std::cmp::Reverse(rank(&resource.version)));
        Some(CustomKind { versions: read })
    }

    /// The versions that are served, newest first.
    pub(crate) fn served(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.versions.iter().filter(|r| r.custom().is_some_and(|c| c.served))
    }

    /// The version that objects are stored in.
    pub(crate) fn stored(&self) -> Option<&Arc<Resource>> {
        self.versions.iter().find(|r| r.is_storage())
    }
}

fn version(definition: &Arc<Value>, index: usize) -> Option<Resource> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let versions = spec["versions"].as_array()?;
    let version = &versions[index];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let kind = text(&names["kind"])?;
    let subresources = &version["subresources"];
    let scale = subresources["scale"].as_object().map(|scale| ScalePaths {
        spec_replicas: text(&scale["specReplicasPath"]).unwrap_or_default(),
        status_replicas: text(&scale["statusReplicasPath"]).unwrap_or_default(),
        selector: scale.get("labelSelectorPath").and_then(text),
    });
    let status = subresources["status"].is_object();
    let group = text(&spec["group"])?;
    let name = text(&version["name"])?;
    let deprecated = version["deprecated"] == Value::Bool(true);
    let deprecation = deprecated.then(|| {
        text(&version["deprecationWarning"]).unwrap_or_else(|| {
            let newer = newer_version(versions, &name);
            let hint = newer.map(|newer| format!("; use {group}/{newer} {kind}")).unwrap_or_default();
            format!("{group}/{name} {kind} is deprecated{hint}")
        })
    });
    let listed = subresource_facts(status, scale.is_some());
    let custom = CustomVersion {
        definition: definition.clone(),
        index,
        served: version["served"] == Value::Bool(true),
        storage: version["storage"] == Value::Bool(true),
        scale,
        deprecation,
        schema: OnceLock::new(),
    };
    Some(Resource {
        plural: text(&names["plural"])?,
        singular: text(&names["singular"]).unwrap_or_else(|| kind.to_lowercase()),
        list_kind: text(&names["listKind"]).unwrap_or_else(|| format!("{kind}List")),
        namespaced: spec["scope"] == "Namespaced",
        verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
            .map(str::to_owned)
            .to_vec(),
        short_names: strings(&names["shortNames"]),
        categories: strings(&names["categories"]),
        subresources: listed,
        columns: columns(&version["additionalPrinterColumns"]),
        source: Source::Custom(Arc::new(custom)),
        group,
        version: name,
        kind,
    })
}

/// The newest served version that is not deprecated and is newer than the one named.
fn newer_version<'a>(versions: &'a [Value], name: &str) -> Option<&'a str> {
    let offered = versions.iter().filter(|v| v["served"] == true && v["deprecated"] != true);
    let newest = offered.filter_map(|v| v["name"].as_str()).max_by_key(|name| rank(name))?;
    (rank(newest) > rank(name)).then_some(newest)
}

fn subresource_facts(status: bool, scale: bool) -> Vec<Value> {
    let mut facts = Vec::new();
    let verbs = json!(["get", "patch", "update"]);
    if status {
        facts.push(json!({"subresource": "status", "responseKind": {}, "verbs": verbs}));
    }
    if scale {
        let kind = json!({"group": "autoscaling", "version": "v1", "kind": "Scale"});
        facts.push(json!({"subresource": "scale", "responseKind": kind, "verbs": verbs}));
    }
    facts
}

fn columns(listed: &Value) -> Vec<Column> {
    let plain = |name: &str, kind: &str, format: &str, path: &str, description: &str| Column {
        name: name.into(),
        kind: kind.into(),
        format: format.into(),
        priority: 0,
        path: path.into(),
        description: if description.is_empty() && !path.is_empty() {
            format!("Custom resource definition column (in JSONPath format): {path}")
        } else {
            description.into()
        },
    };
    let mut columns = vec![plain("Name", "string", "name", ".metadata.name", "")];
    let items = listed.as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        columns.push(plain("Age", "date", "", ".metadata.creationTimestamp", ""));
    }
    for item in items {
        let text = |name: &str| item[name].as_str().unwrap_or_default();
        let mut column =
            plain(text("name"), text("type"), text("format"), text("jsonPath"), text("description"));
        column.priority = item["priority"].as_i64().unwrap_or_default();
        columns.push(column);
    }
    columns
}

/// Orders versions as discovery does: stable before beta before alpha, higher numbers first, other names last.
fn rank(version: &str) -> (u8, u64, u64, std::cmp::Reverse<String>) {
    let other = (0, 0, 0, std::cmp::Reverse(version.to_owned()));
    let Some(rest) = version.strip_prefix('v') else {
        return other;
    };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let Ok(major) = rest[..digits].parse() else {
        return other;
    };
    let (stability, minor) = match &rest[digits..] {
        "" => (3, 0),
        tail => {
            let (level, number) = match (tail.strip_prefix("beta"), tail.strip_prefix("alpha")) {
                (Some(number), _) => (2, number),
                (_, Some(number)) => (1, number),
                _ => return other,
            };
            let Ok(minor) = number.parse() else { return other };
            (level, minor)
        }
    };
    (stability, major, minor, std::cmp::Reverse(String::new()))
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn versions_order_as_discovery_lists_them() {
        let mut versions = ["v1alpha1", "v2", "v1beta2", "foo", "v1", "v10", "v1beta10"];
        versions.sort_by_key(|version| std::cmp::Reverse(rank(version)));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo"]);
    }
}
