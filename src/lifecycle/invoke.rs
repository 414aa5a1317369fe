//! Verbs of components that are neither deployment nor undeployment: run for a person, or for a backup.
//!
//! In: a component and a verb. Out: what its program did. Refuses to know: how results are shown.
//!
//! Source: hubctl's `lifecycle/invoke.go`, `lifecycle/backup.go`. Unlike there, templates are rendered beforehand, in a
//! scratch copy: hubctl relies on what an earlier deployment left in the sources.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::download::blocking;
use super::run::Run;
use super::scratch::Scratch;
use super::values::{Recorded, Values};
use super::{Connection, Error, Verb};
use crate::diagnostic::{Problem, did_you_mean};
use crate::flavour::{self, Implementation};
use crate::hooks::{self, Hook, HookError, Trigger};
use crate::stack::Component;

/// The verb of backups.
const BACKUP: &str = "backup";

/// A component, a verb, and further variables for its program.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The component.
    pub component: String,
    /// One of its `lifecycle.verbs`.
    pub verb: String,
    /// Variables that count more than all others.
    pub environment: Vec<(String, String)>,
}

/// Runs a component's program for a verb, connected to the terminal.
///
/// # Errors
/// The component has no such verb or program, or the program fails.
pub async fn invoke(run: &Run, connection: &Connection, invocation: &Invocation) -> Result<(), Error> {
    let component = run.stack.component(&invocation.component)?;
    let verb = &invocation.verb;
    let verbs = verbs(component);
    if !verbs.contains(&verb.as_str()) {
        let message = format!("{} has no verb `{verb}`", component.name);
        let all = || format!("its lifecycle.verbs are {}", verbs.join(", "));
        let help = did_you_mean(verb, verbs.iter().copied()).unwrap_or_else(all);
        return Err(Problem::new("hub::invoke::verb", message).help(help).into());
    }
    let (scratch, hook) = opened(run, connection, component, verb, &invocation.environment).await?;
    let (context, mask) = (scratch.hook_context(), scratch.mask().clone());
    let result = blocking("running a verb", move || hooks::attached(&hook, &context)).await?;
    drop(scratch);
    result.map_err(|error| Error::from(error).masked(&mask))
}

fn verbs(component: &Component) -> Vec<&str> {
    let declared: Vec<&str> = component.manifest.lifecycle.verbs.iter().map(String::as_str).collect();
    if declared.is_empty() { vec!["deploy", "undeploy"] } else { declared }
}

/// A scratch copy with rendered templates, and the program of a verb in it.
async fn opened(
    run: &Run,
    connection: &Connection,
    component: &Component,
    verb: &str,
    environment: &[(String, String)],
) -> Result<(Scratch, Hook), Error> {
    let name = std::slice::from_ref(&component.name);
    let recorded = Recorded::read(&run.stack, &connection.cluster).await?;
    let values = Values::new(run, name, recorded, true)?;
    let parameters = values.settle(run, Some(connection), component, true).await?;
    let scratch = Scratch::open(run, Some(connection), Verb::Deploy, component, &parameters).await?;
    scratch.render_templates(run, component, &parameters)?;
    scratch.export("HUB_VERB", verb);
    for (name, value) in environment {
        scratch.export(name, value);
    }
    let hook =
        |path, name: String, arguments| Hook { name, path, arguments, timeout: None, ignore_errors: false };
    match flavour::choose(scratch.dir(), verb, []) {
        Implementation::Make => {
            let hook = hook("make".into(), format!("make {verb}"), vec![verb.to_owned()]);
            Ok((scratch, hook))
        }
        Implementation::Script(path) => {
            let name = path.strip_prefix(scratch.dir()).unwrap_or(&path).display().to_string();
            Ok((scratch, hook(path, name, Vec::new())))
        }
        _ => {
            let message = format!("{} has no program for `{verb}`", component.name);
            let help = match verb {
                "deploy" | "undeploy" => format!("`hub {verb} {}` carries it out", component.name),
                _ => format!(
                    "it is a target `{verb}` of its Makefile, or one of {}",
                    flavour::variants(verb).join(", ")
                ),
            };
            Err(Problem::new("hub::invoke::program", message).help(help).into())
        }
    }
}

/// The backup of a stack, as hubctl writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backup {
    /// Of the format: 1.
    pub version: u32,
    /// `backup`.
    pub kind: String,
    /// When it was complete.
    pub timestamp: String,
    /// `success`, `partial` or `error`.
    pub status: String,
    /// By component.
    pub components: indexmap::IndexMap<String, ComponentBackup>,
}

/// The backup of one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentBackup {
    /// When it was made.
    pub timestamp: String,
    /// `success` or `error`.
    pub status: String,
    /// What sort of backup it is, if the component says so.
    #[serde(default)]
    pub kind: String,
    /// What is needed to restore it.
    #[serde(default)]
    pub outputs: Vec<BackupOutput>,
}

/// One output of a backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupOutput {
    /// Its name, a parameter of the component.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// Makes backups of components, in order; no names means all that can. `partial` goes on where one fails.
///
/// # Errors
/// None of them has the verb `backup` and a program for it. What happens to components is in the backup.
pub async fn back_up(
    run: &Run,
    connection: &Connection,
    names: &[String],
    environment: &[(String, String)],
    partial: bool,
) -> Result<Backup, Error> {
    for name in names {
        run.stack.component(name)?;
    }
    let order = run.stack.order();
    let all = order.iter().filter(|name| names.is_empty() || names.contains(name));
    let mut components = Vec::new();
    for component in all.filter_map(|name| run.stack.components.get(name)) {
        let has_verb = verbs(component).contains(&BACKUP);
        if has_verb && flavour::choose(&component.manifest.dir, BACKUP, []).is_own_program() {
            components.push(component);
        } else if !names.is_empty() {
            let message = format!("{} has no verb `{BACKUP}`", component.name);
            return Err(Problem::new("hub::invoke::verb", message)
                .help("lifecycle: {verbs: [deploy, undeploy, backup]}, and a program `backup`")
                .into());
        }
    }
    if components.is_empty() {
        let message = "no component has a verb `backup` with a program";
        return Err(Problem::new("hub::invoke::verb", message).into());
    }
    let (count, mut made) = (components.len(), indexmap::IndexMap::new());
    let mut failed = 0;
    for component in components {
        let backup = match back_up_one(run, connection, component, environment).await {
            Ok(backup) => backup,
            Err(error @ Error::Hook(HookError::Interrupted { .. })) => return Err(error),
            Err(error) => {
                run.warn(Some(&component.name), format!("no backup of it: {error}"));
                failed += 1;
                let status = "error".to_owned();
                ComponentBackup {
                    timestamp: now(),
                    status,
                    kind: component.name.clone(),
                    outputs: Vec::new(),
                }
            }
        };
        made.insert(component.name.clone(), backup);
        if failed > 0 && !partial {
            break;
        }
    }
    let status = match failed {
        0 => "success",
        failed if partial && failed < count => "partial",
        _ => "error",
    };
    Ok(Backup {
        version: 1,
        kind: BACKUP.to_owned(),
        timestamp: now(),
        status: status.to_owned(),
        components: made,
    })
}

fn now() -> String {
    hub_cluster::RunStamp::now().started.to_string()
}

async fn back_up_one(
    run: &Run,
    connection: &Connection,
    component: &Component,
    environment: &[(String, String)],
) -> Result<ComponentBackup, Error> {
    let name = &component.name;
    let (scratch, hook) = opened(run, connection, component, BACKUP, environment).await?;
    scratch.run_program_hook(run, Trigger::Backup, hook).await?;
    let mut raw = scratch.raw_outputs(name)?.values;
    let kind = raw.shift_remove("kind").filter(|kind| !kind.is_empty()).unwrap_or_else(|| name.clone());
    let timestamp = raw.shift_remove("timestamp").filter(|text| !text.is_empty()).unwrap_or_else(now);
    if raw.is_empty() {
        let message = format!("{name} printed no outputs for its backup");
        return Err(Problem::new("hub::backup::outputs", message)
            .help(
                "a backup ends with `Outputs:`, an empty line, and `name = value` lines that a restore needs",
            )
            .into());
    }
    let outputs = raw.into_iter().map(|(name, value)| BackupOutput { name, value: value.into() }).collect();
    Ok(ComponentBackup { timestamp, status: "success".to_owned(), kind, outputs })
}

/// Turns backups into parameters of components: of several of a component the last that succeeded. `renames` gives
/// components new names.
#[must_use]
pub fn unbundle(backups: &[Backup], renames: &[(String, String)]) -> Vec<(String, BackupOutput)> {
    let mut chosen: indexmap::IndexMap<String, &ComponentBackup> = indexmap::IndexMap::new();
    for (name, backup) in backups.iter().flat_map(|backup| &backup.components) {
        let renamed = renames.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to);
        if backup.status == "success" {
            chosen.insert(renamed.clone(), backup);
        }
    }
    let outputs = |(name, backup): (String, &ComponentBackup)| {
        backup.outputs.iter().map(move |output| (name.clone(), output.clone())).collect::<Vec<_>>()
    };
    chosen.into_iter().flat_map(outputs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_backup_that_succeeded_counts() {
        let backup = |status: &str, value: &str| Backup {
            version: 1,
            kind: BACKUP.into(),
            timestamp: String::new(),
            status: status.into(),
            components: [(
                "db".to_owned(),
                ComponentBackup {
                    timestamp: String::new(),
                    status: status.into(),
                    kind: String::new(),
                    outputs: vec![BackupOutput { name: "db.dump".into(), value: value.into() }],
                },
            )]
            .into_iter()
            .collect(),
        };
        let all = [backup("success", "1"), backup("success", "2"), backup("error", "3")];
        let found = unbundle(&all, &[("db".into(), "mysql".into())]);
        assert_eq!(found, [("mysql".to_owned(), BackupOutput { name: "db.dump".into(), value: "2".into() })]);
        assert!(unbundle(&[backup("error", "1")], &[]).is_empty());
    }
}
