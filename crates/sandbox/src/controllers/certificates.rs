//! Stands in for cert-manager's controller, where its Deployment is there: issuers and certificates turn ready.
//!
//! In: changes of cert-manager's objects and of Deployments. Out: their `Ready` conditions. Nothing is signed and no
//! Secret is made: who needs a certificate needs a cluster.

use serde_json::{Value, json};

use super::writer::{held, live, set_status};
use crate::clock;
use crate::object;
use crate::state::State;
use crate::store::{Change, Key, Table};

pub(super) const GROUP: &str = "cert-manager.io";
/// The kinds that turn ready, with the reason that the real controller gives.
/// Source: cert-manager `pkg/controller/issuers/sync.go`, `pkg/controller/certificates/readiness`.
const KINDS: [(&str, &str, &str); 3] = [
    ("issuers", "IsReady", ""),
    ("clusterissuers", "IsReady", ""),
    ("certificates", "Ready", "Certificate is up to date and has not expired"),
];
const MANAGER: &str = "cert-manager-certificates-readiness";

/// Takes note of one of cert-manager's objects.
pub(super) fn see(state: &mut State, change: &Change) {
    if controller_is_there(state) {
        make_ready(state, &change.table, &change.key);
    }
}

/// Takes note of a Deployment: cert-manager's own makes all that waits ready.
pub(super) fn see_deployment(state: &mut State, change: &Change) {
    if !change.after.as_deref().is_some_and(is_controller) {
        return;
    }
    for (plural, ..) in KINDS {
        let table = Table::new(GROUP, plural);
        let keys: Vec<Key> = state.store.list(&table, None).map(|(key, _)| key.clone()).collect();
        for key in keys {
            make_ready(state, &table, &key);
        }
    }
}

fn controller_is_there(state: &State) -> bool {
    state
        .store
        .list(&Table::new("apps", "deployments"), None)
        .any(|(_, deployment)| is_controller(deployment))
}

/// Source: the labels of cert-manager's chart.
fn is_controller(deployment: &Value) -> bool {
    let labels = &deployment["metadata"]["labels"];
    labels["app.kubernetes.io/name"] == "cert-manager"
        && labels["app.kubernetes.io/component"] == "controller"
}

fn make_ready(state: &mut State, table: &Table, key: &Key) {
    let Some((_, reason, message)) = KINDS.iter().find(|(plural, ..)| *plural == table.plural) else {
        return;
    };
    let Some(live) = live(state, table, key) else { return };
    let generation = object::generation(&live);
    let is_ready =
        |c: &Value| c["type"] == "Ready" && c["status"] == "True" && c["observedGeneration"] == generation;
    let told = live["status"]["conditions"].as_array().is_some_and(|all| all.iter().any(is_ready));
    if told || held(&live) || object::deleting(&live) {
        return;
    }
    let status = json!({"conditions": [{
        "type": "Ready", "status": "True", "reason": reason, "message": message,
        "lastTransitionTime": clock::now(), "observedGeneration": generation,
    }]});
    set_status(state, table, &live, status, MANAGER);
}
