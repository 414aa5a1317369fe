//! Defaults of services, secrets, jobs and autoscalers.
//!
//! Source: kubernetes `pkg/apis/{core,batch,autoscaling}/*/defaults.go`.

use serde_json::{Value, json};

use super::{Fields, child, ensure, set};

/// A Service's spec.
pub(super) fn service(spec: &mut Fields) {
    set(spec, "sessionAffinity", json!("None"));
    set(spec, "type", json!("ClusterIP"));
    if spec["sessionAffinity"] == "ClientIP" {
        let client = ensure(ensure(spec, "sessionAffinityConfig"), "clientIP");
        set(client, "timeoutSeconds", json!(10800));
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else {
            continue;
        };
        set(port, "protocol", json!("TCP"));
        let unset = port.get("targetPort").is_none_or(|p| p.is_null() || *p == json!(0) || *p == json!(""));
        if unset {
            let number = port.get("port").cloned().unwrap_or_default();
            port.insert("targetPort".into(), number);
        }
    }
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        set(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    if kind == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", json!(true));
    }
    if kind != "ExternalName" {
        set(spec, "internalTrafficPolicy", json!("Cluster"));
    }
}

/// Folds `stringData` into `data`, as the Secret's conversion does.
pub(super) fn string_data(secret: &mut Fields) {
    use base64::Engine;
    let Some(Value::Object(plain)) = secret.shift_remove("stringData") else {
        return;
    };
    let data = ensure(secret, "data");
    for (name, value) in plain {
        let text = value.as_str().unwrap_or_default();
        data.insert(name, json!(base64::engine::general_purpose::STANDARD.encode(text)));
    }
}

/// A Job's spec.
pub(super) fn job(spec: &mut Fields) {
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        spec.insert("completions".into(), json!(1));
        spec.insert("parallelism".into(), json!(1));
    }
    set(spec, "parallelism", json!(1));
    if !spec.contains_key("backoffLimit") {
        let limit = if spec.contains_key("backoffLimitPerIndex") { 2_147_483_647 } else { 6 };
        spec.insert("backoffLimit".into(), json!(limit));
    }
    set(spec, "completionMode", json!("NonIndexed"));
    set(spec, "suspend", json!(false));
    set(spec, "manualSelector", json!(false));
    let policy = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    set(spec, "podReplacementPolicy", json!(policy));
}

/// A HorizontalPodAutoscaler's spec.
pub(super) fn hpa(spec: &mut Fields) {
    set(spec, "minReplicas", json!(1));
    if spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        spec.insert("metrics".into(), json!([metric]));
    }
    if let Some(behavior) = child(spec, "behavior") {
        let up = ensure(behavior, "scaleUp");
        set(up, "stabilizationWindowSeconds", json!(0));
        set(up, "selectPolicy", json!("Max"));
        let policies = json!([
            {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15},
        ]);
        set(up, "policies", policies);
        let down = ensure(behavior, "scaleDown");
        set(down, "selectPolicy", json!("Max"));
        set(down, "policies", json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]));
    }
}
