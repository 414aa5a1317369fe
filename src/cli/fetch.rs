//! `hub fetch`: fills the cache and writes `hub.lock`.

use std::sync::Arc;

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::fetch::Fetcher;
use crate::lifecycle::{self, Error};
use crate::ui::{self, Detail};

/// Which components.
#[derive(Args, Clone, Debug)]
pub(super) struct FetchCommandArguments {
    /// Components of the stack, or one component's directory [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    fetch: FetchArguments,
    /// Forget the digests in hub.lock and take what the servers have now
    #[arg(long)]
    update: bool,
}

/// Runs `hub fetch`.
pub(super) async fn fetch(arguments: FetchCommandArguments) -> Exit {
    match fetched(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

async fn fetched(arguments: &FetchCommandArguments) -> Result<(), Error> {
    let session = Session::open_with(&arguments.stack, &arguments.components, &arguments.fetch)?;
    let reporter = session.reporter(Detail::Short);
    let mut run = session.run(&arguments.fetch, &ClusterArguments::default(), &reporter, false)?;
    interrupt::watch(run.cancel.clone());
    run.fetcher =
        Fetcher::new(session.fetch_options(&arguments.fetch, arguments.update), run.cancel.clone())?.into();
    let mut names = session.names.clone();
    if names.is_empty() {
        names = session.stack.components.keys().cloned().collect();
    }
    lifecycle::check_meant(&session.stack, &names, &run.layers)?;
    let known =
        lifecycle::resolve_all(&session.stack, &names, &run.layers, &lifecycle::Recorded::default(), true)?;
    let sets = known.parameters;
    let run = Arc::new(run);
    for name in &names {
        let component = session.stack.component(name)?;
        let count = lifecycle::fetch_all(&run, component, &sets[name]).await?;
        ui::line(&format!("{name}  {count} fetched"));
    }
    if arguments.components.is_empty() {
        // What kustomizations name is known only when they are built; what builds have named before is pinned.
        for repository in run.fetcher.pinned_repositories().await {
            run.fetcher.repository(&repository).await?;
            ui::line(&format!("{} {}  fetched", repository.address, repository.reference));
        }
    }
    reporter.clear();
    Ok(())
}
