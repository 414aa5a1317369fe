//! Which outputs a component's parameters refer to.
//!
//! In: declarations, with the stack's values for them. Out: names of components and of outputs. Refuses to know: values.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::manifest::{ComponentManifest, ParameterDeclaration};
use crate::parameters::references;

/// What a component reads from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Components that are named, as in `${component:output}`.
    pub components: BTreeSet<String>,
    /// Names that may be another component's output: its own parameters, and whatever their values refer to.
    pub names: BTreeSet<String>,
}

impl Reads {
    /// Looks through a component's manifest and the stack's parameters.
    pub(super) fn of(name: &str, manifest: &ComponentManifest, stack: &[Vec<ParameterDeclaration>]) -> Self {
        let mut reads = Self::default();
        for declaration in &manifest.parameters {
            reads.names.insert(declaration.name.clone());
            reads.add_values(name, declaration);
        }
        for text in manifest.outputs.iter().filter_map(|o| o.value.as_deref()) {
            reads.add_text(name, text);
        }
        // A value of the stack may refer to further ones.
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        loop {
            let next = stack.iter().flatten().enumerate().find(|(at, declaration)| {
                let meant = declaration.component.as_deref().is_none_or(|c| c == name);
                meant && !seen.contains(at) && reads.names.contains(&declaration.name)
            });
            let Some((at, declaration)) = next else { break };
            seen.insert(at);
            reads.add_values(name, declaration);
        }
        reads
    }

    fn add_values(&mut self, own: &str, declaration: &ParameterDeclaration) {
        for value in [&declaration.value, &declaration.default].into_iter().flatten() {
            self.add_value(own, value);
        }
    }

    fn add_value(&mut self, own: &str, value: &Value) {
        match value {
            Value::String(text) => self.add_text(own, text),
            Value::Array(items) => items.iter().for_each(|item| self.add_value(own, item)),
            Value::Object(map) => map.values().for_each(|item| self.add_value(own, item)),
            _ => {}
        }
    }

    fn add_text(&mut self, own: &str, text: &str) {
        for name in references(text) {
            match name.split_once(':') {
                Some((component, _)) if component != own => {
                    self.components.insert(component.to_owned());
                }
                _ => {
                    self.names.insert(name.to_owned());
                }
            }
        }
        for expression in text.split("#{").skip(1) {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
            self.names.extend(expression.split(|c| !word(c)).filter(|w| !w.is_empty()).map(str::to_owned));
        }
    }
}
