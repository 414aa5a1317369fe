//! `hub lint`: everything wrong or odd in the manifests, without a cluster.

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::{self, Error};
use crate::quirks;
use crate::stack::{self, Request, Unprobed};
use crate::ui::{self, Detail, Format};

/// Which stack.
#[derive(Args, Clone, Debug)]
pub(super) struct LintArguments {
    /// One component's directory [default: the stack]
    #[arg(value_name = "DIR")]
    components: Vec<String>,
    /// Also say what of hubctl's stack is legal and means something else here
    #[arg(long)]
    hubctl: bool,
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
    if arguments.hubctl {
        show_quirks(&session);
    }
    ui::line(&format!("{} components are fine, in this order: {}", names.len(), selection.order.join(", ")));
    Ok(())
}

/// What is different from hubctl, by component.
fn show_quirks(session: &Session) {
    let all = quirks::quirks(&session.stack);
    if session.format == Format::Json {
        ui::json_line(&all);
        return;
    }
    for quirk in &all {
        let who = quirk.component.as_deref().unwrap_or(&session.stack.name);
        ui::line(&format!("{who}: {}\n    {}", quirk.found, quirk.meaning));
    }
    if all.is_empty() {
        ui::line("nothing in it means anything else than with hubctl");
    }
}
