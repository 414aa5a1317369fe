//! `rules:`: what must hold between the parameters of a component.
//!
//! In: the `rules` key of a component's manifest. Out: [`RuleDeclaration`]s. Refuses to know: how a rule is evaluated.

use super::component::Located;
use super::document::{Node, Reader};
use crate::diagnostic::Problem;

/// A condition that is checked before anything is touched.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleDeclaration {
    /// A CEL expression over the component's parameters; it must be true.
    pub assert: Located,
    /// What is said when it is not.
    pub message: String,
}

const KEYS: [&str; 2] = ["assert", "message"];

/// Reads the `rules` key of `root`; empty when there is none.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: &Node,
    warnings: &mut Vec<Problem>,
) -> Vec<RuleDeclaration> {
    let mut rules = Vec::new();
    for node in reader.sequence(root, "rules") {
        warnings.extend(reader.unknown_keys(&node, &KEYS, "a rule"));
        let place = reader.place(&node);
        match (reader.text(&node, "assert"), reader.text(&node, "message")) {
            (Some(value), Some(message)) => {
                let place = reader.place_of(&node, "assert").unwrap_or(place);
                rules.push(RuleDeclaration { assert: Located { value, place }, message });
            }
            _ => reader.problems.push(
                Problem::new("hub::manifest::rule", "a rule needs an `assert` and a `message`")
                    .help("rules: [{assert: 'replicas > 0', message: at least one replica is needed}]")
                    .at(place),
            ),
        }
    }
    rules
}
