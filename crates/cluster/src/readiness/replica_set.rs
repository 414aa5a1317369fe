//! ReplicaSets: as many pods as wanted, available.

use serde_json::Value;

use super::conditions::condition;
use super::{Readiness, integer};

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let status = |field: &str| integer(object, &format!("/status/{field}")).unwrap_or(0);
    if let Some(failure) = condition(object, "ReplicaFailure").filter(|known| known.is_true()) {
        return Some(Readiness::in_progress(failure.explain()));
    }
    let want = integer(object, "/spec/replicas").unwrap_or(1);
    let steps = [
        ("fullyLabeledReplicas", "labelled"),
        ("availableReplicas", "available"),
        ("readyReplicas", "ready"),
    ];
    for (field, word) in steps {
        let count = status(field);
        if want > count {
            return Some(Readiness::in_progress(format!("{count} of {want} replicas are {word}")));
        }
    }
    let surplus = status("replicas") - want;
    Some(match surplus {
        1.. => Readiness::in_progress(format!("{surplus} surplus replicas are still there")),
        _ => Readiness::current(format!("{want} of {want} replicas are ready")),
    })
}
