//! Waiting by rules of users, and what is told when it was in vain.

use hub_cluster::readiness::{ReadinessCheck, ReadinessRule};
use hub_cluster::{ApplyOptions, GroupKind, ResultStatus};
use serde_json::{Value, json};

use crate::support::{crd, deployment, hurried, patient, thing, world};

fn rule(values: &[&str]) -> ReadinessRule {
    ReadinessRule {
        kind: GroupKind::new("example.org", "Thing"),
        name: None,
        ready: vec![ReadinessCheck::Field {
            path: "status.phase".into(),
            values: values.iter().map(ToString::to_string).collect(),
        }],
        failed: vec![ReadinessCheck::Field { path: "status.phase".into(), values: vec!["Broken".into()] }],
    }
}

#[tokio::test]
async fn users_say_when_their_kinds_are_ready() {
    let world = world().await;
    let set = [crd(), thing("a", "default")];
    let plan = world.plan(&set).await.expect("a plan");
    let options = ApplyOptions { readiness: vec![rule(&["Done"])], ..hurried() };
    let (outcome, _) = world.apply(&plan, &options).await;
    let waits: Vec<_> = outcome.not_ready().collect();
    let ResultStatus::NotReady(why) = &waits[0].status else { panic!("not ready") };
    assert_eq!(why.message, "waiting until status.phase is Done (it is not there yet)");

    let path = "/apis/example.org/v1/namespaces/default/things/a/status";
    let phase = async |phase: &str| {
        world.send("PATCH", path, "application/merge-patch+json", &json!({"status": {"phase": phase}})).await
    };
    phase("Done").await;
    let options = ApplyOptions { readiness: vec![rule(&["Done"])], ..patient() };
    let plan = world.plan(&set).await.expect("a plan");
    assert!(world.apply(&plan, &options).await.0.is_success());

    phase("Broken").await;
    let options = ApplyOptions { tolerance: std::time::Duration::ZERO, ..options };
    let plan = world.plan(&set).await.expect("a plan");
    let (outcome, _) = world.apply(&plan, &options).await;
    let ResultStatus::NotReady(why) = &outcome.not_ready().next().expect("one").status else {
        panic!("not ready")
    };
    assert!(why.terminal, "{why:?}");
}

fn crashing() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "server-1", "namespace": "default", "labels": {"app": "server"},
        "annotations": {(hub_sandbox::HOLD): "true", (hub_sandbox::LOG): "starting\nno database at db:5432 with hunter22\n"}},
        "spec": {"containers": [{"name": "main", "image": "i"}]}})
}

#[tokio::test]
async fn a_wait_in_vain_ends_with_the_last_lines() {
    let world = world().await;
    world.send("POST", "/api/v1/namespaces/default/pods", "application/json", &crashing()).await;
    let status = json!({"status": {"phase": "Running", "containerStatuses": [{"name": "main", "ready": false, "restartCount": 2,
        "image": "i", "imageID": "", "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}});
    let path = "/api/v1/namespaces/default/pods/server-1/status";
    world.send("PATCH", path, "application/merge-patch+json", &status).await;
    let mut server = deployment("server", 1);
    server["metadata"]["annotations"] = json!({(hub_sandbox::HOLD): "true"});
    let plan = world.plan(&[server]).await.expect("a plan");
    let options = ApplyOptions { sensitive: vec![hub_cluster::Sensitive::new("hunter22")], ..hurried() };
    let (outcome, _) = world.apply(&plan, &options).await;
    let ResultStatus::NotReady(why) = &outcome.not_ready().next().expect("one").status else {
        panic!("not ready")
    };
    assert_eq!(why.logs, ["server-1/main: starting", "server-1/main: no database at db:5432 with (secret)"]);
    assert!(why.children[0].contains("CrashLoopBackOff"), "{why:?}");
    assert!(why.hint.as_ref().expect("a hint").contains("kubectl logs"), "{why:?}");
}
