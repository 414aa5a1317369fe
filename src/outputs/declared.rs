//! Declared outputs and their values.
//!
//! In: what a component declares, its parameters, what its programs said. Out: [`Output`]s, or all that is wrong.
//! Refuses to know: how parameters got their values.
//!
//! Source: hubctl's `lifecycle/outputs.go`.

use std::path::Path;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::RawOutputs;
use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::manifest::{OutputDeclaration, ParameterDeclaration};
use crate::parameters::{MASK, ParameterSet, Scope, expand_text, text_of};

/// One output.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name, without the component.
    pub name: String,
    /// Its value; `None` until its component has run.
    pub value: Option<Value>,
    /// Never to be shown.
    pub secret: bool,
    /// A line for people.
    pub brief: Option<String>,
}

impl Output {
    /// An output whose value is not known yet.
    #[must_use]
    pub fn awaited(declaration: &OutputDeclaration) -> Self {
        let OutputDeclaration { name, secret, brief, .. } = declaration.clone();
        Self { name, value: None, secret, brief }
    }

    /// The value as it may be shown.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            None => "(not known yet)".to_owned(),
            Some(_) if self.secret => MASK.to_owned(),
            Some(value) => text_of(value),
        }
    }
}

impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("Output", 4)?;
        s.serialize_field("name", &self.name)?;
        match &self.value {
            Some(_) if self.secret => s.serialize_field("value", MASK)?,
            value => s.serialize_field("value", value)?,
        }
        s.serialize_field("secret", &self.secret)?;
        s.serialize_field("brief", &self.brief)?;
        s.end()
    }
}

/// Why outputs could not be calculated.
pub type OutputError = Problems;

/// What a component's outputs are made of.
#[derive(Clone, Copy)]
pub struct Ingredients<'a> {
    /// What it declares.
    pub outputs: &'a [OutputDeclaration],
    /// Its parameters, as declared.
    pub declarations: &'a [ParameterDeclaration],
    /// Its parameters, with values.
    pub parameters: &'a ParameterSet,
    /// What else its values may refer to.
    pub scope: &'a Scope<'a>,
    /// What its programs said; `None` while they have not run.
    pub raw: Option<&'a RawOutputs>,
    /// Where files lie that a raw output names.
    pub dir: &'a Path,
}

/// Gives each declared output its value. Before the component has run, one that needs what its programs say has none.
///
/// # Errors
/// Every output that refers to something unknown, or copies a raw output that never came.
pub fn calculate(ingredients: &Ingredients<'_>) -> Result<Vec<Output>, OutputError> {
    let mut problems = Problems::default();
    let mut done: Vec<Output> = Vec::new();
    for declaration in ingredients.outputs {
        match one(declaration, ingredients, &done) {
            Ok(output) => done.push(output),
            Err(problem) => problems.push(*problem),
        }
    }
    problems.or(done)
}

fn one(
    declaration: &OutputDeclaration,
    ingredients: &Ingredients<'_>,
    earlier: &[Output],
) -> Result<Output, Box<Problem>> {
    let component = ingredients.scope.component;
    let output = |value: Option<Value>, secret: bool| Output {
        name: declaration.name.clone(),
        value,
        secret: secret || declaration.secret,
        brief: declaration.brief.clone(),
    };
    let subject = format!("the output {} of {component}", declaration.name);
    if let Some(key) = &declaration.from_tf_var {
        let Some(raw) = ingredients.raw else { return Ok(output(None, false)) };
        let Some(value) = raw.values.get(key) else {
            let known = raw.values.keys().map(String::as_str);
            let problem =
                Problem::new("hub::outputs::missing", format!("{subject} copies `{key}`, which never came"))
                    .maybe_help(did_you_mean(key, known).or_else(|| Some(emitted(raw))));
            return Err(Box::new(problem.at(declaration.place.clone())));
        };
        let value = content(value, ingredients.dir);
        return Ok(output(Some(Value::String(value)), raw.secret.contains(key)));
    }
    let text = declaration.value.clone().unwrap_or_else(|| format!("${{{}}}", declaration.name));
    let waits = std::cell::Cell::new(false);
    let secret = std::cell::Cell::new(false);
    let names = |name: &str| -> Option<Value> {
        let plain = name.strip_prefix(component).and_then(|rest| rest.strip_prefix(':')).unwrap_or(name);
        if let Some(raw) = ingredients.raw.filter(|raw| raw.values.contains_key(plain)) {
            secret.set(secret.get() || raw.secret.iter().any(|s| s == plain));
            return Some(Value::String(content(&raw.values[plain], ingredients.dir)));
        }
        if let Some(output) = earlier.iter().find(|o| o.name == plain) {
            secret.set(secret.get() || output.secret);
            waits.set(waits.get() || output.value.is_none());
            return Some(output.value.clone().unwrap_or_default());
        }
        let parameter = ingredients.parameters.parameter(name)?;
        secret.set(secret.get() || parameter.secret);
        waits.set(waits.get() || parameter.pending().is_some());
        Some(parameter.value.clone())
    };
    let expanded = expand_text(&text, ingredients.declarations, ingredients.scope, &names);
    match expanded {
        Ok(expanded) => {
            let value = expanded.text.filter(|_| !waits.get()).map(Value::String);
            Ok(output(value, expanded.secret || secret.get()))
        }
        // What is unknown before the component has run may be what its programs are going to say.
        Err(_) if ingredients.raw.is_none() => Ok(output(None, secret.get())),
        Err(reason) => {
            let raw = ingredients.raw.map(emitted).unwrap_or_default();
            let problem = Problem::new("hub::outputs::missing", format!("{subject}: {reason}"));
            Err(Box::new(problem.help(raw).at(declaration.place.clone())))
        }
    }
}

fn emitted(raw: &RawOutputs) -> String {
    if raw.values.is_empty() {
        return "its hooks and scripts print no `Outputs:` block; one is a line `Outputs:`, then lines `key = value`"
            .to_owned();
    }
    let keys: Vec<&str> = raw.values.keys().map(String::as_str).collect();
    format!("its hooks and scripts gave: {}", keys.join(", "))
}

/// A raw value `file://path` is the content of the file; text of one line without its end.
fn content(value: &str, dir: &Path) -> String {
    let Some(path) = value.strip_prefix("file://") else { return value.to_owned() };
    match std::fs::read_to_string(dir.join(path)) {
        Ok(text) if text.trim().lines().count() <= 1 => text.trim().to_owned(),
        Ok(text) => text,
        Err(_) => value.to_owned(),
    }
}
