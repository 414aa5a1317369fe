//! What kube clients see: watches, faults, owners, namespaces, held workloads.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use hub_sandbox::{Fault, HOLD, Rule, Sandbox, SandboxOptions};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, PersistentVolume, PersistentVolumeClaim, Pod};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

fn object<K: serde::de::DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).expect("an object")
}

fn map(name: &str) -> ConfigMap {
    object(json!({"metadata": {"name": name}, "data": {"k": "v"}}))
}

fn deployment(name: &str, annotations: Value) -> Deployment {
    object(json!({
        "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        },
    }))
}

fn code(error: &kube::Error) -> u16 {
    match error {
        kube::Error::Api(status) => status.code,
        other => panic!("no answer: {other}"),
    }
}

#[tokio::test]
async fn a_watch_goes_on_from_a_revision_and_follows_its_selector() {
    let sandbox = Sandbox::in_memory();
    let maps: Api<ConfigMap> = Api::default_namespaced(sandbox.client());
    let start = maps
        .list(&ListParams::default())
        .await
        .expect("a list")
        .metadata
        .resource_version
        .expect("a revision");
    maps.create(&PostParams::default(), &map("a")).await.expect("created");
    let parameters = WatchParams::default().labels("tier=x").timeout(20);
    let mut watch = maps.watch(&parameters, &start).await.expect("a watch").boxed();
    let label = |value: Value| Patch::Merge(json!({"metadata": {"labels": {"tier": value}}}));
    for value in [json!("x"), json!("y"), json!("x")] {
        maps.patch("a", &PatchParams::default(), &label(value)).await.expect("patched");
    }
    maps.delete("a", &DeleteParams::default()).await.expect("deleted");
    let mut kinds = Vec::new();
    while kinds.len() < 4 {
        kinds.push(match watch.try_next().await.expect("an event").expect("not the end") {
            WatchEvent::Added(_) => "added",
            WatchEvent::Modified(_) => "modified",
            WatchEvent::Deleted(_) => "deleted",
            _ => "other",
        });
    }
    assert_eq!(kinds, ["added", "deleted", "added", "deleted"]);
}

#[tokio::test]
async fn a_watch_from_a_forgotten_revision_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.db");
    Sandbox::open(&path).expect("opened").close();
    let sandbox = Sandbox::open(&path).expect("opened again");
    let maps: Api<ConfigMap> = Api::default_namespaced(sandbox.client());
    let mut watch = maps.watch(&WatchParams::default(), "1").await.expect("a watch").boxed();
    let event = watch.try_next().await.expect("an event");
    assert!(matches!(event, Some(WatchEvent::Error(error)) if error.code == 410));
}

#[tokio::test]
async fn faults_strike_once_and_leave_objects_alone() {
    let sandbox = Sandbox::in_memory();
    let maps: Api<ConfigMap> = Api::default_namespaced(sandbox.client());
    sandbox
        .faults()
        .add(Rule::new(Fault::Refuse { code: 429, retry_after: Some(1) }).path("/configmaps").times(1));
    let refused = maps.create(&PostParams::default(), &map("a")).await.expect_err("refused");
    assert_eq!(code(&refused), 429);
    assert!(maps.get_opt("a").await.expect("asked").is_none());
    sandbox.faults().add(Rule::new(Fault::ResetAfter).method(http::Method::POST).times(1));
    assert!(maps.create(&PostParams::default(), &map("a")).await.is_err());
    assert!(maps.get_opt("a").await.expect("asked").is_some(), "the write took effect");
    sandbox.faults().add(Rule::new(Fault::Reset).times(1));
    assert!(maps.get("a").await.is_err());
    sandbox.faults().add(Rule::new(Fault::DropWatch { after: 1 }));
    let watch = maps.watch(&WatchParams::default(), "0").await.expect("a watch");
    assert_eq!(watch.count().await, 1);
    sandbox.faults().clear();
    tokio::time::pause();
    sandbox.faults().add(Rule::new(Fault::Delay(Duration::from_secs(30))).times(1));
    let begun = tokio::time::Instant::now();
    maps.get("a").await.expect("late, but there");
    assert!(begun.elapsed() >= Duration::from_secs(30));
}

#[tokio::test]
async fn workloads_can_be_held_back() {
    let sandbox = Sandbox::in_memory();
    let deployments: Api<Deployment> = Api::default_namespaced(sandbox.client());
    let held = deployment("held", json!({HOLD: "true"}));
    deployments.create(&PostParams::default(), &held).await.expect("created");
    deployments.create(&PostParams::default(), &deployment("free", json!({}))).await.expect("created");
    let ready = |d: Deployment| d.status.and_then(|s| s.ready_replicas).unwrap_or_default();
    assert_eq!(ready(deployments.get("held").await.expect("there")), 0);
    assert_eq!(ready(deployments.get("free").await.expect("there")), 2);
    let release = Patch::Merge(json!({"metadata": {"annotations": {HOLD: null}}}));
    deployments.patch("held", &PatchParams::default(), &release).await.expect("patched");
    assert_eq!(ready(deployments.get("held").await.expect("there")), 2);

    let bare = Sandbox::in_memory_with(SandboxOptions::default().without_controllers());
    let deployments: Api<Deployment> = Api::default_namespaced(bare.client());
    deployments.create(&PostParams::default(), &deployment("d", json!({}))).await.expect("created");
    assert_eq!(ready(deployments.get("d").await.expect("there")), 0);
}

#[tokio::test]
async fn dependents_go_with_their_owner() {
    let sandbox = Sandbox::in_memory();
    let deployments: Api<Deployment> = Api::default_namespaced(sandbox.client());
    let pods: Api<Pod> = Api::default_namespaced(sandbox.client());
    deployments.create(&PostParams::default(), &deployment("d", json!({}))).await.expect("created");
    let names: Vec<String> =
        pods.list(&ListParams::default()).await.expect("a list").iter().map(ResourceExt::name_any).collect();
    assert_eq!(names.len(), 2);
    pods.delete(&names[0], &DeleteParams::default()).await.expect("deleted");
    assert_eq!(pods.list(&ListParams::default()).await.expect("a list").items.len(), 2, "made anew");
    deployments.delete("d", &DeleteParams::foreground()).await.expect("deleted");
    assert!(pods.list(&ListParams::default()).await.expect("a list").items.is_empty());
    assert!(deployments.get_opt("d").await.expect("asked").is_none());
}

#[tokio::test]
async fn a_claim_goes_when_no_pod_uses_it_and_takes_its_volume_along() {
    let sandbox = Sandbox::in_memory();
    let claims: Api<PersistentVolumeClaim> = Api::default_namespaced(sandbox.client());
    let volumes: Api<PersistentVolume> = Api::all(sandbox.client());
    let pods: Api<Pod> = Api::default_namespaced(sandbox.client());
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    for name in ["used", "unused"] {
        let claim = object(json!({"metadata": {"name": name}, "spec": spec}));
        claims.create(&PostParams::default(), &claim).await.expect("created");
    }
    let user = object(json!({
        "metadata": {"name": "user"},
        "spec": {
            "containers": [{"name": "c", "image": "i"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "used"}}],
        },
    }));
    pods.create(&PostParams::default(), &user).await.expect("created");
    assert_eq!(volumes.list(&ListParams::default()).await.expect("a list").items.len(), 2);

    claims.delete("unused", &DeleteParams::default()).await.expect("deleted");
    assert!(claims.get_opt("unused").await.expect("asked").is_none());
    claims.delete("used", &DeleteParams::default()).await.expect("deleted");
    let waiting = claims.get("used").await.expect("still there");
    assert_eq!(waiting.finalizers(), ["kubernetes.io/pvc-protection"]);
    pods.delete("user", &DeleteParams::default()).await.expect("deleted");
    assert!(claims.get_opt("used").await.expect("asked").is_none());
    assert!(volumes.list(&ListParams::default()).await.expect("a list").items.is_empty());
}

#[tokio::test]
async fn a_namespace_waits_for_finalizers_and_takes_nothing_new() {
    let sandbox = Sandbox::in_memory();
    let namespaces: Api<Namespace> = Api::all(sandbox.client());
    let maps: Api<ConfigMap> = Api::namespaced(sandbox.client(), "n");
    namespaces
        .create(&PostParams::default(), &object(json!({"metadata": {"name": "n"}})))
        .await
        .expect("created");
    let kept = object(json!({"metadata": {"name": "kept", "finalizers": ["example.com/keep"]}}));
    maps.create(&PostParams::default(), &kept).await.expect("created");
    namespaces.delete("n", &DeleteParams::default()).await.expect("deleted");
    let status = namespaces.get("n").await.expect("still there").status.expect("a status");
    assert_eq!(status.phase.as_deref(), Some("Terminating"));
    let messages: Vec<String> = status.conditions.into_iter().flatten().filter_map(|c| c.message).collect();
    assert!(messages.iter().any(|m| m.contains("example.com/keep in 1 resource instances")), "{messages:?}");
    let refused = maps.create(&PostParams::default(), &map("late")).await.expect_err("refused");
    assert_eq!(code(&refused), 403);
    let release = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    maps.patch("kept", &PatchParams::default(), &release).await.expect("patched");
    assert!(namespaces.get_opt("n").await.expect("asked").is_none());
}
