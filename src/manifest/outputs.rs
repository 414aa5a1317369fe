//! `outputs:`: what a component or a stack gives to others.
//!
//! In: the `outputs` key of a manifest. Out: [`OutputDeclaration`]s. Refuses to know: where values come from in the end.
//!
//! Source: hubctl's `manifest/types.go`; the guess which outputs are secret is that of its `elaborate`.

use super::document::{Node, Reader};
use crate::diagnostic::{Place, Problem};

/// One output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputDeclaration {
    /// Its name; in a stack it may be `component:name`.
    pub name: String,
    /// What it is made of; `None` means the raw output or parameter of its name.
    pub value: Option<String>,
    /// The raw output that is copied.
    pub from_tf_var: Option<String>,
    /// Never shown.
    pub secret: bool,
    /// A line for people.
    pub brief: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

pub(super) const KEYS: [&str; 6] = ["name", "value", "fromTfVar", "kind", "brief", "description"];

/// Reads the `outputs` key of `root`; empty when there is none. Of two with one name the first counts.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: &Node,
    warnings: &mut Vec<Problem>,
) -> Vec<OutputDeclaration> {
    let mut outputs: Vec<OutputDeclaration> = Vec::new();
    for node in reader.sequence(root, "outputs") {
        warnings.extend(reader.unknown_keys(&node, &KEYS, "an output"));
        let place = reader.place(&node);
        let Some(name) = reader.text(&node, "name") else {
            reader.problems.push(
                Problem::new("hub::manifest::output", "an output needs a `name`")
                    .help("outputs: [{name: url, value: 'http://${name}.${namespace}.svc'}]")
                    .at(place),
            );
            continue;
        };
        if outputs.iter().any(|o| o.name == name) {
            let message = format!("the output `{name}` is declared twice; the first counts");
            warnings.push(Problem::new("hub::manifest::output", message).at(place));
            continue;
        }
        let kind = reader.text(&node, "kind");
        let secret = kind.as_deref().map_or_else(|| looks_secret(&name), |k| k.starts_with("secret"));
        outputs.push(OutputDeclaration {
            value: reader.text(&node, "value"),
            from_tf_var: reader.text(&node, "fromTfVar"),
            secret,
            brief: reader.text(&node, "brief").or_else(|| reader.text(&node, "description")),
            name,
            place,
        });
    }
    outputs
}

/// Whether a name is that of a secret by its last word.
///
/// ```
/// assert!(hub::manifest::looks_secret("mysql.password") && hub::manifest::looks_secret("apiToken"));
/// assert!(!hub::manifest::looks_secret("monkey") && !hub::manifest::looks_secret("secret.name"));
/// ```
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    const WORDS: [&str; 7] = ["password", "secret", "key", "cert", "token", "cookie", "kubeconfig"];
    let lower = name.to_ascii_lowercase();
    WORDS.iter().any(|word| {
        let Some(before) = lower.strip_suffix(word) else { return false };
        let found = &name[before.len()..];
        let capital = found.starts_with(|c: char| c.is_ascii_uppercase());
        before.is_empty() || before.ends_with(['.', '_']) || capital
    })
}
