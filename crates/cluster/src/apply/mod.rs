//! Carrying a plan out.
//!
//! In: a plan and a place for events. Out: an [`Outcome`](crate::Outcome). This is the only module tree that
//! writes to the cluster's objects. Refuses to decide what should happen: that is the plan's.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::change::{Action, Change};
use crate::cluster::Cluster;
use crate::event::{Event, Events};
use crate::history::RunInfo;
use crate::outcome::{ObjectResult, Outcome, ResultStatus};
use crate::owner::Owner;
use crate::plan::Plan;
use crate::readiness::ReadinessRule;
use ledger::{Close, Ending};
use run::Run;

mod archive;
mod delete;
mod diagnosis;
mod ledger;
mod logs;
mod progress;
mod run;
mod wait;
mod watch;
mod write;

/// How to carry a plan out.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// Wait until every object is ready, and until every deleted one is gone.
    pub wait: bool,
    /// How long readiness is waited for in all.
    pub timeout: Duration,
    /// Most writes in flight.
    pub concurrency: usize,
    /// How long a state that does not pass by itself is given to pass nevertheless.
    pub tolerance: Duration,
    /// How long a custom resource that should report conditions, and reports no status, is waited for before it
    /// counts as ready with a warning.
    pub status_grace: Duration,
    /// Stop at the first object that fails instead of going on with what does not depend on it.
    pub fail_fast: bool,
    /// Values never shown in clear, wherever they turn up.
    pub sensitive: Vec<crate::mask::Sensitive>,
    /// When objects of kinds are ready that the engine does not know, or should judge otherwise.
    pub readiness: Vec<ReadinessRule>,
    /// The run that this is part of: it is noted in the record while it works, and what it brings about is kept as a
    /// revision. `None` keeps neither.
    pub run: Option<RunInfo>,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        ApplyOptions {
            wait: true,
            timeout: Duration::from_secs(600),
            concurrency: 32,
            tolerance: Duration::from_secs(5),
            status_grace: Duration::from_secs(30),
            fail_fast: false,
            sensitive: Vec::new(),
            readiness: Vec::new(),
            run: None,
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
    if !plan.problems.is_empty() {
        let problems = plan.problems.clone();
        return Err(Error::PlanRefused { owner: plan.owner.to_string(), problems });
    }
    if cancel.is_cancelled() {
        return Ok(report(
            plan,
            vec![Ending::skipped("the run was stopped"); plan.changes.len()],
            true,
            Vec::new(),
        ));
    }
    let record = if plan.is_unchanged() {
        plan.record.clone()
    } else {
        let record = ledger::record_intent(cluster, plan, options.run.as_ref()).await?;
        events(Event::IntentRecorded { objects: record.entries.len() });
        record
    };
    let run = Run::new(cluster, plan, options, events, cancel);
    let endings = carry_out(plan, &run).await;
    // From here on nothing waits for the token: what was done is always recorded.
    let went_well = !cancel.is_cancelled() && endings.iter().all(Ending::is_good);
    let close = Close { options, went_well };
    if let Some(objects) = ledger::record_outcome(cluster, plan, record, &endings, close, &run).await? {
        events(Event::OutcomeRecorded { objects });
    }
    if plan.changes.iter().any(|change| change.id.is_crd() && change.action.writes()) {
        cluster.refresh().await?;
    }
    Ok(report(plan, endings, cancel.is_cancelled(), run.into_warnings()))
}

/// Says that what follows the objects of a run is done too; see [`RunInfo::more_follows`].
///
/// # Errors
/// [`Error::RecordMoved`], and failed requests about the record.
pub async fn finish_run(cluster: &Cluster, owner: &Owner) -> Result<(), Error> {
    ledger::finish_run(cluster, owner).await
}

/// First everything that is to be there, then, if all of that is ready, what is to go: what still works is not taken away
/// before its successor does.
async fn carry_out(plan: &Plan, run: &Run<'_>) -> Vec<Ending> {
    let mut endings = run.bring_about().await;
    let is_due = endings.values().all(Ending::is_good);
    if is_due && !run.is_stopped() {
        endings.extend(run.clear_away().await);
    }
    let failed = endings
        .values()
        .any(|ending| matches!(ending.status, ResultStatus::Failed { .. } | ResultStatus::Skipped { .. }));
    let reason = match (run.is_stopped(), failed || is_due) {
        (true, _) => "the run was stopped",
        (false, true) => "something else failed",
        (false, false) => "it goes once everything else is ready",
    };
    let ending = |(place, change)| endings.remove(&place).unwrap_or_else(|| untouched(change, reason));
    plan.changes.iter().enumerate().map(ending).collect()
}

/// The ending of a change that had no turn.
fn untouched(change: &Change, reason: &str) -> Ending {
    match change.action {
        Action::Keep => Ending::new(ResultStatus::Kept),
        _ => Ending::skipped(reason),
    }
}

fn report(plan: &Plan, endings: Vec<Ending>, cancelled: bool, warnings: Vec<String>) -> Outcome {
    let results = plan.changes.iter().zip(endings).map(|(change, ending)| ObjectResult {
        id: change.id.clone(),
        action: change.action,
        status: ending.status,
    });
    Outcome { results: results.collect(), cancelled, warnings }
}
