//! DaemonSets: a pod, updated and ready, on every node that should have one.

use serde_json::Value;

use super::{Readiness, integer};

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let status = |field: &str| integer(object, &format!("/status/{field}"));
    let Some(want) = status("desiredNumberScheduled").filter(|_| status("observedGeneration").is_some())
    else {
        return Some(Readiness::in_progress("its pods are not counted yet"));
    };
    let steps = [
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ];
    for (field, word) in steps {
        let count = status(field).unwrap_or(0);
        if want > count {
            return Some(Readiness::in_progress(format!("{count} of {want} pods are {word}")));
        }
    }
    Some(Readiness::current(format!("{want} of {want} pods are ready")))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use serde_json::json;

    #[test]
    fn every_node_counts() {
        let set = |status: Value| rule(&json!({"status": status})).expect("a rule");
        assert_eq!(set(json!({})).status, Status::InProgress);
        assert!(set(json!({"observedGeneration": 1, "desiredNumberScheduled": 0})).is_ready());
        let half = json!({"observedGeneration": 1, "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "updatedNumberScheduled": 1});
        assert_eq!(set(half).message, "1 of 2 pods are updated");
    }
}
