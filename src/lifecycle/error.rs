//! Why a component's run, or a whole run, failed.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::diagnostic::Problems;
use crate::fetch::FetchError;
use crate::hooks::HookError;
use crate::workspace::WorkspaceError;

/// Why something failed, with what to do next.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Manifests, parameters or templates are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Problems(#[from] Problems),
    /// There is no scratch copy.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Workspace(#[from] WorkspaceError),
    /// Something could not be fetched.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fetch(#[from] FetchError),
    /// A hook failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Hook(#[from] HookError),
    /// A component's objects cannot be built.
    #[error("{component} cannot be built: {message}")]
    #[diagnostic(code(hub::build::kustomize), help("`hub render {component}` builds it without a cluster"))]
    Build {
        /// The component.
        component: String,
        /// What the engine says, with file and line.
        message: String,
    },
    /// A component has nothing that could be applied.
    #[error("{component} has no kustomization.yaml")]
    #[diagnostic(
        code(hub::build::nothing),
        help(
            "add kustomization.yaml or kustomization.yaml.template; a component of hooks only says `lifecycle: {{bare: allow}}`"
        )
    )]
    Nothing {
        /// The component.
        component: String,
    },
    /// Which cluster to use is not known.
    #[error("there is no cluster to deploy to: {reason}")]
    #[diagnostic(
        code(hub::target::none),
        help(
            "either name a kubeconfig (--kubeconfig, KUBECONFIG, ~/.kube/config), or use the embedded sandbox: an environment with `cluster: {{sandbox: true}}`, such as `-e local` in a new stack"
        )
    )]
    NoTarget {
        /// What was looked for.
        reason: String,
    },
    /// A kubeconfig cannot be used.
    #[error("cannot use {target}: {reason}")]
    #[diagnostic(code(hub::target::kubeconfig))]
    Target {
        /// The kubeconfig or context.
        target: String,
        /// Why not.
        reason: String,
        /// What to do next.
        #[help]
        help: Option<String>,
    },
    /// The cluster is another one than the environment is bound to.
    #[error("the environment is bound to the cluster {expected}, but {target} is the cluster {found}")]
    #[diagnostic(
        code(hub::target::identity),
        help(
            "uid of its kube-system namespace; correct `cluster: {{uid: …}}` in the environment if the cluster was rebuilt on purpose"
        )
    )]
    Identity {
        /// How the cluster was reached.
        target: String,
        /// The uid in the environment.
        expected: String,
        /// The uid that the cluster has.
        found: String,
    },
    /// The cluster is another one than the environment went to before.
    #[error("the environment {environment} went to {known} until now, and this is {found}")]
    #[diagnostic(
        code(hub::target::moved),
        help(
            "check the kubeconfig's current context; if it is meant (the cluster was rebuilt, its certificates were renewed), say --rebind once. It is remembered in {}",
            path.display()
        )
    )]
    OtherCluster {
        /// The environment.
        environment: String,
        /// The cluster that it went to.
        known: String,
        /// The cluster that this is.
        found: String,
        /// Where that is remembered.
        path: PathBuf,
    },
    /// Which cluster an environment goes to cannot be remembered.
    #[error("cannot use {}: {reason}", path.display())]
    #[diagnostic(
        code(hub::target::bindings),
        help("it remembers which cluster each environment goes to; delete it to begin anew")
    )]
    Bindings {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A saved plan cannot be used.
    #[error("cannot use the plan {}: {reason}", path.display())]
    #[diagnostic(code(hub::plan::file), help("`hub plan --out FILE` saves one"))]
    PlanFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// What a saved plan was made for has moved.
    #[error("{component} is not as the saved plan has it, nothing of it was changed:{}", listed(&cut(moved)))]
    #[diagnostic(code(hub::plan::moved), help("look at what moved, and plan anew: `hub plan --out FILE`"))]
    PlanMoved {
        /// The component.
        component: String,
        /// Each object, and what is different about it.
        moved: Vec<String>,
    },
    /// The sandbox cannot be used.
    #[error("cannot use the sandbox {}: {reason}", path.display())]
    #[diagnostic(
        code(hub::target::sandbox),
        help("`hub sandbox status` shows who uses it; `hub sandbox reset` starts anew")
    )]
    Sandbox {
        /// Its file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A kind that the cluster does not know.
    #[error("{component} has objects of kinds that the cluster does not know: {kinds}")]
    #[diagnostic(code(hub::cluster::unknown_kinds))]
    UnknownKinds {
        /// The component.
        component: String,
        /// The kinds.
        kinds: String,
        /// Which components bring them.
        #[help]
        help: String,
    },
    /// The plan cannot be carried out; nothing was changed.
    #[error("the plan for {component} is refused, nothing of it was changed:{}", listed(problems))]
    #[diagnostic(code(hub::cluster::refused))]
    Refused {
        /// The component.
        component: String,
        /// What stands against it.
        problems: Vec<String>,
    },
    /// The cluster engine failed.
    #[error("{}", chain(error.as_ref()))]
    #[diagnostic(code(hub::cluster::failed))]
    Cluster {
        /// What it says; its causes are part of the message.
        error: Box<hub_cluster::Error>,
    },
    /// Some objects could not be written or deleted.
    #[error("{component}: {count} of its objects failed:{}", listed(failures))]
    #[diagnostic(
        code(hub::cluster::objects),
        help(
            "what was done stays recorded; mend the cause and run the same command again, it goes on from here"
        )
    )]
    Objects {
        /// The component.
        component: String,
        /// How many.
        count: usize,
        /// Each object and why; then what is not ready, and what was not tried.
        failures: Vec<String>,
    },
    /// Some objects did not become ready.
    #[error("{component} is not {state}:{}", listed(waits))]
    #[diagnostic(code(hub::cluster::not_ready))]
    NotReady {
        /// The component.
        component: String,
        /// What it should be: ready, or gone.
        state: &'static str,
        /// Each object with the rule that is not met, its children and its events; then what was not tried for it.
        waits: Vec<String>,
        /// What to do next.
        #[help]
        help: String,
    },
    /// The lock is held by a run that lives.
    #[error("another run is at work: {holder} runs `{command}` since {since}")]
    #[diagnostic(
        code(hub::lock::held),
        help("wait for it with --lock-timeout 5m, or, if that process is dead, run `hub unlock`")
    )]
    Locked {
        /// Who.
        holder: String,
        /// What they run.
        command: String,
        /// Since when.
        since: String,
    },
    /// There is nothing to go back to.
    #[error("{what} cannot be rolled back: {reason}")]
    #[diagnostic(code(hub::rollback::target), help("`hub history` shows what is kept"))]
    NothingToGoBackTo {
        /// What was asked for.
        what: String,
        /// Why not.
        reason: String,
    },
    /// Others need what is to be undeployed.
    #[error("{} cannot be undeployed: {}", components.join(", "), reasons.join(", "))]
    #[diagnostic(code(hub::stack::needed), help("undeploy the others too, or insist with --only"))]
    Needed {
        /// The components.
        components: Vec<String>,
        /// Who needs them.
        reasons: Vec<String>,
    },
    /// Nobody agreed to the change.
    #[error("nothing was changed: {reason}")]
    #[diagnostic(code(hub::confirm::declined))]
    Declined {
        /// Why.
        reason: String,
    },
    /// Something failed whose words had a secret in them.
    #[error("{message}")]
    #[diagnostic(code(hub::concealed))]
    Concealed {
        /// What failed, without the secret.
        message: String,
        /// What to do next.
        #[help]
        help: Option<String>,
    },
    /// The run was interrupted.
    #[error("interrupted; what was done is recorded, the same command goes on from here")]
    #[diagnostic(code(hub::interrupted))]
    Interrupted,
    /// A part of the program broke.
    #[error("{what} broke: {reason}")]
    #[diagnostic(code(hub::internal), help("this is a bug in hub; please report it"))]
    Internal {
        /// Which part.
        what: &'static str,
        /// How.
        reason: String,
    },
}

/// What sort of failure it is, for exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What users wrote is wrong; nothing was touched.
    Manifest,
    /// It failed.
    Failed,
    /// The lock is held.
    Locked,
    /// Applied, but not ready in time.
    NotReady,
    /// Interrupted.
    Interrupted,
}

impl Error {
    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            // What its programs did not say shows only after a component has run.
            Self::Problems(problems) if problems.0.iter().any(|p| p.code.starts_with("hub::outputs::")) => {
                Kind::Failed
            }
            Self::Problems(_)
            | Self::NoTarget { .. }
            | Self::Needed { .. }
            | Self::PlanFile { .. }
            | Self::NothingToGoBackTo { .. } => Kind::Manifest,
            Self::Locked { .. } => Kind::Locked,
            Self::NotReady { .. } => Kind::NotReady,
            Self::Interrupted
            | Self::Fetch(FetchError::Interrupted { .. })
            | Self::Hook(HookError::Interrupted { .. }) => Kind::Interrupted,
            _ => Kind::Failed,
        }
    }
}

impl From<crate::diagnostic::Problem> for Error {
    fn from(problem: crate::diagnostic::Problem) -> Self {
        Self::Problems(problem.into())
    }
}

impl From<hub_cluster::Error> for Error {
    fn from(source: hub_cluster::Error) -> Self {
        match source {
            hub_cluster::Error::LockHeld { holder, since, .. } => {
                let since = since.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
                Self::Locked { holder: holder.who, command: holder.command, since }
            }
            other => Self::Cluster { error: Box::new(other) },
        }
    }
}

/// The first lines of many, and how many more there are.
fn cut(lines: &[String]) -> Vec<String> {
    const MOST: usize = 12;
    let mut shown: Vec<String> = lines.iter().take(MOST).cloned().collect();
    if lines.len() > MOST {
        shown.push(format!("… and {} more", lines.len() - MOST));
    }
    shown
}

fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  - {}", line.replace('\n', "\n    "))).collect()
}

/// The error with its causes, each once.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
