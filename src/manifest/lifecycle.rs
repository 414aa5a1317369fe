//! `lifecycle:`: what runs, in which order, and when it is good.
//!
//! In: the `lifecycle` key of a manifest. Out: [`Lifecycle`]. Refuses to know: how anything of it is carried out.
//!
//! Source: hubctl's `manifest/types.go` for keys and defaults.

use super::component::Located;
use super::document::{Node, Reader};
use crate::diagnostic::Problem;

/// How a component or a stack lives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lifecycle {
    /// `bare: allow`: it is fine to have nothing to apply or run.
    pub bare: bool,
    /// What can be invoked; empty means `deploy` and `undeploy`.
    pub verbs: Vec<String>,
    /// The order of a stack's components, when it is not to follow from `depends`.
    pub order: Vec<Located>,
    /// Components whose failure is the stack's; empty means all that are not optional.
    pub mandatory: Vec<Located>,
    /// Components whose failure is a warning.
    pub optional: Vec<Located>,
    /// What may be missing: `capability`, `capability:component`, or the name of a parameter.
    pub optional_requires: Vec<Located>,
    /// What must answer before the component or the stack counts as ready.
    pub ready_conditions: Vec<ReadyCondition>,
    /// How many random bytes hooks get in `HUB_RANDOM`.
    pub random_bytes: Option<usize>,
}

/// Something outside the cluster's objects that must answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyCondition {
    /// A name that must resolve, `${…}` not yet expanded.
    pub dns: Option<String>,
    /// A URL that must answer, `${…}` not yet expanded.
    pub url: Option<String>,
    /// How long to wait for it.
    pub wait_seconds: u64,
    /// How long to pause before the first look.
    pub pause_seconds: u64,
}

pub(super) const KEYS: [&str; 9] = [
    "bare",
    "verbs",
    "order",
    "mandatory",
    "optional",
    "requires",
    "readyConditions",
    "readinessConditions",
    "options",
];

/// Reads the `lifecycle` key of `root`.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node, warnings: &mut Vec<Problem>) -> Lifecycle {
    let Some(node) = reader.mapping(root, "lifecycle") else {
        return Lifecycle::default();
    };
    warnings.extend(reader.unknown_keys(&node, &KEYS, "`lifecycle`"));
    let bare = reader.text(&node, "bare");
    if let Some(other) = bare.as_deref().filter(|b| *b != "allow") {
        let place = reader.place_of(&node, "bare");
        let message = format!("`bare: {other}` means nothing");
        warnings.push(Problem::new("hub::manifest::bare", message).help("write `bare: allow`").at(place));
    }
    let requires = reader.mapping(&node, "requires");
    let options = reader.mapping(&node, "options");
    let random = options.and_then(|options| reader.mapping(&options, "random"));
    Lifecycle {
        bare: bare.as_deref() == Some("allow"),
        verbs: reader.words(&node, "verbs").into_iter().map(|w| w.value).collect(),
        order: reader.words(&node, "order"),
        mandatory: reader.words(&node, "mandatory"),
        optional: reader.words(&node, "optional"),
        optional_requires: requires.map(|r| reader.words(&r, "optional")).unwrap_or_default(),
        ready_conditions: conditions(reader, &node),
        random_bytes: random.and_then(|random| number(reader, &random, "bytes")),
    }
}

fn conditions(reader: &mut Reader<'_>, node: &Node) -> Vec<ReadyCondition> {
    let conditions = reader.sequence(node, "readyConditions");
    let read = |condition: &Node| ReadyCondition {
        dns: reader.text(condition, "dns"),
        url: reader.text(condition, "url"),
        wait_seconds: number(reader, condition, "waitSeconds").unwrap_or(1200),
        pause_seconds: number(reader, condition, "pauseSeconds").unwrap_or(0),
    };
    conditions.iter().map(read).collect()
}

/// A whole number under a key; `None` when absent.
fn number<N: std::str::FromStr>(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<N> {
    let text = reader.text(node, key)?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let place = reader.place_of(node, key);
        let message = format!("`{key}` must be a whole number, not `{text}`");
        reader.problems.push(Problem::new("hub::manifest::shape", message).at(place));
    }
    parsed
}
