//! Discovery documents.
//!
//! In: the catalog. Out: `/api`, `/apis` and their groups, in the aggregated and the old form.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Catalog, Resource};

/// A group's name and its versions, each with its resources.
type Group<'a> = (&'a str, Vec<(&'a str, Vec<&'a Resource>)>);

/// The groups in the order in which they are served, each with its versions in order.
fn groups(catalog: &Catalog) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in catalog.resources() {
        let group = resource.group.as_str();
        let at = *index.entry(group).or_insert_with(|| {
            groups.push((group, Vec::new()));
            groups.len() - 1
        });
        let versions = &mut groups[at].1;
        match versions.iter_mut().find(|(version, _)| *version == resource.version) {
            Some((_, resources)) => resources.push(resource),
            None => versions.push((&resource.version, vec![resource])),
        }
    }
    groups
}

/// The aggregated document of `/api` (`core`) or `/apis`.
pub(crate) fn aggregated(catalog: &Catalog, core: bool) -> Value {
    let served = groups(catalog).into_iter().filter(|(group, _)| group.is_empty() == core);
    let items: Vec<Value> = served
        .map(|(group, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|(version, resources)| {
                    let resources: Vec<Value> = resources.iter().map(|r| aggregated_resource(r)).collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let metadata = if group.is_empty() { json!({}) } else { json!({"name": group}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    })
}

fn aggregated_resource(resource: &Resource) -> Value {
    let kind = |listed: &Value, fallback: &str| {
        let text = |name: &str| listed[name].as_str().unwrap_or_default();
        let name = if text("kind").is_empty() { fallback } else { text("kind") };
        let own = resource.custom().is_some() && text("group").is_empty();
        let (group, version) =
            if own { (&*resource.group, &*resource.version) } else { (text("group"), text("version")) };
        json!({"group": group, "version": version, "kind": name})
    };
    let mut out = json!({
        "resource": resource.plural,
        "responseKind": kind(&Value::Null, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        out["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        out["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        let listed = resource.subresources.iter().map(|s| {
            json!({
                "subresource": s["subresource"],
                "responseKind": kind(&s["responseKind"], &resource.kind),
                "verbs": s["verbs"],
            })
        });
        out["subresources"] = Value::Array(listed.collect());
    }
    out
}

/// The old document of `/api`.
pub(crate) fn core_versions() -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
    })
}

/// The old document of `/apis`.
pub(crate) fn group_list(catalog: &Catalog) -> Value {
    let served = groups(catalog).into_iter().filter(|(group, _)| !group.is_empty());
    let groups: Vec<Value> = served.map(|(group, versions)| group_fact(group, &versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// The document of `/apis/<group>`; `None` when there is no such group.
pub(crate) fn group(catalog: &Catalog, name: &str) -> Option<Value> {
    let (group, versions) = groups(catalog).into_iter().find(|(group, _)| *group == name)?;
    let mut out = json!({"kind": "APIGroup", "apiVersion": "v1"});
    if let (Value::Object(out), Value::Object(fact)) = (&mut out, group_fact(group, &versions)) {
        out.extend(fact);
    }
    Some(out)
}

fn group_fact(group: &str, versions: &[(&str, Vec<&Resource>)]) -> Value {
    let version = |name: &str| json!({"groupVersion": format!("{group}/{name}"), "version": name});
    let listed: Vec<Value> = versions.iter().map(|(name, _)| version(name)).collect();
    json!({"name": group, "versions": listed, "preferredVersion": listed.first()})
}

/// The document of `/apis/<group>/<version>`; `None` when that is not served.
pub(crate) fn resource_list(catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let served: Vec<&Resource> =
        catalog.resources().map(|r| &**r).filter(|r| r.group == group && r.version == version).collect();
    if served.is_empty() {
        return None;
    }
    let resources: Vec<Value> = served.into_iter().flat_map(old_resources).collect();
    let mut out = json!({"kind": "APIResourceList"});
    if !group.is_empty() {
        out["apiVersion"] = json!("v1");
    }
    out["groupVersion"] = json!(crate::object::api_version(group, version));
    out["resources"] = Value::Array(resources);
    Some(out)
}

fn old_resources(resource: &Resource) -> Vec<Value> {
    let mut own = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        own["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        own["categories"] = json!(resource.categories);
    }
    let mut out = vec![own];
    for sub in &resource.subresources {
        let kind = &sub["responseKind"];
        let mut listed = json!({
            "name": format!("{}/{}", resource.plural, sub["subresource"].as_str().unwrap_or_default()),
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": kind["kind"].as_str().unwrap_or(&resource.kind),
            "verbs": sub["verbs"],
        });
        for name in ["group", "version"] {
            if kind[name].is_string() {
                listed[name] = kind[name].clone();
            }
        }
        out.push(listed);
    }
    out
}
