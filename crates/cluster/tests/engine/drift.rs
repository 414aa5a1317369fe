//! Drift: what others changed, what is missing, what is left over, and what is left to others.

use std::collections::BTreeMap;

use hub_cluster::{
    ApplyOptions, Drift, DriftClass, GroupKind, IgnoreRule, Operation, PlanOptions, RunInfo, RunStamp, drift,
};
use serde_json::{Value, json};

use crate::support::{World, config_map, deployment, hurried, owner, patient, world};

fn info() -> RunInfo {
    RunInfo {
        stamp: RunStamp::now(),
        who: "ann@laptop".into(),
        command: "hub deploy".into(),
        tool: "hub/test".into(),
        operation: Operation::Deploy,
        parameters: BTreeMap::new(),
        keep: 3,
        more_follows: false,
    }
}

async fn deploy(world: &World, objects: &[Value]) {
    let plan = world.plan(objects).await.expect("a plan");
    let options = ApplyOptions { run: Some(info()), ..patient() };
    assert!(world.apply(&plan, &options).await.0.is_success());
}

async fn look(world: &World, ignore: Vec<IgnoreRule>) -> Drift {
    let options = PlanOptions { ignore, ..PlanOptions::default() };
    drift(&world.cluster, &owner("one"), &options).await.expect("a comparison")
}

async fn edit(world: &World, path: &str, patch: &Value) {
    let path = format!("{path}?fieldManager=kubectl-edit");
    world.send("PATCH", &path, "application/merge-patch+json", patch).await;
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn three_ways_to_drift_are_told_apart() {
    let world = world().await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "stringData": {"k": "hunter22"}});
    let mut kept = config_map("kept", "x");
    kept["metadata"]["annotations"] = json!({"hub.agilestacks.io/keep": "true"});
    deploy(&world, &[config_map("edited", "x"), config_map("gone", "x"), secret.clone(), kept]).await;
    deploy(&world, &[config_map("edited", "x"), config_map("gone", "x"), secret]).await;
    let calm = look(&world, Vec::new()).await;
    assert_eq!(
        calm.objects.iter().map(|one| one.class).collect::<Vec<_>>(),
        [DriftClass::Stale],
        "{calm:#?}"
    );

    edit(&world, &format!("{MAPS}/edited"), &json!({"data": {"key": "theirs"}})).await;
    edit(&world, "/api/v1/namespaces/default/secrets/s", &json!({"stringData": {"k": "other"}})).await;
    world.send("DELETE", &format!("{MAPS}/gone"), "application/json", &json!({})).await;
    let mut extra = config_map("extra", "x");
    extra["metadata"]["labels"] = json!({"applyset.kubernetes.io/part-of": owner("one").applyset_id()});
    world.send("POST", MAPS, "application/json", &extra).await;

    let before = world.sandbox.revision();
    let found = look(&world, Vec::new()).await;
    assert_eq!(world.sandbox.revision(), before, "a comparison writes nothing");
    let told: Vec<_> = found.objects.iter().map(|one| (one.class, one.id.name.as_str())).collect();
    assert_eq!(
        told,
        [
            (DriftClass::Changed, "edited"),
            (DriftClass::Changed, "s"),
            (DriftClass::Missing, "gone"),
            (DriftClass::Extra, "extra"),
            (DriftClass::Stale, "kept"),
        ]
    );
    let field = &found.objects[0].fields[0];
    assert_eq!((&field.want, &field.live), (&Some(json!("x")), &Some(json!("theirs"))));
    assert_eq!(field.by[0].manager, "kubectl-edit");
    assert!(!field.by[0].at.is_empty());
    assert_eq!(found.objects[1].fields[0].path, "data.k");
    let text = serde_json::to_string(&found).expect("prints");
    assert!(!text.contains("hunter22") && !text.contains("aHVudGVyMjI"), "{text}");
}

#[tokio::test]
async fn what_an_unfinished_run_made_is_told_from_what_others_did() {
    let world = world().await;
    deploy(&world, &[config_map("a", "x")]).await;
    let held = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default",
        "annotations": {(hub_sandbox::HOLD): "true"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let plan = world.plan(&[config_map("a", "y"), held]).await.expect("a plan");
    let options = ApplyOptions { run: Some(info()), ..hurried() };
    assert!(!world.apply(&plan, &options).await.0.is_success());
    let found = look(&world, Vec::new()).await;
    let told: Vec<_> = found.objects.iter().map(|one| (one.class, one.id.name.as_str())).collect();
    assert_eq!(told, [(DriftClass::Changed, "a"), (DriftClass::Extra, "p")]);
    assert!(found.unfinished);
    assert_eq!(found.objects[1].reason.as_deref(), Some("a run that did not end well made it"));
}

#[tokio::test]
async fn what_controllers_own_is_no_drift() {
    let world = world().await;
    deploy(&world, &[deployment("server", 1)]).await;
    let scaled = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "server"}, "spec": {"replicas": 3}});
    let path = "/apis/apps/v1/namespaces/default/deployments/server";
    world.apply_as("keda-operator", path, &scaled).await;
    let found = look(&world, Vec::new()).await;
    assert!(!found.is_any(), "{found:#?}");
    assert_eq!(found.left[0].field.manager, "keda-operator");
}

#[tokio::test]
async fn ignored_fields_are_no_drift_and_are_not_set_back() {
    let world = world().await;
    deploy(&world, &[config_map("a", "ours"), config_map("b", "ours")]).await;
    for name in ["a", "b"] {
        edit(&world, &format!("{MAPS}/{name}"), &json!({"data": {"key": "theirs"}})).await;
    }
    let rule = IgnoreRule {
        kind: Some(GroupKind::new("", "ConfigMap")),
        name: Some("a".into()),
        paths: vec!["data.key".into()],
        because: Some("an operator sets it".into()),
        ..IgnoreRule::default()
    };
    let found = look(&world, vec![rule.clone()]).await;
    assert_eq!(found.objects.iter().map(|one| one.id.name.as_str()).collect::<Vec<_>>(), ["b"]);
    let aimless = IgnoreRule { name: Some("nobody".into()), ..rule.clone() };
    let options = PlanOptions { ignore: vec![rule, aimless], ..PlanOptions::default() };
    let plan =
        world.plan_with(&[config_map("a", "ours"), config_map("b", "ours")], &options).await.expect("a plan");
    // Of `a` only the declaration changes, no value.
    let changed: Vec<_> = plan.changes.iter().filter(|change| !change.diff.is_empty()).collect();
    assert_eq!(changed.iter().map(|change| change.id.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(plan.warnings.iter().any(|line| line.contains("ConfigMap nobody")), "{:?}", plan.warnings);
    assert!(world.apply(&plan, &patient()).await.0.is_success());
    assert_eq!(world.get(&format!("{MAPS}/a")).await.expect("there")["data"]["key"], "theirs");
    assert_eq!(world.get(&format!("{MAPS}/b")).await.expect("there")["data"]["key"], "ours");
}

#[tokio::test]
async fn an_annotation_ignores_fields_too() {
    let world = world().await;
    let mut map = config_map("a", "ours");
    map["metadata"]["annotations"] = json!({"hub.agilestacks.io/ignore": "data.key"});
    deploy(&world, std::slice::from_ref(&map)).await;
    edit(&world, &format!("{MAPS}/a"), &json!({"data": {"key": "theirs"}})).await;
    assert!(!look(&world, Vec::new()).await.is_any());
    deploy(&world, &[map]).await;
    assert_eq!(world.get(&format!("{MAPS}/a")).await.expect("there")["data"]["key"], "theirs");
}
