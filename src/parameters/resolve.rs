//! The values of one component's parameters.
//!
//! In: what the component declares, the layers from outside, and what the lifecycle itself knows. Out:
//! [`ParameterSet`], or everything that is missing, unknown or of the wrong type, at once.
//! Refuses to know: how values are used.
//!
//! Source: hubctl's `parameters/eval.go` for the order of lookup; unlike there, a null from outside does not blank a
//! default, and references don't depend on the order of declarations.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::expand::{ExpandError, expand};
use super::types::{self, text_of};
use super::{MASK, ParameterLayers, Provenance};
use crate::diagnostic::{Place, Problem, Problems, did_you_mean};
use crate::manifest::{ParameterDeclaration, ParameterType};

/// One parameter with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedParameter {
    /// The full name.
    pub name: String,
    /// Of the declared type.
    pub value: Value,
    /// What gave the value.
    pub provenance: Provenance,
    /// What would have given one, the strongest first.
    pub overridden: Vec<Provenance>,
    /// The variable that hooks find it under.
    pub env: Option<String>,
    /// Never to be shown.
    pub secret: bool,
    /// The declared type.
    pub parameter_type: Option<ParameterType>,
    /// A line for people.
    pub brief: Option<String>,
    /// Where it is declared.
    pub place: Option<Place>,
}

impl ResolvedParameter {
    /// The value as it may be shown.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.secret && !text_of(&self.value).is_empty() { MASK.to_owned() } else { text_of(&self.value) }
    }
}

impl Serialize for ResolvedParameter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("ResolvedParameter", 6)?;
        s.serialize_field("name", &self.name)?;
        if self.secret {
            s.serialize_field("value", MASK)?;
        } else {
            s.serialize_field("value", &self.value)?;
        }
        s.serialize_field("from", &self.provenance)?;
        s.serialize_field("overrides", &self.overridden)?;
        s.serialize_field("type", &self.parameter_type)?;
        s.serialize_field("secret", &self.secret)?;
        s.end()
    }
}

/// All parameters of one component, in the order declared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ParameterSet {
    parameters: IndexMap<String, ResolvedParameter>,
}

impl ParameterSet {
    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name).map(|p| &p.value)
    }

    /// The text of a name; `None` when it is not declared or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(text_of).filter(|t| !t.is_empty())
    }

    /// The text that hooks find under a variable; `None` when none has it or it is empty.
    #[must_use]
    pub fn by_env(&self, variable: &str) -> Option<String> {
        let declared = self.iter().filter(|p| p.env.as_deref() == Some(variable));
        declared.map(|p| text_of(&p.value)).find(|t| !t.is_empty())
    }

    /// All of them, in the order declared.
    pub fn iter(&self) -> impl Iterator<Item = &ResolvedParameter> {
        self.parameters.values()
    }

    /// The names, in the order declared.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().map(String::as_str)
    }

    /// The texts of all secrets that are not empty.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.iter().filter(|p| p.secret).map(|p| text_of(&p.value)).filter(|t| !t.is_empty()).collect()
    }

    /// Adds what the lifecycle itself knows, such as `hub.provides`.
    pub fn insert_own(&mut self, name: &str, value: Value) {
        let declaration = ParameterDeclaration::named(name);
        let parameter = finish(&declaration, value, Provenance::Hub, Vec::new(), false);
        self.parameters.insert(name.to_owned(), parameter);
    }
}

/// Names beside the component's own that values may refer to, such as `hub.componentName`.
pub type Bindings = HashMap<String, Value>;

/// Gives every declared parameter of `component` its value.
///
/// # Errors
/// Every parameter that has none, refers to an unknown name or to itself, or does not fit what it declares.
pub fn resolve(
    component: &str,
    declarations: &[ParameterDeclaration],
    layers: &ParameterLayers,
    bindings: &Bindings,
) -> Result<ParameterSet, Problems> {
    let resolver = Resolver { component, declarations, layers, bindings };
    let mut problems = Problems::default();
    let mut set = ParameterSet::default();
    for declaration in declarations {
        if set.parameters.contains_key(&declaration.name) {
            continue;
        }
        match resolver.resolve(declaration) {
            Ok(parameter) => {
                set.parameters.insert(declaration.name.clone(), parameter);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    problems.or(set)
}

struct Resolver<'a> {
    component: &'a str,
    declarations: &'a [ParameterDeclaration],
    layers: &'a ParameterLayers,
    bindings: &'a Bindings,
}

struct Given {
    value: Value,
    provenance: Provenance,
    overridden: Vec<Provenance>,
    secret: bool,
}

impl Resolver<'_> {
    fn resolve(&self, declaration: &ParameterDeclaration) -> Result<ResolvedParameter, Box<Problem>> {
        let Some(given) = self.given(declaration) else {
            return Err(self.missing(declaration).into());
        };
        let secret = declaration.secret || given.secret;
        let mut path = vec![declaration.name.clone()];
        let expanded = self.expand_value(&given.value, declaration, &mut path);
        let value = expanded.map_err(|error| self.bad_expansion(declaration, &given, error))?;
        let fitted = types::fit(value, declaration);
        let value = fitted.map_err(|misfit| {
            let message =
                if secret { "its value does not fit what it declares".to_owned() } else { misfit.message };
            let place = given.provenance.place().cloned();
            Problem::new(
                "hub::parameters::value",
                format!("{} of {}: {message}", declaration.name, self.component),
            )
            .help(format!(
                "{}{}",
                misfit.help.map(|h| format!("{h}; ")).unwrap_or_default(),
                format_args!("the value comes from: {}", given.provenance)
            ))
            .at(place)
        })?;
        Ok(finish(declaration, value, given.provenance, given.overridden, secret))
    }

    fn given(&self, declaration: &ParameterDeclaration) -> Option<Given> {
        let outside =
            self.layers.candidates(&declaration.name, self.component).filter(|a| !a.value.is_null());
        let mut all: Vec<Given> = outside
            .map(|a| Given {
                value: a.value.clone(),
                provenance: a.provenance.clone(),
                overridden: Vec::new(),
                secret: a.secret,
            })
            .collect();
        let own = declaration.value.clone().or_else(|| declaration.default.clone());
        let own_place = declaration.value_place.clone().or_else(|| declaration.place.clone());
        match own {
            Some(value) => all.push(Given {
                value,
                provenance: Provenance::Component(own_place),
                overridden: Vec::new(),
                secret: false,
            }),
            None if declaration.allow_empty && all.is_empty() => all.push(Given {
                value: Value::String(String::new()),
                provenance: Provenance::Empty,
                overridden: Vec::new(),
                secret: false,
            }),
            None => {}
        }
        let secret = all.iter().any(|g| g.secret);
        let mut all = all.into_iter();
        let first = all.next()?;
        Some(Given { overridden: all.map(|g| g.provenance).collect(), secret, ..first })
    }

    /// Text is expanded; the items of lists and maps only where the manifest declares the type, since hubctl leaves
    /// them alone.
    fn expand_value(
        &self,
        value: &Value,
        declaration: &ParameterDeclaration,
        path: &mut Vec<String>,
    ) -> Result<Value, ExpandError> {
        let deep = matches!(declaration.parameter_type, Some(ParameterType::List | ParameterType::Map));
        Ok(match value {
            Value::String(text) if text.contains("${") => {
                Value::String(expand(text, &mut |name| self.lookup(name, path))?)
            }
            Value::Array(items) if deep => {
                let items = items.iter().map(|item| self.expand_value(item, declaration, path));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(map) if deep => {
                let mut expanded = serde_json::Map::new();
                for (key, item) in map {
                    expanded.insert(key.clone(), self.expand_value(item, declaration, path)?);
                }
                Value::Object(expanded)
            }
            other => other.clone(),
        })
    }

    fn lookup(&self, name: &str, path: &mut Vec<String>) -> Result<String, ExpandError> {
        if path.iter().any(|seen| seen == name) {
            let mut names = path.clone();
            names.push(name.to_owned());
            return Err(ExpandError::Loop(names));
        }
        if let Some(declaration) = self.declarations.iter().find(|d| d.name == name) {
            let given = self.given(declaration).ok_or_else(|| ExpandError::Unknown(name.to_owned()))?;
            path.push(name.to_owned());
            let value = self.expand_value(&given.value, declaration, path)?;
            path.pop();
            return Ok(text_of(&value));
        }
        if let Some(value) = self.bindings.get(name) {
            return Ok(text_of(value));
        }
        // A name that this component doesn't declare may still be one of the stack's.
        let Some(assignment) = self.layers.lookup(name, self.component) else {
            return Err(ExpandError::Unknown(name.to_owned()));
        };
        path.push(name.to_owned());
        let value = self.expand_value(&assignment.value, &ParameterDeclaration::named(name), path)?;
        path.pop();
        Ok(text_of(&value))
    }

    fn missing(&self, declaration: &ParameterDeclaration) -> Problem {
        let name = &declaration.name;
        Problem::new("hub::parameters::missing", format!("{name} of {} has no value", self.component))
            .help(format!("set it with --param {name}=…, in the environment's or the stack's `parameters:`, or declare `empty: allow`"))
            .at(declaration.place.clone())
    }

    fn bad_expansion(
        &self,
        declaration: &ParameterDeclaration,
        given: &Given,
        error: ExpandError,
    ) -> Box<Problem> {
        let subject = format!("{} of {}", declaration.name, self.component);
        let names =
            self.declarations.iter().map(|d| d.name.as_str()).chain(self.bindings.keys().map(String::as_str));
        let problem = match error {
            ExpandError::Unknown(name) => Problem::new(
                "hub::parameters::reference",
                format!("{subject} refers to `${{{name}}}`, which has no value"),
            )
            .maybe_help(did_you_mean(&name, names)),
            ExpandError::Loop(path) => Problem::new(
                "hub::parameters::loop",
                format!("{subject} refers to itself: {}", path.join(" → ")),
            ),
            ExpandError::Unclosed => {
                Problem::new("hub::parameters::reference", format!("{subject} has a `${{` without a `}}`"))
            }
        };
        let place = given.provenance.place().cloned();
        Box::new(problem.at(place))
    }
}

fn finish(
    declaration: &ParameterDeclaration,
    value: Value,
    provenance: Provenance,
    overridden: Vec<Provenance>,
    secret: bool,
) -> ResolvedParameter {
    ResolvedParameter {
        name: declaration.name.clone(),
        value,
        provenance,
        overridden,
        env: declaration.env.clone(),
        secret,
        parameter_type: declaration.parameter_type,
        brief: declaration.brief.clone(),
        place: declaration.place.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declare(name: &str, value: Value) -> ParameterDeclaration {
        ParameterDeclaration { value: Some(value), ..ParameterDeclaration::named(name) }
    }

    fn layers(pairs: &[&str]) -> ParameterLayers {
        let mut layers = ParameterLayers::default();
        layers.push(pairs.iter().map(|p| ParameterLayers::parse_flag(p).unwrap()).collect());
        layers
    }

    #[test]
    fn references_do_not_depend_on_the_order_of_declarations() {
        let declarations = [declare("url", json!("v/${version}/${name}")), declare("version", json!("1"))];
        let bindings = Bindings::from([("name".to_owned(), json!("k"))]);
        let set = resolve("c", &declarations, &ParameterLayers::default(), &bindings).unwrap();
        assert_eq!(set.text("url").unwrap(), "v/1/k");
    }

    #[test]
    fn outside_wins_and_says_what_it_overrides() {
        let set = resolve("c", &[declare("a", json!(1))], &layers(&["a=2"]), &Bindings::new()).unwrap();
        let a = set.iter().next().unwrap();
        assert_eq!((a.value.clone(), &a.provenance), (json!("2"), &Provenance::Flag));
        assert_eq!(a.overridden, [Provenance::Component(None)]);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let declarations = [
            ParameterDeclaration::named("missing"),
            declare("loop", json!("${pool}")),
            declare("pool", json!("${loop}")),
            declare("typo", json!("${missin}")),
        ];
        let problems =
            resolve("c", &declarations, &ParameterLayers::default(), &Bindings::new()).unwrap_err();
        let messages: Vec<&str> = problems.0.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "missing of c has no value",
                "loop of c refers to itself: loop → pool → loop",
                "pool of c refers to itself: pool → loop → pool",
                "typo of c refers to `${missin}`, which has no value",
            ]
        );
    }

    #[test]
    fn secrets_are_masked_when_shown_and_serialised() {
        let mut declaration = declare("password", json!("hunter2"));
        declaration.secret = true;
        let set = resolve("c", &[declaration], &ParameterLayers::default(), &Bindings::new()).unwrap();
        assert_eq!(set.iter().next().unwrap().shown(), MASK);
        assert!(!serde_json::to_string(&set).unwrap().contains("hunter2"));
        assert_eq!(set.secrets(), ["hunter2"]);
    }
}
