//! What happens during a run, told while it happens.
//!
//! In: nothing; these are the words of the engine's report. Out: [`Event`], one serialisable enum for the
//! terminal, the JSON stream and tests. Refuses to know who listens.

use serde::Serialize;

use crate::change::Action;
use crate::id::ObjectId;
use crate::readiness::Readiness;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// What is about to be done was recorded on the cluster.
    IntentRecorded {
        /// Number of objects that the record names.
        objects: usize,
    },
    /// Work on an object begins.
    ObjectStarted {
        /// The object.
        id: ObjectId,
        /// What is done to it.
        action: Action,
    },
    /// The server stored the change (for a deletion: accepted it).
    ObjectDone {
        /// The object.
        id: ObjectId,
        /// What was done to it.
        action: Action,
    },
    /// The change failed.
    ObjectFailed {
        /// The object.
        id: ObjectId,
        /// Why.
        error: String,
    },
    /// The change was not tried.
    ObjectSkipped {
        /// The object.
        id: ObjectId,
        /// Why.
        reason: String,
    },
    /// The object is waited for; sent again whenever the reason changes.
    Waiting {
        /// The object.
        id: ObjectId,
        /// What is missing.
        readiness: Readiness,
    },
    /// The object is ready.
    Ready {
        /// The object.
        id: ObjectId,
    },
    /// The object is being deleted and still there; sent again whenever its finalizers change.
    Deleting {
        /// The object.
        id: ObjectId,
        /// Finalizers that hold it.
        finalizers: Vec<String>,
    },
    /// The object is gone.
    Deleted {
        /// The object.
        id: ObjectId,
    },
    /// A request failed in a way that passes, and is sent again.
    Retry {
        /// The object.
        id: ObjectId,
        /// What failed.
        reason: String,
        /// Which attempt comes next, counted from 2.
        attempt: u32,
    },
    /// Something that does not stop the run but should be known.
    Warning {
        /// The object, where it is about one.
        id: Option<ObjectId>,
        /// What.
        message: String,
    },
    /// The exact outcome was recorded on the cluster.
    OutcomeRecorded {
        /// Number of objects that the record names.
        objects: usize,
    },
    /// Somebody else holds the lock, and the run waits for it.
    LockAwaited {
        /// Who holds it.
        holder: String,
        /// What the holder runs.
        command: String,
    },
    /// The holder of the lock is dead and the lock was taken over.
    LockTakenOver {
        /// Who held it.
        holder: String,
        /// What the holder ran.
        command: String,
    },
}

/// Where events go. Called from the engine's own task, so it must not block for long.
pub type Events<'a> = &'a (dyn Fn(Event) + Sync);
