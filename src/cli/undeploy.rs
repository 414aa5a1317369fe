//! `hub undeploy`.

use std::time::{Duration, Instant};

use clap::Args;
use hub_cluster::{ApplyOptions, UndeployOptions};

use super::arguments::{ClusterArguments, FetchArguments, PartArguments, StackArguments, duration};
use super::conclude::{conclude, refuse};
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::lifecycle::{self, UndeployChoices};
use crate::stack;
use crate::ui::Detail;

/// Which components, and what goes with them.
#[derive(Args, Clone, Debug)]
#[command(
    after_long_help = "What is deleted is what the inventory on the cluster lists. Namespaces, CRDs and
PersistentVolumeClaims stay unless a flag names them, since others' objects and data go with them.

Examples:
  hub undeploy kserve
  hub undeploy --delete-namespaces --delete-crds -e development"
)]
pub(super) struct UndeployArguments {
    /// Components of the stack, or one component's directory [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    #[command(flatten)]
    fetch: FetchArguments,
    #[command(flatten)]
    part: PartArguments,
    /// Undeploy even what other deployed components need
    #[arg(long)]
    only: bool,
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long, env = "HUB_YES")]
    yes: bool,
    /// Delete namespaces too, with everything in them
    #[arg(long, help_heading = "Deletions")]
    delete_namespaces: bool,
    /// Delete CRDs too, with all objects of their kinds
    #[arg(long, help_heading = "Deletions")]
    delete_crds: bool,
    /// Delete PersistentVolumeClaims too, with their data
    #[arg(long, help_heading = "Deletions")]
    delete_claims: bool,
    /// Do not wait until objects are gone
    #[arg(long)]
    no_wait: bool,
    /// How long to wait until objects are gone
    #[arg(long, value_name = "TIME", env = "HUB_TIMEOUT", default_value = "10m", value_parser = duration)]
    timeout: Duration,
}

/// Runs `hub undeploy`.
pub(super) async fn undeploy(arguments: UndeployArguments) -> Exit {
    let start = Instant::now();
    let session = match Session::open_with(
        &arguments.stack,
        &arguments.part.names(&arguments.components),
        &arguments.fetch,
    ) {
        Ok(session) => session,
        Err(error) => return refuse(None, error),
    };
    let reporter = session.reporter(Detail::Short);
    let choices = UndeployChoices {
        delete: UndeployOptions {
            delete_namespaces: arguments.delete_namespaces,
            delete_crds: arguments.delete_crds,
            delete_claims: arguments.delete_claims,
            ..UndeployOptions::default()
        },
        apply: ApplyOptions {
            wait: !arguments.no_wait,
            timeout: arguments.timeout,
            ..ApplyOptions::default()
        },
        only: arguments.only,
        dry_run: arguments.dry_run,
    };
    let result = async {
        let run = session.run(&arguments.fetch, &arguments.cluster, &reporter, arguments.yes)?;
        interrupt::watch(run.cancel.clone());
        let connection = session.connect(&arguments.cluster, &run.cancel).await?;
        let (offset, limit) = (arguments.part.offset.as_deref(), arguments.part.limit.as_deref());
        let names = stack::backwards(&session.stack, &session.names, offset, limit)?;
        lifecycle::undeploy(&run, &connection, &names, &choices).await
    }
    .await;
    match result {
        Ok(report) => conclude(&*reporter, report, start, false),
        Err(error) => refuse(Some(&*reporter), error),
    }
}
