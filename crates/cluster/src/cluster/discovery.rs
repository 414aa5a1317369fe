//! Which kinds a cluster serves, and under which paths.
//!
//! In: the server's discovery documents, aggregated or classic. Out: [`Served`]. Refuses to send requests
//! itself beyond the fallback for old servers, and to know what the kinds are for.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::request::{Call, decode, send};
use crate::error::RequestError;
use crate::id::GroupKind;

/// Source: k8s.io/api/apidiscovery; v2 since Kubernetes 1.30, v2beta1 since 1.26, the plain form before.
const ACCEPT_AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Most discovery requests in flight on a server without aggregated discovery.
const CLASSIC_CONCURRENCY: usize = 16;

/// A kind in one version, as the server serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    /// Name in paths, e.g. `deployments`.
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    pub(crate) watchable: bool,
    /// True where the status is written apart from the rest.
    pub(crate) has_status: bool,
}

impl Resource {
    /// Name with the group, e.g. `deployments.apps`.
    pub(crate) fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// Path of the collection, over all namespaces for `None`.
    pub(crate) fn collection(&self, namespace: Option<&str>) -> String {
        let root = match self.group.as_str() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{}/{}", segment(namespace), self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// Path of one object.
    pub(crate) fn object(&self, namespace: Option<&str>, name: &str) -> String {
        format!("{}/{}", self.collection(namespace), segment(name))
    }
}

/// A name as a part of a path. Names come from manifests: whatever they hold, they must not lead elsewhere.
pub(crate) fn segment(name: &str) -> String {
    use std::fmt::Write;
    let mut segment = String::with_capacity(name.len());
    let is_path = matches!(name, "." | "..");
    for byte in name.bytes() {
        match byte {
            b'.' if is_path => segment.push_str("%2E"),
            b'-' | b'.' | b'_' | b'~' | b':' => segment.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => segment.push(char::from(byte)),
            byte => write!(segment, "%{byte:02X}").expect("writing to a string does not fail"),
        }
    }
    segment
}

/// The kinds that a cluster serves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Served {
    /// Versions of each kind, the server's preferred one first.
    kinds: HashMap<GroupKind, Vec<Resource>>,
}

impl Served {
    /// A kind in the version that the server prefers.
    pub(crate) fn preferred(&self, kind: &GroupKind) -> Option<&Resource> {
        self.kinds.get(kind)?.first()
    }

    /// A kind in a given version.
    pub(crate) fn version(&self, kind: &GroupKind, version: &str) -> Option<&Resource> {
        self.kinds.get(kind)?.iter().find(|resource| resource.version == version)
    }

    /// Versions of a kind; empty for an unknown one.
    pub(crate) fn versions(&self, kind: &GroupKind) -> Vec<String> {
        let resources = self.kinds.get(kind).map(Vec::as_slice).unwrap_or_default();
        resources.iter().map(|resource| resource.version.clone()).collect()
    }

    /// All kinds of objects in namespaces, each in its preferred version.
    pub(crate) fn namespaced(&self) -> Vec<(GroupKind, Resource)> {
        let preferred = self.kinds.iter().filter_map(|(kind, versions)| Some((kind, versions.first()?)));
        let namespaced = preferred.filter(|(_, resource)| resource.namespaced);
        namespaced.map(|(kind, resource)| (kind.clone(), resource.clone())).collect()
    }

    /// All kinds, each in its preferred version.
    pub(crate) fn all(&self) -> impl Iterator<Item = (GroupKind, Resource)> {
        self.kinds.iter().filter_map(|(kind, versions)| Some((kind.clone(), versions.first()?.clone())))
    }

    /// All kinds in all versions as charts ask for them: `apps/v1`, `apps/v1/Deployment`; sorted.
    pub(crate) fn api_versions(&self) -> Vec<String> {
        let mut found = std::collections::BTreeSet::new();
        for (kind, versions) in &self.kinds {
            for resource in versions {
                let version = match resource.group.as_str() {
                    "" => resource.version.clone(),
                    group => format!("{group}/{}", resource.version),
                };
                found.insert(format!("{version}/{}", kind.kind));
                found.insert(version);
            }
        }
        found.into_iter().collect()
    }

    /// Kinds with the same name in other groups, in their preferred version.
    pub(crate) fn namesakes(&self, kind: &GroupKind) -> Vec<String> {
        let others = self.kinds.iter().filter(|(other, _)| other.kind == kind.kind && *other != kind);
        let mut found: Vec<String> = others
            .filter_map(|(other, versions)| Some(format!("{other}/{}", versions.first()?.version)))
            .collect();
        found.sort();
        found
    }

    /// Adds a version of a kind behind those that are known.
    pub(crate) fn add(&mut self, kind: GroupKind, resource: Resource) {
        let versions = self.kinds.entry(kind).or_default();
        if !versions.iter().any(|known| known.version == resource.version) {
            versions.push(resource);
        }
    }

    /// Adds the kinds that a CustomResourceDefinition will bring.
    pub(crate) fn add_crd(&mut self, crd: &Value) {
        let text =
            |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
        let kind = GroupKind::new(text("/spec/group"), text("/spec/names/kind"));
        let versions =
            crd.pointer("/spec/versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for version in versions.iter().filter(|version| version["served"] == true) {
            let resource = Resource {
                group: kind.group.clone(),
                version: version["name"].as_str().unwrap_or_default().to_string(),
                plural: text("/spec/names/plural"),
                namespaced: text("/spec/scope") == "Namespaced",
                watchable: true,
                has_status: version.pointer("/subresources/status").is_some(),
            };
            self.add(kind.clone(), resource);
        }
    }
}

/// Asks the server for all kinds: two requests where it aggregates, one per group version where not.
pub(crate) async fn discover(client: &kube::Client) -> Result<Served, RequestError> {
    let ask = |path: &'static str| async move {
        let bytes = send(client, &Call::get(path).accept(ACCEPT_AGGREGATED)).await?;
        decode::<Value>(&bytes)
    };
    let (core, groups) = futures::try_join!(ask("/api"), ask("/apis"))?;
    let mut served = Served::default();
    let mut stale = Vec::new();
    for document in [&core, &groups] {
        if document["kind"] == "APIGroupDiscoveryList" {
            add_aggregated(&mut served, document, &mut stale);
        } else {
            stale.extend(classic_group_versions(document));
        }
    }
    let documents: Vec<(String, Value)> = stream::iter(stale)
        .map(|group_version| async move {
            let path = if group_version.contains('/') { "/apis" } else { "/api" };
            match send(client, &Call::get(format!("{path}/{group_version}"))).await {
                Ok(bytes) => Ok(Some((group_version, decode::<Value>(&bytes)?))),
                // An aggregated API whose backend is down takes its own kinds away, not all others.
                Err(RequestError::Api { status, .. }) if matches!(status.code, 404 | 503) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .buffered(CLASSIC_CONCURRENCY)
        .try_filter_map(|found| async move { Ok::<_, RequestError>(found) })
        .try_collect()
        .await?;
    for (group_version, document) in &documents {
        add_classic(&mut served, group_version, document);
    }
    Ok(served)
}

fn items<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn has_verb(resource: &Value, verb: &str) -> bool {
    items(resource, "verbs").iter().any(|known| known == verb)
}

fn add_aggregated(served: &mut Served, document: &Value, stale: &mut Vec<String>) {
    for group in items(document, "items") {
        let name = group.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        for version in items(group, "versions") {
            let version_name = version["version"].as_str().unwrap_or_default();
            if version["freshness"] == "Stale" {
                stale.push(if name.is_empty() {
                    version_name.to_string()
                } else {
                    format!("{name}/{version_name}")
                });
                continue;
            }
            for resource in items(version, "resources") {
                let text =
                    |pointer: &str| resource.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                let described = Resource {
                    group: name.to_string(),
                    version: version_name.to_string(),
                    plural: text("/resource").to_string(),
                    namespaced: text("/scope") == "Namespaced",
                    watchable: has_verb(resource, "watch"),
                    has_status: items(resource, "subresources")
                        .iter()
                        .any(|sub| sub["subresource"] == "status"),
                };
                // What can only be created (reviews, bindings) is no object to be kept.
                if has_verb(resource, "get") {
                    served.add(GroupKind::new(name, text("/responseKind/kind")), described);
                }
            }
        }
    }
}

fn classic_group_versions(document: &Value) -> Vec<String> {
    if document["kind"] == "APIVersions" {
        return items(document, "versions")
            .iter()
            .filter_map(|version| Some(version.as_str()?.to_string()))
            .collect();
    }
    let mut group_versions = Vec::new();
    for group in items(document, "groups") {
        let preferred = group.pointer("/preferredVersion/groupVersion").and_then(Value::as_str);
        let all = items(group, "versions").iter().filter_map(|version| version["groupVersion"].as_str());
        group_versions.extend(preferred.map(str::to_string));
        group_versions.extend(all.filter(|version| Some(*version) != preferred).map(str::to_string));
    }
    group_versions
}

fn add_classic(served: &mut Served, group_version: &str, document: &Value) {
    let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
    let resources = items(document, "resources");
    for resource in resources {
        let plural = resource["name"].as_str().unwrap_or_default();
        if plural.contains('/') || !has_verb(resource, "get") {
            continue;
        }
        let described = Resource {
            group: group.to_string(),
            version: version.to_string(),
            plural: plural.to_string(),
            namespaced: resource["namespaced"] == true,
            watchable: has_verb(resource, "watch"),
            has_status: resources.iter().any(|sub| sub["name"] == format!("{plural}/status")),
        };
        served.add(GroupKind::new(group, resource["kind"].as_str().unwrap_or_default()), described);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_of_discovery_give_the_same() {
        let aggregated = json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "apps"}, "versions": [
            {"version": "v1", "freshness": "Current", "resources": [{"resource": "deployments", "scope": "Namespaced",
                "responseKind": {"kind": "Deployment"}, "verbs": ["get", "watch"], "subresources": [{"subresource": "status"}]}]}]}]});
        let classic = json!({"kind": "APIResourceList", "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get", "watch"]},
            {"name": "deployments/status", "kind": "Deployment", "namespaced": true, "verbs": ["get"]}]});
        let (mut one, mut two) = (Served::default(), Served::default());
        add_aggregated(&mut one, &aggregated, &mut Vec::new());
        add_classic(&mut two, "apps/v1", &classic);
        let kind = GroupKind::new("apps", "Deployment");
        assert_eq!(one.preferred(&kind), two.preferred(&kind));
        let resource = one.preferred(&kind).expect("served");
        assert_eq!(resource.object(Some("n"), "a"), "/apis/apps/v1/namespaces/n/deployments/a");
        assert!(resource.has_status && resource.watchable);
    }

    #[test]
    fn preferred_version_comes_first() {
        let groups = json!({"kind": "APIGroupList", "groups": [{"preferredVersion": {"groupVersion": "a/v1"},
            "versions": [{"groupVersion": "a/v2"}, {"groupVersion": "a/v1"}]}]});
        assert_eq!(classic_group_versions(&groups), ["a/v1", "a/v2"]);
    }

    #[test]
    fn crds_of_the_plan_count_as_served() {
        let crd = json!({"spec": {"group": "x.io", "scope": "Cluster", "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": true, "subresources": {"status": {}}}, {"name": "v0", "served": false}]}});
        let mut served = Served::default();
        served.add_crd(&crd);
        let kind = GroupKind::new("x.io", "Thing");
        assert_eq!(served.versions(&kind), ["v1"]);
        let resource = served.preferred(&kind).expect("served");
        assert_eq!(resource.object(Some("ignored"), "a"), "/apis/x.io/v1/things/a");
        assert_eq!(resource.object(None, "../secrets?x=é"), "/apis/x.io/v1/things/..%2Fsecrets%3Fx%3D%C3%A9");
        assert_eq!(resource.object(None, "system:a"), "/apis/x.io/v1/things/system:a");
    }
}
