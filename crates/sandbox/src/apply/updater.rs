//! How ownership moves when an object changes.
//!
//! Source: structured-merge-diff `merge/update.go`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::conflict::ApplyConflict;
use super::managers::{Managed, ManagerId, Managers};
use crate::fields::FieldSet;
use crate::schema::Schema;
use crate::typed::{Comparison, compare, field_set, merge, remove};

/// The schema of each served version of a kind; all versions hold the same fields.
pub(super) trait Versions {
    /// The schema of an `apiVersion`, or `None` when it is not served any more.
    fn schema(&self, api_version: &str) -> Option<&Schema>;
}

/// One writer's change of one object.
pub(super) struct Updater<'a, V> {
    pub(super) versions: &'a V,
    pub(super) api_version: &'a str,
    pub(super) schema: &'a Schema,
    /// Fields that this endpoint never lets anyone own.
    pub(super) ignored: &'a FieldSet,
}

impl<V: Versions> Updater<'_, V> {
    /// Moves ownership for a change by any other means than apply.
    pub(super) fn update(&self, live: &Value, new: &Value, managers: &mut Managers, manager: &ManagerId) {
        self.drop_obsolete(managers);
        let unfiltered = compare(self.schema, live, new);
        let conflicts = self.conflicts(live, new, managers, manager);
        self.take(managers, conflicts);
        let entry = managers.entry(manager.clone()).or_default();
        let set =
            entry.set.difference(&unfiltered.removed).union(&unfiltered.modified).union(&unfiltered.added);
        entry.set = set.difference_below(self.ignored);
        entry.api_version = self.api_version.to_owned();
        managers.retain(|_, managed| !managed.set.is_empty());
    }

    /// Applies `config`; gives the new object, or `None` when nothing changes in it.
    pub(super) fn apply(
        &self,
        live: &Value,
        config: &Value,
        managers: &mut Managers,
        manager: &ManagerId,
        force: bool,
    ) -> Result<Option<Value>, ApplyConflict> {
        self.drop_obsolete(managers);
        let merged = merge(self.schema, Some(live), Some(config)).unwrap_or(Value::Null);
        let last = managers.get(manager).cloned();
        let set = field_set(self.schema, config).difference_below(self.ignored);
        let time = last.as_ref().and_then(|l| l.time.clone());
        managers.insert(manager.clone(), Managed { set, api_version: self.api_version.to_owned(), time });
        // what is applied again is not taken out, so that there is nothing to do when nothing was dropped
        let dropped = last.as_ref().filter(|last| !last.set.difference(&managers[manager].set).is_empty());
        let pruned = self.prune(merged, managers, dropped);
        let conflicts = self.conflicts(live, &pruned, managers, manager);
        if !force && !conflicts.taken.is_empty() {
            let taken: Vec<(ManagerId, FieldSet)> = conflicts.taken.into_iter().collect();
            return Err(ApplyConflict::of(&taken));
        }
        self.take(managers, conflicts);
        Ok((pruned != *live).then_some(pruned))
    }

    fn drop_obsolete(&self, managers: &mut Managers) {
        managers.retain(|_, managed| self.versions.schema(&managed.api_version).is_some());
        for managed in managers.values_mut() {
            if let Some(schema) = self.versions.schema(&managed.api_version) {
                super::reshape::reshape(&mut managed.set, schema);
            }
        }
    }

    /// Finds what a change takes from other managers.
    fn conflicts(&self, live: &Value, new: &Value, managers: &Managers, manager: &ManagerId) -> Taken {
        let mut compared: BTreeMap<&str, Comparison> = BTreeMap::new();
        let mut taken = Taken::default();
        for (id, managed) in managers.iter().filter(|(id, _)| *id != manager) {
            let Some(schema) = self.versions.schema(&managed.api_version) else {
                continue;
            };
            let comparison = compared
                .entry(managed.api_version.as_str())
                .or_insert_with(|| compare(schema, live, new).without(self.ignored));
            let conflict = managed.set.intersection(&comparison.modified.union(&comparison.added));
            if !conflict.is_empty() {
                taken.taken.insert(id.clone(), conflict);
            }
            if !comparison.removed.is_empty() {
                taken.removed.insert(id.clone(), comparison.removed.clone());
            }
        }
        taken
    }

    fn take(&self, managers: &mut Managers, taken: Taken) {
        for (id, set) in taken.taken.iter().chain(&taken.removed) {
            if let Some(managed) = managers.get_mut(id) {
                managed.set = managed.set.difference(set);
            }
        }
        managers.retain(|_, managed| !managed.set.is_empty());
    }

    /// Takes out what this manager applied last time, does not apply now, and nobody else owns.
    fn prune(&self, merged: Value, managers: &Managers, last: Option<&Managed>) -> Value {
        let Some(last) = last.filter(|l| !l.set.is_empty()) else {
            return merged;
        };
        let Some(schema) = self.versions.schema(&last.api_version) else {
            return merged;
        };
        let last_set = last.set.with_named_fields(schema);
        let mut pruned = remove(schema, &merged, &last_set);
        pruned = self.add_back_owned(&merged, pruned, &last.api_version, managers);
        let kept = field_set(schema, &pruned).with_named_fields(schema);
        let all = field_set(schema, &merged).with_named_fields(schema);
        remove(schema, &merged, &all.difference(&kept).intersection(&last_set))
    }

    fn add_back_owned(&self, merged: &Value, mut pruned: Value, first: &str, managers: &Managers) -> Value {
        let mut by_version: BTreeMap<(bool, &str), FieldSet> = BTreeMap::new();
        for managed in managers.values() {
            let version = managed.api_version.as_str();
            by_version.entry((version != first, version)).or_default().absorb(&managed.set);
        }
        for ((_, version), managed) in &by_version {
            let Some(schema) = self.versions.schema(version) else {
                continue;
            };
            let all = field_set(schema, merged).with_named_fields(schema);
            let kept = field_set(schema, &pruned).with_named_fields(schema);
            let owned = managed.with_named_fields(schema);
            pruned = remove(schema, merged, &all.difference(&kept.union(&owned)));
        }
        pruned
    }
}

/// What a change takes: values changed under a manager, and fields gone.
#[derive(Default)]
struct Taken {
    taken: BTreeMap<ManagerId, FieldSet>,
    removed: BTreeMap<ManagerId, FieldSet>,
}
