//! The main job with the upstream release of KServe on a real control plane, compared with what kustomize and kubectl
//! make of the same; and many Deployments, as in the stress test of cli-utils (`benches/cluster_scale.rs` has all thousand).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what it skipped or measured")]

mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::control_plane::{ControlPlane, program};
use support::{Ran, Stack, many, release};

#[test]
#[ignore = "needs the real control plane, which `.ci/run` builds and starts"]
fn the_release_of_kserve_goes_on_and_off_as_with_kustomize_and_kubectl() {
    let Some(corpus) = release::corpus() else {
        println!("skipped: the recorded upstream manifests are not beside this checkout");
        return;
    };
    let (ours, theirs) = (ControlPlane::start(), ControlPlane::start());
    for cluster in [&ours, &theirs] {
        release::install_cert_manager_kinds(cluster);
    }
    let stack = release::stack(&corpus, &ours);

    let deployed = deploy(&stack, "Serverless");
    deployed.ends(0, &[]);
    let available = ours.get("deployment", "kserve-controller-manager", Some("kserve")).unwrap();
    assert_eq!(condition(&available, "Available"), "True");
    let objects = build(&corpus);
    assert!(objects.len() > 30);
    apply_with_kubectl(&theirs, &objects);
    for object in &objects {
        compare(&ours, &theirs, object);
    }

    let again = deploy(&stack, "Serverless");
    assert_eq!(
        counts(&again),
        json!({"create": 0, "update": 0, "unchanged": objects.len(), "recreate": 0, "delete": 0, "keep": 0})
    );

    let switched = deploy(&stack, "RawDeployment");
    assert_eq!(counts(&switched)["update"], 1);
    assert_eq!(counts(&switched)["unchanged"], objects.len() - 1);
    let config = ours.get("configmap", "inferenceservice-config", Some("kserve")).unwrap();
    assert!(config["data"]["deploy"].as_str().unwrap().contains("RawDeployment"));

    let undeployed = stack.hub(&["undeploy", "kserve", "-e", "real", "-o", "json"]);
    undeployed.ends(0, &[]);
    for object in &objects {
        let (kind, name, namespace) = identify(object);
        let stays = matches!(object["kind"].as_str().unwrap(), "Namespace" | "CustomResourceDefinition");
        let there = if crd_of(&objects, object) {
            ours.try_get(&kind, &name)
        } else {
            ours.get(&kind, &name, namespace).is_some()
        };
        assert_eq!(there, stays, "{kind} {name}");
    }
    let status = stack.hub(&["status", "-e", "real"]);
    status.ends(0, &["kserve"]);
    assert!(!status.stdout.contains("locked by"), "{}", status.stdout);
    let leases = ours.kubectl(&["get", "leases", "-n", "hub-system", "-o", "name"]);
    assert_eq!(leases.trim(), "", "no lock is left");
}

/// How many Deployments there is time for in the gate.
const MANY: usize = 200;

#[test]
#[ignore = "needs the real control plane, which `.ci/run` builds and starts"]
fn many_deployments_become_ready_and_leave_nothing() {
    let cluster = ControlPlane::start();
    many::create_namespaces(&cluster);
    let [deployed, unchanged, undeployed] = many::rollout(&cluster, MANY);
    println!(
        "{MANY} Deployments: ready after {deployed:.1?}, unchanged {unchanged:.1?}, undeployed in {undeployed:.1?}"
    );
}

fn deploy(stack: &Stack, mode: &str) -> Ran {
    let mode = format!("kserve.deploymentMode={mode}");
    let ran = stack.hub(
        &[&["deploy", "kserve", "-e", "real", "-o", "json", "-p", &mode], &release::RECORDED[..]].concat(),
    );
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    ran
}

fn counts(ran: &Ran) -> Value {
    let events = ran.events();
    events.iter().find(|e| e["event"] == "componentFinished" && e["component"] == "kserve").unwrap()["counts"]
        .clone()
}

fn condition(object: &Value, name: &str) -> String {
    let conditions = object["status"]["conditions"].as_array().unwrap();
    conditions.iter().find(|c| c["type"] == name).unwrap()["status"].as_str().unwrap().to_owned()
}

/// What kustomize itself builds of the recorded release, as JSON.
fn build(corpus: &std::path::Path) -> Vec<Value> {
    let built = Command::new(program("kustomize"))
        .args(["build", "--load-restrictor", "LoadRestrictionsNone"])
        .arg(corpus.join("kserve-serverless"))
        .output()
        .unwrap();
    assert!(built.status.success());
    let text = String::from_utf8(built.stdout).unwrap();
    text.split("\n---\n").map(|d| serde_yaml::from_str(d).unwrap()).collect()
}

/// kubectl fails the first time, since the definitions and their objects are in one file. The definition of
/// InferenceService stays unestablished there: the API server does not accept the placeholder that the release has for
/// a CA bundle. `hub` leaves placeholders out.
fn apply_with_kubectl(cluster: &ControlPlane, objects: &[Value]) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("all.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(&path, list.to_string()).unwrap();
    let path = path.display().to_string();
    let _ = cluster.try_kubectl(&["apply", "--server-side", "-f", &path]);
    let runtimes = "crd/clusterservingruntimes.serving.kserve.io";
    cluster.kubectl(&["wait", "--for=condition=Established", runtimes]);
    cluster.kubectl(&["apply", "--server-side", "-f", &path]);
    cluster.kubectl(&[
        "rollout",
        "status",
        "-n",
        "kserve",
        "deployment/kserve-controller-manager",
        "--timeout=120s",
    ]);
}

fn identify(object: &Value) -> (String, String, Option<&str>) {
    let group = object["apiVersion"].as_str().unwrap().split_once('/').map_or("", |(group, _)| group);
    let kind = object["kind"].as_str().unwrap();
    let kind = if group.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}.{}.{group}", object["apiVersion"].as_str().unwrap().split('/').next_back().unwrap())
    };
    let name = object["metadata"]["name"].as_str().unwrap().to_owned();
    (kind, name, object["metadata"]["namespace"].as_str())
}

/// Whether the object is of a kind that the set itself defines.
fn crd_of(objects: &[Value], object: &Value) -> bool {
    objects
        .iter()
        .any(|o| o["kind"] == "CustomResourceDefinition" && o["spec"]["names"]["kind"] == object["kind"])
}

impl ControlPlane {
    fn try_get(&self, kind: &str, name: &str) -> bool {
        let output = self.try_kubectl(&["get", kind, name, "-A", "-o", "name"]);
        output.status.success() && !output.stdout.is_empty()
    }
}

/// Compares an object on both clusters, field by field, without what must differ.
fn compare(ours: &ControlPlane, theirs: &ControlPlane, object: &Value) {
    let (kind, name, namespace) = identify(object);
    let both = [ours, theirs].map(|cluster| {
        let found = cluster.get(&kind, &name, namespace);
        normalised(found.unwrap_or_else(|| panic!("{kind} {name} is not there")))
    });
    assert_eq!(both[0], both[1], "{kind} {name}");
}

fn normalised(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"] {
        metadata.remove(field);
    }
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        labels.remove("applyset.kubernetes.io/part-of");
        if labels.is_empty() {
            metadata.remove("labels");
        }
    }
    if let Some(spec) = object["spec"].as_object_mut() {
        for field in ["clusterIP", "clusterIPs"] {
            spec.remove(field);
        }
    }
    object.as_object_mut().unwrap().remove("status");
    remove_placeholders(&mut object);
    object
}

/// The release's stand-in for a CA bundle, a line break in base64.
const PLACEHOLDER: &str = "Cg==";

fn remove_placeholders(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, field| name != "caBundle" || field != PLACEHOLDER);
            fields.values_mut().for_each(remove_placeholders);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_placeholders),
        _ => {}
    }
}
