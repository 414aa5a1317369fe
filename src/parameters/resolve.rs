//! The values of one component's parameters.
//!
//! In: what the component declares, and the scope that it stands in. Out: [`ParameterSet`], or everything that is
//! missing, unknown, of the wrong type or against a rule, at once. Refuses to know: how values are used.
//!
//! Source: hubctl's `parameters/eval.go` for the order of lookup; unlike there, a null from outside does not blank a
//! default, and references don't depend on the order of declarations.

use serde_json::Value;

use super::expand::{ExpandError, expand, is_expandable, single};
use super::scope::{Giver, Scope};
use super::set::{ParameterSet, ResolvedParameter, finish};
use super::types;
use super::{Missing, Provenance, Unresolved, complaint, rules};
use crate::diagnostic::Problem;
use crate::manifest::{ParameterDeclaration, ParameterType, RuleDeclaration};

/// What stands for a generated value where no cluster was asked.
const GENERATED_PLACEHOLDER: &str = "generated-on-deploy";

/// Gives every declared parameter of a component its value, and checks the component's rules.
///
/// A parameter that refers to an output of a component that has not run yet gets a placeholder, and says so
/// ([`ResolvedParameter::pending`]); rules about it are left for later.
///
/// # Errors
/// Every parameter that has none, refers to an unknown name or to itself, or does not fit what it declares; every rule
/// that does not hold.
pub fn resolve(
    declarations: &[ParameterDeclaration],
    rules: &[RuleDeclaration],
    scope: &Scope<'_>,
) -> Result<ParameterSet, Unresolved> {
    let resolver = Resolver { declarations, scope };
    let mut wrong = Unresolved::default();
    let mut set = ParameterSet::default();
    for declaration in declarations {
        if set.parameter(&declaration.name).is_some() {
            continue;
        }
        match resolver.resolve(declaration) {
            Ok(parameter) => set.insert(parameter),
            Err(Fault::Missing(missing)) => wrong.missing.push(missing),
            Err(Fault::Wrong(problem)) => wrong.problems.push(*problem),
            // Every declaration has its turn, so the one that is to blame is told.
            Err(Fault::OfAnother) => {}
        }
    }
    if wrong.is_empty() {
        wrong.problems.0.extend(rules::check(rules, &resolver, &set));
    }
    if wrong.is_empty() { Ok(set) } else { Err(wrong) }
}

/// Why a parameter has no value.
enum Fault {
    Missing(Missing),
    Wrong(Box<Problem>),
    /// It refers to another parameter of the component that has none.
    OfAnother,
}

impl From<Box<Problem>> for Fault {
    fn from(problem: Box<Problem>) -> Self {
        Self::Wrong(problem)
    }
}

/// Expands text by what a component knows: its parameters, and all that these may refer to.
///
/// # Errors
/// As a phrase: what has no value, or which expression is wrong.
pub fn expand_text(
    text: &str,
    declarations: &[ParameterDeclaration],
    scope: &Scope<'_>,
    names: &dyn Fn(&str) -> Option<Value>,
) -> Result<Expanded, String> {
    let resolver = Resolver { declarations, scope };
    let mut secret = false;
    let result = expand(text, &mut |name| match names(name) {
        Some(value) => Ok(Some(value)),
        None => {
            let meaning = resolver.lookup(name, &mut Vec::new())?;
            secret |= meaning.as_ref().is_some_and(|m| m.secret);
            Ok(meaning.map(|m| m.value))
        }
    });
    match result {
        Ok(text) => Ok(Expanded { text: Some(text), secret }),
        Err(ExpandError::Pending(_)) => Ok(Expanded { text: None, secret }),
        Err(error) => Err(complaint::phrase(&error)),
    }
}

/// Text with its references replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text; `None` while it waits for an output.
    pub text: Option<String>,
    /// Whether a secret went into it.
    pub secret: bool,
}

pub(super) struct Resolver<'a> {
    pub(super) declarations: &'a [ParameterDeclaration],
    pub(super) scope: &'a Scope<'a>,
}

/// A value before it is expanded.
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) provenance: Provenance,
    overridden: Vec<Provenance>,
    secret: bool,
    /// What names in it mean.
    context: Context,
    /// The output that is waited for.
    pending: Option<String>,
}

/// Whose names a value refers to first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// The component's.
    Component,
    /// The stack's, then the component's.
    Stack,
    /// Nobody's: the value is as it is.
    Literal,
}

/// What a name means.
pub(super) struct Meaning {
    pub(super) value: Value,
    pub(super) secret: bool,
}

impl Resolver<'_> {
    fn resolve(&self, declaration: &ParameterDeclaration) -> Result<ResolvedParameter, Fault> {
        let Some(given) = self.given(declaration) else {
            return Err(Fault::Missing(Missing::of(declaration, self.scope.component)));
        };
        let mut secret = declaration.secret || given.secret;
        let mut path = vec![declaration.name.clone()];
        let expanded = self.expand_value(&given, &given.value, declaration, &mut path, &mut secret);
        let value = match expanded {
            Ok(value) => value,
            Err(ExpandError::Pending(output)) => {
                let component = output.split(':').next().unwrap_or_default().to_owned();
                let placeholder = Value::String(format!("known-after-{component}"));
                let provenance = Provenance::Pending(output);
                return Ok(finish(declaration, placeholder, provenance, given.overridden, false));
            }
            Err(error) => return Err(self.fault(declaration, &given, error)),
        };
        if let Provenance::Generated { live: None, .. } = given.provenance {
            let mut parameter = finish(declaration, value, given.provenance, given.overridden, true);
            parameter.generate = Some(self.expanded_generate(declaration)?);
            return Ok(parameter);
        }
        let fitted = types::fit(value, declaration);
        let value = fitted.map_err(|misfit| {
            let component = self.scope.component;
            Box::new(complaint::misfit(declaration, component, &given.provenance, misfit, secret))
        })?;
        Ok(finish(declaration, value, given.provenance, given.overridden, secret))
    }

    /// A name without a value that somebody declares is a value that users forgot, not a misspelt reference.
    fn fault(&self, declaration: &ParameterDeclaration, given: &Given, error: ExpandError) -> Fault {
        if let ExpandError::Unknown { name, .. } = &error {
            if self.declarations.iter().any(|d| d.name == *name) {
                return Fault::OfAnother;
            }
            let component = self.scope.component;
            if let Some(wanted) = self.scope.layers.wanted(name, component) {
                return Fault::Missing(Missing {
                    name: name.clone(),
                    component: component.to_owned(),
                    from_env: wanted.from_env.clone(),
                    place: wanted.place.clone(),
                });
            }
        }
        Fault::Wrong(complaint::bad_expansion(self, declaration, given, error))
    }

    fn expanded_generate(
        &self,
        declaration: &ParameterDeclaration,
    ) -> Result<crate::manifest::GenerateDeclaration, Box<Problem>> {
        let mut generate =
            declaration.generate.clone().unwrap_or_else(|| crate::manifest::GenerateDeclaration {
                secret: String::new(),
                key: String::new(),
                namespace: None,
                length: 32,
            });
        let texts = [Some(&mut generate.secret), Some(&mut generate.key), generate.namespace.as_mut()];
        for text in texts.into_iter().flatten() {
            let mut path = vec![declaration.name.clone()];
            let found = expand(text, &mut |name| Ok(self.lookup(name, &mut path)?.map(|m| m.value)));
            *text = found.map_err(|error| {
                let message = format!(
                    "`generate` of {} of {}: {}",
                    declaration.name,
                    self.scope.component,
                    complaint::phrase(&error)
                );
                Problem::new("hub::parameters::reference", message).at(declaration.place.clone())
            })?;
        }
        Ok(generate)
    }

    pub(super) fn given(&self, declaration: &ParameterDeclaration) -> Option<Given> {
        let mut all: Vec<Given> = self
            .scope
            .givers(&declaration.name)
            .into_iter()
            .map(|giver| given_by(giver, declaration))
            .collect();
        if declaration.generate.is_some() {
            all.retain(|g| g.value.as_str() != Some("") || g.pending.is_some());
        }
        let own = declaration.value.clone().or_else(|| declaration.default.clone());
        let own = own.filter(|v| declaration.generate.is_none() || v.as_str() != Some(""));
        let own_place = declaration.value_place.clone().or_else(|| declaration.place.clone());
        let plain = |value, provenance, context| Given {
            value,
            provenance,
            overridden: Vec::new(),
            secret: false,
            context,
            pending: None,
        };
        // Source: hubctl looks a name up among what it knows itself before it takes the component's own value.
        if let (true, Some(known)) = (all.is_empty(), self.scope.bindings.get(&declaration.name)) {
            all.push(plain(known.clone(), Provenance::Hub, Context::Literal));
        }
        match own {
            Some(value) => all.push(plain(value, Provenance::Component(own_place), Context::Component)),
            None if !all.is_empty() => {}
            None if declaration.generate.is_some() => all.extend(self.generated(declaration)),
            None if declaration.allow_empty => {
                all.push(plain(Value::String(String::new()), Provenance::Empty, Context::Literal));
            }
            None => {}
        }
        let secret = all.iter().any(|g| g.secret);
        let mut all = all.into_iter();
        let first = all.next()?;
        let overridden = all.map(|g| g.provenance).filter(|p| *p != first.provenance).collect();
        Some(Given { overridden, secret, ..first })
    }

    fn generated(&self, declaration: &ParameterDeclaration) -> Option<Given> {
        let generate = declaration.generate.as_ref()?;
        let found = self.scope.generated.get(&declaration.name);
        let value = found.map_or(GENERATED_PLACEHOLDER, |found| found.value.as_str());
        Some(Given {
            value: Value::String(value.to_owned()),
            provenance: Provenance::Generated {
                secret: generate.secret.clone(),
                live: found.map(|found| found.live),
            },
            overridden: Vec::new(),
            secret: true,
            context: Context::Literal,
            pending: None,
        })
    }

    /// Text is expanded; the items of lists and maps only where the manifest declares the type, since hubctl leaves
    /// them alone.
    fn expand_value(
        &self,
        given: &Given,
        value: &Value,
        declaration: &ParameterDeclaration,
        path: &mut Vec<String>,
        secret: &mut bool,
    ) -> Result<Value, ExpandError> {
        if let Some(output) = &given.pending {
            return Err(ExpandError::Pending(output.clone()));
        }
        let deep = matches!(declaration.parameter_type, Some(ParameterType::List | ParameterType::Map));
        Ok(match value {
            _ if given.context == Context::Literal => value.clone(),
            Value::String(text) if is_expandable(text) => {
                let mut lookup = |name: &str| {
                    let meaning = match given.context {
                        Context::Stack => self.lookup_from_stack(name, path)?,
                        _ => self.lookup(name, path)?,
                    };
                    *secret |= meaning.as_ref().is_some_and(|m| m.secret);
                    Ok(meaning.map(|m| m.value))
                };
                if declaration.parameter_type.is_some()
                    && let Some(value) = single(text, &mut lookup)?
                {
                    value
                } else {
                    Value::String(expand(text, &mut lookup)?)
                }
            }
            Value::Array(items) if deep => {
                let mut expanded = Vec::new();
                for item in items {
                    expanded.push(self.expand_value(given, item, declaration, path, secret)?);
                }
                Value::Array(expanded)
            }
            Value::Object(map) if deep => {
                let mut expanded = serde_json::Map::new();
                for (key, item) in map {
                    let item = self.expand_value(given, item, declaration, path, secret)?;
                    expanded.insert(key.clone(), item);
                }
                Value::Object(expanded)
            }
            other => other.clone(),
        })
    }

    /// What a name means in a value of the component.
    pub(super) fn lookup(&self, name: &str, path: &mut Vec<String>) -> Result<Option<Meaning>, ExpandError> {
        if let Some(declaration) = self.declarations.iter().find(|d| d.name == name) {
            return match self.given(declaration) {
                Some(given) => self.meaning(given, declaration, name, path).map(Some),
                None => Ok(None),
            };
        }
        if let Some(value) = self.scope.bindings.get(name) {
            return Ok(Some(Meaning { value: value.clone(), secret: false }));
        }
        // A name that this component doesn't declare may still be one of the stack's, or another component's output.
        let declaration = ParameterDeclaration::named(name);
        if let Some(giver) = self.scope.givers(name).into_iter().next() {
            return self.meaning(given_by(giver, &declaration), &declaration, name, path).map(Some);
        }
        self.lookup_full_name(name, path)
    }

    /// `component:output` and `name|component`.
    fn lookup_full_name(&self, name: &str, path: &mut Vec<String>) -> Result<Option<Meaning>, ExpandError> {
        if let Some((component, output)) = name.split_once(':') {
            let Some(output) = self.scope.output(component, output) else { return Ok(None) };
            return match &output.value {
                Some(value) => Ok(Some(Meaning { value: value.clone(), secret: output.secret })),
                None => Err(ExpandError::Pending(output.full_name())),
            };
        }
        let Some((parameter, component)) = name.split_once('|') else { return Ok(None) };
        let mut meant = self.scope.layers.candidates_of(parameter, component);
        let Some(assignment) = meant.find(|a| a.component.is_some() && !a.value.is_null()) else {
            return Ok(None);
        };
        let declaration = ParameterDeclaration::named(parameter);
        let given = given_by(Giver::Assignment(assignment), &declaration);
        self.meaning(given, &declaration, name, path).map(Some)
    }

    /// What a name means in a value that the stack gives to all: the stack's own value first.
    fn lookup_from_stack(&self, name: &str, path: &mut Vec<String>) -> Result<Option<Meaning>, ExpandError> {
        let own = self.scope.layers.candidates_of(name, "").find(|a| !a.value.is_null());
        let given = own.map(|a| given_by(Giver::Assignment(a), &ParameterDeclaration::named(name)));
        match given {
            Some(given) if given.context == Context::Stack && !path.iter().any(|seen| seen == name) => {
                self.meaning(given, &ParameterDeclaration::named(name), name, path).map(Some)
            }
            _ => self.lookup(name, path),
        }
    }

    fn meaning(
        &self,
        given: Given,
        declaration: &ParameterDeclaration,
        name: &str,
        path: &mut Vec<String>,
    ) -> Result<Meaning, ExpandError> {
        if path.iter().any(|seen| seen == name) {
            let mut names = path.clone();
            names.push(name.to_owned());
            return Err(ExpandError::Loop(names));
        }
        path.push(name.to_owned());
        let mut secret = given.secret || declaration.secret;
        let value = self.expand_value(&given, &given.value, declaration, path, &mut secret)?;
        path.pop();
        let value = types::fit(value.clone(), declaration).unwrap_or(value);
        Ok(Meaning { value, secret })
    }
}

fn given_by(giver: Giver<'_>, declaration: &ParameterDeclaration) -> Given {
    match giver {
        Giver::Assignment(a) => Given {
            value: a.value.clone(),
            provenance: a.provenance.clone(),
            overridden: Vec::new(),
            secret: a.secret || declaration.secret,
            context: if a.component.is_none() && !a.lazy { Context::Stack } else { Context::Component },
            pending: None,
        },
        Giver::Binding(value) => Given {
            value: value.clone(),
            provenance: Provenance::Hub,
            overridden: Vec::new(),
            secret: false,
            context: Context::Literal,
            pending: None,
        },
        Giver::Output(o) => Given {
            value: o.value.clone().unwrap_or_default(),
            provenance: Provenance::Output(o.full_name()),
            overridden: Vec::new(),
            secret: o.secret,
            context: Context::Literal,
            pending: o.value.is_none().then(|| o.full_name()),
        },
    }
}

#[cfg(test)]
mod tests;
