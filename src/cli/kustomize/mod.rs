//! `hub kustomize`: what the kustomize program does, by the engine in `hub`. One file per command.

mod build;
mod create;
mod edit;
mod failure;

use clap::Subcommand;

use self::failure::Failure;
use super::exit::Exit;
use super::surroundings::Surroundings;
use crate::ui;

/// What is to be done with a kustomization.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum KustomizeCommand {
    /// Print the resources of a kustomization
    Build(Box<build::BuildArguments>),
    /// Change the kustomization file in the current directory
    #[command(subcommand)]
    Edit(edit::EditCommand),
    /// Make a kustomization file in the current directory
    #[command(alias = "init")]
    Create(create::CreateArguments),
}

/// Runs `hub kustomize`.
pub(super) fn run(command: KustomizeCommand, surroundings: &Surroundings) -> Exit {
    let done = match command {
        KustomizeCommand::Build(arguments) => build::build(&arguments, surroundings),
        KustomizeCommand::Edit(command) => edit::edit(command),
        KustomizeCommand::Create(arguments) => create::create(arguments),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(error) => {
            ui::show_error(error);
            Exit::Failed
        }
    }
}
