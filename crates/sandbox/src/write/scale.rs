//! The scale subresource: the part of a workload that says how many.

use serde_json::{Value, json};

use super::{PatchKind, Session, Written};
use crate::object;
use crate::status::StatusError;
use crate::store::Key;

/// Where a kind keeps what its scale shows.
struct Paths {
    spec: String,
    status: String,
    selector: Option<String>,
}

impl Session<'_> {
    fn paths(&self) -> Result<Paths, StatusError> {
        let pointer = |path: &str| path.replace('.', "/");
        match self.resource.custom() {
            Some(custom) => {
                let scale = custom.scale.as_ref().ok_or_else(StatusError::no_resource)?;
                Ok(Paths {
                    spec: pointer(&scale.spec_replicas),
                    status: pointer(&scale.status_replicas),
                    selector: scale.selector.as_deref().map(pointer),
                })
            }
            None => {
                Ok(Paths { spec: "/spec/replicas".into(), status: "/status/replicas".into(), selector: None })
            }
        }
    }

    /// Gives an object's scale.
    pub(crate) fn scale(&self, key: &Key) -> Result<Value, StatusError> {
        let Some(live) = self.live(key) else {
            return Err(self.not_found(&key.name));
        };
        self.scale_of(&live)
    }

    fn scale_of(&self, live: &Value) -> Result<Value, StatusError> {
        let paths = self.paths()?;
        let mut metadata = json!({"name": object::name(live)});
        for name in ["namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let Some(value) = object::meta(live, name) {
                metadata[name] = json!(value);
            }
        }
        let mut spec = json!({});
        if let Some(replicas) = live.pointer(&paths.spec).filter(|r| r.as_i64() != Some(0)) {
            spec["replicas"] = replicas.clone();
        }
        let mut status = json!({"replicas": live.pointer(&paths.status).cloned().unwrap_or(json!(0))});
        let selector = match &paths.selector {
            Some(path) => live.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned(),
            None => selector_text(&live["spec"]["selector"]),
        };
        if !selector.is_empty() {
            status["selector"] = json!(selector);
        }
        Ok(
            json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status}),
        )
    }

    /// Replaces an object's scale.
    pub(crate) fn replace_scale(
        &mut self,
        scale: &Value,
        key: &Key,
    ) -> Result<(Value, Written), StatusError> {
        let Some(live) = self.live(key) else {
            return Err(self.not_found(&key.name));
        };
        let paths = self.paths()?;
        let replicas = scale.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or_default();
        if let Some(sent) = object::meta(scale, "resourceVersion")
            .filter(|s| Some(*s) != object::meta(&live, "resourceVersion"))
        {
            let _ = sent;
            let why =
                "the object has been modified; please apply your changes to the latest version and try again";
            return Err(self.conflict(&key.name, why));
        }
        let mut value = live.clone();
        set_pointer(&mut value, &paths.spec, json!(replicas));
        // the real server does not record who scales a custom resource
        if self.resource.custom().is_none() {
            self.with_field_manager(|fields| fields.update(Some(&live), &mut value, &self.options.manager));
        }
        // the real server notes no time for writes through this endpoint
        for entry in
            value.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut).into_iter().flatten()
        {
            if let Some(entry) =
                entry.as_object_mut().filter(|e| e.get("subresource") == Some(&json!("scale")))
            {
                entry.shift_remove("time");
            }
        }
        let written = self.finish(value, &live)?;
        Ok((self.scale_of(&written.object)?, written))
    }

    /// Patches an object's scale.
    pub(crate) fn patch_scale(
        &mut self,
        kind: PatchKind,
        body: &Value,
        key: &Key,
    ) -> Result<(Value, Written), StatusError> {
        let scale = self.scale(key)?;
        let patched = match kind {
            PatchKind::Json => crate::patch::json_patch(&scale, body).map_err(StatusError::bad_request)?,
            _ => crate::patch::merge_patch(&scale, body),
        };
        self.replace_scale(&patched, key)
    }
}

fn set_pointer(value: &mut Value, pointer: &str, new: Value) {
    let mut node = value;
    for name in pointer.trim_start_matches('/').split('/') {
        if !node.is_object() {
            *node = json!({});
        }
        node = &mut node[name];
    }
    *node = new;
}

/// Writes a selector as text, e.g. `app=x,tier in (a,b)`.
pub(crate) fn selector_text(selector: &Value) -> String {
    let structured = selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some();
    let labels = if structured { &selector["matchLabels"] } else { selector };
    let mut parts: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = expression["key"].as_str().unwrap_or_default();
        let values: Vec<&str> =
            expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        parts.push(match expression["operator"].as_str() {
            Some("In") => format!("{key} in ({})", values.join(",")),
            Some("NotIn") => format!("{key} notin ({})", values.join(",")),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.sort();
    parts.join(",")
}
