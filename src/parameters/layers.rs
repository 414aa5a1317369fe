//! Values given from outside a component, in layers: the later one wins.
//!
//! In: declarations of stacks, environments and files; `NAME=VALUE` flags. Out: for a name and a component, the
//! assignment that counts. Refuses to know: what a component declares.

use serde_json::Value;

use super::{Provenance, Wanted};
use crate::diagnostic::{Place, Problem};
use crate::manifest::ParameterDeclaration;

/// One value for one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The parameter's full name.
    pub name: String,
    /// The one component that it is for; `None` means every one that declares the name.
    pub component: Option<String>,
    /// The value, not yet expanded.
    pub value: Value,
    /// Where it was given.
    pub provenance: Provenance,
    /// Whether this layer says that the value is a secret.
    pub secret: bool,
    /// `kind: link`: names in it are the component's, not the stack's.
    pub lazy: bool,
}

/// Layers, the strongest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterLayers {
    layers: Vec<Vec<Assignment>>,
    wanted: Vec<Wanted>,
}

impl ParameterLayers {
    /// Adds a layer above all others.
    pub fn push(&mut self, layer: Vec<Assignment>) {
        self.layers.push(layer);
    }

    /// Adds the declarations of a file as a layer: those with a value count.
    ///
    /// `variable` reads the process's environment for `fromEnv`; such a value becomes part of `variables`, which the
    /// caller pushes above the files.
    pub fn push_declarations(
        &mut self,
        declarations: &[ParameterDeclaration],
        provenance: impl Fn(Option<Place>) -> Provenance,
        variable: &dyn Fn(&str) -> Option<String>,
        variables: &mut Vec<Assignment>,
    ) {
        let mut layer = Vec::new();
        for declaration in declarations {
            let assign = |value: Value, provenance: Provenance| Assignment {
                name: declaration.name.clone(),
                component: declaration.component.clone(),
                value,
                provenance,
                secret: declaration.secret,
                lazy: declaration.kind.as_deref() == Some("link"),
            };
            if let Some(value) = declaration.value.clone().or_else(|| declaration.default.clone()) {
                layer.push(assign(value, provenance(declaration.value_place.clone())));
            }
            if let Some(name) = &declaration.from_env
                && let Some(text) = variable(name)
            {
                variables.push(assign(Value::String(text), Provenance::Variable(name.clone())));
            }
            self.wanted.push(Wanted {
                name: declaration.name.clone(),
                component: declaration.component.clone(),
                from_env: declaration.from_env.clone(),
                from_file: declaration.from_file.clone(),
                brief: declaration.brief.clone(),
                place: declaration.place.clone(),
            });
        }
        self.layers.push(layer);
    }

    /// Reads `NAME=VALUE` or `NAME|COMPONENT=VALUE`.
    ///
    /// # Errors
    /// There is no `=` or no name.
    pub fn parse_flag(text: &str) -> Result<Assignment, Problem> {
        let usage = || {
            Problem::new("hub::parameters::flag", format!("`--param {text}` is not NAME=VALUE"))
                .help("write --param kserve.deploymentMode=Serverless, or NAME|COMPONENT=VALUE for one component only")
        };
        let (name, value) = text.split_once('=').ok_or_else(usage)?;
        if name.trim().is_empty() {
            return Err(usage());
        }
        let (name, component) = match name.split_once('|') {
            Some((name, component)) => (name, Some(component.to_owned())),
            None => (name, None),
        };
        Ok(Assignment {
            name: name.trim().to_owned(),
            component,
            value: Value::String(value.to_owned()),
            provenance: Provenance::Flag,
            secret: false,
            lazy: false,
        })
    }

    /// All that was given for a name in a component, the one that counts first: the last layer that has it; within a
    /// layer, the value meant for this component before one meant for all.
    pub fn candidates_of<'a, 'n>(
        &'a self,
        name: &'n str,
        component: &'n str,
    ) -> impl Iterator<Item = &'a Assignment> + use<'a, 'n> {
        self.layers.iter().rev().flat_map(move |layer| {
            let meant = |scoped: bool| {
                layer.iter().rev().filter(move |a| {
                    a.name == name
                        && if scoped {
                            a.component.as_deref() == Some(component)
                        } else {
                            a.component.is_none()
                        }
                })
            };
            meant(true).chain(meant(false))
        })
    }

    /// What the strongest file that declares a name says of it to users.
    pub fn wanted(&self, name: &str, component: &str) -> Option<&Wanted> {
        let meant = |w: &&Wanted| w.name == name && w.component.as_deref().is_none_or(|c| c == component);
        self.wanted.iter().rev().find(meant)
    }

    /// Every assignment, the weakest layer first.
    pub fn assignments(&self) -> impl Iterator<Item = &Assignment> {
        self.layers.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(name: &str, component: Option<&str>, value: &str) -> Assignment {
        Assignment {
            name: name.into(),
            component: component.map(Into::into),
            value: value.into(),
            provenance: Provenance::Flag,
            secret: false,
            lazy: false,
        }
    }

    #[test]
    fn the_last_layer_wins_and_scoped_beats_unscoped_within_one() {
        let mut layers = ParameterLayers::default();
        layers.push(vec![assignment("a", Some("x"), "scoped"), assignment("a", None, "all")]);
        let first = |layers: &ParameterLayers, component| {
            layers.candidates_of("a", component).next().unwrap().value.clone()
        };
        assert_eq!(first(&layers, "x"), "scoped");
        assert_eq!(first(&layers, "y"), "all");
        layers.push(vec![assignment("a", None, "later")]);
        assert_eq!(first(&layers, "x"), "later");
        assert_eq!(layers.candidates_of("a", "x").count(), 3);
    }

    #[test]
    fn a_flag_may_name_a_component() {
        let flag = ParameterLayers::parse_flag("a.b|kserve=c=d").unwrap();
        assert_eq!((flag.name.as_str(), flag.component.as_deref()), ("a.b", Some("kserve")));
        assert_eq!(flag.value, "c=d");
        assert!(ParameterLayers::parse_flag("nothing").is_err());
        assert!(ParameterLayers::parse_flag("=x").is_err());
    }
}
