//! Claims and storage classes.

use serde_json::Value;

use super::{immutable, items, text};
use crate::status::Cause;

/// A PersistentVolumeClaim.
pub(super) fn claim(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    if items(value, "/spec/accessModes").is_empty() {
        causes.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    if value.pointer("/spec/resources/requests/storage").is_none() {
        causes.push(Cause::required("spec.resources[storage]", ""));
    }
    let Some(live) = live else { return };
    let bound = !text(live, "/spec/volumeName").is_empty();
    // Binding a claim is the one change of a claim that has no volume yet.
    let fixed = |claim: &Value| {
        let mut spec = claim["spec"].as_object().cloned().unwrap_or_default();
        let changing: &[&str] =
            if bound { &["resources", "volumeAttributesClassName"] } else { &["volumeName"] };
        spec.retain(|name, _| !changing.contains(&name.as_str()));
        if spec.get("storageClassName").is_some_and(|_| live["spec"]["storageClassName"].is_null()) {
            spec.shift_remove("storageClassName");
        }
        spec
    };
    if fixed(value) != fixed(live) {
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
                      bound claims";
        causes.push(Cause::forbidden("spec", detail));
    }
}

/// A StorageClass.
pub(super) fn class(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    if text(value, "/provisioner").is_empty() {
        causes.push(Cause::required("provisioner", ""));
    }
    for field in ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"] {
        immutable::keep(value, live, &format!("/{field}"), causes);
    }
}
