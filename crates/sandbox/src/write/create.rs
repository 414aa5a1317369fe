//! Creating objects.

use serde_json::Value;

use super::{Session, Written};
use crate::clock;
use crate::object;
use crate::status::{Cause, StatusError};
use crate::store::Key;

impl Session<'_> {
    /// Creates the object that a client posted.
    pub(crate) fn create(
        &mut self,
        mut value: Value,
        namespace: Option<&str>,
    ) -> Result<Written, StatusError> {
        self.take_in(&mut value, namespace)?;
        if object::meta(&value, "resourceVersion").is_some() {
            let message = "resourceVersion should not be set on objects to be created";
            return Err(StatusError::new(500, "", message));
        }
        self.name_it(&mut value)?;
        self.shape(&mut value)?;
        self.with_field_manager(|fields| fields.update(None, &mut value, &self.options.manager));
        self.insert(value)
    }

    /// Creates a finished object: one whose managers are settled.
    pub(super) fn insert(&mut self, mut value: Value) -> Result<Written, StatusError> {
        let key = Key::of(&value);
        self.admit(&key)?;
        if self.state.store.get(&self.table(), &key).is_some() {
            return Err(StatusError::exists(&self.resource.group, &self.resource.plural, &key.name));
        }
        self.begin(&mut value);
        let causes = self.faults(&value, None);
        if !causes.is_empty() {
            return Err(self.invalid(&key.name, &causes));
        }
        crate::controllers::allocate(self.state, &self.resource, &mut value);
        let object = self.store(value)?;
        Ok(Written { object, created: true })
    }

    fn admit(&self, key: &Key) -> Result<(), StatusError> {
        if !self.resource.namespaced {
            return Ok(());
        }
        let resource = &self.resource;
        match self.state.namespace_refusal(&resource.group, &resource.plural, &key.name, &key.namespace) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Sets what the server sets on every new object.
    fn begin(&self, value: &mut Value) {
        for name in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
            object::take_meta(value, name);
        }
        object::set_meta(value, "uid", clock::uid());
        object::set_meta(value, "creationTimestamp", self.now.clone());
        self.count_generation(value, None);
        if self.resource.has_subresource("status") {
            crate::builtin::reset_status(&self.resource, value);
        }
        crate::builtin::begin(&self.resource, value);
    }

    fn name_it(&self, value: &mut Value) -> Result<(), StatusError> {
        if object::meta(value, "name").is_some() {
            return Ok(());
        }
        let Some(prefix) = object::meta(value, "generateName") else {
            let cause = Cause::required("metadata.name", "name or generateName is required");
            return Err(self.invalid("", &[cause]));
        };
        let prefix: String = prefix.chars().take(58).collect();
        object::set_meta(value, "name", format!("{prefix}{}", clock::suffix()));
        Ok(())
    }
}
