//! Removing a component: what goes, what stays, what hangs.

use hub_cluster::{Counts, Event, KeptBy, ResultStatus, UndeployOptions, inventory};
use serde_json::json;

use crate::support::{config_map, deployment, everything, hurried, namespace, owner, patient, thing, world};

#[tokio::test]
async fn namespaces_and_kinds_stay_until_they_are_named() {
    let world = world().await;
    world.deploy(&everything()).await;
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    assert_eq!(plan.counts(), Counts { delete: 3, keep: 2, ..Counts::default() });
    let kept: Vec<_> = plan.changes.iter().filter_map(|change| change.kept_by).collect();
    assert_eq!(kept, [KeptBy::Namespaces, KeptBy::Crds]);
    let (outcome, _) = world.apply(&plan, &patient()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    assert!(world.get("/apis/apps/v1/namespaces/default/deployments/server").await.is_none());
    assert!(world.get("/api/v1/namespaces/place").await.is_some());
    // What is kept stays recorded, so a later word can still delete it.
    assert_eq!(inventory(&world.cluster, &owner("one")).await.expect("a record").entries.len(), 2);

    let all = UndeployOptions {
        delete_namespaces: true,
        delete_crds: true,
        delete_claims: true,
        ..UndeployOptions::default()
    };
    let plan = world.plan_undeploy(&all).await;
    let (outcome, events) = world.apply(&plan, &patient()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    assert!(world.get("/api/v1/namespaces/place").await.is_none());
    assert!(world.get("/apis/example.org/v1/namespaces/place/things/a").await.is_none());
    assert!(
        world
            .get(&format!("/api/v1/namespaces/hub-system/configmaps/{}", owner("one").parent_name()))
            .await
            .is_none()
    );
    assert!(matches!(events.last(), Some(Event::OutcomeRecorded { objects: 0 })));
}

#[tokio::test]
async fn what_is_gone_already_is_fine() {
    let world = world().await;
    world.deploy(&[config_map("a", "x"), config_map("b", "x")]).await;
    world.send("DELETE", "/api/v1/namespaces/default/configmaps/a", "application/json", &json!({})).await;
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    assert_eq!(plan.counts().delete, 1);
    assert!(world.apply(&plan, &patient()).await.0.is_success());
    assert!(inventory(&world.cluster, &owner("one")).await.expect("a record").is_empty());
}

#[tokio::test]
async fn a_finalizer_that_hangs_is_named_and_stops_what_comes_after() {
    let world = world().await;
    let mut set = everything();
    set[0]["metadata"]["finalizers"] = json!(["example.org/cleanup"]);
    world.deploy(&set).await;
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    let (outcome, events) = world.apply(&plan, &hurried()).await;
    let of = |kind: &str| outcome.results.iter().find(|result| result.id.kind == kind).expect(kind);
    let ResultStatus::NotReady(report) = &of("Thing").status else { panic!("{outcome:#?}") };
    assert_eq!(report.message, "it is held by example.org/cleanup");
    // Its controller may be that Deployment, so it stays.
    assert!(matches!(&of("Deployment").status, ResultStatus::Skipped { .. }));
    assert!(world.get("/apis/apps/v1/namespaces/default/deployments/server").await.is_some());
    assert!(events.iter().any(
        |event| matches!(event, Event::Deleting { finalizers, .. } if finalizers == &["example.org/cleanup"])
    ));
    // The record still has it, so the next run goes on.
    world
        .send(
            "PATCH",
            "/apis/example.org/v1/namespaces/place/things/a",
            "application/merge-patch+json",
            &json!({"metadata": {"finalizers": null}}),
        )
        .await;
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    assert!(world.apply(&plan, &patient()).await.0.is_success());
}

#[tokio::test]
async fn a_name_that_was_taken_by_another_object_is_left_alone() {
    let world = world().await;
    world.deploy(&[deployment("server", 1)]).await;
    let path = "/apis/apps/v1/namespaces/default/deployments/server";
    world.send("DELETE", path, "application/json", &json!({})).await;
    world.apply_as("somebody", path, &deployment("server", 1)).await;
    let plan = world.plan_undeploy(&UndeployOptions::default()).await;
    assert_eq!(plan.changes[0].kept_by, Some(KeptBy::NotOurs));
    assert!(world.apply(&plan, &patient()).await.0.is_success());
    assert!(world.get(path).await.is_some());
    assert!(inventory(&world.cluster, &owner("one")).await.expect("a record").is_empty());
}

#[tokio::test]
async fn what_others_would_lose_is_said() {
    let world = world().await;
    world.deploy(&everything()).await;
    world
        .apply_as("user", "/apis/example.org/v1/namespaces/place/things/theirs", &thing("theirs", "place"))
        .await;
    let mut service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "theirs"}, "spec": {"ports": [{"port": 80}]}});
    service["metadata"]["namespace"] = json!("place");
    world.apply_as("user", "/api/v1/namespaces/place/services/theirs", &service).await;
    let all = UndeployOptions { delete_namespaces: true, delete_crds: true, ..UndeployOptions::default() };
    let warnings = world.plan_undeploy(&all).await.warnings;
    assert_eq!(
        warnings,
        [
            "deleting namespace place deletes what others have in it: 1 services, 1 things.example.org",
            "deleting Thing deletes 1 object that this component did not make: 1 in place",
        ]
    );
    assert!(world.plan_undeploy(&UndeployOptions::default()).await.warnings.is_empty());
}

#[tokio::test]
async fn what_holds_something_that_stays_stays_too() {
    let world = world().await;
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "place"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let mut precious = thing("precious", "elsewhere");
    precious["metadata"]["annotations"] = json!({"helm.sh/resource-policy": "keep"});
    let set = [vec![namespace("elsewhere"), claim, precious], everything()].concat();
    world.deploy(&set).await;
    let options =
        UndeployOptions { delete_namespaces: true, delete_crds: true, ..UndeployOptions::default() };
    let plan = world.plan_undeploy(&options).await;
    let kept = |kind: &str, name: &str| {
        let change = plan.changes.iter().find(|change| change.id.kind == kind && change.id.name == name);
        change.and_then(|change| change.kept_by)
    };
    assert_eq!(kept("PersistentVolumeClaim", "data"), Some(KeptBy::Claims));
    assert_eq!(kept("Namespace", "place"), Some(KeptBy::Contents));
    assert_eq!(kept("Thing", "precious"), Some(KeptBy::Annotation));
    assert_eq!(kept("Namespace", "elsewhere"), Some(KeptBy::Contents));
    assert_eq!(kept("CustomResourceDefinition", "things.example.org"), Some(KeptBy::Contents));
    assert!(world.apply(&plan, &patient()).await.0.is_success());
    assert!(world.get("/api/v1/namespaces/place/persistentvolumeclaims/data").await.is_some());
    assert!(world.get("/apis/example.org/v1/namespaces/elsewhere/things/precious").await.is_some());
}

#[tokio::test]
async fn data_of_others_claims_in_a_namespace_is_accounted_for() {
    let world = world().await;
    world.deploy(&[namespace("place")]).await;
    let volume = |name: &str, policy: &str| {
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"},
                "persistentVolumeReclaimPolicy": policy}})
    };
    for (name, policy) in [("kept", "Retain"), ("lost", "Delete")] {
        world.apply_as("user", &format!("/api/v1/persistentvolumes/{name}"), &volume(name, policy)).await;
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "place"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": name}});
        world
            .apply_as("user", &format!("/api/v1/namespaces/place/persistentvolumeclaims/{name}"), &claim)
            .await;
    }
    let options = UndeployOptions { delete_namespaces: true, ..UndeployOptions::default() };
    assert_eq!(
        world.plan_undeploy(&options).await.warnings,
        ["deleting namespace place deletes what others have in it: 2 persistentvolumeclaims; \
          PersistentVolumeClaim place/kept: its data stays in the volume (Retain); \
          PersistentVolumeClaim place/lost: its data is deleted with the volume (Delete)"]
    );
}
