//! `hub unlock`: removes the lock of a dead run.

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::lifecycle::{self, Error};
use crate::ui::{self, Detail};

/// Which lock.
#[derive(Args, Clone, Debug)]
pub(super) struct UnlockArguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Remove the lock even of a run that lives
    #[arg(long)]
    force: bool,
}

/// Runs `hub unlock`.
pub(super) async fn unlock(arguments: UnlockArguments) -> Exit {
    match unlocked(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

async fn unlocked(arguments: &UnlockArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &[])?;
    let reporter = session.reporter(Detail::Short);
    let run = session.run(&FetchArguments::default(), &arguments.cluster, &reporter, false)?;
    interrupt::watch(run.cancel.clone());
    let connection = session.connect(&arguments.cluster, &run.cancel).await?;
    let (stack, namespace) = (&session.stack.name, &session.stack.state_namespace);
    let status = hub_cluster::lock_status(&connection.cluster, stack, namespace).await?;
    let host = session.surroundings.host();
    let is_dead = status.is_some_and(|lock| lifecycle::is_dead(&lock.holder, &host));
    match hub_cluster::unlock(&connection.cluster, stack, namespace, arguments.force || is_dead).await? {
        Some(lock) => {
            ui::line(&format!("removed the lock of {}, who ran `{}`", lock.holder.who, lock.holder.command))
        }
        None => ui::line("there is no lock"),
    }
    Ok(())
}
