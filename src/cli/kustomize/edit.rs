//! `hub kustomize edit`: changes the kustomization file in the current directory.

mod add;
mod fix;
mod remove;
mod set;

use std::fs;

use clap::{Args, Subcommand};
use hub_kustomize::edit::{self, DiskFolder, PatchReference, Request};

use super::Failure;
use crate::ui;

/// What is to be changed.
#[derive(Subcommand, Clone, Debug)]
pub(in crate::cli) enum EditCommand {
    /// Add something
    #[command(subcommand)]
    Add(add::AddCommand),
    /// Remove something
    #[command(subcommand)]
    Remove(remove::RemoveCommand),
    /// Set a value
    #[command(subcommand)]
    Set(set::SetCommand),
    /// Replace deprecated fields by those that stand for them now
    Fix {
        /// Make replacements of vars; this changes resource files too
        #[arg(long)]
        vars: bool,
    },
}

/// A patch, by its file or text and its targets.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct PatchArguments {
    /// The file of the patch
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    path: String,
    /// The patch itself
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    patch: String,
    /// API group of the targets
    #[arg(long, default_value = "", hide_default_value = true)]
    group: String,
    /// API version of the targets
    #[arg(long, default_value = "", hide_default_value = true)]
    version: String,
    /// Kind of the targets
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,
    /// Name of the targets
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Namespace of the targets
    #[arg(long, default_value = "", hide_default_value = true)]
    namespace: String,
    /// Selects targets by annotations
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    annotation_selector: String,
    /// Selects targets by labels
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    label_selector: String,
}

impl PatchArguments {
    fn into_reference(self) -> PatchReference {
        PatchReference {
            path: self.path,
            patch: self.patch,
            group: self.group,
            version: self.version,
            kind: self.kind,
            name: self.name,
            namespace: self.namespace,
            annotation_selector: self.annotation_selector,
            label_selector: self.label_selector,
        }
    }
}

/// Runs `hub kustomize edit`.
pub(super) fn edit(command: EditCommand) -> Result<(), Failure> {
    let request = match command {
        EditCommand::Add(command) => Request::Add(command.into_request()),
        EditCommand::Remove(command) => Request::Remove(command.into_request()),
        EditCommand::Set(command) => Request::Set(command.into_request()),
        EditCommand::Fix { vars } => Request::Fix { vars },
    };
    let fix = match request {
        Request::Fix { vars } => Some((vars, fix::built())),
        _ => None,
    };
    let folder = DiskFolder::new(".");
    let file = edit::file_name(&folder)?;
    let read = |source| Failure::File { verb: "read", path: file.to_owned(), source };
    let text = fs::read_to_string(file).map_err(read)?;
    let edited = edit::edit(&text, file, &request, &folder)?;
    edited.remarks.iter().for_each(|remark| ui::note(remark));
    for (path, content) in &edited.files {
        write(path, content)?;
    }
    if let Some(text) = edited.text {
        write(file, text.as_bytes())?;
    }
    if let Some((vars, before)) = fix {
        fix::conclude(vars, &before);
    }
    Ok(())
}

/// Writes a file.
pub(super) fn write(path: &str, content: &[u8]) -> Result<(), Failure> {
    fs::write(path, content).map_err(|source| Failure::File { verb: "write", path: path.to_owned(), source })
}

/// The parts of a list that is one argument.
fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}
