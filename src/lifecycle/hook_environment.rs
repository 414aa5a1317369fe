//! The environment of a component's hooks.
//!
//! In: the process's environment, the component, its parameters. Out: all variables, nothing inherited beside them.
//!
//! Source: hubctl's `lifecycle/deploy.go` (`parametersInEnv`): one variable for each parameter with `env`, trimmed;
//! `TF_VAR_*` of the process is dropped.

use std::collections::BTreeMap;
use std::path::Path;

use super::run::Run;
use super::{Connection, Verb};
use crate::parameters::{ParameterSet, text_of};
use crate::workspace::{Workspace, WorkspaceError};

/// All variables of a hook.
pub(super) fn variables(
    run: &Run,
    connection: Option<&Connection>,
    verb: Verb,
    component: &str,
    parameters: &ParameterSet,
    workspace: &Workspace,
) -> Result<Vec<(String, String)>, WorkspaceError> {
    let bin = programs(&run.settings.program, workspace)?;
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
    match connection.and_then(|c| c.kubeconfig.as_deref()) {
        Some(file) => {
            set("KUBECONFIG", absolute(file));
        }
        // A hook must not reach another cluster than the run does.
        None => {
            set("KUBECONFIG", workspace.dir().join(".no-kubeconfig").display().to_string());
        }
    }
    Ok(all.into_iter().collect())
}

/// A folder with `hub` and `hubctl`, as hooks call them.
fn programs(program: &Path, workspace: &Workspace) -> Result<std::path::PathBuf, WorkspaceError> {
    let bin = workspace.bin()?;
    for name in ["hub", "hubctl"] {
        let link = bin.join(name);
        if link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(program, &link)
                .map_err(|source| WorkspaceError::Create { path: link.clone(), source })?;
        }
    }
    Ok(bin)
}
