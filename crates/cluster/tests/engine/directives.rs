//! What annotations ask: leave alone, create only, make anew, do not wait, leave hooks of charts out.

use hub_cluster::{Action, Problem};
use serde_json::{Value, json};

use crate::support::{config_map, deployment, hurried, world};

fn annotated(mut object: Value, name: &str, value: &str) -> Value {
    object["metadata"]["annotations"] = json!({name: value});
    object
}

const MAP: &str = "/api/v1/namespaces/default/configmaps/a";

#[tokio::test]
async fn what_is_not_to_be_touched_is_not() {
    for (name, value) in [("kapp.k14s.io/noop", ""), ("kustomize.toolkit.fluxcd.io/ssa", "Ignore")] {
        let world = world().await;
        world.deploy(&[annotated(config_map("a", "ours"), name, value), config_map("b", "x")]).await;
        assert!(world.get(MAP).await.is_none(), "{name}");
        world.apply_as("kubectl", MAP, &config_map("a", "theirs")).await;
        world.deploy(&[annotated(config_map("a", "ours"), name, value), config_map("b", "x")]).await;
        assert_eq!(world.get(MAP).await.expect("there")["data"]["key"], "theirs", "{name}");
        // It never was ours, so it is not pruned either.
        world.deploy(&[config_map("b", "x")]).await;
        assert!(world.get(MAP).await.is_some(), "{name}");
    }
}

#[tokio::test]
async fn what_is_only_to_be_created_is_not_changed() {
    for (name, value) in [
        ("hub.agilestacks.io/apply", "create-only"),
        ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent"),
        ("kapp.k14s.io/update-strategy", "skip"),
        ("client.lifecycle.config.k8s.io/mutation", "ignore"),
    ] {
        let world = world().await;
        world.deploy(&[annotated(config_map("a", "one"), name, value)]).await;
        let plan = world.plan(&[annotated(config_map("a", "two"), name, value)]).await.expect("a plan");
        assert_eq!(plan.changes[0].action, Action::Unchanged, "{name}");
        assert!(plan.changes[0].reason.as_ref().expect("a reason").contains(name));
        world.deploy(&[annotated(config_map("a", "two"), name, value)]).await;
        assert_eq!(world.get(MAP).await.expect("there")["data"]["key"], "one", "{name}");
    }
}

#[tokio::test]
async fn what_may_be_made_anew_is() {
    let world = world().await;
    let mut server = deployment("server", 1);
    world.deploy(&[server.clone()]).await;
    server["spec"]["selector"]["matchLabels"] = json!({"app": "other"});
    server["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    let plan = world.plan(std::slice::from_ref(&server)).await.expect("a plan");
    let Problem::Immutable { fields, .. } = &plan.problems[0] else { panic!("{:?}", plan.problems) };
    assert_eq!(fields, &["spec.selector"]);
    assert!(plan.problems[0].to_string().contains("--recreate"), "{}", plan.problems[0]);
    let server = annotated(server, "kapp.k14s.io/update-strategy", "fallback-on-replace");
    let plan = world.plan(std::slice::from_ref(&server)).await.expect("a plan");
    assert_eq!(plan.changes[0].action, Action::Recreate, "{:?}", plan.problems);
    world.deploy(&[server]).await;
}

#[tokio::test]
async fn what_is_not_to_be_waited_for_is_not() {
    let world = world().await;
    let mut server = annotated(deployment("server", 1), "kapp.k14s.io/disable-wait", "");
    server["metadata"]["annotations"][hub_sandbox::HOLD] = json!("true");
    let plan = world.plan(&[server]).await.expect("a plan");
    assert!(world.apply(&plan, &hurried()).await.0.is_success());
}

#[tokio::test]
async fn hooks_of_charts_for_other_times_are_left_out() {
    let world = world().await;
    let set = [
        annotated(config_map("a", "x"), "helm.sh/hook", "test"),
        annotated(config_map("b", "x"), "helm.sh/hook", "pre-install"),
    ];
    let plan = world.plan(&set).await.expect("a plan");
    assert_eq!(plan.changes.iter().map(|change| change.id.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(plan.warnings[0].contains("a Helm hook for test"), "{:?}", plan.warnings);
}
