//! `hub invoke COMPONENT VERB`: a verb of a component that is neither deploy nor undeploy.

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::lifecycle::{self, Error, Invocation};
use crate::ui::Detail;

/// Which component, which verb.
#[derive(Args, Clone, Debug)]
#[command(
    after_long_help = "The verb is one of `lifecycle.verbs` of the component's manifest, and its program a target of the
Makefile, or a file VERB, bin/VERB, _VERB, each also with `.sh`. It runs in a scratch copy with rendered templates,
with the environment of hooks and this terminal.

Example:
  hub invoke profiles backup -e HUB_BACKUP_DIR=/backups"
)]
pub(super) struct InvokeArguments {
    /// A component of the stack
    #[arg(value_name = "COMPONENT")]
    component: String,
    /// One of its verbs
    #[arg(value_name = "VERB")]
    verb: String,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// Runs `hub invoke`.
pub(super) async fn invoke(arguments: InvokeArguments) -> Exit {
    match invoked(arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

async fn invoked(arguments: InvokeArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, std::slice::from_ref(&arguments.component))?;
    let reporter = session.reporter(Detail::Short);
    let run = session.run(&FetchArguments::default(), &arguments.cluster, &reporter, false)?;
    interrupt::watch(run.cancel.clone());
    let connection = session.connect(&arguments.cluster, &run.cancel).await?;
    let component = session.names.first().cloned().unwrap_or(arguments.component);
    let environment = arguments.stack.variables();
    let invocation = Invocation { component, verb: arguments.verb, environment };
    lifecycle::invoke(&run, &connection, &invocation).await
}
