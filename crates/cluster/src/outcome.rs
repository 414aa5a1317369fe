//! What became of a plan.
//!
//! In: nothing. Out: [`Outcome`] with one [`ObjectResult`] per change. Refuses to judge: whether a run
//! failed is asked of the value.

use serde::Serialize;

use crate::change::Action;
use crate::id::ObjectId;

/// What became of a plan, per object in the order of the plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// One result per change of the plan.
    pub results: Vec<ObjectResult>,
    /// True where the run was told to stop before it was through.
    pub cancelled: bool,
    /// Things that did not stop the run but should be known.
    pub warnings: Vec<String>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectResult {
    /// The object.
    pub id: ObjectId,
    /// What was planned.
    pub action: Action,
    /// What became of it.
    pub status: ResultStatus,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ResultStatus {
    /// Done, and ready where readiness was waited for.
    Done,
    /// Written, but not waited for.
    Applied,
    /// Left as it is, as planned.
    Kept,
    /// Failed.
    Failed {
        /// Why.
        error: String,
    },
    /// Written, but not ready in time, or in a state that does not become ready by itself.
    NotReady(NotReady),
    /// Not tried, because something it needs failed or the run was stopped.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// Why an object is not ready, with what can be learnt about it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotReady {
    /// The rule that is not met, in words.
    pub message: String,
    /// True where the state does not pass by itself, false where time ran out.
    pub terminal: bool,
    /// What hangs below the object and is not ready either, e.g. `ReplicaSet a-1 → Pod a-1-x: ImagePullBackOff (…)`.
    pub children: Vec<String>,
    /// The last events about the object and its children, oldest first.
    pub events: Vec<String>,
    /// The last lines that failing containers wrote, each with its pod and container before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// What to look at or do next.
    pub hint: Option<String>,
}

impl Outcome {
    /// True where every change is done.
    pub fn is_success(&self) -> bool {
        !self.cancelled
            && self.results.iter().all(|result| {
                matches!(result.status, ResultStatus::Done | ResultStatus::Applied | ResultStatus::Kept)
            })
    }

    /// Objects whose change failed.
    pub fn failed(&self) -> impl Iterator<Item = &ObjectResult> {
        self.results.iter().filter(|result| matches!(result.status, ResultStatus::Failed { .. }))
    }

    /// Objects that were written and did not become ready.
    pub fn not_ready(&self) -> impl Iterator<Item = &ObjectResult> {
        self.results.iter().filter(|result| matches!(result.status, ResultStatus::NotReady(_)))
    }
}
