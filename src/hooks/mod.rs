//! Programs that run at points of a component's life.
//!
//! In: a component's scratch copy, declarations, an environment. Out: what ran, what it printed, how it ended.
//! Refuses to know: why a hook runs now, and what a failure means for the component.

mod find;
mod process;

use std::path::PathBuf;
use std::time::Duration;

pub use find::{Hook, find, find_file, is_passed_over};
pub use process::{HookOutput, HookStream, attached, run};

/// A point of a component's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// Before the build of a deployment.
    PreDeploy,
    /// After a deployment is ready.
    PostDeploy,
    /// Before an undeployment deletes.
    PreUndeploy,
    /// After an undeployment has deleted.
    PostUndeploy,
    /// A deployment itself, where the component has a program for it.
    Deploy,
    /// An undeployment itself, where the component has a program for it.
    Undeploy,
    /// Before terraform is initialised.
    PreInit,
    /// Before terraform plans.
    Import,
    /// A backup.
    Backup,
}

impl Trigger {
    /// The name that manifests and hook files have.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PreDeploy => "pre-deploy",
            Self::PostDeploy => "post-deploy",
            Self::PreUndeploy => "pre-undeploy",
            Self::PostUndeploy => "post-undeploy",
            Self::Deploy => "deploy",
            Self::Undeploy => "undeploy",
            Self::PreInit => "pre-init",
            Self::Import => "import",
            Self::Backup => "backup",
        }
    }
}

/// How long a hook may take unless it says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Why a hook did not do its work.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum HookError {
    /// It ended with a code other than 0.
    #[error("the hook {hook} exits {code}{}", quoted(stderr))]
    #[diagnostic(
        code(hub::hook::failed),
        help("its last words on standard error are above; nothing after it was done")
    )]
    Failed {
        /// The hook's path in the component.
        hook: String,
        /// Its exit code.
        code: i32,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It was ended by a signal that `hub` did not send.
    #[error("the hook {hook} was killed by signal {signal}{}", quoted(stderr))]
    #[diagnostic(code(hub::hook::killed))]
    Killed {
        /// The hook's path in the component.
        hook: String,
        /// The signal's number.
        signal: i32,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It did not end in time; it and its children were killed.
    #[error("the hook {hook} did not end within {} s and was killed{}", timeout.as_secs_f64(), quoted(stderr))]
    #[diagnostic(
        code(hub::hook::timeout),
        help("give it more time with `timeout:` in the manifest's `hooks:`, or with --hook-timeout")
    )]
    TimedOut {
        /// The hook's path in the component.
        hook: String,
        /// How long it had.
        timeout: Duration,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It could not be started.
    #[error("the hook {hook} cannot be started: {source}")]
    #[diagnostic(code(hub::hook::start), help("is the program in its first line (#!) installed?"))]
    Start {
        /// The hook's path in the component.
        hook: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A hook that a manifest declares is nowhere.
    #[error("there is no hook {file}")]
    #[diagnostic(code(hub::hook::missing))]
    Missing {
        /// As declared.
        file: String,
        /// Where it was looked for.
        #[help]
        looked: String,
    },
    /// The run was interrupted; the hook was ended.
    #[error("interrupted in the hook {hook}")]
    #[diagnostic(code(hub::interrupted))]
    Interrupted {
        /// The hook's path in the component.
        hook: String,
    },
}

fn quoted(stderr: &str) -> String {
    if stderr.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = stderr.lines().map(|line| format!("\n  | {line}")).collect();
    format!(":{}", lines.concat())
}

/// What a hook is started with.
#[derive(Clone, Debug)]
pub struct HookContext {
    /// The component's scratch copy, where it runs.
    pub dir: PathBuf,
    /// All of its environment.
    pub environment: Vec<(String, String)>,
    /// How long a hook may take that does not say so itself.
    pub timeout: Duration,
}
