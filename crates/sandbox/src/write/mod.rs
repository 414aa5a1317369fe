//! Writes: create, update, patch, apply and delete, each as one pass over one object.
//!
//! In: a resource, a key and what the client sent. Out: the object as written, or a refusal.
//! The only place that puts clients' objects into the store.

mod create;
mod decode;
mod delete;
mod patch;
mod scale;
mod session;
mod update;

pub(crate) use delete::{DeleteOptions, Deleted};
pub(crate) use patch::PatchKind;
pub(crate) use scale::selector_text;
pub(crate) use session::{Session, Validation, WriteOptions};

use std::sync::Arc;

use serde_json::Value;

/// What a write came to.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) object: Arc<Value>,
    pub(crate) created: bool,
}
