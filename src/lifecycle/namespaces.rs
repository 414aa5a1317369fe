//! Namespaces that a component's objects need and its build does not contain.
//!
//! In: objects, and what the component has on the cluster already. Out: Namespace objects to add to the set.
//!
//! Source: `hub-component-kustomize`, which creates `NAMESPACE` and every `metadata.namespace` where absent. One that is
//! there already and is not ours stays out of the set, so that it is never touched.

use std::collections::BTreeSet;
use std::path::Path;

use hub_cluster::{ApplyOptions, Cluster, GroupKind, Inventory, ObjectId, Owner, Plan, PlanOptions, Problem};
use serde_json::{Value, json};

use super::{Error, Run};
use crate::flavour::{self, Implementation};
use crate::hooks::{self, Hook, Trigger};
use crate::stack::Component;

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

/// Namespaces of the set that belong to other components: two that share one each may contain it, and the first keeps it.
///
/// Source: `hub-component-kustomize`, which creates a Namespace where it is absent and leaves it alone where it is not.
pub(super) fn of_others(plan: &Plan) -> BTreeSet<String> {
    let owned = plan.problems.iter().filter_map(|problem| match problem {
        Problem::ForeignOwner { id, owner } if id.is_namespace() && owner.starts_with("component ") => {
            Some(id.name.clone())
        }
        _ => None,
    });
    owned.collect()
}

/// Whether the set contains Namespaces.
pub(super) fn are_contained(objects: &[Value]) -> bool {
    !contained(objects).is_empty()
}

/// Whether the set contains a Namespace already.
pub(super) fn has(objects: &[Value], namespace: &Value) -> bool {
    namespace["metadata"]["name"].as_str().is_some_and(|name| contained(objects).contains(name))
}

/// Takes Namespaces out of a set.
pub(super) fn without(objects: &mut Vec<Value>, names: &BTreeSet<String>) {
    let is_one = |o: &Value| {
        o["kind"] == "Namespace" && o["metadata"]["name"].as_str().is_some_and(|name| names.contains(name))
    };
    objects.retain(|object| !is_one(object));
}

/// How hooks talk to a cluster.
const CLIENTS: [&str; 3] = ["kubectl", "hub object", "\"$HUB\" object"];

/// Makes the component's namespace where it is missing and a hook before the build names a client of the cluster, which
/// may count on it; gives the object if it was made. It is recorded as the component's own at once.
///
/// Any other namespace comes with its component's plan, so that nothing is written before all is known.
///
/// # Errors
/// It cannot be made.
pub(super) async fn make_for_hooks(
    run: &Run,
    cluster: &Cluster,
    owner: &Owner,
    component: &Component,
    name: &str,
) -> Result<Option<Value>, Error> {
    let is_rendered = || {
        let flavour = flavour::choose(&component.manifest.dir, "deploy", []);
        matches!(flavour, Implementation::Kustomize | Implementation::Helm)
    };
    let Some(hook) = hook_with_client(component, &run.stack.dir).filter(|_| is_rendered()) else {
        return Ok(None);
    };
    let id = ObjectId::new(GroupKind::new("", "Namespace"), None, name);
    if hub_cluster::get(cluster, &id).await?.is_some() {
        return Ok(None);
    }
    let object = namespace(name);
    let options = PlanOptions { prune: false, ..PlanOptions::default() };
    let plan = hub_cluster::plan(cluster, owner, vec![object.clone()], None, &options).await?;
    if !plan.problems.is_empty() {
        // What is wrong with it is said with everything else.
        return Ok(None);
    }
    let told = format!("Namespace {name} is made before the rest, as the hook {hook} talks to the cluster");
    run.warn(Some(&component.name), told);
    let options = ApplyOptions { wait: false, ..ApplyOptions::default() };
    hub_cluster::apply(cluster, &plan, &options, &|_| {}, &run.cancel).await?;
    Ok(Some(object))
}

/// The first hook before the build that names a client of the cluster.
fn hook_with_client(component: &Component, stack_dir: &Path) -> Option<String> {
    let dir = &component.manifest.dir;
    let declared = [&component.stack_hooks, &component.manifest.hooks];
    // A hook that is nowhere is said where hooks are run.
    let found =
        |declared: &Vec<_>, files| hooks::find(Trigger::PreDeploy, dir, stack_dir, declared, "", files).ok();
    let all = declared.into_iter().filter_map(|d| found(d, false)).flatten();
    let mut all = all.chain(hooks::find_file(Trigger::PreDeploy, dir));
    let talks = |hook: &Hook| {
        std::fs::read(&hook.path)
            .is_ok_and(|text| CLIENTS.iter().any(|c| String::from_utf8_lossy(&text).contains(c)))
    };
    all.find(talks).map(|hook| hook.name)
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
