//! Rules of the builtin kinds that their types do not say.
//!
//! In: an object of a builtin kind. Out: its canonical form with defaults, or what is wrong with it.
//! Knows nothing of requests or storage.

mod canonical;
mod defaults;
mod lifecycle;
mod quantity;
mod strategy;

pub(crate) use canonical::{canonical, empty};
pub(crate) use defaults::kind_defaults;
pub(crate) use lifecycle::{begin, reset_status, settle};
pub(crate) use quantity::{is_more, is_quantity};
pub(crate) use strategy::{has_generation, ignored_fields};
