//! The objects, their history, and the file they are kept in.
//!
//! In: whole objects under keys. Out: objects, lists and changes by revision. Knows neither kinds nor requests.

mod journal;
mod lock;
mod objects;
mod owners;

pub(crate) use journal::Journal;
pub use journal::StoreError;
pub use lock::Holder;
pub(crate) use lock::Lock;
pub(crate) use objects::{Change, Key, Store, Table};
pub(crate) use owners::owner_uids;
