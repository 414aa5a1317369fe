//! Patches: pure functions of an object and a patch document.

mod json;
mod merge;
mod strategic;

pub(crate) use json::json_patch;
pub(crate) use merge::merge_patch;
pub(crate) use strategic::strategic;
