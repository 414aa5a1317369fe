//! What does not go when it should: refused deletions, roles that come back, namespaces that never go.

use hub_cluster::{Action, Event, KeptBy, ResultStatus, UndeployOptions, apply, inventory};
use hub_sandbox::{Fault, Rule};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{config_map, deployment, hurried, namespace, owner, patient, world};

#[tokio::test]
async fn what_could_not_be_pruned_stays_recorded() {
    let world = world().await;
    world.deploy(&[config_map("stays", "x"), config_map("goes", "x")]).await;
    let refuse = Fault::Refuse { code: 403, retry_after: None };
    world.sandbox.faults().add(Rule::new(refuse).method(http::Method::DELETE).path("/configmaps/goes"));
    let plan = world.plan(&[config_map("stays", "x")]).await.expect("a plan");
    let (outcome, _) = world.apply(&plan, &patient()).await;
    assert!(matches!(outcome.results[1].status, ResultStatus::Failed { .. }), "{outcome:#?}");
    let record = inventory(&world.cluster, &owner("one")).await.expect("a record");
    assert_eq!(record.entries.len(), 2);
    world.sandbox.faults().clear();
    world.deploy(&[config_map("stays", "x")]).await;
    assert!(world.get("/api/v1/namespaces/default/configmaps/goes").await.is_none());
}

#[tokio::test]
async fn aggregated_roles_that_come_back_are_deleted_once_more() {
    let world = world().await;
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "all"},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"part": "all"}}]}});
    world.deploy(std::slice::from_ref(&role)).await;
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    let client = world.cluster.client().clone();
    // As the aggregation controller does that was just about to fill the role in.
    let events = |event: Event| {
        if matches!(event, Event::Deleted { .. }) {
            let (client, role) = (client.clone(), role.clone());
            tokio::spawn(async move {
                let path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/all?fieldManager=clusterrole-aggregation-controller&force=true";
                let request =
                    http::Request::patch(path).header("content-type", "application/apply-patch+yaml");
                let request = request.body(role.to_string().into_bytes()).expect("a valid request");
                client.request::<serde_json::Value>(request).await.expect("made anew");
            });
        }
    };
    let outcome = apply(&world.cluster, &plan, &patient(), &events, &CancellationToken::new())
        .await
        .expect("an outcome");
    assert!(outcome.is_success(), "{outcome:#?}");
    assert!(world.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/all").await.is_none());
}

#[tokio::test]
async fn aggregated_roles_go_before_what_they_are_filled_from() {
    let world = world().await;
    let role = |name: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": {"part": "all"}}})
    };
    let mut all = role("n-all");
    all["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"part": "all"}}]});
    world.deploy(&[role("a"), all, role("z")]).await;
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    let (_, events) = world.apply(&plan, &patient()).await;
    let started = events.iter().filter_map(|event| match event {
        Event::ObjectStarted { id, .. } => Some(id.name.as_str()),
        _ => None,
    });
    let started: Vec<&str> = started.collect();
    assert_eq!((started.len(), started[0]), (3, "n-all"), "{started:?}");
}

#[tokio::test]
async fn namespaces_of_the_cluster_and_of_records_never_go() {
    let world = world().await;
    let set = [
        namespace("hub-system"),
        namespace("openshift-monitoring"),
        namespace("kube-extra"),
        namespace("mine"),
    ];
    world.deploy(&set).await;
    let all = UndeployOptions { delete_namespaces: true, ..UndeployOptions::default() };
    let plan = world.plan_undeploy(&all).await;
    for change in &plan.changes {
        let expected = if change.id.name == "mine" {
            (Action::Delete, None)
        } else {
            (Action::Keep, Some(KeptBy::Protected))
        };
        assert_eq!((change.action, change.kept_by), expected, "{}", change.id);
    }
}

#[tokio::test]
async fn what_still_works_goes_only_once_its_successor_is_ready() {
    let world = world().await;
    world.deploy(&[deployment("former", 1)]).await;
    let mut successor = deployment("successor", 1);
    successor["metadata"]["annotations"] = json!({(hub_sandbox::HOLD): "true"});
    let plan = world.plan(std::slice::from_ref(&successor)).await.expect("a plan");
    let (outcome, _) = world.apply(&plan, &hurried()).await;
    assert_eq!(outcome.not_ready().count(), 1, "{outcome:#?}");
    let reason = |result: &ResultStatus| matches!(result, ResultStatus::Skipped { reason } if reason.contains("ready"));
    assert!(reason(&outcome.results[1].status), "{outcome:#?}");
    let former = "/apis/apps/v1/namespaces/default/deployments/former";
    assert!(world.get(former).await.is_some());
    world.deploy(&[deployment("successor", 1)]).await;
    assert!(world.get(former).await.is_none());
}
