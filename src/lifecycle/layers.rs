//! Layers of parameter values for a run, and the check that each is meant for something.
//!
//! In: the stack, the environment, files and flags. Out: [`ParameterLayers`]. Refuses to know: how values are used.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::concealment::conceal;
use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::environments::Environment;
use crate::manifest::{ParameterDeclaration, load_parameter_file};
use crate::parameters::{Assignment, ParameterLayers, Provenance};
use crate::stack::Stack;

/// What users add to manifests when they run a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Files of parameters, the strongest last.
    pub files: Vec<PathBuf>,
    /// `NAME=VALUE`, the strongest last.
    pub flags: Vec<String>,
}

/// Gathers all layers: what components ask users for < stack < included files < environment < files < process
/// environment < flags.
///
/// # Errors
/// A file that cannot be read, a flag that is not `NAME=VALUE`.
pub fn gather(
    stack: &Stack,
    environment: Option<&Environment>,
    overrides: &Overrides,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<ParameterLayers, Problems> {
    let mut problems = Problems::default();
    let mut layers = ParameterLayers::default();
    let mut variables = Vec::new();
    let contents = Contents { base: &stack.dir, variable, problems: RefCell::default() };
    layers.push(asked_for(stack));
    for declarations in &stack.parameters {
        let declarations = contents.filled_in(declarations);
        layers.push_declarations(&declarations, Provenance::Stack, variable, &mut variables);
    }
    for (name, declarations) in environment.iter().flat_map(|e| &e.layers) {
        let provenance = |place| Provenance::Environment { name: name.clone(), place };
        layers.push_declarations(&contents.filled_in(declarations), provenance, variable, &mut variables);
    }
    for file in &overrides.files {
        match load_parameter_file(file, &stack.dir) {
            Ok(declarations) => {
                let declarations = contents.filled_in(&declarations);
                layers.push_declarations(&declarations, Provenance::File, variable, &mut variables);
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    for component in stack.components.values() {
        for declaration in &component.manifest.parameters {
            let value =
                declaration.from_env.as_ref().and_then(|name| variable(name).map(|value| (name, value)));
            if let Some((name, value)) = value {
                variables.push(Assignment {
                    name: declaration.name.clone(),
                    component: Some(component.name.clone()),
                    value: value.into(),
                    provenance: Provenance::Variable(name.clone()),
                    secret: declaration.secret,
                    lazy: true,
                });
            }
        }
    }
    layers.push(variables);
    let mut flags = Vec::new();
    for flag in &overrides.flags {
        match ParameterLayers::parse_flag(flag) {
            Ok(assignment) => flags.push(assignment),
            Err(problem) => problems.push(problem),
        }
    }
    layers.push(flags);
    problems.0.append(&mut contents.problems.into_inner().0);
    problems.or(layers)
}

/// What components declare as `kind: user` counts for the whole stack, weaker than anything the stack says.
///
/// Source: hubctl's `compose/elaborate.go`, which hoists such parameters.
fn asked_for(stack: &Stack) -> Vec<Assignment> {
    let declared = stack.components.values().flat_map(|c| &c.manifest.parameters);
    let asked = declared.filter(|d| d.kind.as_deref() == Some("user"));
    let mut layer: Vec<Assignment> = asked
        .filter_map(|declaration| {
            let value = declaration.value.clone().or_else(|| declaration.default.clone())?;
            let place = declaration.value_place.clone().or_else(|| declaration.place.clone());
            Some(Assignment {
                name: declaration.name.clone(),
                component: None,
                value,
                provenance: Provenance::Component(place),
                secret: declaration.secret,
                lazy: false,
            })
        })
        .collect();
    // Of several components the first one counts.
    layer.reverse();
    layer
}

/// Puts the content of files in the place of values that are not there.
struct Contents<'a> {
    base: &'a Path,
    variable: &'a dyn Fn(&str) -> Option<String>,
    problems: RefCell<Problems>,
}

impl Contents<'_> {
    /// Source: hubctl's `lifecycle/ask.go`: the raw content; `$NAME` means that the variable has the path.
    fn filled_in(&self, declarations: &[ParameterDeclaration]) -> Vec<ParameterDeclaration> {
        let mut all = declarations.to_vec();
        for declaration in all.iter_mut().filter(|d| d.value.is_none()) {
            let Some(named) = declaration.from_file.clone() else { continue };
            let path = match named.strip_prefix('$') {
                Some(name) => (self.variable)(name),
                None => Some(named.clone()),
            };
            let read = path.as_ref().map(|path| std::fs::read_to_string(self.base.join(path)));
            let reason = match read {
                Some(Ok(content)) => {
                    declaration.value = Some(content.into());
                    declaration.value_place = declaration.place.clone();
                    continue;
                }
                Some(Err(error)) => format!("{}: {error}", path.unwrap_or_default()),
                None => format!("the variable {} is not set", named.trim_start_matches('$')),
            };
            let from_env = declaration.from_env.as_deref().and_then(self.variable);
            if from_env.is_none() && declaration.default.is_none() && !declaration.allow_empty {
                let message = format!("`fromFile` of {} cannot be read: {reason}", declaration.name);
                self.problems.borrow_mut().push(
                    Problem::new("hub::parameters::file", message)
                        .help("the path is relative to hub.yaml; `$NAME` takes it from the variable NAME")
                        .at(declaration.place.clone()),
                );
            }
        }
        all
    }
}

/// Checks that each flag names a parameter of a selected component, and each file's or environment's value one of any
/// component of the stack: a value for nothing is a mistake that would go unnoticed.
pub fn check_meant(stack: &Stack, selected: &[String], layers: &ParameterLayers) -> Result<(), Problems> {
    let mut problems = Problems::default();
    for assignment in layers.assignments() {
        let flag = assignment.provenance == Provenance::Flag;
        let among = stack.components.values().filter(|c| !flag || selected.contains(&c.name));
        let among = among.filter(|c| assignment.component.as_ref().is_none_or(|name| *name == c.name));
        let declared: Vec<&str> =
            among.flat_map(|c| c.manifest.parameters.iter().map(|p| p.name.as_str())).collect();
        let own = matches!(assignment.provenance, Provenance::Stack(_) | Provenance::Component(_));
        if declared.contains(&assignment.name.as_str()) || own {
            continue;
        }
        problems.push(unknown(assignment, selected, &declared));
    }
    problems.or(()).map_err(|problems| conceal(problems, stack, layers))
}

fn unknown(assignment: &Assignment, selected: &[String], declared: &[&str]) -> Problem {
    let name = &assignment.name;
    let who = match &assignment.component {
        Some(component) => format!("the component {component} has"),
        None if assignment.provenance == Provenance::Flag => format!("none of {} has", selected.join(", ")),
        None => "no component of the stack has".to_owned(),
    };
    let place = assignment.provenance.place().cloned();
    Problem::new(
        "hub::parameters::unknown",
        format!("{who} a parameter `{name}` ({})", assignment.provenance),
    )
    .help(
        did_you_mean(name, declared.iter().copied())
            .unwrap_or_else(|| "`hub explain` lists all parameters".to_owned()),
    )
    .at(place)
}
