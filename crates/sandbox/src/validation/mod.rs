//! What objects must satisfy to be stored.
//!
//! In: an object, and what it replaces. Out: what is wrong, in the real server's words.
//! Source: apimachinery `pkg/api/validation`, kubernetes `pkg/apis/*/validation`.

mod metadata;

pub(crate) use metadata::metadata;

use serde_json::Value;

use crate::catalog::Resource;
use crate::status::Cause;

/// Lists what is wrong with an object of a builtin kind.
pub(crate) fn builtin(_resource: &Resource, _value: &Value, _live: Option<&Value>) -> Vec<Cause> {
    Vec::new()
}
