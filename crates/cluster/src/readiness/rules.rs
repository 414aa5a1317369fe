//! Which rule decides for which kind.
//!
//! In: one object. Out: its [`Readiness`]: general signs first, then the rule of the kind, then the
//! customary conditions. Source: cli-utils `pkg/kstatus/status`, with the differences that each rule names.

use serde_json::Value;

use super::conditions::{condition, numeric};
use super::{Readiness, Status};
use crate::directive;
use crate::id::ObjectId;

/// Decides about one kind; `None` leaves it to the customary conditions.
type Rule = fn(&Value) -> Option<Readiness>;

/// Rules by group and kind.
const RULES: [(&str, &str, Rule); 14] = [
    ("apps", "Deployment", super::deployment::rule),
    ("apps", "StatefulSet", super::stateful_set::rule),
    ("apps", "DaemonSet", super::daemon_set::rule),
    ("apps", "ReplicaSet", super::replica_set::rule),
    ("", "Pod", super::pod::rule),
    ("batch", "Job", super::job::rule),
    ("", "PersistentVolumeClaim", super::claim::rule),
    ("", "Service", super::service::rule),
    ("", "Namespace", super::namespace::rule),
    ("apiextensions.k8s.io", "CustomResourceDefinition", super::crd::rule),
    ("apiregistration.k8s.io", "APIService", super::api_service::rule),
    ("autoscaling", "HorizontalPodAutoscaler", super::autoscaler::rule),
    ("policy", "PodDisruptionBudget", super::disruption_budget::rule),
    ("serving.kserve.io", "InferenceService", super::inference_service::rule),
];

/// How far an object is.
pub fn readiness(object: &Value) -> Readiness {
    if let Some(general) = general(object) {
        return general;
    }
    let id = ObjectId::of(object).ok();
    let rule = id.and_then(|id| RULES.iter().find(|(group, kind, _)| id.is(group, kind)));
    rule.and_then(|(_, _, rule)| rule(object)).unwrap_or_else(|| by_condition(object))
}

/// True for kinds with a rule of their own.
pub(crate) fn has_rule(id: &ObjectId) -> bool {
    RULES.iter().any(|(group, kind, _)| id.is(group, kind))
}

/// The signs that count for every kind, whatever else decides.
pub(super) fn general(object: &Value) -> Option<Readiness> {
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Some(Readiness { status: Status::Terminating, message: terminating(object) });
    }
    if let Some(annotation) = directive::waived(object) {
        return Some(Readiness::current(format!(
            "it is not waited for, as its annotation {annotation} asks"
        )));
    }
    if let Some(behind) = behind(object) {
        return Some(behind);
    }
    if let Some(condition) = condition(object, "Reconciling").filter(|condition| condition.is_true()) {
        return Some(Readiness::in_progress(condition.explain()));
    }
    if let Some(condition) = condition(object, "Stalled").filter(|condition| condition.is_true()) {
        return Some(Readiness::failed(condition.explain()));
    }
    None
}

/// The controller has not seen the last change yet.
fn behind(object: &Value) -> Option<Readiness> {
    let generation = numeric(object.pointer("/metadata/generation")?)?;
    let observed = numeric(object.pointer("/status/observedGeneration")?)?;
    (generation != observed).then(|| {
        Readiness::in_progress(format!("generation {generation} is not observed yet, only {observed}"))
    })
}

/// The custom of most kinds: a condition `Ready`; without any the object is done.
fn by_condition(object: &Value) -> Readiness {
    match condition(object, "Ready") {
        Some(ready) if ready.is_true() => Readiness::current("Ready"),
        Some(ready) => Readiness::in_progress(ready.explain()),
        None => Readiness::current("there is nothing to wait for"),
    }
}

fn terminating(object: &Value) -> String {
    let finalizers = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    let names: Vec<&str> = finalizers.into_iter().flatten().filter_map(Value::as_str).collect();
    match names.as_slice() {
        [] => "it is being deleted".into(),
        names => format!("it is being deleted and held by {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(object: Value) -> Status {
        readiness(&object).status
    }

    #[test]
    fn general_signs_come_first() {
        assert_eq!(status(json!({"metadata": {"deletionTimestamp": "x"}})), Status::Terminating);
        let observed =
            |value: Value| json!({"metadata": {"generation": 2}, "status": {"observedGeneration": value}});
        assert_eq!(status(observed(json!(1))), Status::InProgress);
        assert_eq!(status(observed(json!("1"))), Status::InProgress);
        assert_eq!(status(observed(json!("2"))), Status::Current);
        let condition =
            |kind: &str, value: &str| json!({"status": {"conditions": [{"type": kind, "status": value}]}});
        assert_eq!(status(condition("Reconciling", "True")), Status::InProgress);
        assert_eq!(status(condition("Stalled", "True")), Status::Failed);
        assert_eq!(status(condition("Ready", "Unknown")), Status::InProgress);
        assert_eq!(status(condition("Ready", "True")), Status::Current);
        assert_eq!(status(json!({})), Status::Current);
    }

    #[test]
    fn stale_conditions_do_not_count() {
        let object = json!({"metadata": {"generation": 3}, "status": {"conditions": [
            {"type": "Ready", "status": "True", "observedGeneration": 2}]}});
        assert_eq!(status(object), Status::InProgress);
    }
}
