//! Namespaces: furnished when they appear, emptied before they go.

use serde_json::{Value, json};

use super::writer::{CONTROLLER_MANAGER, create, delete, live, set_status};
use crate::object;
use crate::state::State;
use crate::store::{Change, Key, Table};

/// The certificate that `kube-root-ca.crt` holds: the sandbox speaks plain HTTP and has none.
const NO_CERTIFICATE: &str = "";

/// Makes what every cluster has from the first moment.
pub(crate) fn bootstrap(state: &mut State) {
    let namespaces = Table::new("", "namespaces");
    for name in ["kube-system", "kube-public", "kube-node-lease", "default"] {
        if state.namespace(name).is_none() {
            let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            create(state, &namespaces, value, "kube-apiserver");
        }
    }
    let roles = Table::new("rbac.authorization.k8s.io", "clusterroles");
    if live(state, &roles, &Key::new("", "cluster-admin")).is_none() {
        super::cluster_roles::bootstrap(state);
    }
    let services = Table::new("", "services");
    if live(state, &services, &Key::new("default", "kubernetes")).is_none() {
        let value = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "kubernetes", "namespace": "default",
                         "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.0.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
        });
        create(state, &services, value, "kube-apiserver");
    }
    super::pods::bootstrap_node(state);
    super::react(state);
}

/// Takes note of a namespace, or of one that is gone.
pub(super) fn see(state: &mut State, change: &Change) {
    let Some(namespace) = state.namespace(&change.key.name).cloned() else {
        return;
    };
    if object::deleting(&namespace) {
        empty(state, &change.key.name);
    } else if state.controllers {
        furnish(state, &change.key.name);
    }
}

fn furnish(state: &mut State, name: &str) {
    let accounts = Table::new("", "serviceaccounts");
    if live(state, &accounts, &Key::new(name, "default")).is_none() {
        let value = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name},
        });
        create(state, &accounts, value, CONTROLLER_MANAGER);
    }
    let maps = Table::new("", "configmaps");
    if live(state, &maps, &Key::new(name, "kube-root-ca.crt")).is_none() {
        let note = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints \
                    such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across \
                    distributions of Kubernetes clusters.";
        let value = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "kube-root-ca.crt", "namespace": name,
                         "annotations": {"kubernetes.io/description": note}},
            "data": {"ca.crt": NO_CERTIFICATE},
        });
        create(state, &maps, value, CONTROLLER_MANAGER);
    }
}

/// Deletes everything in a namespace that is being deleted, then the namespace.
pub(super) fn empty(state: &mut State, name: &str) {
    let tables: Vec<Table> = state.store.tables().cloned().collect();
    let mut left = Vec::new();
    for table in &tables {
        let keys: Vec<Key> = state.store.list(table, Some(name)).map(|(key, _)| key.clone()).collect();
        if state.catalog.stored(table).is_none_or(|r| !r.namespaced) {
            continue;
        }
        for key in &keys {
            delete(state, table, key);
        }
        for (_, value) in state.store.list(table, Some(name)) {
            left.push((table.clone(), value.clone()));
        }
    }
    let namespaces = Table::new("", "namespaces");
    let key = Key::new("", name);
    let Some(namespace) = live(state, &namespaces, &key) else {
        return;
    };
    if left.is_empty() {
        finalize(state, &namespaces, &key, &namespace);
    } else {
        let status = remaining(&namespace, &left);
        set_status(state, &namespaces, &namespace, status, CONTROLLER_MANAGER);
    }
}

fn finalize(state: &mut State, namespaces: &Table, key: &Key, namespace: &Value) {
    let mut value = namespace.clone();
    if let Some(spec) = value["spec"].as_object_mut() {
        spec.shift_remove("finalizers");
    }
    let removed = if object::meta_list(&value, "finalizers").is_empty() {
        state.remove(namespaces, key).map(drop)
    } else if value == *namespace {
        Ok(())
    } else {
        state.put(namespaces, value).map(drop)
    };
    if let Err(error) = removed {
        tracing::warn!(message = %error.message, "a namespace could not be removed");
    }
}

/// The conditions of a namespace in which objects wait for their finalizers.
fn remaining(namespace: &Value, left: &[(Table, std::sync::Arc<Value>)]) -> Value {
    let mut resources: Vec<String> = Vec::new();
    let mut finalizers: Vec<String> = Vec::new();
    for (table, value) in left {
        let named = crate::status::qualified(&table.group, &table.plural);
        let count = left.iter().filter(|(t, _)| t == table).count();
        let text = format!("{named} has {count} resource instances");
        if !resources.contains(&text) {
            resources.push(text);
        }
        for finalizer in object::meta_list(value, "finalizers") {
            let count =
                left.iter().filter(|(_, v)| object::meta_list(v, "finalizers").contains(&finalizer)).count();
            let text = format!("{finalizer} in {count} resource instances");
            if !finalizers.contains(&text) {
                finalizers.push(text);
            }
        }
    }
    let mut status = namespace["status"].clone();
    let now = crate::clock::now();
    let conditions = [
        (
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered".to_owned(),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed".to_owned(),
        ),
        (
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization".to_owned(),
        ),
        (
            "NamespaceContentRemaining",
            "True",
            "SomeResourcesRemain",
            format!("Some resources are remaining: {}", resources.join(", ")),
        ),
        (
            "NamespaceFinalizersRemaining",
            "True",
            "SomeFinalizersRemain",
            format!("Some content in the namespace has finalizers remaining: {}", finalizers.join(", ")),
        ),
    ];
    for (kind, value, reason, message) in conditions {
        let condition = json!({"type": kind, "status": value, "reason": reason, "message": message});
        super::writer::set_condition(&mut status, condition, &now, false);
    }
    status
}
