//! Jobs: complete.
//!
//! Differs from kstatus: a running Job is not done. A Job that is made suspended is done until it is resumed.

use serde_json::Value;

use super::Readiness;
use super::conditions::condition;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    if condition(object, "Complete").is_some_and(|known| known.is_true()) {
        return Some(Readiness::current("it has completed"));
    }
    if let Some(failed) = condition(object, "Failed").filter(|known| known.is_true()) {
        return Some(Readiness::failed(failed.explain()));
    }
    if object.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return Some(Readiness::current("it is suspended"));
    }
    let count = |field: &str| object["status"][field].as_i64().unwrap_or(0);
    Some(Readiness::in_progress(match object.pointer("/status/startTime") {
        Some(_) => format!(
            "{} pods run, {} succeeded, {} failed",
            count("active"),
            count("succeeded"),
            count("failed")
        ),
        None => "it has not started".into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use serde_json::json;

    #[test]
    fn only_complete_jobs_are_done() {
        let job = |status: Value| rule(&json!({"status": status})).expect("a rule").status;
        assert_eq!(job(json!({"startTime": "x", "active": 1})), Status::InProgress);
        let condition = |name: &str| json!({"conditions": [{"type": name, "status": "True"}]});
        assert_eq!(job(condition("Complete")), Status::Current);
        assert_eq!(job(condition("Failed")), Status::Failed);
    }
}
