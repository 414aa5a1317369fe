//! Namespaces that a component's objects need and its build does not contain.
//!
//! In: objects, and what the component has on the cluster already. Out: Namespace objects to add to the set.
//!
//! Source: `hub-component-kustomize`, which creates `NAMESPACE` and every `metadata.namespace` where absent. One that is
//! there already and is not ours stays out of the set, so that it is never touched.

use std::collections::BTreeSet;

use hub_cluster::{Inventory, Plan, Problem};
use serde_json::{Value, json};

/// Namespaces that an earlier run of the component made and its objects still need.
pub(super) fn made_before(
    objects: &[Value],
    default: Option<&str>,
    recorded: Option<&Inventory>,
) -> Vec<Value> {
    let contained = contained(objects);
    let needed = needed(objects, default);
    let recorded = recorded.into_iter().flat_map(|i| i.entries.keys());
    let ours = recorded.filter(|id| id.kind == "Namespace" && id.group.is_empty()).map(|id| id.name.as_str());
    ours.filter(|name| needed.contains(name) && !contained.contains(name)).map(namespace).collect()
}

/// Whether a plan may find a namespace missing, since the objects need one that they do not contain.
pub(super) fn may_be_missing(objects: &[Value], default: Option<&str>) -> bool {
    let contained = contained(objects);
    needed(objects, default).iter().any(|name| !contained.contains(name))
}

/// Namespaces that a plan found missing.
pub(super) fn missing(plan: &Plan) -> Vec<Value> {
    let missing: BTreeSet<&str> = plan
        .problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::MissingNamespace { namespace, .. } => Some(namespace.as_str()),
            _ => None,
        })
        .collect();
    missing.into_iter().map(namespace).collect()
}

fn contained(objects: &[Value]) -> BTreeSet<&str> {
    let namespaces = objects.iter().filter(|o| o["kind"] == "Namespace" && o["apiVersion"] == "v1");
    namespaces.filter_map(|o| o["metadata"]["name"].as_str()).collect()
}

fn needed<'a>(objects: &'a [Value], default: Option<&'a str>) -> BTreeSet<&'a str> {
    objects.iter().filter_map(|o| o["metadata"]["namespace"].as_str()).chain(default).collect()
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}
