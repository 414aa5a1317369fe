//! One write in progress.

use std::sync::Arc;

use serde_json::Value;

use crate::apply::FieldManager;
use crate::builtin;
use crate::catalog::Resource;
use crate::clock;
use crate::object;
use crate::schema::Schema;
use crate::state::State;
use crate::status::{Cause, StatusError};
use crate::store::{Key, Table};

/// What to do about fields that the type does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validation {
    Ignore,
    Warn,
    Strict,
}

/// What the request says about the write.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    pub(crate) manager: String,
    pub(crate) force: bool,
    pub(crate) validation: Validation,
}

/// One write in progress.
pub(crate) struct Session<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) resource: Arc<Resource>,
    pub(crate) subresource: Option<String>,
    pub(crate) options: WriteOptions,
    /// The second of the write.
    pub(crate) now: String,
    /// Warnings for the client.
    pub(crate) warnings: Vec<String>,
}

impl<'a> Session<'a> {
    /// Begins a write.
    pub(crate) fn new(
        state: &'a mut State,
        resource: Arc<Resource>,
        subresource: Option<String>,
        options: WriteOptions,
    ) -> Session<'a> {
        Session { state, resource, subresource, options, now: clock::now(), warnings: Vec::new() }
    }

    pub(super) fn table(&self) -> Table {
        self.resource.table()
    }

    /// The object under a key in the version that the request speaks.
    pub(crate) fn live(&self, key: &Key) -> Option<Value> {
        let stored = self.state.store.get(&self.table(), key)?;
        Some(crate::read::convert(stored, &self.resource))
    }

    pub(crate) fn not_found(&self, name: &str) -> StatusError {
        StatusError::not_found(&self.resource.group, &self.resource.plural, name)
    }

    pub(super) fn conflict(&self, name: &str, why: &str) -> StatusError {
        StatusError::conflict(&self.resource.group, &self.resource.plural, name, why)
    }

    pub(super) fn invalid(&self, name: &str, causes: &[Cause]) -> StatusError {
        StatusError::invalid(&self.resource.group, &self.resource.kind, name, causes)
    }

    /// Brings an object into the form in which it is stored: fields of the type only, canonical, with defaults.
    pub(super) fn shape(&self, value: &mut Value) -> Result<(), StatusError> {
        match self.resource.custom() {
            Some(custom) => crate::custom::shape(custom, value),
            None => {
                if let crate::catalog::Source::Builtin(Some(line)) = &self.resource.source {
                    builtin::canonical(line.schema(), value);
                    builtin::kind_defaults(line.name(), line.schema(), value);
                    builtin::canonical(line.schema(), value);
                }
            }
        }
        Ok(())
    }

    /// Runs `act` with the field manager of this endpoint.
    pub(super) fn with_field_manager<T>(&self, act: impl FnOnce(&FieldManager<'_>) -> T) -> T {
        let resource = &*self.resource;
        let api_version = resource.api_version();
        let served: Vec<Arc<Resource>> = self
            .state
            .catalog
            .resources()
            .filter(|r| r.group == resource.group && r.plural == resource.plural)
            .cloned()
            .collect();
        let names: Vec<(String, &Schema)> =
            served.iter().filter_map(|r| Some((r.api_version(), r.schema()?))).collect();
        let versions = |wanted: &str| -> Option<&Schema> {
            names.iter().find(|(name, _)| name == wanted).map(|(_, schema)| *schema)
        };
        let builtin_schema = if resource.custom().is_some() { None } else { resource.schema() };
        let empty = builtin::empty(builtin_schema, &api_version, &resource.kind);
        let ignored = builtin::ignored_fields(resource, self.subresource.as_deref());
        act(&FieldManager {
            versions: &versions,
            api_version: &api_version,
            kind: &resource.kind,
            subresource: self.subresource.as_deref().unwrap_or_default(),
            ignored: &ignored,
            empty: &empty,
            now: &self.now,
        })
    }

    /// Lists what is wrong with an object as it is about to be stored; `live` is `None` for a create.
    pub(super) fn faults(&self, value: &Value, live: Option<&Value>) -> Vec<Cause> {
        let mut causes = crate::validation::metadata(&self.resource, value, live);
        causes.extend(match self.resource.custom() {
            Some(custom) => crate::custom::faults(custom, value, live),
            None => crate::validation::builtin(&self.resource, value, live),
        });
        causes
    }

    /// Puts a finished object into the store in its storage version, or only gives it for a dry run.
    pub(super) fn store(&mut self, mut value: Value) -> Result<Arc<Value>, StatusError> {
        if self.options.dry_run {
            return Ok(Arc::new(value));
        }
        let table = self.table();
        let stored = self.state.catalog.stored(&table).cloned().unwrap_or_else(|| self.resource.clone());
        let same_version = stored.version == self.resource.version && stored.group == self.resource.group;
        if same_version {
            return self.state.put(&table, value);
        }
        crate::read::convert_in_place(&mut value, &self.resource, &stored);
        let written = self.state.put(&table, value)?;
        Ok(Arc::new(crate::read::convert(&written, &self.resource)))
    }

    /// Sets the generation of a new object, or counts it up when the object's content has changed.
    pub(super) fn count_generation(&self, value: &mut Value, live: Option<&Value>) {
        if !builtin::has_generation(&self.resource) {
            match live {
                Some(live) => object::copy_meta(value, live, "generation"),
                None => drop(object::take_meta(value, "generation")),
            }
            return;
        }
        let generation = match live {
            None => 1,
            Some(live) => object::generation(live) + i64::from(content_changed(value, live)),
        };
        object::set_meta(value, "generation", generation);
    }
}

/// Tells whether anything but metadata and status differs; where a pod runs does not count.
fn content_changed(new: &Value, live: &Value) -> bool {
    if new["kind"] == "Pod" && live["spec"]["nodeName"] != new["spec"]["nodeName"] {
        let mut placed = live.clone();
        placed["spec"]["nodeName"] = new["spec"]["nodeName"].clone();
        return content_changed(new, &placed);
    }
    let (Some(new), Some(live)) = (new.as_object(), live.as_object()) else {
        return false;
    };
    let counts = |name: &&String| !matches!(name.as_str(), "metadata" | "status" | "apiVersion" | "kind");
    let names = new.keys().filter(counts).chain(live.keys().filter(counts));
    names.into_iter().any(|name| new.get(name) != live.get(name))
}
