//! What is known of a deployed stack: parameters, outputs, capabilities; and taking over what hubctl knew of it.
//!
//! In: a run, a connection. Out: [`Known`]. Refuses to know: how it is shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::deploy::{Probed, recorded};
use super::expansion::stack_outputs;
use super::values::{Recorded, note, resolve_all};
use super::{Connection, Error, Run};
use crate::diagnostic::Problem;
use crate::outputs::Output;
use crate::parameters::ParameterSet;
use crate::stack::Platform;
use crate::state::HubctlState;

/// What is known of one component.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownComponent {
    /// Whether anything of it is on the cluster.
    pub deployed: bool,
    /// Its parameters as they are today.
    pub parameters: ParameterSet,
    /// What it gave when it was deployed; what follows from its parameters, where it was not.
    pub outputs: Vec<Output>,
    /// Capabilities.
    pub provides: Vec<String>,
}

/// What is known of a stack.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// Its name.
    pub stack: String,
    /// How users know the cluster.
    pub target: String,
    /// By component.
    pub components: BTreeMap<String, KnownComponent>,
    /// Outputs of the stack as a whole.
    pub outputs: Vec<Output>,
}

/// Says what is known of components; no names means all.
///
/// # Errors
/// A failed request; parameters that are wrong.
pub async fn show(run: &Run, connection: &Connection, names: &[String]) -> Result<Known, Error> {
    let inventories = recorded(run, &connection.cluster).await?;
    let noted = Recorded::read(&run.stack, &connection.cluster).await?;
    let all: Vec<String> = run.stack.components.keys().cloned().collect();
    let resolved = resolve_all(&run.stack, &all, &run.layers, &noted, true)?;
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    let platform = Probed { cluster: &connection.cluster, inventories: &inventories, noted: Some(&noted) };
    let mut components = BTreeMap::new();
    for (name, component) in run.stack.components.iter().filter(|(name, _)| wanted(name)) {
        let declared = component.manifest.provides.iter().map(|p| p.value.clone());
        let found = noted.provides.get(name).into_iter().flatten().cloned();
        let known = KnownComponent {
            deployed: platform.is_deployed(name),
            parameters: resolved.parameters.get(name).cloned().unwrap_or_default(),
            outputs: resolved.outputs.get(name).cloned().unwrap_or_default(),
            provides: declared.chain(found).collect(),
        };
        components.insert(name.clone(), known);
    }
    let outputs = stack_outputs(&run.stack, &run.layers, &resolved);
    Ok(Known { stack: run.stack.name.clone(), target: connection.name.clone(), components, outputs })
}

/// Notes what hubctl knew of components; those that the stack does not have are named in a warning.
///
/// # Errors
/// The state is another stack's, or a request failed.
pub async fn import_state(
    run: &Run,
    connection: &Connection,
    state: &HubctlState,
    force: bool,
) -> Result<Vec<String>, Error> {
    if let Some(other) = state.stack.as_ref().filter(|name| **name != run.stack.name && !force) {
        let message = format!("the state is that of the stack `{other}`, this is `{}`", run.stack.name);
        return Err(Problem::new("hub::state::other_stack", message).help("insist with --force").into());
    }
    let mut taken = Vec::new();
    for (component, outputs) in &state.outputs {
        if !run.stack.components.contains_key(component) {
            run.warn(Some(component), "the state knows it, the stack does not; its outputs are left out");
            continue;
        }
        let provided = state.provides.iter().filter(|(_, by)| by.contains(component));
        let provides: Vec<String> = provided.map(|(capability, _)| capability.clone()).collect();
        note(run, connection, component, outputs, &provides).await?;
        taken.push(component.clone());
    }
    Ok(taken)
}
