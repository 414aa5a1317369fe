//! `hub backup create`, `hub backup unbundle`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::diagnostic::Problem;
use crate::lifecycle::{self, Backup, Error};
use crate::ui;

/// Backups of components.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum BackupCommand {
    /// Run the verb `backup` of components, and write what they print into a bundle
    Create(CreateArguments),
    /// Turn bundles into parameters, for `--params-file`
    Unbundle(UnbundleArguments),
}

/// Which components, and where to.
#[derive(Args, Clone, Debug)]
pub(super) struct CreateArguments {
    /// Components of the stack [default: all that have the verb `backup`]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Write the bundle to this file, readable by you only [default: standard output]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Write JSON instead of YAML
    #[arg(long)]
    json: bool,
    /// Go on with the other components where one fails
    #[arg(long)]
    allow_partial: bool,
}

/// Which bundles, and what of them.
#[derive(Args, Clone, Debug)]
pub(super) struct UnbundleArguments {
    /// Files that `hub backup create` or `hubctl backup create` wrote; later ones count more
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    /// Write the parameters to this file, readable by you only [default: standard output]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Call a component otherwise
    #[arg(short, long, value_name = "FROM:TO", value_delimiter = ',')]
    rename: Vec<String>,
    /// Leave a component out
    #[arg(short, long, value_name = "COMPONENT", value_delimiter = ',')]
    erase: Vec<String>,
    /// Take only these components
    #[arg(short, long, value_name = "COMPONENT", value_delimiter = ',')]
    include: Vec<String>,
}

/// Runs `hub backup`.
pub(super) async fn backup(command: BackupCommand) -> Exit {
    let done = match command {
        BackupCommand::Create(arguments) => create(arguments).await,
        BackupCommand::Unbundle(arguments) => unbundle(&arguments).map(|()| Exit::Done),
    };
    done.unwrap_or_else(|error| refuse(None, error))
}

async fn create(arguments: CreateArguments) -> Result<Exit, Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    let reporter = super::render::quiet();
    let run = session.run(&FetchArguments::default(), &arguments.cluster, &reporter, false)?;
    interrupt::watch(run.cancel.clone());
    let connection = session.connect(&arguments.cluster, &run.cancel).await?;
    let mut environment = arguments.stack.variables();
    if session.surroundings.get(FOLDER).is_none() && !environment.iter().any(|(name, _)| name == FOLDER) {
        environment.push((FOLDER.to_owned(), folder(&session)?));
    }
    let made =
        lifecycle::back_up(&run, &connection, &session.names, &environment, arguments.allow_partial).await?;
    let value = serde_json::to_value(&made).map_err(|e| failed(&e.to_string()))?;
    write(&value, arguments.to.as_deref(), arguments.json)?;
    Ok(if made.status == "error" { Exit::Failed } else { Exit::Done })
}

/// The variable that components' programs find the folder for large files by. Source: `hub-stack-backup-create`.
const FOLDER: &str = "HUB_BACKUP_DIR";

/// A new folder below `.hub/backups`.
fn folder(session: &Session) -> Result<String, Error> {
    let base = session.stack.dir.canonicalize().unwrap_or_else(|_| session.stack.dir.clone());
    let environment = session.environment.as_ref().map_or("default", |e| e.name.as_str());
    let folder = base.join(".hub/backups").join(environment).join(hub_cluster::RunStamp::now().id);
    std::fs::create_dir_all(&folder).map_err(|e| failed(&format!("{}: {e}", folder.display())))?;
    Ok(folder.display().to_string())
}

fn unbundle(arguments: &UnbundleArguments) -> Result<(), Error> {
    let mut renames = Vec::new();
    for word in &arguments.rename {
        match word.split_once(':') {
            Some((from, to)) if !from.is_empty() && !to.is_empty() => {
                renames.push((from.to_owned(), to.to_owned()))
            }
            _ => return Err(problem(&format!("`{word}` is no renaming"), "write --rename FROM:TO")),
        }
    }
    let mut backups: Vec<Backup> = Vec::new();
    for path in &arguments.bundles {
        let refused = |reason: String| {
            problem(&format!("{}: {reason}", path.display()), "`hub backup create` writes bundles")
        };
        let text = std::fs::read_to_string(path).map_err(|e| refused(e.to_string()))?;
        // Source: hubctl writes a line `--- yaml` in front where it writes to standard output.
        let text =
            text.strip_prefix("--- yaml\n").or_else(|| text.strip_prefix("--- json\n")).unwrap_or(&text);
        let mut backup: Backup = serde_yaml::from_str(text).map_err(|e| refused(e.to_string()))?;
        let keep = |name: &str| {
            let is_included = arguments.include.is_empty() || arguments.include.iter().any(|n| n == name);
            is_included && !arguments.erase.iter().any(|n| n == name)
        };
        backup.components.retain(|name, _| keep(name));
        backups.push(backup);
    }
    let outputs = lifecycle::unbundle(&backups, &renames);
    let parameters: Vec<Value> = outputs
        .into_iter()
        .map(
            |(component, output)| json!({"name": output.name, "component": component, "value": output.value}),
        )
        .collect();
    write(&json!({"parameters": parameters}), arguments.to.as_deref(), false)
}

fn write(value: &Value, to: Option<&Path>, as_json: bool) -> Result<(), Error> {
    let text = if as_json {
        serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|e| failed(&e.to_string()))?
    } else {
        crate::yaml::to_yaml(value).map_err(|e| failed(&e.to_string()))?
    };
    let Some(path) = to else { return ui::bytes(text.as_bytes()).map_err(|e| failed(&e.to_string())) };
    crate::workspace::write_private(path, &text).map_err(|e| failed(&format!("{}: {e}", path.display())))
}

fn failed(reason: &str) -> Error {
    problem(&format!("the backup cannot be written: {reason}"), "is the folder writable?")
}

fn problem(message: &str, help: &str) -> Error {
    Problem::new("hub::backup::file", message).help(help).into()
}
