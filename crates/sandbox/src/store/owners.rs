//! Who owns whom: objects by uid, and dependents by their owners' uids.
//!
//! In: objects as they come and go. Out: keys. Kept so that a delete need not look at every object.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::objects::{Key, Table};
use crate::object;

/// The index.
#[derive(Default)]
pub(super) struct Owners {
    places: HashMap<String, (Table, Key)>,
    dependents: HashMap<String, BTreeSet<(Table, Key)>>,
}

impl Owners {
    /// Takes note of an object's new state in place of an old one.
    pub(super) fn change(&mut self, table: &Table, key: &Key, before: Option<&Value>, after: Option<&Value>) {
        if let Some(before) = before {
            let replaced = after.is_some_and(|after| object::uid(after) == object::uid(before));
            if !replaced {
                self.places.remove(object::uid(before));
            }
            for owner in owner_uids(before) {
                if let Some(dependents) = self.dependents.get_mut(owner) {
                    dependents.remove(&(table.clone(), key.clone()));
                    if dependents.is_empty() {
                        self.dependents.remove(owner);
                    }
                }
            }
        }
        if let Some(after) = after {
            self.places.insert(object::uid(after).to_owned(), (table.clone(), key.clone()));
            for owner in owner_uids(after) {
                let dependents = self.dependents.entry(owner.to_owned()).or_default();
                dependents.insert((table.clone(), key.clone()));
            }
        }
    }

    /// Where the object with a uid is.
    pub(super) fn place(&self, uid: &str) -> Option<&(Table, Key)> {
        self.places.get(uid)
    }

    /// Where the dependents of an owner are, in order.
    pub(super) fn dependents(&self, uid: &str) -> impl Iterator<Item = &(Table, Key)> {
        self.dependents.get(uid).into_iter().flatten()
    }
}

/// The uids of an object's owners.
pub(crate) fn owner_uids(value: &Value) -> impl Iterator<Item = &str> {
    let owners = value.get("metadata").and_then(|m| m.get("ownerReferences")).and_then(Value::as_array);
    owners.into_iter().flatten().filter_map(|owner| owner["uid"].as_str())
}
