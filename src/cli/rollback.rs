//! `hub rollback`: components come back to an earlier revision.

use std::time::{Duration, Instant};

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments, duration};
use super::conclude::{conclude, refuse};
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::lifecycle::{self, DeployOptions, RollbackChoices, RollbackTarget};
use crate::ui::Detail;

/// Which components, and how far back.
#[derive(Args, Clone, Debug)]
#[command(
    after_long_help = "A rollback is planned like a deployment, from what is recorded in the cluster: it needs no
sources and no network. Objects that were pruned since come back. Hooks do not run. Secret
values are recorded nowhere: they come from the live objects, and where these have others
by now, the rollback is refused and names them.

Examples:
  hub history kserve
  hub rollback kserve --dry-run
  hub rollback kserve --to 3
  hub rollback --all"
)]
pub(super) struct RollbackArguments {
    /// Components
    #[arg(value_name = "COMPONENT", required_unless_present = "all", conflicts_with = "all")]
    components: Vec<String>,
    /// All components that the last run changed, or left half done
    #[arg(long)]
    all: bool,
    /// A revision's number, or with --all the run that everything goes back to [default: the one before]
    #[arg(long, value_name = "REVISION")]
    to: Option<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long, env = "HUB_YES")]
    yes: bool,
    /// Take fields that other managers own
    #[arg(long, help_heading = "Changes")]
    force_conflicts: bool,
    /// Delete and create anew what cannot be changed
    #[arg(long, help_heading = "Changes")]
    recreate: bool,
    /// Refuse a plan that deletes more objects of a component than this
    #[arg(long, value_name = "N", help_heading = "Changes", env = "HUB_MAX_DELETES")]
    max_deletes: Option<usize>,
    /// Do not wait until objects are ready
    #[arg(long)]
    no_wait: bool,
    /// How long to wait until objects are ready
    #[arg(long, value_name = "TIME", env = "HUB_TIMEOUT", default_value = "10m", value_parser = duration)]
    timeout: Duration,
}

impl RollbackArguments {
    fn target(&self) -> RollbackTarget {
        match &self.to {
            None => RollbackTarget::Previous,
            Some(text) => match text.parse() {
                Ok(number) if !self.all => RollbackTarget::Number(number),
                _ => RollbackTarget::Run(text.clone()),
            },
        }
    }

    fn choices(&self) -> RollbackChoices {
        RollbackChoices {
            target: self.target(),
            options: DeployOptions {
                wait: !self.no_wait,
                timeout: self.timeout,
                force_conflicts: self.force_conflicts,
                adopt: false,
                prune: true,
                recreate: self.recreate,
                max_deletes: self.max_deletes,
                fail_fast: false,
                saved: None,
            },
            dry_run: self.dry_run,
        }
    }
}

/// Runs `hub rollback`.
pub(super) async fn rollback(arguments: RollbackArguments) -> Exit {
    let start = Instant::now();
    let session = match Session::open(&arguments.stack, &arguments.components) {
        Ok(session) => session,
        Err(error) => return refuse(None, error),
    };
    let reporter = session.reporter(if arguments.dry_run { Detail::Full } else { Detail::Short });
    let result = async {
        let run = session.run(&FetchArguments::default(), &arguments.cluster, &reporter, arguments.yes)?;
        interrupt::watch(run.cancel.clone());
        let connection = session.connect(&arguments.cluster, &run.cancel).await?;
        lifecycle::rollback(&run, &connection, &session.names, &arguments.choices()).await
    }
    .await;
    match result {
        Ok(report) => conclude(&*reporter, report, start, false),
        Err(error) => refuse(Some(&*reporter), error),
    }
}
