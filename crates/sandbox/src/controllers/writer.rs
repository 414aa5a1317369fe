//! How the stand-ins write: as their real namesakes, through the same path as clients.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::object;
use crate::state::State;
use crate::store::{Key, Table};
use crate::write::{PatchKind, Session, Validation, WriteOptions};

/// The manager that most stand-ins write as.
pub(super) const CONTROLLER_MANAGER: &str = "kube-controller-manager";

fn session<'a>(
    state: &'a mut State,
    table: &Table,
    subresource: Option<&str>,
    manager: &str,
) -> Option<Session<'a>> {
    let resource = state.catalog.stored(table)?.clone();
    let options = WriteOptions {
        dry_run: false,
        manager: manager.to_owned(),
        force: true,
        validation: Validation::Ignore,
    };
    Some(Session::new(state, resource, subresource.map(str::to_owned), options))
}

/// The present state of an object.
pub(super) fn live(state: &State, table: &Table, key: &Key) -> Option<Arc<Value>> {
    state.store.get(table, key).cloned()
}

/// Creates an object; one that exists or is refused stays as it is.
pub(super) fn create(state: &mut State, table: &Table, value: Value, manager: &str) -> Option<Arc<Value>> {
    let namespace = object::meta(&value, "namespace").map(str::to_owned);
    let written = session(state, table, None, manager)?.create(value, namespace.as_deref());
    refused(written.map(|w| w.object), table)
}

/// Replaces an object.
pub(super) fn replace(state: &mut State, table: &Table, value: Value, manager: &str) -> Option<Arc<Value>> {
    let key = Key::of(&value);
    let written = session(state, table, None, manager)?.replace(value, &key);
    refused(written.map(|w| w.object), table)
}

/// Applies an object.
pub(super) fn apply(state: &mut State, table: &Table, value: Value, manager: &str) -> Option<Arc<Value>> {
    let key = Key::of(&value);
    let written = session(state, table, None, manager)?.patch(PatchKind::Apply, value, &key);
    refused(written.map(|w| w.object), table)
}

/// Replaces an object's status, and the annotations that come with it.
pub(super) fn replace_status(
    state: &mut State,
    table: &Table,
    value: Value,
    manager: &str,
) -> Option<Arc<Value>> {
    let key = Key::of(&value);
    let written = session(state, table, Some("status"), manager)?.replace(value, &key);
    refused(written.map(|w| w.object), table)
}

/// Sets an object's status, when it is another.
pub(super) fn set_status(state: &mut State, table: &Table, live: &Value, status: Value, manager: &str) {
    if live["status"] != status {
        let mut value = live.clone();
        value["status"] = status;
        replace_status(state, table, value, manager);
    }
}

/// Deletes an object as a client without further wishes would.
pub(super) fn delete(state: &mut State, table: &Table, key: &Key) {
    if let Some(mut session) = session(state, table, None, CONTROLLER_MANAGER) {
        let options =
            crate::write::DeleteOptions { propagation: Some("Background".into()), ..Default::default() };
        let deleted = session.delete(key, &options);
        refused(deleted.map(|_| ()), table);
    }
}

fn refused<T>(written: Result<T, crate::status::StatusError>, table: &Table) -> Option<T> {
    match written {
        Ok(written) => Some(written),
        Err(error) => {
            tracing::debug!(plural = %table.plural, message = %error.message, "a controller's write was refused");
            None
        }
    }
}

/// The owner reference of a controlled object.
pub(super) fn controlled_by(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": object::name(owner),
        "uid": object::uid(owner), "controller": true, "blockOwnerDeletion": true,
    })
}

/// Tells whether the stand-ins are to leave an object alone.
pub(super) fn held(value: &Value) -> bool {
    object::annotation(value, super::HOLD).is_some_and(|text| text != "false")
}

/// Sets a condition, keeping its transition time while its status stays; one with `updates` notes the time of every
/// change and moves to the end of the list, as those of workloads do.
pub(super) fn set_condition(status: &mut Value, mut condition: Value, now: &str, updates: bool) {
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let kind = condition["type"].clone();
    let old = conditions.iter().find(|c| c["type"] == kind).cloned();
    let same = |old: &Value, name: &str| old[name] == condition[name];
    let old_time = old.as_ref().filter(|o| same(o, "status")).map(|o| o["lastTransitionTime"].clone());
    let untouched =
        old.as_ref().is_some_and(|o| same(o, "status") && same(o, "reason") && same(o, "message"));
    condition["lastTransitionTime"] = old_time.unwrap_or_else(|| json!(now));
    if updates {
        let old_update = old.as_ref().filter(|_| untouched).map(|o| o["lastUpdateTime"].clone());
        condition["lastUpdateTime"] = old_update.unwrap_or_else(|| json!(now));
    }
    let mut list = conditions;
    match list.iter().position(|c| c["type"] == kind) {
        Some(at) if !updates => list[at] = condition,
        Some(at) => {
            list.remove(at);
            list.push(condition);
        }
        None => list.push(condition),
    }
    status["conditions"] = json!(list);
}
