//! Replacing objects, and the end of every write to an object that exists.

use std::sync::Arc;

use serde_json::Value;

use super::{Session, Written};
use crate::object;
use crate::status::{Cause, StatusError};
use crate::store::Key;

impl Session<'_> {
    /// Replaces an object by what a client put.
    pub(crate) fn replace(&mut self, mut value: Value, key: &Key) -> Result<Written, StatusError> {
        let namespace = (!key.namespace.is_empty()).then_some(key.namespace.as_str());
        self.take_in(&mut value, namespace)?;
        match object::name(&value) {
            "" => {
                let message = format!(
                    "the name of the object ({} based on URL) was undeterminable: name must be provided",
                    key.name
                );
                return Err(StatusError::bad_request(message));
            }
            sent if sent != key.name => {
                return Err(StatusError::bad_request(format!(
                    "the name of the object ({sent}) does not match the name on the URL ({})",
                    key.name
                )));
            }
            _ => {}
        }
        let Some(live) = self.live(key) else {
            return if self.makes_on_update() {
                self.create(value, namespace)
            } else {
                Err(self.not_found(&key.name))
            };
        };
        self.shape(&mut value)?;
        self.with_field_manager(|fields| fields.update(Some(&live), &mut value, &self.options.manager));
        self.finish(value, &live)
    }

    /// Tells whether a put makes a missing object, as few kinds allow.
    fn makes_on_update(&self) -> bool {
        let kind = (self.resource.group.as_str(), self.resource.plural.as_str());
        matches!(
            kind,
            ("", "events" | "endpoints" | "services" | "resourcequotas" | "limitranges")
                | ("coordination.k8s.io", "leases")
                | ("events.k8s.io", "events")
                | ("rbac.authorization.k8s.io", _)
                | ("policy", _)
        ) && self.subresource.is_none()
    }

    /// Ends a write to `live`: settles metadata, validates and stores, or finds that nothing changes.
    pub(super) fn finish(&mut self, mut value: Value, live: &Value) -> Result<Written, StatusError> {
        let name = object::name(live).to_owned();
        self.check_preconditions(&value, live, &name)?;
        self.settle(&mut value, live);
        let causes = self.faults(&value, Some(live));
        if !causes.is_empty() {
            return Err(self.invalid(&name, &causes));
        }
        if object::deleting(live)
            && object::meta_list(&value, "finalizers").is_empty()
            && self.finalized(&value)
        {
            return self.vanish(value, live);
        }
        object::copy_meta(&mut value, live, "resourceVersion");
        keep_times(&mut value, live);
        let object = if value == *live { Arc::new(value) } else { self.store(value)? };
        Ok(Written { object, created: false })
    }

    fn check_preconditions(&self, value: &Value, live: &Value, name: &str) -> Result<(), StatusError> {
        let (sent, held) = (object::meta(value, "uid"), object::uid(live));
        if let Some(sent) = sent.filter(|sent| *sent != held) {
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition \
                 failed: UID in precondition: {sent}, UID in object meta: {held}",
                self.registry_key(live)
            );
            return Err(self.conflict(name, &why));
        }
        match object::meta(value, "resourceVersion") {
            Some(sent) if Some(sent) != object::meta(live, "resourceVersion") => {
                if sent.parse::<u64>().is_err() {
                    let cause = Cause::invalid(
                        "metadata.resourceVersion",
                        &sent.into(),
                        "must be an unsigned integer",
                    );
                    return Err(self.invalid(name, &[cause]));
                }
                let why = "the object has been modified; please apply your changes to the latest version and try again";
                Err(self.conflict(name, why))
            }
            None if self.needs_version() => {
                let cause = Cause::invalid(
                    "metadata.resourceVersion",
                    &Value::from(0),
                    "must be specified for an update",
                );
                let (group, plural) = (&self.resource.group, &self.resource.plural);
                Err(StatusError::invalid(group, plural, name, &[cause]))
            }
            _ => Ok(()),
        }
    }

    /// Where the real server keeps the object.
    fn registry_key(&self, live: &Value) -> String {
        let mut key = String::from("/registry/");
        if self.resource.custom().is_some() {
            key.push_str(&self.resource.group);
            key.push('/');
        }
        key.push_str(&self.resource.plural);
        for part in [object::namespace(live), object::name(live)].into_iter().filter(|part| !part.is_empty())
        {
            key.push('/');
            key.push_str(part);
        }
        key
    }

    /// Tells whether an update must name the version that it replaces.
    fn needs_version(&self) -> bool {
        self.resource.custom().is_some()
            || matches!(
                (self.resource.group.as_str(), self.resource.plural.as_str()),
                ("apiextensions.k8s.io" | "apiregistration.k8s.io" | "admissionregistration.k8s.io", _)
            )
    }

    /// Takes from the live object what this endpoint may not change.
    fn settle(&self, value: &mut Value, live: &Value) {
        match self.subresource.as_deref() {
            Some("status") => self.keep_all_but_status(value, live),
            _ if self.resource.has_subresource("status") => keep_status(value, live),
            _ => {}
        }
        for name in
            ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"]
        {
            object::copy_meta(value, live, name);
        }
        if object::meta(value, "generateName").is_none() {
            object::copy_meta(value, live, "generateName");
        }
        self.count_generation(value, Some(live));
        if self.subresource.is_none() {
            crate::builtin::settle(&self.resource, value, live);
        }
    }

    fn keep_all_but_status(&self, value: &mut Value, live: &Value) {
        let mut kept = live.clone();
        if let Some(entries) = value.pointer("/metadata/managedFields").cloned() {
            object::set_meta(&mut kept, "managedFields", entries);
        }
        if self.resource.custom().is_none() {
            for name in ["annotations", "finalizers", "ownerReferences"] {
                object::copy_meta(&mut kept, value, name);
            }
        }
        match value.get("status") {
            Some(status) => kept["status"] = status.clone(),
            None => drop(kept.as_object_mut().and_then(|k| k.shift_remove("status"))),
        }
        *value = kept;
    }

    fn finalized(&self, value: &Value) -> bool {
        let namespace = self.resource.group.is_empty() && self.resource.plural == "namespaces";
        !namespace || value.pointer("/spec/finalizers").and_then(Value::as_array).is_none_or(Vec::is_empty)
    }

    /// Removes an object whose last finalizer is gone.
    fn vanish(&mut self, mut value: Value, live: &Value) -> Result<Written, StatusError> {
        object::copy_meta(&mut value, live, "resourceVersion");
        if !self.options.dry_run {
            let removed = self.state.remove(&self.table(), &Key::of(live))?;
            if let Some(removed) = removed {
                object::copy_meta(&mut value, &removed, "resourceVersion");
            }
        }
        Ok(Written { object: Arc::new(value), created: false })
    }
}

fn keep_status(value: &mut Value, live: &Value) {
    match live.get("status") {
        Some(status) => value["status"] = status.clone(),
        None => drop(value.as_object_mut().and_then(|v| v.shift_remove("status"))),
    }
}

/// Keeps the live managers when they differ from the new ones in their times only, so that a write that changes
/// nothing is none.
fn keep_times(value: &mut Value, live: &Value) {
    let entries =
        |object: &Value| object.pointer("/metadata/managedFields").and_then(Value::as_array).cloned();
    let timeless = |entries: &Option<Vec<Value>>| -> Vec<Value> {
        let mut entries = entries.clone().unwrap_or_default();
        for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
            entry.shift_remove("time");
        }
        entries.sort_by_key(Value::to_string);
        entries
    };
    let (new, old) = (entries(value), entries(live));
    if new == old || timeless(&new) != timeless(&old) {
        return;
    }
    object::copy_meta(value, live, "managedFields");
    if let Some(new) = new.filter(|_| value != live) {
        object::set_meta(value, "managedFields", new);
    }
}
