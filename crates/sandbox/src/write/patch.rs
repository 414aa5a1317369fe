//! Patching and applying.

use serde_json::Value;

use super::{Session, Written};
use crate::apply::ApplyError;
use crate::object;
use crate::patch;
use crate::status::StatusError;
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
            PatchKind::Json => patch::json_patch(&live, &body).map_err(|_| StatusError::unpatchable())?,
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
        self.check_patched(&value)?;
        self.shape(&mut value)?;
        self.with_field_manager(|fields| fields.update(Some(&live), &mut value, &self.options.manager));
        self.finish(value, &live)
    }

    /// What apply says of a merged object that the kind's Go type cannot hold.
    fn inconvertible(&self, value: &Value, misfit: &str) -> StatusError {
        let kind = format!("{}/{}, Kind={}", self.resource.group, self.resource.version, self.resource.kind);
        let message = format!(
            "failed to convert new object ({}/{}; {kind}) to proper version: unable to convert unstructured object to \
             {kind}: {misfit}",
            object::namespace(value),
            object::name(value),
        );
        StatusError::new(500, "", message)
    }

    fn renamed(&self, value: &Value, key: &Key) -> StatusError {
        let sent = object::name(value);
        if sent.is_empty() {
            return StatusError::bad_request("name must be provided");
        }
        StatusError::bad_request(format!(
            "the name of the object ({sent}) does not match the name on the URL ({})",
            key.name
        ))
    }

    fn apply(&mut self, config: Value, key: &Key) -> Result<Written, StatusError> {
        let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, sent) = (text("kind"), text("apiVersion"));
        if kind.is_empty() || sent.is_empty() {
            return Err(StatusError::bad_request(wrong_type(&sent, &kind)));
        }
        if kind != self.resource.kind {
            return Err(StatusError::bad_request(wrong_type(&sent, &kind)));
        }
        if !object::name(&config).is_empty() && object::name(&config) != key.name {
            return Err(self.renamed(&config, key));
        }
        if !matches!(object::namespace(&config), "") && object::namespace(&config) != key.namespace {
            let message =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(StatusError::bad_request(message));
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
        let (mut value, changed) = merged.map_err(|error| match error {
            ApplyError::Conflict { message, causes } => StatusError::apply_conflict(message, causes),
            ApplyError::Schema(message) => StatusError::new(500, "", message),
            ApplyError::Refused(message) => StatusError::bad_request(message),
        })?;
        object::set_meta(&mut value, "name", key.name.clone());
        if !key.namespace.is_empty() {
            object::set_meta(&mut value, "namespace", key.namespace.clone());
        }
        if changed || live.is_none() {
            let entries = object::take_meta(&mut value, "managedFields");
            let line = self.builtin_type();
            if let Some(misfit) =
                line.and_then(|l| crate::typed::mismatch(&self.resource.kind, l.schema(), &value))
            {
                return Err(self.inconvertible(&value, &misfit));
            }
            self.shape(&mut value)?;
            if let Some(entries) = entries {
                object::set_meta(&mut value, "managedFields", entries);
            }
        }
        match live {
            Some(live) => self.finish(value, &live),
            None => self.insert(value),
        }
    }
}

fn wrong_type(api_version: &str, kind: &str) -> String {
    let (group, version) = object::group_version(api_version);
    format!("invalid object type: {group}/{version}, Kind={kind}")
}
