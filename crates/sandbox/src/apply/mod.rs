//! Server-side apply: who manages which field, and what an applied configuration does to an object.
//!
//! In: live object, new or applied object, schemas by version. Out: the object with `metadata.managedFields`.
//! Knows nothing of requests, storage or defaults. Source: structured-merge-diff `merge`, apimachinery `managedfields`.

mod conflict;
mod field_manager;
mod last_applied;
#[cfg(test)]
mod laws;
mod managers;
mod reshape;
mod updater;

pub(crate) use field_manager::{ApplyError, FieldManager};
