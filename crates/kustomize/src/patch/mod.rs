//! Changes of single objects: strategic merges and JSON patches.

pub(crate) mod directive;
pub(crate) mod json;
pub(crate) mod json6902;
pub(crate) mod lists;
pub(crate) mod merge;
