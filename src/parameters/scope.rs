//! What one component's parameters may refer to beside themselves.
//!
//! In: layers, outputs of other components, generated values. Out: [`Scope`]. Refuses to know: where these came from.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Assignment, ParameterLayers, Provenance};

/// Names beside the component's own that values may refer to, such as `hub.componentName`.
pub type Bindings = HashMap<String, Value>;

/// An output that a component can see.
#[derive(Clone, Debug, PartialEq)]
pub struct VisibleOutput {
    /// The component that gives it.
    pub component: String,
    /// Its name.
    pub name: String,
    /// Its value; `None` until its component has run.
    pub value: Option<Value>,
    /// Never to be shown.
    pub secret: bool,
    /// Whether it is there only for `${component:name}`: its component is of the same kind, or comes later.
    pub only_by_full_name: bool,
}

impl VisibleOutput {
    /// `component:name`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.component, self.name)
    }
}

/// A value that nobody gave and that was found or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedValue {
    /// The value.
    pub value: String,
    /// Whether it was read from a live Secret.
    pub live: bool,
}

/// All that the parameters of one component may refer to.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The component.
    pub component: &'a str,
    /// Components that it depends on, in the order written.
    pub depends: &'a [String],
    /// Values given from outside.
    pub layers: &'a ParameterLayers,
    /// What the lifecycle itself knows.
    pub bindings: &'a Bindings,
    /// Outputs that it can see, in the order in which components go.
    pub outputs: &'a [VisibleOutput],
    /// Values of parameters with `generate`, by name.
    pub generated: &'a BTreeMap<String, GeneratedValue>,
}

/// One of the things that give a name its value.
#[derive(Clone, Copy)]
pub(super) enum Giver<'a> {
    Assignment(&'a Assignment),
    Binding(&'a Value),
    Output(&'a VisibleOutput),
}

impl<'a> Scope<'a> {
    /// What gives a name its value from outside, the strongest first.
    ///
    /// Source: hubctl's `parameters/eval.go`: a value meant for this component, outputs of components it depends on, any
    /// output of the name, the stack's value. What an environment or a command line says beats outputs here.
    pub(super) fn givers(&self, name: &str) -> Vec<Giver<'a>> {
        let mut stronger = Vec::new();
        let mut weaker = Vec::new();
        for assignment in self.layers.candidates_of(name, self.component).filter(|a| !a.value.is_null()) {
            let beats_outputs = assignment.component.is_some() || assignment.provenance.beats_outputs();
            if weaker.is_empty() && beats_outputs {
                stronger.push(Giver::Assignment(assignment));
            } else {
                weaker.push(Giver::Assignment(assignment));
            }
        }
        stronger.extend(self.bindings.get(name).map(Giver::Binding));
        stronger.extend(self.outputs_named(name).into_iter().map(Giver::Output));
        stronger.extend(weaker);
        stronger
    }

    /// Outputs of a name: those of components it depends on, in that order, then the others, the last one first.
    fn outputs_named(&self, name: &str) -> Vec<&'a VisibleOutput> {
        let named = || self.outputs.iter().filter(move |o| o.name == name && !o.only_by_full_name);
        let mut found: Vec<&VisibleOutput> =
            self.depends.iter().flat_map(|d| named().filter(move |o| o.component == *d)).collect();
        found.extend(named().rev().filter(|o| !self.depends.contains(&o.component)));
        found
    }

    /// The output of a full name.
    pub(super) fn output(&self, component: &str, name: &str) -> Option<&'a VisibleOutput> {
        self.outputs.iter().find(|o| o.component == component && o.name == name)
    }
}

impl Provenance {
    /// Whether a value from here goes before an output of the same name.
    fn beats_outputs(&self) -> bool {
        matches!(self, Self::Environment { .. } | Self::File(_) | Self::Variable(_) | Self::Flag)
    }
}
