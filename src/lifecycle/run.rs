//! What all components of one run share, and what a run reports in the end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_cluster::{Counts, Mask};
use tokio_util::sync::CancellationToken;

use super::{Approver, Error, Event, Listener, Phase, SavedPlan, Status};
use crate::fetch::Fetcher;
use crate::parameters::ParameterLayers;
use crate::stack::Stack;

/// Settings that do not depend on what is deployed.
#[derive(Clone, Debug)]
pub struct RunSettings {
    /// The program itself, for hooks that call it.
    pub program: PathBuf,
    /// The names beside `hub` under which hooks may call the program.
    pub commands: &'static [&'static str],
    /// The helm program, where running it is allowed.
    pub helm: Option<PathBuf>,
    /// The process's environment, as hooks get it.
    pub environment: Vec<(String, String)>,
    /// Who runs this, for the lock: `user@host`.
    pub who: String,
    /// The host's name.
    pub host: String,
    /// The command line without values of parameters.
    pub command: String,
    /// What tells this run from every other.
    pub stamp: hub_cluster::RunStamp,
    /// How long a hook may take.
    pub hook_timeout: Duration,
    /// How long to wait for another run's lock.
    pub lock_timeout: Duration,
    /// How many components at once at the most.
    pub parallel: usize,
}

/// How a deployment behaves.
#[derive(Clone, Debug)]
pub struct DeployOptions {
    /// Wait until objects are ready.
    pub wait: bool,
    /// How long to wait for that.
    pub timeout: Duration,
    /// Take fields from other managers.
    pub force_conflicts: bool,
    /// Take over objects of other owners.
    pub adopt: bool,
    /// Delete what a component no longer contains.
    pub prune: bool,
    /// Delete and create anew what cannot be changed.
    pub recreate: bool,
    /// More deletions than this are refused.
    pub max_deletes: Option<usize>,
    /// Stop at the first object that fails.
    pub fail_fast: bool,
    /// Carry out exactly this plan, or nothing.
    pub saved: Option<Arc<SavedPlan>>,
}

/// What all components of one run share.
pub struct Run {
    /// The stack.
    pub stack: Arc<Stack>,
    /// The environment's name.
    pub environment: Option<String>,
    /// Values for parameters.
    pub layers: ParameterLayers,
    /// Settings.
    pub settings: RunSettings,
    /// Gets downloads.
    pub fetcher: Arc<Fetcher>,
    /// Told what happens.
    pub listener: Arc<dyn Listener>,
    /// Asked before something changes.
    pub approver: Arc<dyn Approver>,
    /// Cancelled when the run is to stop.
    pub cancel: CancellationToken,
}

impl Run {
    /// Tells an event.
    pub fn tell(&self, event: &Event) {
        self.listener.on_event(event);
    }

    /// Tells that a component enters a phase.
    ///
    /// # Errors
    /// The run is to stop.
    pub fn enter(&self, component: &str, phase: Phase) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::Interrupted);
        }
        self.tell(&Event::PhaseStarted { component: component.to_owned(), phase });
        Ok(())
    }

    /// Tells that something is odd.
    pub fn warn(&self, component: Option<&str>, message: impl Into<String>) {
        self.tell(&Event::Warning { component: component.map(ToOwned::to_owned), message: message.into() });
    }
}

/// How one component ended.
#[derive(Debug)]
pub struct ComponentReport {
    /// The component.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// How many objects were to change, by action.
    pub counts: Counts,
    /// Why it failed.
    pub error: Option<Error>,
    /// Whether its failure is only a warning.
    pub optional: bool,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Report {
    /// In order.
    pub components: Vec<ComponentReport>,
}

impl Report {
    /// The run as a whole.
    #[must_use]
    pub fn status(&self) -> Status {
        let counts =
            |c: &&ComponentReport| !(c.optional && matches!(c.status, Status::Failed | Status::Skipped));
        let any = |status| self.components.iter().filter(counts).any(|c| c.status == status);
        [Status::Interrupted, Status::Failed, Status::Skipped, Status::Pending, Status::Done]
            .into_iter()
            .find(|s| any(*s))
            .unwrap_or(Status::Unchanged)
    }
}

/// Ends a component: tells the event and makes its report, without secrets in either.
pub(super) fn finish(
    run: &Run,
    name: &str,
    start: Instant,
    mask: &Mask,
    result: Result<(Status, Counts), (Error, Counts)>,
) -> ComponentReport {
    let result = result.map_err(|(error, counts)| (error.masked(mask), counts));
    let (status, counts, error) = match result {
        Ok((status, counts)) => (status, counts, None),
        Err((error, counts)) if error.kind() == super::Kind::Interrupted => {
            (Status::Interrupted, counts, Some(error))
        }
        Err((error, counts)) => (Status::Failed, counts, Some(error)),
    };
    run.tell(&Event::ComponentFinished {
        component: name.to_owned(),
        status,
        counts,
        seconds: start.elapsed().as_secs_f64(),
        error: error.as_ref().map(ToString::to_string),
    });
    let optional = run.stack.is_optional(name);
    if optional && status == Status::Failed {
        run.warn(Some(name), "it failed, and the stack goes on: it is optional");
    }
    ComponentReport { name: name.to_owned(), status, counts, error, optional }
}
