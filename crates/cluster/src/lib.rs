//! Plans, applies, waits for and deletes sets of Kubernetes objects.
//!
//! The line, each step a value to print, save and compare:
//!
//! - [`Cluster`]: the connection and what the server serves
//! - [`plan()`] and [`plan_undeploy`]: rendered objects, the record and the live objects → [`Plan`]
//! - [`apply()`]: a plan → [`Outcome`], telling [`Event`]s while it works; the only step that writes objects
//! - [`Inventory`]: what a component has on the cluster, recorded there
//! - [`Revision`]: what it had after each run, to go back to
//! - [`Lock`]: one run at a time
//!
//! In: JSON objects, wherever they were rendered. Refuses to know kustomize, manifests of components, files,
//! the process environment and the terminal.

mod apply;
mod change;
mod cluster;
mod desired;
mod diff;
mod directive;
mod error;
mod event;
mod history;
mod id;
mod ignore;
mod inventory;
mod lock;
mod managed_fields;
mod mask;
mod migration;
mod notes;
mod objects;
mod order;
mod outcome;
mod owner;
mod plan;
pub mod readiness;

pub use apply::{ApplyOptions, apply, finish_run};
pub use change::{
    Action, Cause, Change, ContestedField, FieldDiff, KeptBy, LiveVersion, Problem, UnknownKind,
};
pub use cluster::client::client;
pub use cluster::{Cluster, Identity};
pub use error::{Error, RequestError, Unreachable};
pub use event::{Event, Events};
pub use history::contents::LostSecret;
pub use history::{
    KEPT_REVISIONS, Operation, Recorded, Revision, RunInfo, RunStamp, forget, random_key, revision,
    revisions, stack_revisions,
};
pub use id::{GroupKind, ObjectId};
pub use ignore::IgnoreRule;
pub use inventory::{Entry, EntryState, Inventory, RunNote, RunStep, inventories, inventory};
pub use lock::{Holder, Lock, LockOptions, LockStatus, lock_status, unlock};
pub use mask::{Mask, Sensitive};
pub use notes::{Note, notes, secret_texts, write_note};
pub use objects::{apply_object, delete_object, get, is_namespaced, kind_of, list, logs};
pub use outcome::{NotReady, ObjectResult, Outcome, ResultStatus};
pub use owner::{Owner, PART_OF_LABEL, applyset_id};
pub use plan::{
    Counts, Drift, DriftClass, DriftedField, DriftedObject, Fingerprint, LeftField, Moved, Plan, PlanOptions,
    RollbackTo, UndeployOptions, Unready, Writer, drift, health, moved, plan, plan_rollback, plan_undeploy,
};
