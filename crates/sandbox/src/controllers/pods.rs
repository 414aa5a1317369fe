//! Pods run as soon as they exist.

use serde_json::{Value, json};

use super::writer::{create, held, live, replace, set_status};
use crate::clock;
use crate::object;
use crate::state::State;
use crate::store::{Change, Key, Table};

/// The one node that pods run on.
const NODE: &str = "sandbox";

fn pods() -> Table {
    Table::new("", "pods")
}

/// Makes the node.
pub(super) fn bootstrap_node(state: &mut State) {
    let nodes = Table::new("", "nodes");
    if live(state, &nodes, &Key::new("", NODE)).is_some() {
        return;
    }
    let value = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}},
    });
    let Some(node) = create(state, &nodes, value, "kubelet") else {
        return;
    };
    let amounts = json!({"cpu": "64", "memory": "256Gi", "pods": "5000", "ephemeral-storage": "1Ti"});
    let now = clock::now();
    let status = json!({
        "allocatable": amounts, "capacity": amounts,
        "addresses": [{"type": "InternalIP", "address": "10.1.0.1"}, {"type": "Hostname", "address": NODE}],
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                        "message": "the sandbox runs pods by name only", "lastHeartbeatTime": now,
                        "lastTransitionTime": now}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        "nodeInfo": {"architecture": "amd64", "bootID": "", "containerRuntimeVersion": "", "kernelVersion": "",
                     "kubeProxyVersion": "", "kubeletVersion": "v1.36.3", "machineID": "", "operatingSystem": "linux",
                     "osImage": "", "systemUUID": ""},
    });
    set_status(state, &nodes, &node, status, "kubelet");
}

/// Schedules a new pod, runs it, and tells its owner.
pub(super) fn see(state: &mut State, change: &Change) {
    if let Some(pod) = live(state, &pods(), &change.key)
        && !object::deleting(&pod)
        && !held(&pod)
    {
        if pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty) {
            let mut placed = (*pod).clone();
            placed["spec"]["nodeName"] = json!(NODE);
            replace(state, &pods(), placed, "kube-scheduler");
            return;
        }
        let phase = pod["status"]["phase"].as_str().unwrap_or_default();
        if phase == "Pending" {
            let finished = object::controller_uid(&pod).is_some() && pod["spec"]["restartPolicy"] != "Always";
            let status = if finished { succeeded(&pod) } else { running(&pod) };
            set_status(state, &pods(), &pod, status, "kubelet");
        }
    }
    let gone = change.after.is_none();
    if let Some(before) = change.before.as_ref().filter(|_| gone) {
        super::replica_sets::look_again(state, before);
    }
}

fn running(pod: &Value) -> Value {
    let now = clock::now();
    let state = json!({"running": {"startedAt": now}});
    let mut status = status(pod, &now, "Running", &state, true);
    for kind in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"] {
        let condition =
            json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": now});
        push(&mut status["conditions"], condition);
    }
    for gate in pod["spec"]["readinessGates"].as_array().into_iter().flatten() {
        let condition = json!({
            "type": gate["conditionType"], "status": "True", "lastProbeTime": null, "lastTransitionTime": now,
        });
        push(&mut status["conditions"], condition);
    }
    status
}

fn succeeded(pod: &Value) -> Value {
    let now = clock::now();
    let ended = json!({"terminated": {
        "exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now, "containerID": "",
    }});
    let mut status = status(pod, &now, "Succeeded", &ended, false);
    for (kind, value) in
        [("Initialized", "True"), ("Ready", "False"), ("ContainersReady", "False"), ("PodScheduled", "True")]
    {
        let mut condition =
            json!({"type": kind, "status": value, "lastProbeTime": null, "lastTransitionTime": now});
        if value == "False" || kind == "Initialized" {
            condition["reason"] = json!("PodCompleted");
        }
        push(&mut status["conditions"], condition);
    }
    status
}

fn push(list: &mut Value, item: Value) {
    if let Some(items) = list.as_array_mut() {
        items.push(item);
    }
}

fn status(pod: &Value, now: &str, phase: &str, container_state: &Value, ready: bool) -> Value {
    let containers: Vec<Value> = pod["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| {
            json!({
                "name": c["name"], "image": c["image"], "imageID": "", "ready": ready, "restartCount": 0,
                "started": ready, "state": container_state, "lastState": {},
            })
        })
        .collect();
    let number: u32 =
        object::uid(pod).bytes().fold(7, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)));
    let address = format!("10.2.{}.{}", number / 251 % 250 + 1, number % 250 + 1);
    json!({
        "phase": phase, "conditions": [], "containerStatuses": containers, "hostIP": "10.1.0.1",
        "hostIPs": [{"ip": "10.1.0.1"}], "podIP": address, "podIPs": [{"ip": address}], "startTime": now,
        "qosClass": pod["status"]["qosClass"],
        "observedGeneration": object::generation(pod),
    })
}
