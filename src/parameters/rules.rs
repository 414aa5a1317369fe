//! Rules between the parameters of a component.
//!
//! In: rules and resolved parameters. Out: a [`Problem`] for each rule that does not hold or cannot be evaluated.
//! Refuses to know: where rules are written.

use serde_json::Value;

use super::expand::ExpandError;
use super::expression::{ExpressionError, evaluate};
use super::resolve::Resolver;
use super::set::{ParameterSet, ResolvedParameter};
use crate::diagnostic::{Problem, did_you_mean};
use crate::manifest::RuleDeclaration;

/// Checks all rules; those about outputs that are not known yet are left out.
pub(super) fn check(rules: &[RuleDeclaration], resolver: &Resolver<'_>, set: &ParameterSet) -> Vec<Problem> {
    rules.iter().filter_map(|rule| check_one(rule, resolver, set)).collect()
}

fn check_one(rule: &RuleDeclaration, resolver: &Resolver<'_>, set: &ParameterSet) -> Option<Problem> {
    let component = resolver.scope.component;
    let mut used: Vec<&ResolvedParameter> = Vec::new();
    let mut secret = false;
    let result = evaluate(&rule.assert.value, &mut |name| {
        if let Some(parameter) = set.parameter(name) {
            if let Some(output) = parameter.pending() {
                return Err(ExpandError::Pending(output.to_owned()));
            }
            if !used.iter().any(|p| p.name == name) {
                used.push(parameter);
            }
            secret |= parameter.secret;
            return Ok(Some(parameter.value.clone()));
        }
        let meaning = resolver.lookup(name, &mut Vec::new())?;
        secret |= meaning.as_ref().is_some_and(|m| m.secret);
        Ok(meaning.map(|m| m.value))
    });
    let text = &rule.assert.value;
    let wrong = |message: String| {
        Problem::new(
            "hub::parameters::expression",
            format!("a rule of {component} cannot be checked: {message}"),
        )
        .at(rule.assert.place.clone())
    };
    match result {
        Ok(Value::Bool(true)) | Err(ExpressionError::Name(ExpandError::Pending(_))) => None,
        Ok(Value::Bool(false)) => Some(broken(rule, component, &used)),
        Ok(_) => Some(wrong(format!("`{text}` is neither true nor false"))),
        Err(ExpressionError::Wrong { message, column }) => {
            let message =
                if secret { "it does not fit its values, which are secret".to_owned() } else { message };
            Some(
                wrong(format!("at column {column} of `{text}`: {message}"))
                    .help("values from the command line are text unless the parameter declares a `type`"),
            )
        }
        Err(ExpressionError::Unknown { name, column }) => Some(
            wrong(format!("at column {column} of `{text}`: {component} has no parameter `{name}`"))
                .maybe_help(did_you_mean(&name, set.names())),
        ),
        Err(ExpressionError::Name(error)) => Some(wrong(super::complaint::phrase(&error))),
    }
}

fn broken(rule: &RuleDeclaration, component: &str, used: &[&ResolvedParameter]) -> Problem {
    let values: Vec<String> =
        used.iter().map(|p| format!("{} is `{}` ({})", p.name, p.shown(), p.provenance)).collect();
    // Who reads this can rarely change the rule: the first value that was set from outside is to blame.
    let outside = used.iter().filter(|p| !matches!(p.provenance, super::Provenance::Component(_)));
    let place = outside.filter_map(|p| p.provenance.place()).next().unwrap_or(&rule.assert.place);
    let problem = Problem::new("hub::parameters::rule", format!("{component}: {}", rule.message));
    let problem = problem.at(place.clone());
    if values.is_empty() { problem } else { problem.help(values.join(", ")) }
}
