//! `hub state import`: what hubctl knew of a stack, taken over.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::diagnostic::Problem;
use crate::lifecycle::{self, Error};
use crate::state::HubctlState;
use crate::ui::{self, Detail};

/// What to do with a state file.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum StateCommand {
    /// Take over outputs and parameters from a state file of hubctl
    Import(ImportArguments),
}

/// Which file.
#[derive(Args, Clone, Debug)]
pub(super) struct ImportArguments {
    /// A state file of hubctl, plain or gzip
    #[arg(value_name = "STATE")]
    state: PathBuf,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Write the stack's parameters to this file, for --params-file; it may hold secrets
    #[arg(long, value_name = "FILE")]
    write_params: Option<PathBuf>,
    /// Take over the state of a stack with another name
    #[arg(long)]
    force: bool,
}

/// Runs `hub state …`.
pub(super) async fn state(command: StateCommand) -> Exit {
    let StateCommand::Import(arguments) = command;
    match imported(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

async fn imported(arguments: &ImportArguments) -> Result<(), Error> {
    let name = arguments.state.display().to_string();
    let bytes = std::fs::read(&arguments.state)
        .map_err(|error| Problem::new("hub::state::unreadable", format!("cannot read {name}: {error}")))?;
    let state = HubctlState::read(&name, &bytes)?;
    let session = Session::open(&arguments.stack, &[])?;
    let reporter = session.reporter(Detail::Short);
    let run = session.run(&FetchArguments::default(), &arguments.cluster, &reporter, false)?;
    interrupt::watch(run.cancel.clone());
    let connection = session.connect(&arguments.cluster, &run.cancel).await?;
    let taken = lifecycle::import_state(&run, &connection, &state, arguments.force).await?;
    ui::line(&format!(
        "outputs of {} components are noted on {}: {}",
        taken.len(),
        connection.name,
        taken.join(", ")
    ));
    if let Some(file) = &arguments.write_params {
        write(&state, file).map_err(|error| {
            Problem::new("hub::state::unwritable", format!("cannot write {}: {error}", file.display()))
        })?;
        let count = state.parameters.len();
        ui::line(&format!("{count} parameters are in {0}: use it with --params-file {0}", file.display()));
    }
    Ok(())
}

/// Writes a file that only its owner may read.
fn write(state: &HubctlState, file: &std::path::Path) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let text = state.parameter_file().map_err(std::io::Error::other)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())
}
