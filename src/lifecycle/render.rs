//! A component's objects without a cluster, and the parameters of all.

use std::collections::BTreeMap;

use serde_json::Value;

use super::concealment::{conceal, mask};
use super::{Connection, Error, Prepared, Run, Verb, component};
use crate::diagnostic::Problems;
use crate::parameters::{Bindings, ParameterLayers, ParameterSet, resolve};
use crate::stack::{Component, Stack};

/// Resolves the parameters of all selected components; every mistake of any of them at once.
///
/// # Errors
/// What is missing, unknown or of the wrong type.
pub fn resolve_all(
    stack: &Stack,
    selected: &[String],
    layers: &ParameterLayers,
) -> Result<BTreeMap<String, ParameterSet>, Problems> {
    let mut problems = Problems::default();
    let mut sets = BTreeMap::new();
    let components: Vec<&Component> = selected.iter().filter_map(|name| stack.components.get(name)).collect();
    let provides: Vec<&str> =
        components.iter().flat_map(|c| c.manifest.provides.iter().map(|p| p.value.as_str())).collect();
    for component in components {
        let bindings = Bindings::from([
            ("hub.componentName".to_owned(), Value::from(component.name.clone())),
            ("hub.stackName".to_owned(), Value::from(stack.name.clone())),
            ("hub.provides".to_owned(), Value::from(provides.join(" "))),
        ]);
        match resolve(&component.name, &component.manifest.parameters, layers, &bindings) {
            Ok(mut set) => {
                for (name, value) in bindings {
                    if set.get(&name).is_none() {
                        set.insert_own(&name, value);
                    }
                }
                sets.insert(component.name.clone(), set);
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    problems.or(sets).map_err(|problems| conceal(problems, stack, layers))
}

/// The objects that would be applied for one component.
///
/// # Errors
/// Anything on the way from its manifest to the build.
pub async fn render(run: &Run, name: &str) -> Result<Prepared, Error> {
    let component = run.stack.component(name)?;
    let names = [name.to_owned()];
    super::check_meant(&run.stack, &names, &run.layers)?;
    let sets = resolve_all(&run.stack, &names, &run.layers)?;
    let no_cluster: Option<&Connection> = None;
    let prepared = component::prepare(run, no_cluster, Verb::Plan, component, &sets[name]).await;
    prepared.map_err(|error| error.masked(&mask(run, &sets[name])))
}
