//! KServe InferenceServices: ready, and the model loaded.
//! Source: kserve `pkg/apis/serving/v1beta1/inference_service_status.go`.

use serde_json::Value;

use super::Readiness;
use super::conditions::condition;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let transition = text("/status/modelStatus/transitionStatus");
    if matches!(transition, "BlockedByFailedLoad" | "InvalidSpec") {
        let failure = "/status/modelStatus/lastFailureInfo";
        let (reason, message) = (text(&format!("{failure}/reason")), text(&format!("{failure}/message")));
        return Some(Readiness::failed(format!("{transition}: {reason} {message}").trim_end().to_string()));
    }
    match condition(object, "Ready") {
        Some(ready) if ready.is_true() => {}
        Some(ready) => return Some(Readiness::in_progress(ready.explain())),
        None => return Some(Readiness::in_progress("Ready is not reported yet")),
    }
    // Custom predictors report no model; their Ready decides alone.
    let state = text("/status/modelStatus/states/activeModelState");
    Some(match (state, transition) {
        ("" | "Loaded", "" | "UpToDate") => Readiness::current("Ready"),
        ("" | "Loaded", transition) => Readiness::in_progress(format!("the model is {transition}")),
        (state, _) => Readiness::in_progress(format!("the model is {state}")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use serde_json::json;

    #[test]
    fn the_model_must_be_loaded() {
        let service = |state: &str, transition: &str| {
            rule(&json!({"status": {"conditions": [{"type": "Ready", "status": "True"}],
                "modelStatus": {"transitionStatus": transition, "states": {"activeModelState": state}}}}))
            .expect("a rule")
            .status
        };
        assert_eq!(service("Loading", "InProgress"), Status::InProgress);
        assert_eq!(service("Loaded", "UpToDate"), Status::Current);
        assert_eq!(service("Loaded", "BlockedByFailedLoad"), Status::Failed);
        let custom = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        assert_eq!(rule(&custom).expect("a rule").status, Status::Current);
    }
}
