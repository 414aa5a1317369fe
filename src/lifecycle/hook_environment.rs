//! The environment of a component's hooks.
//!
//! In: the process's environment, the component, its parameters. Out: all variables, nothing inherited beside them.
//!
//! Source: hubctl's `lifecycle/deploy.go` (`parametersInEnv`): one variable for each parameter with `env`, trimmed;
//! `TF_VAR_*` of the process is dropped.

use std::collections::BTreeMap;
use std::path::Path;

use super::run::{Run, RunSettings};
use super::{Connection, Error, Verb, kubeconfig};
use crate::parameters::{ParameterSet, text_of};
use crate::workspace::{Workspace, WorkspaceError};

/// All variables of a hook.
pub(super) async fn variables(
    run: &Run,
    connection: Option<&Connection>,
    verb: Verb,
    component: &str,
    parameters: &ParameterSet,
    workspace: &Workspace,
) -> Result<Vec<(String, String)>, Error> {
    let bin = programs(&run.settings, workspace)?;
    let inherited = run.settings.environment.iter().filter(|(name, _)| !name.starts_with("TF_VAR_"));
    let mut all: BTreeMap<String, String> = inherited.cloned().collect();
    let path = all.get("PATH").map_or_else(|| "/usr/bin:/bin".to_owned(), Clone::clone);
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);
    set("PATH", format!("{}:{path}", bin.display()));
    set("COMPONENT_NAME", component.to_owned());
    for parameter in parameters.iter() {
        if let Some(name) = &parameter.env {
            set(name, text_of(&parameter.value).trim().to_owned());
        }
    }
    let absolute =
        |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf()).display().to_string();
    set("HUB", run.settings.program.display().to_string());
    set("HUB_COMPONENT", component.to_owned());
    set("HUB_COMPONENT_DIR", workspace.dir().display().to_string());
    set("HUB_BASE_DIR", absolute(&run.stack.dir));
    set("HUB_VERB", verb.name().to_owned());
    if let Some(provides) = parameters.text("hub.provides") {
        set("HUB_PROVIDES", provides);
    }
    if verb == Verb::Plan {
        set("HUB_DRY_RUN", "true".to_owned());
    }
    // A hook must not reach another cluster than the run does.
    let kubeconfig = workspace.outside("kubeconfig");
    set("KUBECONFIG", kubeconfig.display().to_string());
    if let Some(connection) = connection {
        let namespace = parameters.by_env("NAMESPACE");
        let alias = all.get(DOMAIN).cloned();
        let alias = alias.as_deref().filter(|name| !name.is_empty());
        if kubeconfig::write(connection, &kubeconfig, alias, namespace.as_deref()).await? {
            let context = alias.map_or_else(|| connection.context(), |name| Some(name.to_owned()));
            all.entry(DOMAIN.to_owned()).or_insert_with(|| context.unwrap_or_default());
        } else {
            all.remove("KUBECONFIG");
        }
    }
    Ok(all.into_iter().collect())
}

/// The variable that hubctl's scripts name the context of their cluster by.
const DOMAIN: &str = "HUB_DOMAIN_NAME";

/// The names that the program has for hooks, beside those of [`RunSettings::commands`].
const OWN_NAMES: [&str; 2] = ["hub", "hubctl"];

/// A folder with the commands that hooks call, each a link to this program.
fn programs(settings: &RunSettings, workspace: &Workspace) -> Result<std::path::PathBuf, WorkspaceError> {
    let bin = workspace.bin()?;
    for name in OWN_NAMES.iter().chain(settings.commands) {
        let link = bin.join(name);
        if link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(&settings.program, &link)
                .map_err(|source| WorkspaceError::Create { path: link.clone(), source })?;
        }
    }
    Ok(bin)
}
