//! The repository's whole stack on a real control plane, in the values of staging and of production.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use support::control_plane::ControlPlane;
use support::{Ran, Stack};

/// More than the stack claims.
const VOLUMES: usize = 8;
/// Nobody gives addresses to Services here.
const NO_LOAD_BALANCER: &str = "- {name: istio.gateway.type, value: NodePort}\n";

#[test]
#[ignore = "needs the real control plane, which `.ci/run` builds and starts"]
fn staging_and_production_go_on_stay_as_they_are_and_go_off_to_nothing() {
    let cluster = ControlPlane::start();
    let stack = Stack::of_repository();
    do_without_cert_manager(&stack);
    let (staging, production) = (on(&stack, &cluster, "staging"), on(&stack, &cluster, "production"));
    add_volumes(&cluster);
    let before = everything(&cluster);

    deploy(&stack, &staging);
    assert_eq!(replicas(&cluster, "mlflow"), 2);
    all_unchanged(&deploy(&stack, &staging));

    add_service_monitors(&cluster);
    deploy(&stack, &production);
    assert_eq!(replicas(&cluster, "mlflow"), 3);
    let monitors = cluster.kubectl(&["get", "servicemonitors", "-A", "-o", "name"]);
    assert!(monitors.lines().count() > 2, "{monitors}");
    all_unchanged(&deploy(&stack, &production));
    cluster.kubectl(&["delete", "-f", &service_monitors()]);

    let all = ["--yes", "--delete-namespaces", "--delete-crds", "--delete-claims"];
    run(&stack, &[&["undeploy", "-e", &staging][..], &all].concat());
    let after = everything(&cluster);
    // What may be gone back to stays: the revisions, in the namespace of the records.
    let left: Vec<_> =
        after.iter().filter(|line| !before.contains(line) && !line.contains(" hub-system")).collect();
    assert!(left.is_empty(), "{left:#?}");
}

/// Volumes for the databases' claims, since nobody makes any here.
fn add_volumes(cluster: &ControlPlane) {
    let volume = |number: usize| {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("volume-{number}")},
            "spec": {
                "capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/nowhere"},
            },
        })
    };
    let volumes = (0..VOLUMES).map(volume).collect::<Vec<_>>();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": volumes});
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, list.to_string()).unwrap();
    cluster.kubectl(&["apply", "--server-side", "-f", &file.path().display().to_string()]);
}

/// Without containers nobody would answer the API server's calls of webhooks, nor issue what KServe waits for.
fn do_without_cert_manager(stack: &Stack) {
    let name = "components/cert-manager/local/cert-manager.yaml";
    let text = std::fs::read_to_string(stack.path(name)).unwrap();
    let kept = text.split("\n---\n").filter(|document| !document.contains("WebhookConfiguration\n"));
    stack.write(name, &kept.collect::<Vec<_>>().join("\n---\n"));
    let name = "components/kserve/hub-component.yaml";
    let text = std::fs::read_to_string(stack.path(name)).unwrap();
    let rules = ["Issuer", "Certificate"]
        .map(|kind| format!("- {{kind: {kind}.cert-manager.io, path: metadata.uid}}\n"));
    let (before, after) = text.split_once("readiness:\n").unwrap_or((&text, ""));
    stack.write(name, &format!("{before}readiness:\n{}{after}", rules.concat()));
}

/// An environment with the values of another one, on this cluster and with the manifests that this repository carries.
fn on(stack: &Stack, cluster: &ControlPlane, environment: &str) -> String {
    let local = std::fs::read_to_string(stack.path("environments/local.yaml")).unwrap();
    let values = local.split_once("parameters:\n").unwrap().1;
    let name = format!("{environment}-here");
    let text = format!(
        "kind: environment\nextends: {environment}\ncluster: {{kubeconfig: {}}}\nconfirm: false\nparameters:\n{values}{NO_LOAD_BALANCER}",
        cluster.kubeconfig
    );
    stack.write(&format!("environments/{name}.yaml"), &text);
    name
}

fn deploy(stack: &Stack, environment: &str) -> Ran {
    run(stack, &["deploy", "-e", environment])
}

/// A run that must succeed, with its events.
#[track_caller]
fn run(stack: &Stack, arguments: &[&str]) -> Ran {
    let ran = stack.hub(&[arguments, &["-o", "json"]].concat());
    assert_eq!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
    ran
}

#[track_caller]
fn all_unchanged(ran: &Ran) {
    let events = ran.events().into_iter().filter(|event| event["event"] == "componentFinished");
    let ended: BTreeMap<String, Value> =
        events.map(|event| (event["component"].to_string(), event["status"].clone())).collect();
    assert!(ended.values().all(|status| status == "unchanged"), "{ended:#?}");
}

fn replicas(cluster: &ControlPlane, name: &str) -> u64 {
    let found = cluster.get("deployment", name, Some("mlflow")).unwrap();
    assert_eq!(found["status"]["readyReplicas"], found["spec"]["replicas"]);
    found["spec"]["replicas"].as_u64().unwrap()
}

fn service_monitors() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds/service-monitors.yaml").display().to_string()
}

/// What production stands on beside the stack: the Prometheus operator's kind.
fn add_service_monitors(cluster: &ControlPlane) {
    cluster.kubectl(&["apply", "--server-side", "-f", &service_monitors()]);
    cluster.kubectl(&["wait", "--for=condition=Established", "-f", &service_monitors()]);
}

/// Every object of the cluster that stays by itself, as `Kind namespace name`.
fn everything(cluster: &ControlPlane) -> Vec<String> {
    let kinds = cluster.kubectl(&["api-resources", "--verbs=list,delete", "-o", "name"]);
    let kinds: Vec<&str> =
        kinds.lines().filter(|kind| !kind.starts_with("events") && !kind.starts_with("leases")).collect();
    let columns = "custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name";
    let listed = cluster.kubectl(&["get", &kinds.join(","), "-A", "--no-headers", "-o", columns]);
    listed.lines().map(ToOwned::to_owned).collect()
}
