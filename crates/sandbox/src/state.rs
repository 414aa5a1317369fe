//! Everything the server holds: the objects and what it serves, kept in step.
//!
//! In: finished objects. Out: writes to the store, with the catalog following the definitions among them.

use std::sync::Arc;

use serde_json::Value;

use crate::catalog::Catalog;
use crate::object;
use crate::status::StatusError;
use crate::store::{Key, Store, Table};

/// Objects, catalog and settings.
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) catalog: Catalog,
    /// Whether the stand-ins for controllers act.
    pub(crate) controllers: bool,
    /// Whether the sandbox has been closed.
    pub(crate) closed: bool,
    /// The last revision that the stand-ins have seen.
    pub(crate) reacted: u64,
}

impl State {
    /// The state over a store.
    pub(crate) fn new(store: Store, controllers: bool) -> State {
        let mut catalog = Catalog::default();
        for (_, definition) in store.list(&definitions(), None) {
            catalog.define(definition);
        }
        let reacted = store.revision();
        State { store, catalog, controllers, closed: false, reacted }
    }

    /// Writes an object.
    pub(crate) fn put(&mut self, table: &Table, object: Value) -> Result<Arc<Value>, StatusError> {
        let written = self.store.put(table, object).map_err(storage)?;
        if *table == definitions() {
            self.catalog.define(&written);
        }
        Ok(written)
    }

    /// Removes an object; gives its last state.
    pub(crate) fn remove(&mut self, table: &Table, key: &Key) -> Result<Option<Arc<Value>>, StatusError> {
        let removed = self.store.remove(table, key).map_err(storage)?;
        if *table == definitions() {
            self.catalog.forget(&key.name);
        }
        Ok(removed)
    }

    /// Removes all objects and definitions.
    pub(crate) fn clear(&mut self) -> Result<(), crate::StoreError> {
        self.store.clear()?;
        self.catalog = Catalog::default();
        self.reacted = self.store.revision();
        Ok(())
    }

    /// The namespace of that name.
    pub(crate) fn namespace(&self, name: &str) -> Option<&Arc<Value>> {
        self.store.get(&Table::new("", "namespaces"), &Key::new("", name))
    }

    /// Tells whether new objects may be made in a namespace; `None` means it may.
    pub(crate) fn namespace_refusal(
        &self,
        group: &str,
        plural: &str,
        name: &str,
        namespace: &str,
    ) -> Option<StatusError> {
        match self.namespace(namespace) {
            None => Some(StatusError::not_found("", "namespaces", namespace)),
            Some(found) if object::deleting(found) => {
                Some(StatusError::terminating(group, plural, name, namespace))
            }
            Some(_) => None,
        }
    }
}

/// The table of CustomResourceDefinitions.
pub(crate) fn definitions() -> Table {
    Table::new("apiextensions.k8s.io", "customresourcedefinitions")
}

fn storage(error: crate::StoreError) -> StatusError {
    let cause = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
    StatusError::new(500, "InternalError", format!("Internal error occurred: {error}{cause}"))
}
