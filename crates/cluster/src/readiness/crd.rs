//! CustomResourceDefinitions: names accepted and served.

use serde_json::Value;

use super::Readiness;
use super::conditions::condition;

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    if let Some(refused) = condition(object, "NamesAccepted").filter(|known| known.is_false()) {
        return Some(Readiness::failed(refused.explain()));
    }
    let established = condition(object, "Established");
    Some(match established {
        Some(known) if known.is_true() => Readiness::current("Established"),
        Some(known) if known.is_false() && known.reason != "Installing" => Readiness::failed(known.explain()),
        _ => Readiness::in_progress("it is not established yet"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use serde_json::json;

    #[test]
    fn established_is_what_counts() {
        let crd =
            |conditions: Value| rule(&json!({"status": {"conditions": conditions}})).expect("a rule").status;
        assert_eq!(crd(json!([])), Status::InProgress);
        assert_eq!(
            crd(json!([{"type": "Established", "status": "False", "reason": "Installing"}])),
            Status::InProgress
        );
        assert_eq!(crd(json!([{"type": "NamesAccepted", "status": "False"}])), Status::Failed);
        assert_eq!(crd(json!([{"type": "Established", "status": "True"}])), Status::Current);
    }
}
