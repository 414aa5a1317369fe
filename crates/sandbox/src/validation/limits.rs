//! Disruption budgets, autoscalers and priorities.

use serde_json::{Value, json};

use super::immutable;
use crate::status::Cause;

/// A PodDisruptionBudget.
pub(super) fn budget(value: &Value, _live: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &value["spec"];
    let (least, most) = (&spec["minAvailable"], &spec["maxUnavailable"]);
    if !least.is_null() && !most.is_null() {
        let shown = json!({"MinAvailable": least, "Selector": spec["selector"], "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": spec["unhealthyPodEvictionPolicy"]});
        causes.push(Cause::invalid("spec", &shown, "minAvailable and maxUnavailable cannot be both set"));
    }
    for (name, amount) in [("minAvailable", least), ("maxUnavailable", most)] {
        share(amount, &format!("spec.{name}"), causes);
    }
}

/// A number of pods, or a part of them.
fn share(amount: &Value, field: &str, causes: &mut Vec<Cause>) {
    if amount.as_i64().is_some_and(|number| number < 0) {
        causes.push(Cause::invalid(field, amount, "must be greater than or equal to 0"));
    }
    let Some(text) = amount.as_str() else { return };
    match text.strip_suffix('%').and_then(|number| number.parse::<u32>().ok()) {
        None => {
            let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                          '93%', regex used for validation is '[0-9]+%')";
            causes.push(Cause::invalid(field, amount, detail));
        }
        Some(101..) => causes.push(Cause::invalid(field, amount, "must not be greater than 100%")),
        Some(_) => {}
    }
}

/// A HorizontalPodAutoscaler.
pub(super) fn autoscaler(value: &Value, _live: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &value["spec"];
    let most = spec["maxReplicas"].as_i64().unwrap_or_default();
    if spec["minReplicas"].as_i64().is_some_and(|least| least < 1) {
        let detail = "must be greater than or equal to 1";
        causes.push(Cause::invalid("spec.minReplicas", &spec["minReplicas"], detail));
    }
    if most < 1 {
        causes.push(Cause::required("spec.maxReplicas", "must be set and greater than 0"));
    }
    if spec["minReplicas"].as_i64().is_some_and(|least| most < least) {
        let detail = "must be greater than or equal to `minReplicas`";
        causes.push(Cause::invalid("spec.maxReplicas", &json!(most), detail));
    }
}

/// A PriorityClass.
pub(super) fn priority(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    if live.is_some_and(|live| live["value"] != value["value"]) {
        causes.push(Cause::forbidden("value", "may not be changed in an update."));
    }
    immutable::keep(value, live, "/preemptionPolicy", causes);
}
