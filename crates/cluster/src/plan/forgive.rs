//! Refusals that the plan itself puts right.
//!
//! In: findings. Out: the same, without problems that come only from the state before the plan: a schema that
//! the plan replaces, a webhook whose backend it brings. Refuses to forgive anything else.

use std::collections::HashSet;

use serde_json::Value;

use super::examine::Finding;
use crate::change::Problem;
use crate::id::GroupKind;

/// Drops problems that would keep a plan from repairing what causes them.
pub(super) fn circular(mut findings: Vec<Finding>) -> Vec<Finding> {
    let kinds = changing_kinds(&findings);
    let services = service_names(&findings);
    for finding in &mut findings {
        let reason = match &finding.problem {
            Some(Problem::Invalid { .. }) if kinds.contains(&finding.change.id.group_kind()) => {
                "its kind changes with this plan, so the server could not be asked"
            }
            Some(Problem::Admission { message, .. }) if is_unanswered(message, &services) => {
                "its webhook does not answer, and this plan brings what should"
            }
            _ => continue,
        };
        finding.problem = None;
        finding.change.unverified = true;
        finding.change.reason = Some(reason.into());
    }
    findings
}

/// Kinds whose definition the plan writes.
fn changing_kinds(findings: &[Finding]) -> HashSet<GroupKind> {
    let crds = findings.iter().filter(|finding| finding.change.id.is_crd() && finding.change.action.writes());
    crds.filter_map(|finding| {
        let crd = &finding.change.desired.as_ref()?.value;
        let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str);
        Some(GroupKind::new(text("/spec/group")?, text("/spec/names/kind")?))
    })
    .collect()
}

/// Host names of the set's Services, as the server words them.
fn service_names(findings: &[Finding]) -> Vec<String> {
    let ids = findings.iter().map(|finding| &finding.change.id).filter(|id| id.is("", "Service"));
    ids.filter_map(|id| Some(format!("://{}.{}.svc", id.name, id.namespace.as_ref()?))).collect()
}

/// True where the server could not reach a webhook of these Services, as opposed to being refused by it.
fn is_unanswered(message: &str, services: &[String]) -> bool {
    message.contains("failed calling webhook")
        && services.iter().any(|service| message.contains(service.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreachable_backends_of_the_set_are_forgiven() {
        let services = ["://hook.place.svc".to_string()];
        let call = "failed calling webhook \"a.b\": failed to call webhook: Post \"https://hook.place.svc:443/x\": no endpoints";
        assert!(is_unanswered(call, &services));
        assert!(!is_unanswered("admission webhook \"a.b\" denied the request: no", &services));
        assert!(!is_unanswered(&call.replace("hook.place", "hook.elsewhere"), &services));
    }
}
