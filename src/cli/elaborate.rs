//! `hub elaborate`: a stack as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::arguments::StackArguments;
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::diagnostic::{Problem, Problems};
use crate::lifecycle::Error;
use crate::manifest::{load_parameter_file, packed};
use crate::stack::Additions;
use crate::state::HubctlState;
use crate::ui;

/// Which stack, with what, written where.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  hub elaborate hub.yaml params.yaml -o hub.yaml.elaborate
  hub deploy hub.yaml.elaborate")]
pub(super) struct ElaborateArguments {
    /// The stack's manifest, and files of parameters, later ones winning; of `a,b` the newest that exists counts
    #[arg(value_name = "FILE", default_value = "hub.yaml")]
    files: Vec<String>,
    /// The files to write
    #[arg(short, long, value_name = "FILE", default_value = "hub.yaml.elaborate", value_delimiter = ',')]
    output: Vec<PathBuf>,
    /// Set variables that parameters with `fromEnv` read
    #[arg(short, long, value_name = "VARIABLE=VALUE")]
    environment: Vec<String>,
    /// Capabilities that the platform brings
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    platform_provides: Vec<String>,
    /// State files of hubctl whose outputs and parameters fill what has no value
    #[arg(short, long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<PathBuf>,
    /// Whether parameters of these states count, beside outputs
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1,
        require_equals = true, default_missing_value = "true")]
    state_stack_parameters: bool,
    /// What directories of components are relative to [default: the manifest's directory]
    #[arg(short, long = "baseDir", alias = "base-dir", value_name = "DIR")]
    base_dir: Option<PathBuf>,
    /// Whether the files are gzip
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1,
        require_equals = true, default_missing_value = "true")]
    compressed: bool,
}

/// Runs `hub elaborate`.
pub(super) fn elaborate(arguments: &ElaborateArguments) -> Exit {
    match elaborated(arguments) {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

fn elaborated(arguments: &ElaborateArguments) -> Result<(), Error> {
    let (manifest, files) = arguments.files.split_first().ok_or_else(|| {
        Problem::new("hub::stack::none", "no manifest is named").help("hub elaborate hub.yaml params.yaml")
    })?;
    let stack = StackArguments {
        file: Some(PathBuf::from(manifest)),
        environment: arguments.environment.clone(),
        base_dir: arguments.base_dir.clone(),
        ..StackArguments::default()
    };
    let session = Session::open(&stack, &[])?;
    let mut problems = Problems::default();
    let mut parameters = Vec::new();
    for alternatives in files {
        match load_parameter_file(&newest(alternatives), Path::new(".")) {
            Ok(file) => parameters.push(file),
            Err(found) => problems.0.extend(found.0),
        }
    }
    problems.or(())?;
    let additions = Additions {
        parameters,
        platform_provides: arguments.platform_provides.clone(),
        fillings: fillings(&arguments.state, arguments.state_stack_parameters)?,
    };
    let text = session.stack.elaborated(&additions)?;
    for file in &arguments.output {
        write(file, &text, arguments.compressed).map_err(|error| {
            Problem::new("hub::stack::elaborate", format!("cannot write {}: {error}", file.display()))
        })?;
    }
    let count = session.stack.components.len();
    let written: Vec<String> = arguments.output.iter().map(|file| file.display().to_string()).collect();
    ui::note(&format!("{} with {count} components is in {}", session.stack.name, written.join(", ")));
    Ok(())
}

/// Of files with commas between them, the newest; the first, if none is there.
fn newest(alternatives: &str) -> PathBuf {
    let all = || alternatives.split(',').map(PathBuf::from);
    let changed = |file: &PathBuf| std::fs::metadata(file).and_then(|about| about.modified()).ok();
    let there = all().filter_map(|file| changed(&file).map(|time| (time, file)));
    there.max_by_key(|(time, _)| *time).map(|(_, file)| file).or_else(|| all().next()).unwrap_or_default()
}

/// What other stacks gave: the outputs of their components and of themselves, and their parameters.
fn fillings(states: &[PathBuf], parameters: bool) -> Result<BTreeMap<String, Value>, Error> {
    let mut all = BTreeMap::new();
    for file in states {
        let name = file.display().to_string();
        let bytes = std::fs::read(file).map_err(|error| {
            Problem::new("hub::state::unreadable", format!("cannot read {name}: {error}"))
        })?;
        let state = HubctlState::read(&name, &bytes)?;
        if parameters {
            let own = state.parameters.iter().filter(|p| p.component.is_none() && !p.value.is_null());
            all.extend(own.map(|p| (p.name.clone(), p.value.clone())));
        }
        all.extend(state.stack_outputs);
    }
    Ok(all)
}

/// Writes beside the file first, so that a reader never finds half of it.
fn write(file: &Path, text: &str, compressed: bool) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::NamedTempFile::new_in(folder)?;
    let bytes = if compressed { packed(text)? } else { text.as_bytes().to_vec() };
    part.write_all(&bytes)?;
    part.persist(file).map(|_| ()).map_err(|error| error.error)
}
