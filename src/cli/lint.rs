//! `hub lint`: everything wrong or odd in the manifests, without a cluster.

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::{self, Error};
use crate::stack::{self, Request, Unprobed};
use crate::ui::{self, Detail};

/// Which stack.
#[derive(Args, Clone, Debug)]
pub(super) struct LintArguments {
    /// One component's directory [default: the stack]
    #[arg(value_name = "DIR")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
}

/// Runs `hub lint`.
pub(super) fn lint(arguments: &LintArguments) -> Exit {
    match linted(arguments) {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

fn linted(arguments: &LintArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    let reporter = session.reporter(Detail::Short);
    let run = session.run(&FetchArguments::default(), &ClusterArguments::default(), &reporter, false)?;
    let names: Vec<String> = session.stack.components.keys().cloned().collect();
    let selection = stack::select(&session.stack, &Request::default(), &Unprobed)?;
    lifecycle::check_meant(&session.stack, &names, &run.layers)?;
    lifecycle::resolve_all(&session.stack, &names, &run.layers, &lifecycle::Recorded::default(), true)?;
    ui::line(&format!("{} components are fine, in this order: {}", names.len(), selection.order.join(", ")));
    Ok(())
}
