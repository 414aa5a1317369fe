//! What happens during a run, told as it happens.
//!
//! In: nothing. Out: one type for every reader: the terminal, `-o json`, tests.
//! Values that are secret are masked before they get here.

use serde::Serialize;

use crate::hooks::{HookStream, Trigger};
use crate::stack::Addition;

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    /// Bring components onto the cluster.
    Deploy,
    /// Take them off.
    Undeploy,
    /// Say what a deployment would do.
    Plan,
    /// Bring components back to an earlier revision.
    Rollback,
}

impl Verb {
    /// The word that users type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Undeploy => "undeploy",
            Self::Plan => "plan",
            Self::Rollback => "rollback",
        }
    }
}

/// Where a component is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Not begun.
    Pending,
    /// Getting what it names.
    Fetching,
    /// Rendering its templates.
    Rendering,
    /// Running hooks before the build.
    PreHook,
    /// Building its objects.
    Building,
    /// Asking the cluster what would change.
    Planning,
    /// Writing, deleting, and waiting until objects are ready or gone.
    Applying,
    /// Running hooks afterwards.
    PostHook,
    /// Waiting for what its `readyConditions` name.
    Conditions,
}

impl Phase {
    /// The word for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "waiting",
            Self::Fetching => "fetching",
            Self::Rendering => "rendering",
            Self::PreHook | Self::PostHook => "running hooks",
            Self::Building => "building",
            Self::Planning => "planning",
            Self::Applying => "applying",
            Self::Conditions => "waiting for readyConditions",
        }
    }
}

/// How a component ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Something changed, and all went well.
    Done,
    /// Nothing had to change.
    Unchanged,
    /// A plan only; something would change.
    Pending,
    /// It failed.
    Failed,
    /// It was not begun, because one that it needs failed.
    Skipped,
    /// The run was interrupted.
    Interrupted,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// A run begins.
    RunStarted {
        /// What it does.
        verb: Verb,
        /// The stack's name.
        stack: String,
        /// The environment's name.
        environment: Option<String>,
        /// The cluster, as users know it.
        target: String,
        /// Components, in order.
        components: Vec<String>,
    },
    /// A component takes part that nobody asked for.
    ComponentAdded(Addition),
    /// Somebody else holds the lock; the run waits.
    LockAwaited {
        /// Who.
        holder: String,
        /// What they run.
        command: String,
    },
    /// A component enters a phase.
    PhaseStarted {
        /// The component.
        component: String,
        /// The phase.
        phase: Phase,
    },
    /// Bytes of a download arrived.
    FetchProgress {
        /// The component.
        component: String,
        /// What is fetched.
        source: String,
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all, if the server says.
        total: Option<u64>,
    },
    /// A download failed for a passing reason and is tried again.
    FetchRetry {
        /// The component.
        component: String,
        /// What is fetched.
        source: String,
        /// Why.
        reason: String,
    },
    /// Something was fetched.
    Fetched {
        /// The component.
        component: String,
        /// What.
        source: String,
        /// Its size.
        bytes: u64,
        /// Whether no network was needed.
        cached: bool,
    },
    /// A hook begins.
    HookStarted {
        /// The component.
        component: String,
        /// The hook.
        hook: String,
        /// Why it runs.
        trigger: Trigger,
    },
    /// A hook printed a line.
    HookLine {
        /// The component.
        component: String,
        /// The hook.
        hook: String,
        /// The stream.
        stream: HookStream,
        /// The line, secrets masked.
        line: String,
    },
    /// A hook ended well.
    HookFinished {
        /// The component.
        component: String,
        /// The hook.
        hook: String,
        /// How long it took.
        seconds: f64,
    },
    /// Objects were built.
    Built {
        /// The component.
        component: String,
        /// How many.
        objects: usize,
    },
    /// A component is going back to an earlier revision.
    GoingBack {
        /// The component.
        component: String,
        /// The revision's number.
        revision: u64,
        /// When it was reached.
        at: String,
        /// The command that reached it.
        command: String,
    },
    /// What is going to change is known.
    Planned {
        /// The component.
        component: String,
        /// All of it.
        plan: Box<hub_cluster::Plan>,
    },
    /// Something happened to an object.
    Object {
        /// The component.
        component: String,
        /// What.
        happened: Box<hub_cluster::Event>,
    },
    /// Something is odd, but the run goes on.
    Warning {
        /// The component; `None` for the run as a whole.
        component: Option<String>,
        /// What.
        message: String,
    },
    /// A component ended.
    ComponentFinished {
        /// The component.
        component: String,
        /// How.
        status: Status,
        /// How many objects were to change, by action.
        counts: hub_cluster::Counts,
        /// How long it took.
        seconds: f64,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// The run ended.
    RunFinished {
        /// How.
        status: Status,
        /// How long it took.
        seconds: f64,
    },
}

/// Takes events as they happen. It must not block for long.
pub trait Listener: Send + Sync {
    /// Takes one.
    fn on_event(&self, event: &Event);
}
