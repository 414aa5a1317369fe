//! Defaults of pods and their containers.
//!
//! Source: kubernetes `pkg/apis/core/v1/defaults.go`.

use serde_json::{Value, json};

use super::{Fields, child, ensure, set};

/// A pod's spec, in a Pod or a template.
pub(super) fn pod_spec(spec: &mut Fields) {
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "restartPolicy", json!("Always"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "schedulerName", json!("default-scheduler"));
    ensure(spec, "securityContext");
    if let Some(account) =
        spec.get("serviceAccountName").filter(|a| a.as_str().is_some_and(|a| !a.is_empty())).cloned()
    {
        spec.insert("serviceAccount".into(), account);
    } else if let Some(account) = spec.get("serviceAccount").cloned() {
        spec.insert("serviceAccountName".into(), account);
    }
}

/// Ports of a pod in the host's network are ports of the host.
fn host_ports(spec: &mut Fields) {
    if spec.get("hostNetwork") != Some(&json!(true)) {
        return;
    }
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                if port.get("hostPort").is_none() {
                    port["hostPort"] = port["containerPort"].clone();
                }
            }
        }
    }
}

/// What only Pods get, not templates.
pub(super) fn pod(pod: &mut Fields) {
    if let Some(spec) = child(pod, "spec") {
        host_ports(spec);
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(amounts) = container.get_mut("resources").and_then(Value::as_object_mut) {
                    resources(amounts);
                }
            }
        }
    }
    if let Some(spec) = child(pod, "spec")
        && !spec.contains_key("enableServiceLinks")
    {
        spec.insert("enableServiceLinks".into(), json!(true));
    }
    set(ensure(pod, "status"), "phase", json!("Pending"));
}

/// A container of any sort.
pub(super) fn container(container: &mut Fields) {
    if container.get("imagePullPolicy").and_then(Value::as_str).is_none_or(str::is_empty) {
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        let last = image.rsplit('/').next().unwrap_or_default();
        let tag =
            if last.contains('@') { "digest" } else { last.split_once(':').map_or("latest", |(_, tag)| tag) };
        let policy = if tag == "latest" { "Always" } else { "IfNotPresent" };
        container.insert("imagePullPolicy".into(), json!(policy));
    }
    set(container, "terminationMessagePath", json!("/dev/termination-log"));
    set(container, "terminationMessagePolicy", json!("File"));
}

/// A probe.
pub(super) fn probe(probe: &mut Fields) {
    set(probe, "timeoutSeconds", json!(1));
    set(probe, "periodSeconds", json!(10));
    set(probe, "successThreshold", json!(1));
    set(probe, "failureThreshold", json!(3));
    if let Some(grpc) = child(probe, "grpc")
        && !grpc.contains_key("service")
    {
        grpc.insert("service".into(), json!(""));
    }
}

/// A volume: an empty folder when it has no source.
pub(super) fn volume(volume: &mut Fields) {
    let sourced = volume.iter().any(|(name, value)| name != "name" && !value.is_null());
    if !sourced {
        volume.insert("emptyDir".into(), json!({}));
    }
}

/// Requests default to limits.
fn resources(resources: &mut Fields) {
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else {
        return;
    };
    let requests = ensure(resources, "requests");
    for (name, limit) in limits {
        requests.entry(name).or_insert(limit);
    }
}
