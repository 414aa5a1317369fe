//! Claims are bound at once, wait while a pod uses them, and take their volume with them.
//!
//! Source: the controllers of Kubernetes for `pvc-protection` and `pv-protection`; volumes are reclaimed as their policy
//! `Delete` says.

use serde_json::{Value, json};

use super::writer::{CONTROLLER_MANAGER, create, delete, held, live, replace, set_status};
use crate::object;
use crate::state::State;
use crate::store::{Change, Key, Table};

const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

fn claims() -> Table {
    Table::new("", "persistentvolumeclaims")
}

fn volumes() -> Table {
    Table::new("", "persistentvolumes")
}

/// Takes note of a claim, or of one that is gone.
pub(super) fn see(state: &mut State, change: &Change) {
    match live(state, &claims(), &change.key) {
        Some(claim) if object::deleting(&claim) => release(state, &change.key),
        Some(_) => bind(state, change),
        None => reclaim(state, change.before.as_deref()),
    }
}

/// A pod that is gone frees the claims that wait for it.
pub(super) fn see_pod(state: &mut State, change: &Change) {
    if change.after.is_some() {
        return;
    }
    let Some(namespace) = change.before.as_deref().and_then(|pod| object::meta(pod, "namespace")) else {
        return;
    };
    let waiting: Vec<Key> = state
        .store
        .list(&claims(), Some(namespace))
        .filter(|(_, claim)| object::deleting(claim))
        .map(|(key, _)| key.clone())
        .collect();
    for key in &waiting {
        release(state, key);
    }
}

/// Removes the protection of a claim that no pod uses.
fn release(state: &mut State, key: &Key) {
    let Some(claim) = live(state, &claims(), key) else {
        return;
    };
    let pods = Table::new("", "pods");
    let name = object::name(&claim);
    let used = state.store.list(&pods, object::meta(&claim, "namespace")).any(|(_, pod)| uses(pod, name));
    if !used {
        unprotect(state, &claims(), &claim, CLAIM_PROTECTION);
    }
}

fn uses(pod: &Value, claim: &str) -> bool {
    let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let mut volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    !over && volumes.any(|volume| volume["persistentVolumeClaim"]["claimName"] == claim)
}

/// Deletes the volume of a claim that is gone.
fn reclaim(state: &mut State, claim: Option<&Value>) {
    let Some(name) = claim.and_then(|claim| claim["spec"]["volumeName"].as_str()) else {
        return;
    };
    let key = Key::new("", name);
    let Some(volume) = live(state, &volumes(), &key) else {
        return;
    };
    if volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
        unprotect(state, &volumes(), &volume, VOLUME_PROTECTION);
        delete(state, &volumes(), &key);
    }
}

fn unprotect(state: &mut State, table: &Table, protected: &Value, finalizer: &str) {
    let rest: Vec<Value> = object::meta_list(protected, "finalizers")
        .into_iter()
        .filter(|name| *name != finalizer)
        .map(|name| json!(name))
        .collect();
    let mut value = protected.clone();
    object::set_meta(&mut value, "finalizers", rest);
    replace(state, table, value, CONTROLLER_MANAGER);
}

/// Binds a claim to a volume of its own.
fn bind(state: &mut State, change: &Change) {
    let claims = claims();
    let Some(claim) = live(state, &claims, &change.key) else {
        return;
    };
    if held(&claim) || claim["status"]["phase"] == "Bound" {
        return;
    }
    if claim["spec"]["volumeName"].as_str().is_none_or(str::is_empty) {
        let name = format!("pvc-{}", object::uid(&claim));
        let volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {
                "accessModes": claim["spec"]["accessModes"],
                "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
                "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "name": object::name(&claim),
                             "namespace": object::namespace(&claim), "uid": object::uid(&claim)},
                "persistentVolumeReclaimPolicy": "Delete", "hostPath": {"path": format!("/sandbox/{name}")},
            },
        });
        create(state, &Table::new("", "persistentvolumes"), volume, CONTROLLER_MANAGER);
        let mut bound = (*claim).clone();
        bound["spec"]["volumeName"] = json!(name);
        replace(state, &claims, bound, CONTROLLER_MANAGER);
    }
    let Some(claim) = live(state, &claims, &change.key) else {
        return;
    };
    let status = json!({
        "phase": "Bound", "accessModes": claim["spec"]["accessModes"],
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
    });
    set_status(state, &claims, &claim, status, CONTROLLER_MANAGER);
}
