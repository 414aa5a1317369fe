//! Deployments: rolled out and available.
//!
//! Differs from kstatus: a paused Deployment is done (with a note), and one for zero replicas needs no
//! `Available` condition.

use serde_json::Value;

use super::conditions::condition;
use super::{Readiness, integer};

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let status = |field: &str| integer(object, &format!("/status/{field}")).unwrap_or(0);
    if object.pointer("/spec/paused") == Some(&Value::Bool(true)) {
        return Some(Readiness::current("the rollout is paused"));
    }
    let progressing = condition(object, "Progressing");
    if let Some(stuck) = progressing.as_ref().filter(|known| known.reason == "ProgressDeadlineExceeded") {
        return Some(Readiness::failed(stuck.explain()));
    }
    let want = integer(object, "/spec/replicas").unwrap_or(1);
    let (total, updated) = (status("replicas"), status("updatedReplicas"));
    let (available, ready) = (status("availableReplicas"), status("readyReplicas"));
    let message = if want > total {
        format!("{total} of {want} replicas are created")
    } else if want > updated {
        format!("{updated} of {want} replicas are updated")
    } else if total > want {
        format!("{} old replicas are still there", total - want)
    } else if updated > available {
        with_reason(format!("{available} of {updated} replicas are available"), object, "ReplicaFailure")
    } else if want > ready {
        format!("{ready} of {want} replicas are ready")
    } else if want == 0 {
        return Some(Readiness::current("no replicas are wanted"));
    } else if is_unfinished(object) {
        "the rollout is not reported as complete".into()
    } else if condition(object, "Available").is_none_or(|known| !known.is_true()) {
        "Available is not reported".into()
    } else {
        return Some(Readiness::current(format!("{ready} of {want} replicas are ready")));
    };
    Some(Readiness::in_progress(message))
}

/// Without a deadline the controller never reports completion.
fn is_unfinished(object: &Value) -> bool {
    let deadline =
        integer(object, "/spec/progressDeadlineSeconds").filter(|seconds| *seconds < i64::from(i32::MAX));
    let progressing = condition(object, "Progressing");
    deadline.is_some()
        && !progressing.is_some_and(|known| known.is_true() && known.reason == "NewReplicaSetAvailable")
}

fn with_reason(message: String, object: &Value, name: &str) -> String {
    match condition(object, name).filter(|known| known.is_true()) {
        Some(known) => format!("{message} ({})", known.explain()),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use serde_json::json;

    fn deployment(spec: Value, mut status: Value, progressing: &str) -> Readiness {
        status["conditions"] = json!([{"type": "Progressing", "status": "True", "reason": progressing},
            {"type": "Available", "status": "True"}]);
        rule(&json!({"spec": spec, "status": status})).expect("a rule")
    }

    #[test]
    fn rollouts_are_followed_to_the_end() {
        let full = |total: i64, updated: i64, available: i64, ready: i64| json!({"replicas": total, "updatedReplicas": updated, "availableReplicas": available, "readyReplicas": ready});
        let spec = json!({"replicas": 2, "progressDeadlineSeconds": 600});
        let done = "NewReplicaSetAvailable";
        for (status, progressing, expected, message) in [
            (full(1, 1, 1, 1), done, Status::InProgress, "1 of 2 replicas are created"),
            (full(2, 1, 2, 2), done, Status::InProgress, "1 of 2 replicas are updated"),
            (full(3, 2, 3, 3), done, Status::InProgress, "1 old replicas are still there"),
            (full(2, 2, 1, 2), done, Status::InProgress, "1 of 2 replicas are available"),
            (full(2, 2, 2, 1), done, Status::InProgress, "1 of 2 replicas are ready"),
            (
                full(2, 2, 2, 2),
                "ReplicaSetUpdated",
                Status::InProgress,
                "the rollout is not reported as complete",
            ),
            (
                full(2, 2, 2, 2),
                "ProgressDeadlineExceeded",
                Status::Failed,
                "Progressing is True: ProgressDeadlineExceeded",
            ),
            (full(2, 2, 2, 2), done, Status::Current, "2 of 2 replicas are ready"),
        ] {
            let found = deployment(spec.clone(), status, progressing);
            assert_eq!((found.status, found.message.as_str()), (expected, message));
        }
        let no_deadline = deployment(json!({"replicas": 2}), full(2, 2, 2, 2), "ReplicaSetUpdated");
        assert_eq!(no_deadline.status, Status::Current);
    }

    #[test]
    fn nothing_wanted_and_paused_are_done() {
        assert!(deployment(json!({"replicas": 0}), json!({}), "x").is_ready());
        assert!(deployment(json!({"replicas": 3, "paused": true}), json!({}), "x").is_ready());
    }
}
