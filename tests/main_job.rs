//! The main job on the sandbox: KServe on, unchanged, switched, off.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use support::{Ran, Stack};

const DEPLOY: [&str; 4] = ["deploy", "kserve", "--param", "kserve.deploymentMode=Serverless"];

/// The changes of a component's plan, by action.
fn changes(ran: &Ran, component: &str, action: &str) -> Vec<String> {
    let events = ran.events();
    let planned = events.iter().find(|e| e["event"] == "planned" && e["component"] == component);
    let planned = planned.unwrap_or_else(|| panic!("no plan of {component} in {}", ran.stdout));
    let all = planned["plan"]["changes"].as_array().unwrap();
    let id = |change: &Value| {
        format!("{} {}", change["id"]["kind"].as_str().unwrap(), change["id"]["name"].as_str().unwrap())
    };
    all.iter().filter(|c| c["action"] == action).map(id).collect()
}

fn status_of(ran: &Ran, component: &str) -> String {
    let events = ran.events();
    let ended = events.iter().find(|e| e["event"] == "componentFinished" && e["component"] == component);
    ended.unwrap_or_else(|| panic!("{component} did not end in {}", ran.stdout))["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn json(stack: &Stack, arguments: &[&str]) -> Ran {
    let ran = stack.hub(&[arguments, &["-o", "json"]].concat());
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    ran
}

#[test]
fn kserve_goes_on_the_sandbox_changes_its_mode_and_goes_off_again() {
    let stack = Stack::of_repository();

    let first = stack.hub(&DEPLOY);
    first.ends(0, &["cert-manager joins: kserve requires cert-manager, which the cluster does not have"]);

    let again = json(&stack, &DEPLOY);
    assert_eq!(status_of(&again, "kserve"), "unchanged");
    for action in ["create", "update", "recreate", "delete"] {
        assert!(changes(&again, "kserve", action).is_empty(), "{action}");
    }
    assert!(!again.stdout.contains("componentAdded"), "cert-manager is there already");

    let switched = json(&stack, &["deploy", "kserve", "--param", "kserve.deploymentMode=RawDeployment"]);
    assert_eq!(changes(&switched, "kserve", "update"), ["ConfigMap inferenceservice-config"]);
    for action in ["create", "recreate", "delete"] {
        assert!(changes(&switched, "kserve", action).is_empty(), "{action}");
    }

    let undeployed = json(&stack, &["undeploy", "kserve"]);
    let kept = changes(&undeployed, "kserve", "keep");
    assert!(kept.contains(&"Namespace kserve".to_owned()), "{kept:?}");
    assert!(
        kept.contains(&"CustomResourceDefinition inferenceservices.serving.kserve.io".to_owned()),
        "{kept:?}"
    );
    assert!(
        kept.iter().all(|k| k.starts_with("Namespace") || k.starts_with("CustomResourceDefinition")),
        "{kept:?}"
    );
    assert!(
        changes(&undeployed, "kserve", "delete").contains(&"Deployment kserve-controller-manager".to_owned())
    );
    stack.hub(&["status"]).ends(0, &["cert-manager", "objects", "kserve"]);

    stack.hub(&["show", "kserve"]).ends(0, &["kserve  not deployed"]);
    let repeated = stack.hub(&["undeploy", "kserve"]);
    repeated.ends(0, &["kserve"]);
    assert!(!repeated.stdout.contains("- Deployment"), "{}", repeated.stdout);
}

#[test]
fn what_others_need_is_not_undeployed() {
    let stack = Stack::of_repository();
    stack.hub(&DEPLOY).ends(0, &[]);
    let refused = stack.hub(&["undeploy", "cert-manager"]);
    refused.ends(2, &["kserve is deployed and needs cert-manager", "--only"]);
    stack.hub(&["undeploy"]).ends(0, &["stays", "--delete-crds deletes it"]);
}

#[test]
fn a_plan_is_what_a_deployment_does_and_writes_nothing() {
    let stack = Stack::of_repository();
    let plan = json(&stack, &["plan", "kserve"]);
    assert_eq!(status_of(&plan, "kserve"), "pending");
    let planned = changes(&plan, "kserve", "create");
    stack.hub(&["status"]).ends(0, &["kserve not deployed", "cert-manager not deployed"]);
    let deployed = json(&stack, &["deploy", "kserve"]);
    assert_eq!(changes(&deployed, "kserve", "create"), planned);
    stack.hub(&["plan", "kserve", "--detailed-exitcode"]).ends(0, &[]);
    stack
        .hub(&["diff", "kserve", "-p", "kserve.deploymentMode=Serverless"])
        .ends(3, &["inferenceservice-config"]);
}

#[test]
fn an_environment_may_ask_and_a_pipe_cannot_answer() {
    let stack = Stack::of_repository();
    stack.write("environments/careful.yaml", "kind: environment\nextends: local\nconfirm: true\n");
    let asked = stack.hub(&["deploy", "cert-manager", "-e", "careful"]);
    asked.ends(1, &["nobody can be asked; pass --yes"]);
    stack.hub(&["status"]).ends(0, &["cert-manager not deployed"]);
    stack.hub(&["deploy", "cert-manager", "-e", "careful", "--yes"]).ends(0, &["created"]);
}

#[test]
fn rendering_needs_no_cluster_and_prints_objects_only() {
    let stack = Stack::of_repository();
    let rendered = stack.hub(&["render", "kserve", "-p", "kserve.deploymentMode=Serverless"]);
    rendered.ends(0, &[]);
    assert!(
        rendered.stdout.starts_with("apiVersion:"),
        "{}",
        &rendered.stdout[..200.min(rendered.stdout.len())]
    );
    assert!(rendered.stdout.contains(r#""defaultDeploymentMode": "Serverless""#));
    assert!(!stack.path(".hub/sandbox").exists());
    let explained = stack.hub(&["explain", "kserve"]);
    explained.ends(
        0,
        &["kserve.deploymentMode", "from component default", "environment local (environments/local.yaml:"],
    );
}
