//! What is wrong with a parameter, in words for the person who set it.
//!
//! In: a declaration and why it has no value. Out: a [`Problem`]. Refuses to know: how the value was looked for.

use super::Provenance;
use super::expand::ExpandError;
use super::resolve::{Given, Resolver};
use super::types::Misfit;
use crate::diagnostic::{Problem, did_you_mean};
use crate::manifest::ParameterDeclaration;

/// A value that does not fit.
pub(super) fn misfit(
    declaration: &ParameterDeclaration,
    component: &str,
    provenance: &Provenance,
    misfit: Misfit,
    secret: bool,
) -> Problem {
    let message = if secret { "its value does not fit what it declares".to_owned() } else { misfit.message };
    let help = misfit.help.map(|h| format!("{h}; ")).unwrap_or_default();
    Problem::new("hub::parameters::value", format!("{} of {component}: {message}", declaration.name))
        .help(format!("{help}the value comes from: {provenance}"))
        .at(provenance.place().cloned())
}

/// Why text could not be expanded, as a phrase.
pub(super) fn phrase(error: &ExpandError) -> String {
    match error {
        ExpandError::Unknown { name, .. } => format!("`${{{name}}}` has no value"),
        ExpandError::Loop(path) => format!("it refers to itself: {}", path.join(" → ")),
        ExpandError::Unclosed(sign) => format!("it has a `{sign}` without a `}}`"),
        ExpandError::Pending(output) => format!("the output {output} is not known yet"),
        ExpandError::Expression { text, message, column } => {
            format!("at column {column} of `{text}`: {message}")
        }
    }
}

/// A value that could not be expanded.
pub(super) fn bad_expansion(
    resolver: &Resolver<'_>,
    declaration: &ParameterDeclaration,
    given: &Given,
    error: ExpandError,
) -> Box<Problem> {
    let subject = format!("{} of {}", declaration.name, resolver.scope.component);
    let problem = match &error {
        ExpandError::Unknown { name, .. } => Problem::new(
            "hub::parameters::reference",
            format!("{subject} refers to `${{{name}}}`, which has no value"),
        )
        .maybe_help(hint(resolver, name)),
        ExpandError::Loop(path) => {
            Problem::new("hub::parameters::loop", format!("{subject} refers to itself: {}", path.join(" → ")))
        }
        ExpandError::Unclosed(sign) => {
            Problem::new("hub::parameters::reference", format!("{subject} has a `{sign}` without a `}}`"))
        }
        ExpandError::Pending(_) | ExpandError::Expression { .. } => {
            Problem::new("hub::parameters::expression", format!("{subject}: {}", phrase(&error))).help(
                "expressions are CEL: names of parameters, == != < && || !, size(), has(), in, a ? b : c",
            )
        }
    };
    Box::new(problem.at(given.provenance.place().cloned()))
}

/// Who could give what is not there.
fn hint(resolver: &Resolver<'_>, name: &str) -> Option<String> {
    let outputs = resolver.scope.outputs;
    if let Some((component, _)) = name.split_once(':') {
        let own: Vec<&str> =
            outputs.iter().filter(|o| o.component == component).map(|o| o.name.as_str()).collect();
        if !own.is_empty() {
            return Some(format!("outputs of {component}: {}", own.join(", ")));
        }
        let all: Vec<String> = outputs.iter().map(super::VisibleOutput::full_name).collect();
        return did_you_mean(name, all.iter().map(String::as_str))
            .or_else(|| Some(format!("no component `{component}` that gives outputs goes before this one")));
    }
    let declared = resolver.declarations.iter().map(|d| d.name.as_str());
    let bound = resolver.scope.bindings.keys().map(String::as_str);
    let given = resolver.scope.layers.assignments().map(|a| a.name.as_str());
    did_you_mean(name, declared.chain(bound).chain(given).chain(outputs.iter().map(|o| o.name.as_str())))
}
