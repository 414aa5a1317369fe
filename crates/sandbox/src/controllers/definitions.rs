//! CustomResourceDefinitions: names accepted, established, and emptied before they go.

use serde_json::{Value, json};

use super::writer::{live, replace, set_condition, set_status};
use crate::clock;
use crate::object;
use crate::state::{State, definitions};
use crate::store::{Change, Key, Table};

/// The finalizer that a definition gets when it is deleted, and loses when its objects are gone.
pub(crate) const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// The condition of a definition that is being deleted.
pub(crate) fn terminating(definition: &mut Value) {
    let condition = json!({
        "type": "Terminating", "status": "True", "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    });
    set_condition(&mut definition["status"], condition, &clock::now(), false);
}

/// Takes note of a definition.
pub(super) fn see(state: &mut State, change: &Change) {
    let Some(definition) = live(state, &definitions(), &change.key) else {
        return;
    };
    if object::deleting(&definition) {
        return empty(state, &definition);
    }
    establish(state, &definition);
}

fn establish(state: &mut State, definition: &Value) {
    let now = clock::now();
    let names = definition["spec"]["names"].clone();
    let mut status = definition["status"].clone();
    if !status.is_object() {
        status = json!({});
    }
    let accepted = json!({
        "type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found",
    });
    set_condition(&mut status, accepted, &now, false);
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !conditions.iter().any(|c| c["type"] == "Established" && c["status"] == "True") {
        set_condition(&mut status, established(definition), &now, false);
    }
    status["acceptedNames"] = names;
    let storage =
        definition["spec"]["versions"].as_array().into_iter().flatten().find(|v| v["storage"] == true);
    let mut stored: Vec<Value> = status["storedVersions"].as_array().cloned().unwrap_or_default();
    if let Some(version) = storage.map(|v| v["name"].clone())
        && !stored.contains(&version)
    {
        stored.push(version);
    }
    status["storedVersions"] = json!(stored);
    set_status(state, &definitions(), definition, status, "kube-apiserver");
}

/// The condition by which a definition is served, or not for want of a certificate authority.
fn established(definition: &Value) -> Value {
    let bundle = definition.pointer("/spec/conversion/webhook/clientConfig/caBundle").and_then(Value::as_str);
    if bundle.is_some_and(|bundle| !holds_certificates(bundle)) {
        return json!({
            "type": "Established", "status": "False", "reason": "InvalidCABundle",
            "message": "The conversion webhook CABundle is invalid",
        });
    }
    json!({
        "type": "Established", "status": "True", "reason": "InitialNamesAccepted",
        "message": "the initial names have been accepted",
    })
}

fn holds_certificates(bundle: &str) -> bool {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(bundle).unwrap_or_default();
    bytes.is_empty() || String::from_utf8_lossy(&bytes).contains("-----BEGIN CERTIFICATE-----")
}

/// Deletes the objects of a definition that is being deleted, then lets it go.
fn empty(state: &mut State, definition: &Value) {
    if !object::meta_list(definition, "finalizers").contains(&FINALIZER) {
        return;
    }
    let text = |path: &str| definition.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let table = Table::new(text("/spec/group"), text("/spec/names/plural"));
    let keys: Vec<Key> = state.store.list(&table, None).map(|(key, _)| key.clone()).collect();
    for key in &keys {
        super::writer::delete(state, &table, key);
    }
    if state.store.list(&table, None).next().is_none() {
        let mut value = definition.clone();
        let rest: Vec<Value> = object::meta_list(definition, "finalizers")
            .into_iter()
            .filter(|f| *f != FINALIZER)
            .map(|f| json!(f))
            .collect();
        object::set_meta(&mut value, "finalizers", rest);
        object::take_meta(&mut value, "resourceVersion");
        if let Some(current) = live(state, &definitions(), &Key::of(&value)) {
            object::copy_meta(&mut value, &current, "resourceVersion");
            replace(state, &definitions(), value, "kube-apiserver");
        }
    }
}

/// Looks at a definition again whose last object may be gone.
pub(super) fn look_again(state: &mut State, table: &Table) {
    let key = Key::new("", &crate::status::qualified(&table.group, &table.plural));
    if let Some(definition) = live(state, &definitions(), &key).filter(|d| object::deleting(d)) {
        empty(state, &definition);
    }
}
