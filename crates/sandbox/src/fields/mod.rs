//! Sets of field paths, the currency of server-side apply.
//!
//! In: paths. Out: [`FieldSet`] with set algebra, and its wire form `fieldsV1`. Knows neither schemas nor managers.
//! Source: structured-merge-diff `fieldpath`.

mod element;
mod set;
mod wire;

pub(crate) use element::{KeyValue, PathElement, path_text};
pub(crate) use set::FieldSet;
