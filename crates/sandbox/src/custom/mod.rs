//! Custom resources: what their definition's schema says of objects.
//!
//! In: an object and a defined version. Out: the object pruned and with defaults, or what is wrong with it.
//! Source: apiextensions-apiserver `pkg/apiserver/schema` and `pkg/apiserver/validation`.

mod defaulting;
mod faults;
mod pruning;

pub(crate) use faults::faults;

use serde_json::Value;

use crate::catalog::CustomVersion;

/// Prunes unknown fields and sets defaults.
pub(crate) fn shape(version: &CustomVersion, value: &mut Value) {
    if !version.preserves() {
        pruning::prune(version.schema(), value);
    }
    defaulting::set_defaults(version.schema(), value);
}
