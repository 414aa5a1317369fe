//! `templates:`: which files of a component are templates.
//!
//! In: the `templates` key. Out: [`TemplateSet`]s in the order in which they are rendered.
//! Refuses to know: how an engine works.
//!
//! Source: hubctl's `lifecycle/template.go` for keys, defaults and order.

use serde::Serialize;

use super::document::{Node, Reader};
use crate::diagnostic::{Place, Problem, did_you_mean};

/// Files that one engine renders.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateSet {
    /// The engine.
    pub engine: TemplateEngine,
    /// Paths or globs relative to the component; empty with directories means every file of these.
    pub files: Vec<String>,
    /// Directories that the globs are looked up in; empty means the component's own.
    pub directories: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// What turns a template into text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateEngine {
    /// `${name/filter}`.
    Curly,
    /// `{{name/filter}}`, plain replacement.
    Mustache,
    /// Mustache with sections, and escaping for HTML.
    #[serde(rename = "_mustache")]
    TrueMustache,
    /// Go's text/template with sprig.
    Go,
    /// Tera, a relative of Jinja2.
    Tera,
}

impl TemplateEngine {
    const NAMES: [(&'static str, Self); 5] = [
        ("curly", Self::Curly),
        ("mustache", Self::Mustache),
        ("_mustache", Self::TrueMustache),
        ("go", Self::Go),
        ("tera", Self::Tera),
    ];
}

/// Reads the `templates` key of `root`; empty when there is none.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node) -> Vec<TemplateSet> {
    let Some(templates) = reader.mapping(root, "templates") else {
        return Vec::new();
    };
    let mut sets: Vec<TemplateSet> = read_set(reader, &templates).into_iter().collect();
    for extra in reader.sequence(&templates, "extra") {
        sets.extend(read_set(reader, &extra));
    }
    sets.retain(|set| !set.files.is_empty() || !set.directories.is_empty());
    sets
}

fn read_set(reader: &mut Reader<'_>, node: &Node) -> Option<TemplateSet> {
    let engine = match reader.text(node, "kind") {
        None => TemplateEngine::Curly,
        Some(name) => match TemplateEngine::NAMES.iter().find(|(n, _)| *n == name) {
            Some((_, engine)) => *engine,
            None => {
                let place = reader.place_of(node, "kind");
                let known = TemplateEngine::NAMES.map(|(n, _)| n);
                reader.problems.push(
                    Problem::new("hub::template::engine", format!("no template engine is called `{name}`"))
                        .help(
                            did_you_mean(&name, known)
                                .unwrap_or_else(|| format!("engines: {}", known.join(", "))),
                        )
                        .at(place),
                );
                return None;
            }
        },
    };
    Some(TemplateSet {
        engine,
        files: reader.words(node, "files").into_iter().map(|w| w.value).collect(),
        directories: reader.words(node, "directories").into_iter().map(|w| w.value).collect(),
        place: reader.place(node),
    })
}
