//! Go's `text/template` with sprig and hubctl's own functions.
//!
//! In: text and parameters. Out: text, byte for byte what Go prints. Refuses to know: files.
//!
//! Text becomes tokens (`lexer`), these a tree (`parser`, `pipeline`), which runs over values (`exec`).
//! Source: hubctl's `lifecycle/template.go` (`goTemplateBindings`, `hubGoTemplateFuncMap`), Go's `text/template`, sprig 2.22.

mod ast;
mod builtins;
mod exec;
mod format;
mod functions;
mod hubctl;
mod lexer;
mod literal;
mod parser;
mod pipeline;
mod sprig;
mod value;
mod verbs;

use crate::diagnostic::{Problem, Problems, SourceText, did_you_mean};
use crate::parameters::ParameterSet;
use value::Value;

/// Renders one template; the leaf `a.b-c` is `.a.b_c` there.
///
/// # Errors
/// The template's syntax, a function that is not there or refuses its arguments, with its place.
pub(super) fn render(source: &SourceText, parameters: &ParameterSet) -> Result<String, Problems> {
    let fault = |fault: ast::Fault| {
        let mut span = fault.span;
        let text = source.text().get(span.start..span.start + span.len).unwrap_or_default();
        span.len = text.trim_end().len().max(1);
        Problem::new("hub::template::go", fault.message)
            .maybe_help(fault.help)
            .at(source.at(span.start, span.len))
    };
    let templates = parser::parse(source.text(), &functions::exists).map_err(fault)?;
    exec::execute(&templates, bindings(parameters)).map_err(|f| fault(f).into())
}

/// A value as Go's `%v` prints it; null is nothing.
pub(super) fn printed(value: &serde_json::Value) -> String {
    match Value::from(value) {
        Value::Nil => String::new(),
        value => value.to_string(),
    }
}

fn nearest_function(name: &str) -> Option<String> {
    did_you_mean(name, functions::names())
}

/// Parameters as a tree. A leaf that is also a branch loses to the branch, in whichever order they are declared.
fn bindings(parameters: &ParameterSet) -> Value {
    let root = Value::map([]);
    let mut all: Vec<_> = parameters.iter().map(|p| (p.name.replace('-', "_"), &p.value)).collect();
    // Longer names first: a branch is there before the leaf of its name.
    all.sort_by_key(|(name, _)| std::cmp::Reverse(name.matches('.').count()));
    for (name, json) in &all {
        let value = match json {
            serde_json::Value::String(text) => Value::text(text.trim()),
            other => Value::from(*other),
        };
        insert(&root, name, value);
    }
    root
}

fn insert(root: &Value, name: &str, value: Value) {
    let Value::Map(map) = root else { return };
    match name.split_once('.') {
        None => {
            map.borrow_mut().entry(name.to_owned()).or_insert(value);
        }
        Some((first, rest)) => {
            let branch = map.borrow_mut().entry(first.to_owned()).or_insert_with(|| Value::map([])).clone();
            insert(&branch, rest, value);
        }
    }
}

#[cfg(test)]
mod tests;
