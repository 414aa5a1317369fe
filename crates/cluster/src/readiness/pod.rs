//! Pods: running and ready, or completed.
//!
//! Differs from kstatus: a failed pod has failed; states of containers that a controller retries for ever
//! (no image, bad configuration, crashing) are named while they are waited for.

use serde_json::Value;

use super::Readiness;
use super::conditions::condition;

/// Reasons of a waiting container that do not pass by waiting. Source: kubelet `images` and `container` errors.
const HOPELESS: [&str; 1] = ["InvalidImageName"];

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let phase = object.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    Some(match phase {
        "Succeeded" => Readiness::current("it has completed"),
        "Failed" => Readiness::failed(failure(object)),
        "Running" if condition(object, "Ready").is_some_and(|ready| ready.is_true()) => {
            Readiness::current("Ready")
        }
        "" => Readiness::in_progress("it is not scheduled yet"),
        _ => match waiting(object) {
            Some((reason, words)) if HOPELESS.contains(&reason) => Readiness::failed(words),
            Some((_, words)) => Readiness::in_progress(words),
            None => Readiness::in_progress(unready(object, phase)),
        },
    })
}

/// Why a container does not run: its reason and the whole in words.
pub(crate) fn waiting(object: &Value) -> Option<(&str, String)> {
    let statuses = ["initContainerStatuses", "containerStatuses"].iter();
    let mut containers = statuses.flat_map(|list| object["status"][list].as_array().into_iter().flatten());
    containers.find_map(|container| {
        let waiting = container.pointer("/state/waiting")?;
        let reason = waiting["reason"].as_str().filter(|reason| !is_ordinary(reason))?;
        let name = container["name"].as_str().unwrap_or_default();
        let message = waiting["message"].as_str().map(|message| format!(" ({message})")).unwrap_or_default();
        Some((reason, format!("container {name}: {reason}{message}")))
    })
}

fn is_ordinary(reason: &str) -> bool {
    matches!(reason, "ContainerCreating" | "PodInitializing")
}

fn failure(object: &Value) -> String {
    let text = |field: &str| object["status"][field].as_str().filter(|text| !text.is_empty());
    match (text("reason"), text("message")) {
        (Some(reason), Some(message)) => format!("it has failed: {reason}: {message}"),
        (Some(reason), None) => format!("it has failed: {reason}"),
        _ => "it has failed".into(),
    }
}

fn unready(object: &Value, phase: &str) -> String {
    let conditions = ["PodScheduled", "Ready"].into_iter().filter_map(|name| condition(object, name));
    conditions
        .filter(|known| known.is_false())
        .map(|known| known.explain())
        .next()
        .unwrap_or_else(|| format!("its phase is {phase}"))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use serde_json::json;

    #[test]
    fn containers_say_why_they_wait() {
        let pod = |phase: &str, reason: &str| {
            rule(&json!({"status": {"phase": phase, "containerStatuses": [
                {"name": "c", "state": {"waiting": {"reason": reason, "message": "m"}}}]}}))
            .expect("a rule")
        };
        let pulling = pod("Pending", "ImagePullBackOff");
        assert_eq!(
            (pulling.status, pulling.message.as_str()),
            (Status::InProgress, "container c: ImagePullBackOff (m)")
        );
        assert_eq!(pod("Pending", "InvalidImageName").status, Status::Failed);
        assert_eq!(pod("Pending", "ContainerCreating").message, "its phase is Pending");
        assert_eq!(pod("Failed", "").status, Status::Failed);
        assert_eq!(pod("Succeeded", "").status, Status::Current);
    }
}
