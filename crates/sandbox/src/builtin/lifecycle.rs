//! What the server itself sets on builtin objects when they are created and replaced.
//!
//! Source: `PrepareForCreate` and `PrepareForUpdate` of each resource's strategy under kubernetes `pkg/registry`.

use serde_json::{Value, json};

use super::{canonical, kind_defaults};
use crate::catalog::{Resource, Source};
use crate::object;

/// Drops the status that a client sent with a new object and sets the one that new objects have.
pub(crate) fn reset_status(resource: &Resource, value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        object.shift_remove("status");
    }
    let Source::Builtin(Some(line)) = &resource.source else {
        return;
    };
    canonical(line.schema(), value);
    kind_defaults(line.name(), line.schema(), value);
    canonical(line.schema(), value);
}

/// Completes a new object.
pub(crate) fn begin(resource: &Resource, value: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => {
            let name = object::name(value).to_owned();
            label(value, "kubernetes.io/metadata.name", &name);
            let listed =
                value.pointer("/spec/finalizers").and_then(Value::as_array).is_some_and(|f| !f.is_empty());
            if !listed {
                value["spec"]["finalizers"] = json!(["kubernetes"]);
            }
            value["status"] = json!({"phase": "Active"});
        }
        ("", "pods") => {
            value["status"] = json!({"phase": "Pending", "qosClass": qos_class(value)});
            pod_admission(value);
        }
        ("batch", "jobs") => job_selector(value),
        ("", "persistentvolumeclaims") => finalizer(value, "kubernetes.io/pvc-protection"),
        ("", "persistentvolumes") => {
            finalizer(value, "kubernetes.io/pv-protection");
            value["status"]["lastPhaseTransitionTime"] = value["metadata"]["creationTimestamp"].clone();
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            let versions = value["spec"]["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
            let stored = versions.iter().find(|v| v["storage"] == true).map(|v| v["name"].clone());
            value["status"]["storedVersions"] = stored.map_or(Value::Null, |name| json!([name]));
        }
        _ => {}
    }
}

/// Keeps what an update of a builtin object may not unset.
pub(crate) fn settle(resource: &Resource, value: &mut Value, live: &Value) {
    let keep = |value: &mut Value, names: &[&str]| {
        for name in names {
            let unset = value["spec"].get(name).is_none_or(|v| v.is_null() || v == "");
            if let (true, Some(held)) = (unset, live["spec"].get(name)) {
                value["spec"][*name] = held.clone();
            }
        }
    };
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => {
            let name = object::name(live).to_owned();
            label(value, "kubernetes.io/metadata.name", &name);
            if let Some(held) = live.get("spec") {
                value["spec"] = held.clone();
            }
        }
        ("", "services") => settle_service(value, live),
        ("", "persistentvolumeclaims") => keep(value, &["volumeName", "storageClassName", "volumeMode"]),
        ("", "pods") => {
            if let Some(held) = live.get("status") {
                value["status"] = held.clone();
            }
        }
        _ => {}
    }
}

fn settle_service(value: &mut Value, live: &Value) {
    let external = value["spec"]["type"] == "ExternalName";
    if external {
        return;
    }
    for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] {
        let unset = value["spec"].get(name).is_none_or(Value::is_null);
        if let (true, Some(held)) = (unset, live["spec"].get(name)) {
            value["spec"][name] = held.clone();
        }
    }
    leave_type(value, live);
    let held: Vec<Value> = live["spec"]["ports"].as_array().cloned().unwrap_or_default();
    let needs_node_ports = matches!(value["spec"]["type"].as_str(), Some("NodePort" | "LoadBalancer"));
    for port in value["spec"]["ports"].as_array_mut().into_iter().flatten() {
        let same = held.iter().find(|h| h["port"] == port["port"] && h["protocol"] == port["protocol"]);
        if let (true, Some(node_port), None) =
            (needs_node_ports, same.and_then(|h| h.get("nodePort")), port.get("nodePort"))
        {
            port["nodePort"] = node_port.clone();
        }
    }
}

/// Takes what came with the former type of a service. Source: `dropTypeDependentFields`.
fn leave_type(value: &mut Value, live: &Value) {
    let kind = value["spec"]["type"].as_str().unwrap_or_default().to_owned();
    let gone: &[&str] = match kind.as_str() {
        "LoadBalancer" => &[],
        "NodePort" => &["allocateLoadBalancerNodePorts"],
        _ => &["allocateLoadBalancerNodePorts", "externalTrafficPolicy"],
    };
    let Some(spec) = value["spec"].as_object_mut() else { return };
    for name in gone {
        if spec.get(*name) == live["spec"].get(*name) {
            spec.shift_remove(*name);
        }
    }
}

fn finalizer(value: &mut Value, name: &str) {
    let mut all: Vec<Value> = object::meta_list(value, "finalizers").into_iter().map(|f| json!(f)).collect();
    if !all.contains(&json!(name)) {
        all.push(json!(name));
        object::set_meta(value, "finalizers", all);
    }
}

fn label(value: &mut Value, name: &str, text: &str) {
    let metadata = object::metadata_mut(value);
    let labels = metadata.entry("labels").or_insert_with(|| json!({}));
    labels[name] = json!(text);
}

/// What admission adds to every new pod.
fn pod_admission(value: &mut Value) {
    let Some(spec) = value["spec"].as_object_mut() else {
        return;
    };
    spec.entry("priority").or_insert(json!(0));
    spec.entry("preemptionPolicy").or_insert(json!("PreemptLowerPriority"));
    let tolerations = spec.entry("tolerations").or_insert_with(|| json!([]));
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let Some(list) = tolerations.as_array_mut() else {
            return;
        };
        if !list.iter().any(|t| t["key"] == key) {
            list.push(
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
            );
        }
    }
}

/// The quality of service that a pod's requests and limits amount to.
fn qos_class(pod: &Value) -> &'static str {
    let containers = pod["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let amounts = |c: &Value, side: &str| c["resources"][side].as_object().cloned().unwrap_or_default();
    let any =
        containers.iter().any(|c| !amounts(c, "requests").is_empty() || !amounts(c, "limits").is_empty());
    if !any {
        return "BestEffort";
    }
    let guaranteed = containers.iter().all(|c| {
        let (requests, limits) = (amounts(c, "requests"), amounts(c, "limits"));
        ["cpu", "memory"].iter().all(|r| limits.contains_key(*r) && requests.get(*r) == limits.get(*r))
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}

/// The selector and labels by which a job knows its pods.
fn job_selector(value: &mut Value) {
    if value["spec"]["manualSelector"] == Value::Bool(true) {
        return;
    }
    let (uid, name) = (object::uid(value).to_owned(), object::name(value).to_owned());
    let template = &mut value["spec"]["template"];
    if !template["metadata"].is_object() {
        template["metadata"] = json!({});
    }
    let labels = &mut template["metadata"]["labels"];
    for (key, text) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ] {
        labels[key] = json!(text);
    }
    let listed = value["spec"]["template"]["metadata"]["labels"].clone();
    let labels = object::metadata_mut(value).entry("labels").or_insert_with(|| json!({}));
    for (name, text) in listed.as_object().into_iter().flatten() {
        labels[name.as_str()] = text.clone();
    }
    value["spec"]["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
}
