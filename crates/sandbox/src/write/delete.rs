//! Deleting objects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Session;
use crate::object;
use crate::status::StatusError;
use crate::store::Key;

/// What a delete asks for beyond the object.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
    /// `Background`, `Foreground`, `Orphan`, or `None` for the kind's default.
    pub(crate) propagation: Option<String>,
    /// Seconds; `None` for the kind's default.
    pub(crate) grace_seconds: Option<i64>,
}

impl DeleteOptions {
    /// Reads a `DeleteOptions` object.
    pub(crate) fn of_object(value: &Value) -> DeleteOptions {
        let text = |path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let orphan = value["orphanDependents"] == Value::Bool(true);
        DeleteOptions {
            uid: text("/preconditions/uid"),
            resource_version: text("/preconditions/resourceVersion"),
            propagation: text("/propagationPolicy").or(orphan.then(|| "Orphan".into())),
            grace_seconds: value["gracePeriodSeconds"].as_i64(),
        }
    }
}

/// What a delete came to.
pub(crate) enum Deleted {
    /// The object is gone; its last state.
    Gone(Arc<Value>),
    /// The object waits for its finalizers.
    Pending(Arc<Value>),
}

impl Session<'_> {
    /// Deletes an object, or marks it for its finalizers.
    pub(crate) fn delete(&mut self, key: &Key, options: &DeleteOptions) -> Result<Deleted, StatusError> {
        let Some(live) = self.live(key) else {
            return Err(self.not_found(&key.name));
        };
        self.check_delete(&live, key, options)?;
        let mut marked = live.clone();
        self.set_propagation(&mut marked, options);
        let namespace = self.resource.group.is_empty() && self.resource.plural == "namespaces";
        let definition = self.resource.table() == crate::state::definitions();
        if definition && !object::deleting(&live) {
            let mut finalizers: Vec<Value> =
                object::meta_list(&marked, "finalizers").iter().map(|f| json!(f)).collect();
            finalizers.push(json!(crate::controllers::DEFINITION_FINALIZER));
            object::set_meta(&mut marked, "finalizers", finalizers);
            object::set_meta(&mut marked, "deletionTimestamp", self.now.clone());
            crate::controllers::terminating(&mut marked);
            return Ok(Deleted::Pending(self.store(marked)?));
        }
        if object::meta_list(&marked, "finalizers").is_empty() && !namespace {
            return self.remove_now(key, live);
        }
        if !object::deleting(&live) {
            object::set_meta(&mut marked, "deletionTimestamp", self.now.clone());
            if !namespace {
                object::set_meta(&mut marked, "deletionGracePeriodSeconds", 0);
            }
            if crate::builtin::has_generation(&self.resource) {
                object::set_meta(&mut marked, "generation", object::generation(&live) + 1);
            }
        }
        if namespace {
            marked["status"]["phase"] = json!("Terminating");
        }
        let object = if marked == live { Arc::new(marked) } else { self.store(marked)? };
        Ok(Deleted::Pending(object))
    }

    fn remove_now(&mut self, key: &Key, live: Value) -> Result<Deleted, StatusError> {
        if self.options.dry_run {
            return Ok(Deleted::Gone(Arc::new(live)));
        }
        let removed = self.state.remove(&self.table(), key)?.unwrap_or_else(|| Arc::new(live));
        Ok(Deleted::Gone(Arc::new(crate::read::convert(&removed, &self.resource))))
    }

    fn check_delete(&self, live: &Value, key: &Key, options: &DeleteOptions) -> Result<(), StatusError> {
        let version = object::meta(live, "resourceVersion").unwrap_or_default();
        let held = [
            ("UID", options.uid.as_deref(), object::uid(live), "deleted and then recreated"),
            ("ResourceVersion", options.resource_version.as_deref(), version, "modified"),
        ];
        for (what, wanted, held, perhaps) in held {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != held) {
                let why = format!(
                    "the {what} in the precondition ({wanted}) does not match the {what} in record ({held}). The object \
                     might have been {perhaps}"
                );
                return Err(StatusError::conflict(
                    &self.resource.group,
                    &self.resource.kind,
                    &key.name,
                    &why,
                ));
            }
        }
        if self.resource.group.is_empty()
            && self.resource.plural == "namespaces"
            && matches!(key.name.as_str(), "default" | "kube-system" | "kube-public")
        {
            let why = "this namespace may not be deleted";
            return Err(StatusError::forbidden("", "namespaces", &key.name, why));
        }
        Ok(())
    }

    /// Notes in the finalizers what is to become of the dependents.
    fn set_propagation(&self, value: &mut Value, options: &DeleteOptions) {
        let mut finalizers: Vec<String> =
            object::meta_list(value, "finalizers").iter().map(|f| (*f).to_owned()).collect();
        if let Some(policy) = options.propagation.as_deref() {
            finalizers.retain(|f| f != "orphan" && f != "foregroundDeletion");
            match policy {
                "Foreground" => finalizers.push("foregroundDeletion".into()),
                "Orphan" => finalizers.push("orphan".into()),
                _ => {}
            }
        }
        if finalizers.is_empty() {
            object::take_meta(value, "finalizers");
        } else {
            object::set_meta(value, "finalizers", finalizers);
        }
    }
}
