//! What did not go well with a component's objects, as one error.
//!
//! In: the results of a plan. Out: nothing, or an error that names what failed with what is known of it, and what was not
//! tried for it. Refuses to know: how anything is carried out or shown.

use hub_cluster::{ObjectResult, Plan, ResultStatus};

use super::Error;

/// Objects named of those that were not tried for the same reason.
const NAMED: usize = 3;

/// Turns what did not go well into one error: what failed, what was waited for in vain, and what was not tried for it.
///
/// # Errors
/// [`Error::Objects`] where something failed, [`Error::NotReady`] where all is written and something is not ready.
pub(super) fn unsuccessful(name: &str, plan: &Plan, results: &[ObjectResult]) -> Result<(), Error> {
    let component = name.to_owned();
    let mut failures: Vec<String> = results.iter().filter_map(failure).collect();
    let mut waits: Vec<String> = results.iter().filter_map(not_ready).collect();
    let untried = untried(results);
    match (failures.is_empty(), waits.is_empty()) {
        (true, true) if untried.is_empty() => Ok(()),
        (true, false) => {
            waits.extend(untried);
            let state = if plan.undeploy { "gone" } else { "ready" };
            Err(Error::NotReady { component, state, waits, help: next_after_a_wait(plan).to_owned() })
        }
        _ => {
            let count = failures.len();
            failures.extend(waits);
            failures.extend(untried);
            Err(Error::Objects { component, count, failures })
        }
    }
}

fn failure(result: &ObjectResult) -> Option<String> {
    match &result.status {
        ResultStatus::Failed { error } => Some(format!("{}: {error}", result.id)),
        _ => None,
    }
}

/// Objects that were not tried, a line for each reason.
fn untried(results: &[ObjectResult]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for result in results {
        let ResultStatus::Skipped { reason } = &result.status else { continue };
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, ids)) => ids.push(result.id.to_string()),
            None => reasons.push((reason, vec![result.id.to_string()])),
        }
    }
    let line = |(reason, ids): (&str, Vec<String>)| {
        let more = match ids.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = ids.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        format!("{named}{more}: not tried, since {reason}")
    };
    reasons.into_iter().map(line).collect()
}

fn next_after_a_wait(plan: &Plan) -> &'static str {
    if plan.undeploy {
        "what is gone is gone; see to what is named above, and run the same command again: it goes on from here"
    } else {
        "everything is applied; `hub status` shows how it goes on, --timeout gives it more time"
    }
}

fn not_ready(result: &ObjectResult) -> Option<String> {
    let ResultStatus::NotReady(why) = &result.status else {
        return None;
    };
    let mut text = format!("{}: {}", result.id, why.message);
    let details = why
        .children
        .iter()
        .map(|c| format!("\n{c}"))
        .chain(why.events.iter().map(|e| format!("\nevent: {e}")))
        .chain(why.logs.iter().map(|line| format!("\nlog: {line}")));
    text.extend(details);
    if let Some(hint) = &why.hint {
        text.push_str(&format!("\nnext: {hint}"));
    }
    Some(text)
}
