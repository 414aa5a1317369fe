//! Objects in the version that a client speaks.

use serde_json::{Value, json};

use crate::catalog::Resource;

/// Gives a stored object in a resource's version.
pub(crate) fn convert(stored: &Value, to: &Resource) -> Value {
    let mut value = stored.clone();
    let version = to.api_version();
    if value["apiVersion"] == json!(version) {
        // the definition may have other defaults since the object was stored
        if let Some(custom) = to.custom() {
            crate::custom::shape(custom, &mut value);
        }
        return value;
    }
    match (to.group.as_str(), to.version.as_str(), to.plural.as_str()) {
        ("events.k8s.io", ..) => event_to_new(&mut value),
        ("autoscaling", "v1", "horizontalpodautoscalers") => hpa_to_v1(&mut value),
        _ => {}
    }
    value["apiVersion"] = json!(version);
    if let Some(custom) = to.custom() {
        crate::custom::shape(custom, &mut value);
    }
    value
}

/// Brings an object from a client's version into the one it is stored in.
pub(crate) fn convert_in_place(value: &mut Value, from: &Resource, to: &Resource) {
    match (from.group.as_str(), from.version.as_str(), from.plural.as_str()) {
        ("events.k8s.io", ..) => event_to_core(value),
        ("autoscaling", "v1", "horizontalpodautoscalers") => hpa_to_v2(value),
        _ => {}
    }
    value["apiVersion"] = json!(to.api_version());
}

const EVENT_FIELDS: [(&str, &str); 6] = [
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];

fn event_to_new(value: &mut Value) {
    rename(value, EVENT_FIELDS.map(|(new, core)| (core, new)));
    rename(value, [("reportingComponent", "reportingController")]);
}

fn event_to_core(value: &mut Value) {
    rename(value, EVENT_FIELDS);
    rename(value, [("reportingController", "reportingComponent")]);
}

fn rename<const N: usize>(value: &mut Value, names: [(&str, &str); N]) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    for (from, to) in names {
        if let Some(moved) = object.shift_remove(from) {
            object.insert(to.to_owned(), moved);
        }
    }
}

fn hpa_to_v1(value: &mut Value) {
    let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    let metrics = spec.shift_remove("metrics").and_then(|m| m.as_array().cloned()).unwrap_or_default();
    spec.shift_remove("behavior");
    let target = metrics.iter().find(|m| m["type"] == "Resource" && m["resource"]["name"] == "cpu");
    let percent = target.map(|m| m["resource"]["target"]["averageUtilization"].clone());
    if let Some(percent) = percent.filter(|p| !p.is_null()) {
        spec.insert("targetCPUUtilizationPercentage".into(), percent);
    }
}

fn hpa_to_v2(value: &mut Value) {
    let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(percent) = spec.shift_remove("targetCPUUtilizationPercentage") {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        spec.insert(
            "metrics".into(),
            json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]),
        );
    }
}
