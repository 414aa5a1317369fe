//! Cells of pods and what makes them.

use serde_json::{Value, json};

use super::super::age::{age, seconds_since};
use super::super::human_duration;
use crate::object;

/// A selector as a column shows it.
pub(super) fn selector(selector: &Value) -> String {
    let text = crate::write::selector_text(selector);
    if text.is_empty() { "<none>".to_owned() } else { text }
}

fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or_default()
}

/// The names and images of a template's containers.
fn containers(template: &Value) -> [Value; 2] {
    let all = template["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    ["name", "image"]
        .map(|field| json!(all.iter().filter_map(|c| c[field].as_str()).collect::<Vec<_>>().join(",")))
}

/// Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates.
pub(super) fn pod(pod: &Value, name: Value, age: Value) -> Vec<Value> {
    let total = pod["spec"]["containers"].as_array().map_or(0, Vec::len);
    let statuses = pod["status"]["containerStatuses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ready = statuses.iter().filter(|s| s["ready"] == true).count();
    let restarts: u64 = statuses.iter().filter_map(|s| s["restartCount"].as_u64()).sum();
    let phase = pod["status"]["reason"].as_str().or(pod["status"]["phase"].as_str()).unwrap_or_default();
    let ended = statuses.iter().find_map(|s| s["state"]["terminated"]["reason"].as_str());
    let status = if object::deleting(pod) { "Terminating" } else { ended.unwrap_or(phase) };
    let or_none = |path: &str| {
        json!(pod.pointer(path).and_then(Value::as_str).filter(|t| !t.is_empty()).unwrap_or("<none>"))
    };
    let gates = pod["spec"]["readinessGates"].as_array().map(Vec::as_slice).unwrap_or_default();
    let conditions = pod["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let open = gates
        .iter()
        .filter(|g| conditions.iter().any(|c| c["type"] == g["conditionType"] && c["status"] == "True"));
    let gates_text =
        if gates.is_empty() { "<none>".to_owned() } else { format!("{}/{}", open.count(), gates.len()) };
    vec![
        name,
        json!(format!("{ready}/{total}")),
        json!(status),
        json!(restarts.to_string()),
        age,
        or_none("/status/podIP"),
        or_none("/spec/nodeName"),
        or_none("/status/nominatedNodeName"),
        json!(gates_text),
    ]
}

/// Name, Ready, Up-to-date, Available, Age, Containers, Images, Selector.
pub(super) fn deployment(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let [names, images] = containers(&value["spec"]["template"]);
    vec![
        name,
        json!(format!("{}/{}", number(value, "/status/readyReplicas"), number(value, "/spec/replicas"))),
        json!(number(value, "/status/updatedReplicas")),
        json!(number(value, "/status/availableReplicas")),
        age,
        names,
        images,
        json!(selector(&value["spec"]["selector"])),
    ]
}

/// Name, Desired, Current, Ready, Age, Containers, Images, Selector.
pub(super) fn replica_set(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let [names, images] = containers(&value["spec"]["template"]);
    vec![
        name,
        json!(number(value, "/spec/replicas")),
        json!(number(value, "/status/replicas")),
        json!(number(value, "/status/readyReplicas")),
        age,
        names,
        images,
        json!(selector(&value["spec"]["selector"])),
    ]
}

/// Name, Ready, Age, Containers, Images.
pub(super) fn stateful_set(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let [names, images] = containers(&value["spec"]["template"]);
    let ready = format!("{}/{}", number(value, "/status/readyReplicas"), number(value, "/spec/replicas"));
    vec![name, json!(ready), age, names, images]
}

/// Name, Desired, Current, Ready, Up-to-date, Available, Node Selector, Age, Containers, Images, Selector.
pub(super) fn daemon_set(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let [names, images] = containers(&value["spec"]["template"]);
    vec![
        name,
        json!(number(value, "/status/desiredNumberScheduled")),
        json!(number(value, "/status/currentNumberScheduled")),
        json!(number(value, "/status/numberReady")),
        json!(number(value, "/status/updatedNumberScheduled")),
        json!(number(value, "/status/numberAvailable")),
        json!(selector(&value["spec"]["template"]["spec"]["nodeSelector"])),
        age,
        names,
        images,
        json!(selector(&value["spec"]["selector"])),
    ]
}

/// Name, Status, Completions, Duration, Age, Containers, Images, Selector.
pub(super) fn job(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let [names, images] = containers(&value["spec"]["template"]);
    let conditions = value["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let holds = |kind: &str| conditions.iter().any(|c| c["type"] == kind && c["status"] == "True");
    let status = ["Complete", "Failed", "Suspended", "FailureTarget"]
        .into_iter()
        .find(|kind| holds(kind))
        .unwrap_or(if object::deleting(value) { "Terminating" } else { "Running" });
    let begun = value["status"]["startTime"].as_str().and_then(seconds_since);
    let ended = value["status"]["completionTime"].as_str().and_then(seconds_since);
    let duration = begun.map(|b| human_duration(b - ended.unwrap_or(0))).unwrap_or_default();
    let wanted = value["spec"]["completions"].as_u64().unwrap_or(1);
    let completions = format!("{}/{wanted}", number(value, "/status/succeeded"));
    vec![
        name,
        json!(status),
        json!(completions),
        json!(duration),
        age,
        names,
        images,
        json!(selector(&value["spec"]["selector"])),
    ]
}

/// Name, Schedule, Timezone, Suspend, Active, Last Schedule, Age, Containers, Images, Selector.
pub(super) fn cron_job(value: &Value, name: Value, own_age: Value) -> Vec<Value> {
    let [names, images] = containers(&value["spec"]["jobTemplate"]["spec"]["template"]);
    let last = value["status"]["lastScheduleTime"].as_str();
    let suspended = if value["spec"]["suspend"] == true { "True" } else { "False" };
    vec![
        name,
        value["spec"]["schedule"].clone(),
        json!(value["spec"]["timeZone"].as_str().unwrap_or("<none>")),
        json!(suspended),
        json!(value["status"]["active"].as_array().map_or(0, Vec::len)),
        json!(last.map_or_else(|| "<none>".to_owned(), |time| age(Some(time)))),
        own_age,
        names,
        images,
        json!(selector(&value["spec"]["jobTemplate"]["spec"]["selector"])),
    ]
}

/// Name, Reference, Targets, MinPods, MaxPods, Replicas, Age.
pub(super) fn autoscaler(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let target = &value["spec"]["scaleTargetRef"];
    let text = |name: &str| target[name].as_str().unwrap_or_default();
    let metrics = value["spec"]["metrics"].as_array().map(Vec::as_slice).unwrap_or_default();
    let targets: Vec<String> = metrics
        .iter()
        .map(|m| {
            let resource = m["resource"]["name"].as_str().unwrap_or("metric");
            let percent = &m["resource"]["target"]["averageUtilization"];
            format!("{resource}: <unknown>/{percent}%")
        })
        .collect();
    vec![
        name,
        json!(format!("{}/{}", text("kind"), text("name"))),
        json!(if targets.is_empty() { "<none>".to_owned() } else { targets.join(", ") }),
        json!(number(value, "/spec/minReplicas").to_string()),
        json!(number(value, "/spec/maxReplicas")),
        json!(number(value, "/status/currentReplicas")),
        age,
    ]
}
