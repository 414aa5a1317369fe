//! Jobs complete as soon as they exist; CronJobs only wait.

use serde_json::json;

use super::replica_sets::{pods_of, scale_pods};
use super::writer::{CONTROLLER_MANAGER, held, live, set_condition, set_status};
use crate::clock;
use crate::object;
use crate::state::State;
use crate::store::{Change, Table};

/// Runs a job to its end.
pub(super) fn see(state: &mut State, change: &Change) {
    let jobs = Table::new("batch", "jobs");
    let Some(job) = live(state, &jobs, &change.key) else {
        return;
    };
    let ended = job["status"]["completionTime"].is_string();
    if ended || object::deleting(&job) || held(&job) || job["spec"]["suspend"] == true {
        return;
    }
    let wanted = job["spec"]["completions"].as_u64().unwrap_or(1);
    if pods_of(state, &job).is_empty() {
        let name = object::name(&job).to_owned();
        scale_pods(state, &job, wanted, |_| format!("{name}-{}", clock::suffix()));
    }
    let now = clock::now();
    let mut status = json!({
        "startTime": now, "completionTime": now, "succeeded": wanted, "ready": 0, "terminating": 0,
        "uncountedTerminatedPods": {},
    });
    for kind in ["SuccessCriteriaMet", "Complete"] {
        let condition = json!({
            "type": kind, "status": "True", "lastProbeTime": now, "reason": "CompletionsReached",
            "message": "Reached expected number of succeeded pods",
        });
        set_condition(&mut status, condition, &now, false);
    }
    set_status(state, &jobs, &job, status, CONTROLLER_MANAGER);
}
