//! Text of manifests by what is known in a run: conditions, outputs of a stack, parameters that switch components off.
//!
//! In: text, and the values of a run. Out: text with its references replaced. Refuses to know: what it is for.

use std::collections::BTreeMap;

use super::values::{Context, Resolved, Values, visible};
use super::{Error, Run};
use crate::diagnostic::Problem;
use crate::outputs::Output;
use crate::parameters::{Bindings, Expanded, ParameterLayers, Scope, expand_text};
use crate::stack::{Component, Stack};

impl Values {
    /// Text by what a component knows, its own outputs too.
    ///
    /// # Errors
    /// The text refers to something unknown.
    pub(super) fn expand(
        &self,
        run: &Run,
        component: &Component,
        own: &[Output],
        text: &str,
    ) -> Result<String, Error> {
        let order = run.stack.order();
        let visible = visible(&run.stack, &order, component, |other| self.outputs_of(other));
        let context = Context::new(&run.stack, &order, component, &self.recorded);
        let scope = context.scope(&run.layers, &visible);
        let names = |name: &str| own.iter().find(|o| o.name == name).and_then(|o| o.value.clone());
        let expanded = expand_text(text, &component.manifest.parameters, &scope, &names);
        told(text, &component.name, expanded)
    }

    /// Text by what the stack as a whole knows.
    ///
    /// # Errors
    /// The text refers to something unknown.
    pub(super) fn expand_for_stack(&self, run: &Run, text: &str) -> Result<String, Error> {
        let outputs: BTreeMap<String, Vec<Output>> = run
            .stack
            .components
            .keys()
            .map(|name| (name.clone(), self.outputs_of(name).unwrap_or_default()))
            .collect();
        let mut secret = false;
        told(text, &run.stack.name, expand_by_stack(text, &run.layers, &outputs, &mut secret))
    }
}

/// Why a component takes no part: `lifecycle.requires.optional` names a parameter of it that is empty or says no.
///
/// Source: hubctl's `lifecycle/requirement.go`: terms with a dot are parameters; one that is not there at all counts
/// only where the term names the component.
pub(super) fn switched_off(stack: &Stack, component: &Component, scope: &Scope<'_>) -> Option<String> {
    let terms = stack.lifecycle.optional_requires.iter().map(|term| term.value.as_str());
    for term in terms.filter(|term| term.contains('.')) {
        let (name, meant) = term.split_once(':').map_or((term, None), |(name, meant)| (name, Some(meant)));
        if meant.is_some_and(|meant| meant != component.name) {
            continue;
        }
        let text = format!("${{{name}}}");
        let value = match expand_text(&text, &component.manifest.parameters, scope, &|_| None) {
            Ok(expanded) => expanded.text,
            Err(_) => meant.map(|_| String::new()),
        };
        let says_no = |value: &String| ["", "false", "0", "no", "(unknown)"].contains(&value.as_str());
        if let Some(value) = value.filter(says_no) {
            let value = if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") };
            return Some(format!("{name} is {value}, and it is optional for the stack"));
        }
    }
    None
}

/// The outputs of a stack as a whole; those that refer to something unknown are left out.
///
/// Source: hubctl: `component:output` copies one, any other name is `${name}`; outputs go before parameters.
pub(super) fn stack_outputs(stack: &Stack, layers: &ParameterLayers, resolved: &Resolved) -> Vec<Output> {
    let calculated = stack.outputs.iter().filter_map(|declaration| {
        let text = declaration.value.clone().unwrap_or_else(|| format!("${{{}}}", declaration.name));
        let mut secret = declaration.secret;
        let expanded = expand_by_stack(&text, layers, &resolved.outputs, &mut secret).ok()?;
        let value = expanded.text?;
        let brief = declaration.brief.clone();
        Some(Output {
            name: declaration.name.clone(),
            value: Some(value.into()),
            secret: secret || expanded.secret,
            brief,
        })
    });
    calculated.collect()
}

/// Expands text of a stack; `secret` becomes true where a secret output goes into it.
fn expand_by_stack(
    text: &str,
    layers: &ParameterLayers,
    outputs: &BTreeMap<String, Vec<Output>>,
    secret: &mut bool,
) -> Result<Expanded, String> {
    let scope = Scope {
        component: "",
        depends: &[],
        layers,
        bindings: &Bindings::new(),
        outputs: &[],
        generated: &BTreeMap::new(),
    };
    let found_secret = std::cell::Cell::new(false);
    let names = |name: &str| {
        let mut all = outputs.iter().flat_map(|(c, outputs)| outputs.iter().map(move |o| (c, o)));
        let (_, output) = all.find(|(c, o)| o.name == name || format!("{c}:{}", o.name) == name)?;
        found_secret.set(found_secret.get() || output.secret);
        output.value.clone()
    };
    let expanded = expand_text(text, &[], &scope, &names);
    *secret |= found_secret.get();
    expanded
}

fn told(text: &str, who: &str, expanded: Result<Expanded, String>) -> Result<String, Error> {
    let why = match expanded {
        Ok(Expanded { text: Some(text), .. }) => return Ok(text),
        Ok(_) => "it waits for an output".to_owned(),
        Err(why) => why,
    };
    let message = format!("readyConditions of {who}: `{text}` cannot be expanded: {why}");
    Err(Problem::new("hub::parameters::reference", message).into())
}
