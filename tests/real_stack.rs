//! The repository's whole stack on a real control plane, in the values of staging and of production.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::bare_cluster::{
    NO_LOAD_BALANCER, add_service_monitors, add_volumes, do_without_cert_manager, everything, left,
    service_monitors,
};
use support::control_plane::ControlPlane;
use support::{Ran, Stack};

/// More than the stack claims.
const VOLUMES: usize = 8;

#[test]
#[ignore = "needs the real control plane, which `.ci/run` builds and starts"]
fn staging_and_production_go_on_stay_as_they_are_and_go_off_to_nothing() {
    let cluster = ControlPlane::start();
    let stack = Stack::of_repository();
    do_without_cert_manager(&stack);
    let (staging, production) = (on(&stack, &cluster, "staging"), on(&stack, &cluster, "production"));
    add_volumes(&cluster, VOLUMES);
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
    cluster.kubectl(&["delete", "-f", &service_monitors().display().to_string()]);

    let all = ["--yes", "--delete-namespaces", "--delete-crds", "--delete-claims"];
    run(&stack, &[&["undeploy", "-e", &staging][..], &all].concat());
    let left = left(&before, &cluster);
    assert!(left.is_empty(), "{left:#?}");
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
