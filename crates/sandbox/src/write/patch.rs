//! Patching and applying.

use serde_json::Value;

use super::{Session, Written};
use crate::apply::ApplyError;
use crate::object;
use crate::patch;
use crate::status::{Cause, StatusError};
use crate::store::Key;

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchKind {
    Merge,
    Json,
    Strategic,
    Apply,
}

impl Session<'_> {
    /// Patches an object.
    pub(crate) fn patch(&mut self, kind: PatchKind, body: Value, key: &Key) -> Result<Written, StatusError> {
        if kind == PatchKind::Apply {
            return self.apply(body, key);
        }
        let Some(live) = self.live(key) else {
            return Err(self.not_found(&key.name));
        };
        let mut value = match kind {
            PatchKind::Json => {
                patch::json_patch(&live, &body).map_err(|why| self.patch_refusal(&key.name, &why))?
            }
            PatchKind::Strategic if self.resource.custom().is_none() => {
                let schema = self.resource.schema().expect("a builtin kind has a type");
                patch::strategic(schema, &live, &body).map_err(StatusError::bad_request)?
            }
            PatchKind::Strategic => {
                return Err(StatusError::unsupported_media(
                    "the body of the request was in an unknown format - accepted media types include: \
                     application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
                ));
            }
            _ => patch::merge_patch(&live, &body),
        };
        if object::name(&value) != key.name {
            return Err(self.renamed(&value, key));
        }
        self.check_fields(&value)?;
        self.shape(&mut value)?;
        self.with_field_manager(|fields| fields.update(Some(&live), &mut value, &self.options.manager));
        self.finish(value, &live)
    }

    fn patch_refusal(&self, name: &str, why: &str) -> StatusError {
        StatusError::invalid(&self.resource.group, &self.resource.kind, name, &[]).with_message(why)
    }

    fn renamed(&self, value: &Value, key: &Key) -> StatusError {
        let sent = object::name(value);
        let cause = Cause::invalid("metadata.name", &sent.into(), "field is immutable");
        if sent.is_empty() {
            return StatusError::bad_request("name must be provided");
        }
        let _ = cause;
        StatusError::bad_request(format!(
            "the name of the object ({sent}) does not match the name on the URL ({})",
            key.name
        ))
    }

    fn apply(&mut self, mut config: Value, key: &Key) -> Result<Written, StatusError> {
        let text = |name: &str| {
            config
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (kind, sent) = (text("kind"), text("apiVersion"));
        if kind.is_empty() || sent.is_empty() {
            let missing = if kind.is_empty() { "kind" } else { "apiVersion" };
            return Err(StatusError::bad_request(format!(
                "invalid object type: /, Kind=: {missing} must be set in the applied configuration"
            )));
        }
        if kind != self.resource.kind {
            return Err(StatusError::bad_request(format!(
                "{kind} in version {:?} cannot be handled as a {}: no kind match",
                self.resource.version, self.resource.kind
            )));
        }
        object::metadata_mut(&mut config);
        match object::name(&config) {
            "" => object::set_meta(&mut config, "name", key.name.clone()),
            sent if sent != key.name => return Err(self.renamed(&config, key)),
            _ => {}
        }
        if !key.namespace.is_empty() {
            match object::namespace(&config) {
                "" => object::set_meta(&mut config, "namespace", key.namespace.clone()),
                sent if sent != key.namespace => {
                    let message = "the namespace of the provided object does not match the namespace sent on the request";
                    return Err(StatusError::bad_request(message));
                }
                _ => {}
            }
        }
        let live = self.live(key);
        if live.is_none() && self.subresource.is_some() {
            return Err(self.not_found(&key.name));
        }
        if live.is_none() && object::meta(&config, "uid").is_some() {
            let why = format!(
                "uid mismatch: the provided object specified uid {}, and no existing object was found",
                object::uid(&config)
            );
            return Err(self.conflict(&key.name, &why));
        }
        let (manager, force) = (&self.options.manager, self.options.force);
        let merged = self.with_field_manager(|fields| fields.apply(live.as_ref(), &config, manager, force));
        let mut value = merged.map_err(|error| match error {
            ApplyError::Conflict { message, causes } => StatusError::apply_conflict(message, causes),
            ApplyError::Schema(message) => StatusError::new(500, "", message),
            ApplyError::Refused(message) => StatusError::bad_request(message),
        })?;
        let entries = object::take_meta(&mut value, "managedFields");
        if let Some(misfit) = self
            .resource
            .schema()
            .filter(|_| self.builtin_type().is_some())
            .and_then(|schema| crate::typed::mismatch(schema, &value))
        {
            return Err(StatusError::bad_request(format!(
                "failed to create typed patch object: {misfit}"
            )));
        }
        self.shape(&mut value)?;
        if let Some(entries) = entries {
            object::set_meta(&mut value, "managedFields", entries);
        }
        match live {
            Some(live) => self.finish(value, &live),
            None => self.insert(value),
        }
    }
}
