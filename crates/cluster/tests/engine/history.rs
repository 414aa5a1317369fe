//! Revisions: what is kept of a run, and going back to it.

use std::collections::BTreeMap;

use hub_cluster::{
    ApplyOptions, Error, Operation, Outcome, Plan, PlanOptions, RollbackTo, RunInfo, RunStamp, RunStep,
    Sensitive, UndeployOptions, finish_run, forget, inventory, plan_rollback, revision, revisions,
};
use serde_json::{Value, json};

use crate::support::{World, config_map, hurried, namespace, owner, patient, world};

fn info(operation: Operation) -> RunInfo {
    RunInfo {
        stamp: RunStamp::now(),
        who: "ann@laptop".into(),
        command: "hub deploy".into(),
        tool: "hub/test".into(),
        operation,
        parameters: BTreeMap::from([("size".into(), "1".into())]),
        keep: 3,
        more_follows: false,
    }
}

async fn run(world: &World, plan: &Plan, operation: Operation) -> Outcome {
    let options = ApplyOptions { run: Some(info(operation)), ..patient() };
    world.apply(plan, &options).await.0
}

async fn deploy(world: &World, objects: &[Value]) {
    let plan = world.plan(objects).await.expect("a plan");
    let outcome = run(world, &plan, Operation::Deploy).await;
    assert!(outcome.is_success(), "{outcome:#?}");
}

async fn roll_back(world: &World, to: RollbackTo<'_>) -> Result<(u64, Plan), Error> {
    let (revision, plan) = plan_rollback(&world.cluster, &owner("one"), to, &PlanOptions::default()).await?;
    let outcome = run(world, &plan, Operation::Rollback { to: revision.number }).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    Ok((revision.number, plan))
}

async fn numbers(world: &World) -> Vec<u64> {
    let known = revisions(&world.cluster, &owner("one")).await.expect("revisions");
    known.iter().map(|one| one.number).collect()
}

async fn value(world: &World, name: &str) -> Option<Value> {
    let live = world.get(&format!("/api/v1/namespaces/default/configmaps/{name}")).await?;
    Some(live["data"]["key"].clone())
}

#[tokio::test]
async fn each_change_leaves_a_revision_and_the_oldest_go() {
    let world = world().await;
    for text in ["one", "two", "two", "three", "four"] {
        deploy(&world, &[config_map("a", text)]).await;
    }
    assert_eq!(numbers(&world).await, [4, 3, 2]);
    let newest = revision(&world.cluster, &owner("one"), 4).await.expect("kept");
    assert_eq!((newest.who.as_str(), newest.objects, newest.counts.update), ("ann@laptop", 1, 1));
    assert_eq!(newest.parameters["size"], "1");
    let missing = revision(&world.cluster, &owner("one"), 1).await.expect_err("gone");
    assert_eq!(missing.to_string(), "revision 1 of stack/one is not kept; these are: 4, 3, 2");
    assert_eq!(forget(&world.cluster, &owner("one")).await.expect("forgotten"), 3);
    assert!(numbers(&world).await.is_empty());
}

#[tokio::test]
async fn a_rollback_brings_back_what_was_pruned() {
    let world = world().await;
    deploy(&world, &[config_map("a", "one"), config_map("gone", "x")]).await;
    deploy(&world, &[config_map("a", "two"), config_map("new", "x")]).await;
    let (to, plan) = roll_back(&world, RollbackTo::Previous).await.expect("a rollback");
    assert_eq!((to, plan.counts().create, plan.counts().update, plan.counts().delete), (1, 1, 1, 1));
    assert_eq!(value(&world, "a").await, Some(json!("one")));
    assert_eq!(value(&world, "gone").await, Some(json!("x")));
    assert_eq!(value(&world, "new").await, None);
    // A rollback is a revision of its own, and the next goes back to before it.
    assert_eq!(numbers(&world).await, [3, 2, 1]);
    assert_eq!(roll_back(&world, RollbackTo::Previous).await.expect("a rollback").0, 2);
    assert_eq!(value(&world, "a").await, Some(json!("two")));
    assert!(
        world.plan(&[config_map("a", "two"), config_map("new", "x")]).await.expect("a plan").is_unchanged()
    );
}

#[tokio::test]
async fn what_was_undeployed_comes_back() {
    let world = world().await;
    deploy(&world, &[namespace("place"), config_map("a", "one")]).await;
    let options = UndeployOptions { delete_namespaces: true, ..UndeployOptions::default() };
    let plan = world.plan_undeploy(&options).await;
    assert!(run(&world, &plan, Operation::Undeploy).await.is_success());
    assert!(inventory(&world.cluster, &owner("one")).await.expect("a record").is_empty());
    assert_eq!(roll_back(&world, RollbackTo::Previous).await.expect("a rollback").0, 1);
    assert_eq!(value(&world, "a").await, Some(json!("one")));
    assert!(world.get("/api/v1/namespaces/place").await.is_some());
}

#[tokio::test]
async fn after_a_failure_the_last_good_state_is_the_target() {
    let world = world().await;
    deploy(&world, &[config_map("a", "one")]).await;
    let broken = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default",
        "annotations": {(hub_sandbox::HOLD): "true"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let plan = world.plan(&[config_map("a", "two"), broken]).await.expect("a plan");
    let options = ApplyOptions { run: Some(info(Operation::Deploy)), ..hurried() };
    assert!(!world.apply(&plan, &options).await.0.is_success());
    let note = inventory(&world.cluster, &owner("one")).await.expect("a record").run.expect("a note");
    assert_eq!((note.step, note.who.as_str()), (RunStep::Failed, "ann@laptop"));
    assert_eq!(roll_back(&world, RollbackTo::Previous).await.expect("a rollback").0, 1);
    assert_eq!(value(&world, "a").await, Some(json!("one")));
    assert!(world.get("/api/v1/namespaces/default/pods/p").await.is_none());
    assert!(inventory(&world.cluster, &owner("one")).await.expect("a record").run.is_none());
}

fn secret(value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "stringData": {"k": value}})
}

#[tokio::test]
async fn secrets_come_from_live_objects_or_not_at_all() {
    let world = world().await;
    deploy(&world, &[secret("hunter22"), config_map("a", "one")]).await;
    deploy(&world, &[secret("hunter22"), config_map("a", "two")]).await;
    let kept = world.get("/api/v1/namespaces/hub-system/secrets").await.expect("a list").to_string();
    assert!(!kept.contains("hunter22") && !kept.contains("aHVudGVyMjI="), "{kept}");
    roll_back(&world, RollbackTo::Number(1)).await.expect("the value is still there");
    deploy(&world, &[secret("other"), config_map("a", "two")]).await;
    let refused = roll_back(&world, RollbackTo::Number(3)).await.expect_err("the value is gone");
    assert!(matches!(&refused, Error::SecretsLost { number: 3, .. }), "{refused}");
    assert!(refused.to_string().contains("Secret default/s /data/k"), "{refused}");
    let options = PlanOptions { sensitive: vec![Sensitive::new("hunter22")], ..PlanOptions::default() };
    let given = plan_rollback(&world.cluster, &owner("one"), RollbackTo::Number(3), &options).await;
    let (_, plan) = given.expect("who still knows the value may say it");
    assert!(run(&world, &plan, Operation::Rollback { to: 3 }).await.is_success());
    let live = world.get("/api/v1/namespaces/default/secrets/s").await.expect("a secret");
    assert_eq!(live["data"]["k"], "aHVudGVyMjI=");
}

#[tokio::test]
async fn secret_values_elsewhere_are_kept_out_too() {
    let world = world().await;
    let sensitive = vec![Sensitive::new("hunter22")];
    let plan_options = PlanOptions { sensitive: sensitive.clone(), ..PlanOptions::default() };
    for other in ["x", "y"] {
        let set = [config_map("a", "db:hunter22@host"), config_map("b", other)];
        let plan = world.plan_with(&set, &plan_options).await.expect("a plan");
        let options =
            ApplyOptions { run: Some(info(Operation::Deploy)), sensitive: sensitive.clone(), ..patient() };
        assert!(world.apply(&plan, &options).await.0.is_success());
    }
    // Nobody says any more what is secret: the records themselves know.
    roll_back(&world, RollbackTo::Previous).await.expect("a rollback");
    assert_eq!(value(&world, "a").await, Some(json!("db:hunter22@host")));
    let mut later = roll_back(&world, RollbackTo::Previous).await.expect("a rollback").1;
    later.changes.retain(|change| change.id.name == "a");
    assert!(!serde_json::to_string(&later).expect("prints").contains("hunter22"));
}

#[tokio::test]
async fn what_follows_the_objects_is_noted_until_it_is_done() {
    let world = world().await;
    let plan = world.plan(&[config_map("a", "one")]).await.expect("a plan");
    let followed = RunInfo { more_follows: true, ..info(Operation::Deploy) };
    let options = ApplyOptions { run: Some(followed.clone()), ..patient() };
    assert!(world.apply(&plan, &options).await.0.is_success());
    let note = async || inventory(&world.cluster, &owner("one")).await.expect("a record").run;
    assert_eq!(note().await.expect("a note").step, RunStep::AfterObjects);
    finish_run(&world.cluster, &owner("one")).await.expect("finished");
    assert!(note().await.is_none());
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    let followed = RunInfo { operation: Operation::Undeploy, ..followed };
    let options = ApplyOptions { run: Some(followed), ..patient() };
    assert!(world.apply(&plan, &options).await.0.is_success());
    let again = world.plan_undeploy(&UndeployOptions::default()).await;
    assert_eq!(again.interrupted().expect("a note").step, RunStep::AfterObjects);
    finish_run(&world.cluster, &owner("one")).await.expect("finished");
    assert!(world.plan_undeploy(&UndeployOptions::default()).await.interrupted().is_none());
}
