//! ReplicaSets, and pods made from a template in general.

use serde_json::{Value, json};

use super::claims;
use super::writer::{CONTROLLER_MANAGER, controlled_by, create, delete, held, live, set_status};
use crate::object;
use crate::state::State;
use crate::store::{Change, Key, Table};

fn sets() -> Table {
    Table::new("apps", "replicasets")
}

/// Makes or removes pods until there are as many as wanted, then tells so.
pub(super) fn see(state: &mut State, change: &Change) {
    if let Some(set) = live(state, &sets(), &change.key) {
        reconcile(state, &set);
    }
    let owner = change.after.as_ref().or(change.before.as_ref());
    if let Some(owner) = owner.and_then(|set| owner_key(set, "Deployment")) {
        super::workloads::reconcile_deployment(state, &owner);
    }
}

fn owner_key(value: &Value, kind: &str) -> Option<Key> {
    let owners = value.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|o| o["controller"] == true && o["kind"] == kind)?;
    Some(Key::new(object::namespace(value), owner["name"].as_str()?))
}

/// A pod is gone: its owner may want another.
pub(super) fn look_again(state: &mut State, pod: &Value) {
    if let Some(key) = owner_key(pod, "ReplicaSet")
        && let Some(set) = live(state, &sets(), &key)
    {
        reconcile(state, &set);
    }
    super::workloads::look_again(state, pod);
}

fn reconcile(state: &mut State, set: &Value) {
    if object::deleting(set) || held(set) {
        return;
    }
    let wanted = set["spec"]["replicas"].as_u64().unwrap_or(1);
    let name = object::name(set).to_owned();
    let have = scale_pods(state, set, wanted, |_| format!("{name}-{}", crate::clock::suffix()));
    let Some(set) = live(state, &sets(), &Key::of(set)) else {
        return;
    };
    let mut status =
        json!({"replicas": have, "observedGeneration": object::generation(&set), "terminatingReplicas": 0});
    if have > 0 {
        for count in ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] {
            status[count] = json!(have);
        }
    }
    set_status(state, &sets(), &set, status, CONTROLLER_MANAGER);
}

/// The pods that an object controls.
pub(super) fn pods_of(state: &State, owner: &Value) -> Vec<Key> {
    let pods = Table::new("", "pods");
    let uid = object::uid(owner);
    let controlled = |pod: &Value| object::controller_uid(pod) == Some(uid) && !object::deleting(pod);
    let dependents = state.store.dependents(uid).filter(|(table, _, pod)| **table == pods && controlled(pod));
    dependents.map(|(_, key, _)| key.clone()).collect()
}

/// Makes pods from the owner's template, or removes some; gives how many there are then.
pub(super) fn scale_pods(state: &mut State, owner: &Value, wanted: u64, name: impl Fn(u64) -> String) -> u64 {
    let pods = Table::new("", "pods");
    let present = pods_of(state, owner);
    for key in present.iter().skip(wanted as usize) {
        delete(state, &pods, key);
    }
    for index in present.len() as u64..wanted {
        let pod = pod(owner, &name(index));
        if create(state, &pods, pod, CONTROLLER_MANAGER).is_none() {
            break;
        }
    }
    pods_of(state, owner).len() as u64
}

/// A pod as an owner's template describes it.
pub(super) fn pod(owner: &Value, name: &str) -> Value {
    let template = &owner["spec"]["template"];
    let mut metadata = template["metadata"].clone();
    if !metadata.is_object() {
        metadata = json!({});
    }
    metadata["name"] = json!(name);
    metadata["namespace"] = json!(object::namespace(owner));
    metadata["ownerReferences"] = json!([controlled_by(owner)]);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": claims::with_volumes(owner, name)})
}
