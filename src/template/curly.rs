//! `${name/filter}` and `{{name/filter}}`: plain replacement.
//!
//! In: text and parameters. Out: text. Refuses to know: files.
//!
//! Source: hubctl's `lifecycle/template.go`: a reference has no spaces; what does not look like one (`$x`, `${a b}`,
//! `{{ .Name }}`) is left alone; what does must resolve.

use std::sync::LazyLock;

use regex::Regex;

use super::{filters, go};
use crate::diagnostic::{Problem, Problems, SourceText, did_you_mean};
use crate::parameters::ParameterSet;

/// Which brackets mark a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Braces {
    /// `${name}`.
    Dollar,
    /// `{{name}}`.
    Double,
}

static DOLLAR: LazyLock<Regex> = LazyLock::new(|| compile(r"\$\{([A-Za-z0-9_.|:/-]+)\}"));
static DOUBLE: LazyLock<Regex> = LazyLock::new(|| compile(r"\{\{([A-Za-z0-9_.|:/-]+)\}\}"));

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern that a test compiles")
}

/// Replaces each reference by its value.
///
/// # Errors
/// Each reference that names an unknown parameter or filter, or whose filter refuses the value.
pub(super) fn render(
    source: &SourceText,
    braces: Braces,
    parameters: &ParameterSet,
) -> Result<String, Problems> {
    let pattern: &Regex = match braces {
        Braces::Dollar => &DOLLAR,
        Braces::Double => &DOUBLE,
    };
    let text = source.text();
    let mut problems = Problems::default();
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for found in pattern.captures_iter(text) {
        let (Some(whole), Some(inner)) = (found.get(0), found.get(1)) else {
            continue;
        };
        out.push_str(&text[end..whole.start()]);
        end = whole.end();
        match evaluate(inner.as_str(), parameters) {
            Ok(value) => out.push_str(&value),
            Err(problem) => problems.push(problem.at(source.at(whole.start(), whole.len()))),
        }
    }
    out.push_str(&text[end..]);
    problems.or(out)
}

fn evaluate(reference: &str, parameters: &ParameterSet) -> Result<String, Problem> {
    let (name, filters) = split(reference);
    let Some(value) = parameters.get(name) else {
        return Err(Problem::new(
            "hub::template::unknown_parameter",
            format!("the template names `{name}`, which is no parameter of the component"),
        )
        .help(
            did_you_mean(name, parameters.names())
                .unwrap_or_else(|| "declare it in hub-component.yaml".to_owned()),
        ));
    };
    let mut value = value.clone();
    for filter in filters {
        value = filters::apply(filter, &value)?;
    }
    Ok(go::printed(&value).trim().to_owned())
}

/// The name and the filters: split at `/` when there is one, else at `|`.
fn split(reference: &str) -> (&str, Vec<&str>) {
    let separator = if reference.contains('/') { '/' } else { '|' };
    let mut parts = reference.split(separator);
    let name = parts.next().unwrap_or_default();
    (name, parts.collect())
}
