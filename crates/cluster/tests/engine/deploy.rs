//! Deploying: order, nothing to do, changes, pruning.

use hub_cluster::{Action, Cause, Counts, Event, Fingerprint, KeptBy, PlanOptions, moved};
use serde_json::json;

use crate::support::{config_map, deployment, everything, owner, world};

#[tokio::test]
async fn a_set_with_its_own_kinds_and_namespaces_goes_up_in_one_run() {
    let world = world().await;
    let plan = world.plan(&everything()).await.expect("a plan");
    assert_eq!(plan.counts(), Counts { create: 5, ..Counts::default() });
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    let unverified: Vec<_> = plan
        .changes
        .iter()
        .filter(|change| change.unverified)
        .map(|change| change.id.kind.as_str())
        .collect();
    assert_eq!(unverified, ["Thing", "ConfigMap"]);

    let events = world.deploy(&everything()).await;
    let place = |wanted: &str, kind: &str| {
        events.iter().position(|event| match event {
            Event::ObjectStarted { id, .. } => wanted == "started" && id.kind == kind,
            Event::Ready { id } => wanted == "ready" && id.kind == kind,
            _ => false,
        })
    };
    assert!(place("ready", "CustomResourceDefinition") < place("started", "Thing"));
    assert!(place("started", "Namespace") < place("started", "ConfigMap"));
    assert!(matches!(events.first(), Some(Event::IntentRecorded { objects: 5 })));
    assert!(matches!(events.last(), Some(Event::OutcomeRecorded { objects: 5 })));
    let thing = world.get("/apis/example.org/v1/namespaces/place/things/a").await.expect("applied");
    assert_eq!(
        thing["metadata"]["labels"]["applyset.kubernetes.io/part-of"],
        json!(owner("one").applyset_id())
    );
}

#[tokio::test]
async fn nothing_to_do_writes_nothing() {
    let world = world().await;
    world.deploy(&everything()).await;
    let before = world.sandbox.revision();
    let plan = world.plan(&everything()).await.expect("a plan");
    assert!(plan.is_unchanged());
    let (outcome, events) = world.apply(&plan, &crate::support::patient()).await;
    assert!(outcome.is_success());
    assert_eq!(events, []);
    assert_eq!(world.sandbox.revision(), before);
}

#[tokio::test]
async fn exactly_what_differs_changes() {
    let world = world().await;
    let set = |value: &str| vec![config_map("a", value), config_map("b", "same")];
    world.deploy(&set("one")).await;
    let plan = world.plan(&set("two")).await.expect("a plan");
    assert_eq!(plan.counts(), Counts { update: 1, unchanged: 1, ..Counts::default() });
    let field = &plan.changes[0].diff[0];
    assert_eq!(
        (field.path.as_str(), &field.old, &field.new),
        ("data.key", &Some(json!("one")), &Some(json!("two")))
    );
    assert_eq!(field.owners, ["hub"]);
    assert_eq!(plan.changes[0].cause, Some(Cause::Ours));
    world.deploy(&set("two")).await;
    assert!(world.plan(&set("two")).await.expect("a plan").is_unchanged());
}

#[tokio::test]
async fn a_change_by_hand_is_seen_and_set_back() {
    let world = world().await;
    let set = [config_map("a", "ours")];
    world.deploy(&set).await;
    let path = "/api/v1/namespaces/default/configmaps/a";
    world
        .send(
            "PATCH",
            &format!("{path}?fieldManager=kubectl-edit"),
            "application/merge-patch+json",
            &json!({"data": {"key": "theirs"}}),
        )
        .await;
    let plan = world.plan(&set).await.expect("a plan");
    assert_eq!(plan.changes[0].action, Action::Update);
    assert_eq!(plan.changes[0].taken[0].manager, "kubectl-edit");
    assert_eq!(plan.changes[0].cause, Some(Cause::Theirs));
    let both = world.plan(&[config_map("a", "new")]).await.expect("a plan");
    assert_eq!(both.changes[0].cause, Some(Cause::Both));
    world.deploy(&set).await;
    assert_eq!(world.get(path).await.expect("there")["data"]["key"], "ours");
}

#[tokio::test]
async fn a_status_that_moves_is_no_change() {
    let world = world().await;
    let set = [deployment("server", 1)];
    world.deploy(&set).await;
    let path = "/apis/apps/v1/namespaces/default/deployments/server/status";
    let status = json!({"status": {"conditions": [{"type": "Custom", "status": "True"}]}});
    world.send("PATCH", path, "application/merge-patch+json", &status).await;
    assert!(world.plan(&set).await.expect("a plan").is_unchanged());
}

#[tokio::test]
async fn what_leaves_the_set_is_pruned() {
    let world = world().await;
    let mut kept = config_map("kept", "x");
    kept["metadata"]["annotations"] = json!({"helm.sh/resource-policy": "keep"});
    world.deploy(&[config_map("stays", "x"), config_map("goes", "x"), kept]).await;
    let rest = [config_map("stays", "x")];
    let plan = world.plan(&rest).await.expect("a plan");
    let actions: Vec<_> =
        plan.changes.iter().map(|change| (change.id.name.as_str(), change.action, change.kept_by)).collect();
    assert_eq!(
        actions,
        [
            ("stays", Action::Unchanged, None),
            ("goes", Action::Delete, None),
            ("kept", Action::Keep, Some(KeptBy::Annotation))
        ]
    );
    world.deploy(&rest).await;
    assert!(world.get("/api/v1/namespaces/default/configmaps/goes").await.is_none());
    assert!(world.get("/api/v1/namespaces/default/configmaps/kept").await.is_some());
    let without_pruning = PlanOptions { prune: false, ..PlanOptions::default() };
    let plan = world.plan_with(&[config_map("other", "x")], &without_pruning).await.expect("a plan");
    assert_eq!(plan.counts().delete, 0);
}

#[tokio::test]
async fn what_was_deleted_by_hand_comes_back() {
    let world = world().await;
    let set = [config_map("a", "x"), config_map("b", "x")];
    world.deploy(&set).await;
    world.send("DELETE", "/api/v1/namespaces/default/configmaps/a", "application/json", &json!({})).await;
    let plan = world.plan(&set).await.expect("a plan");
    assert_eq!(plan.counts(), Counts { create: 1, unchanged: 1, ..Counts::default() });
    world.deploy(&set).await;
    assert!(world.get("/api/v1/namespaces/default/configmaps/a").await.is_some());
}

#[tokio::test]
async fn a_saved_plan_is_known_again_only_while_nothing_moved() {
    let world = world().await;
    let set = [config_map("a", "x"), config_map("b", "x")];
    let prints = async |objects: &[serde_json::Value], key: &str| {
        world.plan(objects).await.expect("a plan").fingerprints(key)
    };
    let told = |saved: &[Fingerprint], now: &[Fingerprint]| {
        moved(saved, now, false).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let saved = prints(&set, "key").await;
    assert!(told(&saved, &prints(&set, "key").await).is_empty());
    assert_ne!(prints(&set, "other").await, saved, "contents cannot be guessed without the key");
    let other = [config_map("a", "y"), config_map("c", "x")];
    assert_eq!(
        told(&saved, &prints(&other, "key").await),
        [
            "ConfigMap default/a: what is rendered for it is different now",
            "ConfigMap default/b: it is not part of the plan any more",
            "ConfigMap default/c: the plan did not name it, and would create it now"
        ]
    );
    world.apply_as("kubectl", "/api/v1/namespaces/default/configmaps/a", &config_map("a", "z")).await;
    let made = prints(&set, "key").await;
    assert_eq!(told(&saved, &made), ["ConfigMap default/a: it was made on the cluster meanwhile"]);
    world.apply_as("kubectl", "/api/v1/namespaces/default/configmaps/a", &config_map("a", "w")).await;
    assert_eq!(
        told(&made, &prints(&set, "key").await),
        ["ConfigMap default/a: it changed on the cluster, so applying it would do something else"]
    );
}
