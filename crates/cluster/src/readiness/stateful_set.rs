//! StatefulSets: as many pods as wanted, ready and of the wanted revision.
//!
//! Differs from kstatus: counts updated pods instead of current ones, so a finished rollout is seen as such
//! before the controller renames its revision.

use serde_json::Value;

use super::{Readiness, integer};

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let status = |field: &str| integer(object, &format!("/status/{field}")).unwrap_or(0);
    if object.pointer("/spec/updateStrategy/type").is_some_and(|kind| kind == "OnDelete") {
        return Some(Readiness::current("pods are replaced only when they are deleted (OnDelete)"));
    }
    let want = integer(object, "/spec/replicas").unwrap_or(1);
    let (total, ready, updated) = (status("replicas"), status("readyReplicas"), status("updatedReplicas"));
    let partition = integer(object, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    let want_updated = (want - partition).max(0);
    let message = if want > total {
        format!("{total} of {want} replicas are created")
    } else if want > ready {
        format!("{ready} of {want} replicas are ready")
    } else if total > want {
        format!("{} surplus replicas are still there", total - want)
    } else if want_updated > updated && is_rolling(object) {
        format!("{updated} of {want_updated} replicas are updated")
    } else {
        return Some(Readiness::current(format!("{ready} of {want} replicas are ready")));
    };
    Some(Readiness::in_progress(message))
}

/// While both revisions are the same there is nothing to roll, and the count of updated pods may be missing.
fn is_rolling(object: &Value) -> bool {
    object.pointer("/status/currentRevision") != object.pointer("/status/updateRevision")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rollouts_are_followed_to_the_end() {
        let found = |spec: Value, status: Value| {
            rule(&json!({"spec": spec, "status": status})).expect("a rule").message
        };
        let counts = |total: i64, ready: i64, updated: i64, revision: &str| json!({"replicas": total, "readyReplicas": ready, "updatedReplicas": updated, "currentRevision": "a", "updateRevision": revision});
        assert_eq!(found(json!({"replicas": 2}), counts(1, 1, 0, "a")), "1 of 2 replicas are created");
        assert_eq!(found(json!({"replicas": 2}), counts(2, 1, 0, "a")), "1 of 2 replicas are ready");
        assert_eq!(found(json!({"replicas": 2}), counts(2, 2, 1, "b")), "1 of 2 replicas are updated");
        assert_eq!(found(json!({"replicas": 2}), counts(2, 2, 0, "a")), "2 of 2 replicas are ready");
        let partitioned = json!({"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}});
        assert_eq!(found(partitioned, counts(2, 2, 1, "b")), "2 of 2 replicas are ready");
    }
}
