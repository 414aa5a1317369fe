//! Reads: objects, lists, watches and tables.
//!
//! In: the state and what a request selects. Out: objects in the version and form that the client asked for.

mod convert;
mod list;
mod partial;
pub(crate) mod table;
mod watch;

pub(crate) use convert::{convert, convert_in_place};
pub(crate) use list::{Selection, list};
pub(crate) use partial::{Form, render};
pub(crate) use watch::{WatchRequest, WatchStream};
