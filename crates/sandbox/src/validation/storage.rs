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
    let bound = live.filter(|live| !text(live, "/spec/volumeName").is_empty());
    for pointer in ["/spec/accessModes", "/spec/selector", "/spec/volumeName", "/spec/volumeMode"] {
        let before = causes.len();
        immutable::keep(value, bound, pointer, causes);
        if causes.len() > before {
            causes.truncate(before);
            let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
                          bound claims";
            causes.push(Cause::forbidden("spec", detail));
            return;
        }
    }
}

/// A StorageClass.
pub(super) fn class(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    if text(value, "/provisioner").is_empty() {
        causes.push(Cause::required("provisioner", ""));
    }
    for field in ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"] {
        if let Some(live) = live.filter(|live| live[field] != value[field]) {
            let _ = live;
            let detail = "updates to provisioner are forbidden.".replace("provisioner", field);
            causes.push(Cause::forbidden(field, &detail));
        }
    }
}
