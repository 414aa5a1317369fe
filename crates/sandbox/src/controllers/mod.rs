//! Stand-ins for the controllers of a cluster: they act at once, in the request that gives them cause.
//!
//! In: changes of the store. Out: further writes, until nothing is left to do. No background tasks, no clocks.

mod addresses;
mod certificates;
mod claims;
mod cluster_roles;
mod definitions;
mod garbage;
mod jobs;
mod namespaces;
mod pods;
mod replica_sets;
mod volumes;
mod workloads;
mod writer;

pub(crate) use addresses::allocate;
pub(crate) use definitions::{FINALIZER as DEFINITION_FINALIZER, terminating};
pub(crate) use namespaces::bootstrap;

use crate::state::State;
use crate::store::Change;

/// An annotation that makes the stand-ins leave a workload alone.
pub const HOLD: &str = "sandbox.hub/hold";

/// An annotation on a pod: what its containers are taken to have written.
pub const LOG: &str = "sandbox.hub/log";

/// Lets every stand-in see what has changed, and what they change themselves, until all is quiet.
pub(crate) fn react(state: &mut State) {
    loop {
        let changes: Vec<Change> = match state.store.changes_after(state.reacted) {
            Ok(changes) => changes.cloned().collect(),
            Err(oldest) => {
                state.reacted = oldest;
                continue;
            }
        };
        if changes.is_empty() {
            return;
        }
        state.reacted = state.store.revision();
        for change in &changes {
            see(state, change);
        }
    }
}

fn see(state: &mut State, change: &Change) {
    let table = (change.table.group.as_str(), change.table.plural.as_str());
    match table {
        ("apiextensions.k8s.io", "customresourcedefinitions") => definitions::see(state, change),
        ("", "namespaces") => namespaces::see(state, change),
        ("rbac.authorization.k8s.io", "clusterroles") => cluster_roles::see(state),
        _ => {}
    }
    if state.controllers {
        match table {
            ("apps", "deployments") => {
                workloads::deployment(state, change);
                certificates::see_deployment(state, change);
            }
            (certificates::GROUP, _) => certificates::see(state, change),
            ("apps", "replicasets") => replica_sets::see(state, change),
            ("apps", "statefulsets") => workloads::stateful_set(state, change),
            ("apps", "daemonsets") => workloads::daemon_set(state, change),
            ("batch", "jobs") => jobs::see(state, change),
            ("", "pods") => {
                pods::see(state, change);
                volumes::see_pod(state, change);
            }
            ("", "services") => addresses::see_service(state, change),
            ("", "persistentvolumeclaims") => volumes::see(state, change),
            ("policy", "poddisruptionbudgets") => workloads::budget(state, change),
            ("apiregistration.k8s.io", "apiservices") => {}
            _ => {}
        }
    }
    garbage::see(state, change);
}
