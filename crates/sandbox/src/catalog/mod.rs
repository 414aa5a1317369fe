//! What the server serves: builtin resources and those of CustomResourceDefinitions.
//!
//! In: the recorded facts `data/resources.json` and the definitions in the store. Out: [`Resource`]s by path or kind.
//! Knows nothing of objects' contents.

mod builtin;
mod custom;
pub(crate) mod discovery;
pub(crate) mod openapi;
mod resource;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use custom::CustomKind;
pub(crate) use custom::CustomVersion;
pub(crate) use resource::{Column, Resource, Source};

/// All served resources.
#[derive(Default)]
pub(crate) struct Catalog {
    /// By the definition's name, `plural.group`.
    custom: BTreeMap<String, Arc<CustomKind>>,
}

impl Catalog {
    /// Takes up a definition, or its new state.
    pub(crate) fn define(&mut self, definition: &Arc<Value>) {
        if let Some(kind) = CustomKind::read(definition) {
            self.custom.insert(crate::object::name(definition).to_owned(), Arc::new(kind));
        }
    }

    /// Drops a definition.
    pub(crate) fn forget(&mut self, definition: &str) {
        self.custom.remove(definition);
    }

    /// All resources in discovery order: builtin groups, then custom ones by name.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        builtin::RESOURCES.iter().chain(self.custom.values().flat_map(|kind| kind.served()))
    }

    /// The resource behind a path.
    pub(crate) fn resource(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        if let Some(kind) = self.custom.get(&crate::status::qualified(group, plural)) {
            return kind.served().find(|r| r.version == version);
        }
        builtin::RESOURCES.iter().find(|r| r.group == group && r.plural == plural && r.version == version)
    }

    /// Tells whether anything is served under a group and version.
    pub(crate) fn serves(&self, group: &str, version: &str) -> bool {
        self.resources().any(|r| r.group == group && r.version == version)
    }

    /// The resource whose objects are stored under a table, in the version that they are stored in.
    pub(crate) fn stored(&self, table: &crate::store::Table) -> Option<&Arc<Resource>> {
        if let Some(kind) = self.custom.get(&crate::status::qualified(&table.group, &table.plural)) {
            return kind.stored();
        }
        let found = |r: &&Arc<Resource>| r.group == table.group && r.plural == table.plural;
        builtin::RESOURCES
            .iter()
            .find(|r| found(r) && r.is_storage())
            .or(builtin::RESOURCES.iter().find(found))
    }

    /// The resource of a kind.
    pub(crate) fn by_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.resources().find(|r| r.group == group && r.version == version && r.kind == kind)
    }
}
