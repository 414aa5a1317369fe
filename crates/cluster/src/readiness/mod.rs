//! Whether an object is ready, as a pure function of the object.
//!
//! In: one object as the server stores it. Out: [`Readiness`] in the words of kstatus. Refuses to know the
//! cluster, the clock and every other object.

use serde::Serialize;
use serde_json::Value;

mod api_service;
mod autoscaler;
mod claim;
mod conditions;
mod crd;
mod custom;
mod daemon_set;
mod deployment;
mod disruption_budget;
mod inference_service;
mod job;
mod namespace;
pub(crate) mod pod;
mod replica_set;
mod rules;
mod service;
mod stateful_set;

pub use custom::{Expression, ReadinessCheck, ReadinessRule};
pub(crate) use rules::has_rule;
pub use rules::readiness;

/// How far an object is, in the words of kstatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Status {
    /// The object is not yet as desired, and on its way.
    InProgress,
    /// The object will not become as desired by itself.
    Failed,
    /// The object is as desired.
    Current,
    /// The object is being deleted.
    Terminating,
    /// What the object says about itself does not read.
    Unknown,
}

/// How far an object is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// How far.
    pub status: Status,
    /// The rule that decided, in words, e.g. `1 of 3 replicas are available`.
    pub message: String,
}

impl Readiness {
    /// True where nothing more is to be waited for.
    pub fn is_ready(&self) -> bool {
        self.status == Status::Current
    }

    pub(crate) fn current(message: impl Into<String>) -> Self {
        Readiness { status: Status::Current, message: message.into() }
    }

    pub(crate) fn in_progress(message: impl Into<String>) -> Self {
        Readiness { status: Status::InProgress, message: message.into() }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Readiness { status: Status::Failed, message: message.into() }
    }
}

/// Integer at a JSON pointer.
pub(crate) fn integer(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}
