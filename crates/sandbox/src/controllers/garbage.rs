//! Owner references: dependents go with their owners, and owners wait for theirs where they were asked to.

use std::sync::Arc;

use serde_json::{Value, json};

use super::writer::{delete, live};
use crate::object;
use crate::state::State;
use crate::store::{Change, Key, Table, owner_uids};

/// Takes note of an object that is gone or is to wait for its dependents.
pub(super) fn see(state: &mut State, change: &Change) {
    match &change.after {
        None => {
            if let Some(before) = &change.before {
                collect(state, object::uid(before));
                look_again(state, change, before);
            }
        }
        Some(value) if object::deleting(value) => {
            let finalizers = object::meta_list(value, "finalizers");
            if finalizers.contains(&"foregroundDeletion") {
                foreground(state, &change.table, &change.key);
            } else if finalizers.contains(&"orphan") {
                orphan(state, &change.table, &change.key);
            }
        }
        Some(_) => {}
    }
}

/// Whoever waited for this object looks again: its namespace, its definition, its owners.
fn look_again(state: &mut State, change: &Change, before: &Arc<Value>) {
    let namespace = change.key.namespace.as_str();
    if !namespace.is_empty() && state.namespace(namespace).is_some_and(|n| object::deleting(n)) {
        super::namespaces::empty(state, namespace);
    }
    super::definitions::look_again(state, &change.table);
    for uid in owner_uids(before) {
        let waiting = find(state, uid).filter(|(.., owner)| object::deleting(owner));
        if let Some((table, key, owner)) = waiting
            && object::meta_list(&owner, "finalizers").contains(&"foregroundDeletion")
        {
            foreground(state, &table, &key);
        }
    }
}

fn dependents(state: &State, uid: &str) -> Vec<(Table, Key, Arc<Value>)> {
    let found = state.store.dependents(uid);
    found.map(|(table, key, value)| (table.clone(), key.clone(), value.clone())).collect()
}

fn find(state: &State, uid: &str) -> Option<(Table, Key, Arc<Value>)> {
    let (table, key, value) = state.store.by_uid(uid)?;
    Some((table.clone(), key.clone(), value.clone()))
}

/// Deletes what an owner leaves behind, and unhooks what has another owner still.
fn collect(state: &mut State, uid: &str) {
    for (table, key, value) in dependents(state, uid) {
        let others = owner_uids(&value).any(|other| other != uid && state.store.by_uid(other).is_some());
        if others {
            unhook(state, &table, &value, uid);
        } else {
            delete(state, &table, &key);
        }
    }
}

fn unhook(state: &mut State, table: &Table, value: &Value, uid: &str) {
    let mut kept = value.clone();
    let owners =
        kept.pointer("/metadata/ownerReferences").and_then(Value::as_array).cloned().unwrap_or_default();
    let owners: Vec<Value> = owners.into_iter().filter(|o| o["uid"] != uid).collect();
    if owners.is_empty() {
        object::take_meta(&mut kept, "ownerReferences");
    } else {
        object::set_meta(&mut kept, "ownerReferences", json!(owners));
    }
    put(state, table, kept);
}

fn put(state: &mut State, table: &Table, value: Value) {
    if let Err(error) = state.put(table, value) {
        tracing::warn!(message = %error.message, "the garbage collector could not write");
    }
}

/// Deletes the dependents that block their owner's deletion; lets the owner go once there are none.
fn foreground(state: &mut State, table: &Table, key: &Key) {
    let Some(owner) = live(state, table, key) else {
        return;
    };
    let uid = object::uid(&owner).to_owned();
    for (table, key, dependent) in dependents(state, &uid) {
        if !object::deleting(&dependent) {
            delete(state, &table, &key);
        }
    }
    let blocking = dependents(state, &uid).into_iter().any(|(.., dependent)| {
        let owners = dependent.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners.is_some_and(|owners| {
            owners.iter().any(|o| o["uid"] == uid.as_str() && o["blockOwnerDeletion"] == true)
        })
    });
    if !blocking {
        release(state, table, key, "foregroundDeletion");
    }
}

fn orphan(state: &mut State, table: &Table, key: &Key) {
    let Some(owner) = live(state, table, key) else {
        return;
    };
    let uid = object::uid(&owner).to_owned();
    for (table, _, dependent) in dependents(state, &uid) {
        unhook(state, &table, &dependent, &uid);
    }
    release(state, table, key, "orphan");
}

/// Takes a finalizer off; an object without any is removed.
fn release(state: &mut State, table: &Table, key: &Key, finalizer: &str) {
    let Some(owner) = live(state, table, key) else {
        return;
    };
    let rest: Vec<Value> = object::meta_list(&owner, "finalizers")
        .into_iter()
        .filter(|f| *f != finalizer)
        .map(|f| json!(f))
        .collect();
    if rest.is_empty() {
        if let Err(error) = state.remove(table, key) {
            tracing::warn!(message = %error.message, "the garbage collector could not remove an object");
        }
        return;
    }
    let mut value = (*owner).clone();
    object::set_meta(&mut value, "finalizers", json!(rest));
    put(state, table, value);
}
