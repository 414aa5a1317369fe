//! Servers that refuse, delay and break off.

use std::time::Duration;

use http::Method;
use hub_cluster::{Cluster, Error, Event, ResultStatus};
use hub_sandbox::{Fault, Rule, Sandbox};
use serde_json::json;

use crate::support::{config_map, deployment, everything, hurried, patient, world};

fn refuse(code: u16) -> Fault {
    Fault::Refuse { code, retry_after: None }
}

#[tokio::test]
async fn connecting_tells_failures_apart() {
    for (code, expected) in [(401, "credentials"), (403, "not allowed"), (500, "status 500")] {
        let sandbox = Sandbox::in_memory();
        sandbox.faults().add(Rule::new(refuse(code)));
        let error = Cluster::connect(sandbox.client()).await.expect_err("refused");
        assert!(error.to_string().contains(expected), "{code}: {error}");
    }
    let unreachable = kube::Config::new("http://127.0.0.1:1".parse().expect("a url"));
    let client = hub_cluster::client(unreachable).expect("a client");
    let error = Cluster::connect(client).await.expect_err("nobody there");
    assert!(matches!(error, Error::Unreachable { .. }));
    assert_eq!(
        error.to_string(),
        "cannot reach the API server: the connection is refused; start the cluster, or check the server address of the kubeconfig context"
    );
}

#[tokio::test]
async fn failures_that_pass_are_sat_out() {
    for fault in [refuse(429), refuse(503), refuse(504), Fault::Reset, Fault::ResetAfter] {
        for (method, path) in
            [(Method::PATCH, "/configmaps"), (Method::GET, "/configmaps"), (Method::POST, "/configmaps")]
        {
            let world = world().await;
            world.sandbox.faults().add(Rule::new(fault.clone()).method(method.clone()).path(path).times(2));
            let plan = world.plan(&[config_map("a", "x")]).await.expect("a plan");
            let outcome = world.apply(&plan, &patient()).await.0;
            assert!(outcome.is_success(), "{fault:?} {method}: {outcome:#?}");
            assert!(
                world.plan(&[config_map("a", "x")]).await.expect("a plan").is_unchanged(),
                "{fault:?} {method}"
            );
        }
    }
}

#[tokio::test]
async fn answers_that_are_lost_are_not_taken_for_another_run() {
    let world = world().await;
    world.deploy(&[config_map("a", "x")]).await;
    let parent = format!("/configmaps/{}", crate::support::owner("one").parent_name());
    world.sandbox.faults().add(Rule::new(Fault::ResetAfter).method(Method::PUT).path(parent).times(1));
    world.deploy(&[config_map("a", "y")]).await;
    world.sandbox.faults().add(Rule::new(Fault::ResetAfter).method(Method::POST).path("/leases").times(1));
    let holder = hub_cluster::Holder { who: "ann".into(), ..Default::default() };
    let options = hub_cluster::LockOptions::default();
    let lock =
        hub_cluster::Lock::acquire(&world.cluster, "stack", "hub-system", holder, options, &|_| ()).await;
    lock.expect("ours").release().await.expect("still ours");
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let world = world().await;
    let plan = world.plan(&[config_map("a", "x")]).await.expect("a plan");
    let busy = Fault::Refuse { code: 429, retry_after: Some(1) };
    world.sandbox.faults().add(Rule::new(busy).method(Method::PATCH).path("/configmaps/a").times(1));
    let started = std::time::Instant::now();
    let (outcome, events) = world.apply(&plan, &patient()).await;
    assert!(outcome.is_success());
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(events.iter().any(|event| matches!(event, Event::Retry { attempt: 2, .. })));
}

#[tokio::test]
async fn a_failed_object_stops_only_what_needs_it() {
    let world = world().await;
    let plan = world.plan(&everything()).await.expect("a plan");
    world
        .sandbox
        .faults()
        .add(Rule::new(refuse(422)).method(Method::PATCH).path("/customresourcedefinitions"));
    let outcome = world.apply(&plan, &patient()).await.0;
    let status =
        |kind: &str| &outcome.results.iter().find(|result| result.id.kind == kind).expect(kind).status;
    assert!(matches!(status("CustomResourceDefinition"), ResultStatus::Failed { .. }));
    assert!(
        matches!(status("Thing"), ResultStatus::Skipped { reason } if reason.contains("things.example.org"))
    );
    assert_eq!(*status("ConfigMap"), ResultStatus::Done);
    assert_eq!(*status("Deployment"), ResultStatus::Done);
    world.sandbox.faults().clear();
    world.deploy(&everything()).await;
}

#[tokio::test]
async fn watches_that_break_are_taken_up_again() {
    let world = world().await;
    world.sandbox.faults().add(Rule::new(Fault::DropWatch { after: 1 }));
    world.deploy(&[deployment("server", 3)]).await;
}

#[tokio::test]
async fn slow_answers_only_take_longer() {
    let world = world().await;
    world.sandbox.faults().add(Rule::new(Fault::Delay(Duration::from_millis(20))));
    world.deploy(&everything()).await;
}

#[tokio::test]
async fn a_timeout_names_the_object_and_the_rule() {
    let sandbox = Sandbox::in_memory_with(hub_sandbox::SandboxOptions::default().without_controllers());
    let cluster = Cluster::connect(sandbox.client()).await.expect("connected");
    let world = crate::support::World { sandbox, cluster };
    let set = [deployment("server", 2), config_map("a", "x")];
    let plan = world.plan(&set).await.expect("a plan");
    let (outcome, events) = world.apply(&plan, &hurried()).await;
    let ResultStatus::NotReady(report) = &outcome.results[0].status else { panic!("{outcome:#?}") };
    assert_eq!(report.message, "0 of 2 replicas are created");
    assert!(!report.terminal);
    assert!(
        report.hint.as_ref().expect("a hint").contains("kubectl describe -n default deployment.apps server")
    );
    assert_eq!(outcome.results[1].status, ResultStatus::Done);
    assert!(events.iter().any(|event| matches!(event, Event::Waiting { .. })));
    // Nothing is applied again, but it is still waited for.
    let plan = world.plan(&set).await.expect("a plan");
    assert!(plan.is_unchanged());
    assert!(!world.apply(&plan, &hurried()).await.0.is_success());
}

#[tokio::test]
async fn an_old_status_is_not_believed_at_once() {
    let world = world().await;
    let mut set = crate::support::everything();
    world.deploy(&set).await;
    let path = "/apis/example.org/v1/namespaces/place/things/a/status";
    let ready = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    world.send("PATCH", path, "application/merge-patch+json", &ready).await;
    set[0]["spec"]["size"] = json!(2);
    let events = world.deploy(&set).await;
    let doubts = |event: &Event| matches!(event, Event::Waiting { readiness, .. } if readiness.message.contains("has not reacted"));
    assert!(events.iter().any(doubts), "{events:#?}");
}

#[tokio::test]
async fn claims_that_wait_for_a_pod_are_not_waited_for() {
    let world = world().await;
    let class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "late"},
        "provisioner": "example.org/none", "volumeBindingMode": "WaitForFirstConsumer"});
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a", "namespace": "default"},
        "spec": {"storageClassName": "late", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    world.deploy(&[class, claim]).await;
}

#[tokio::test]
async fn a_record_that_moved_stops_the_run() {
    let world = world().await;
    world.deploy(&[config_map("a", "x")]).await;
    let plan = world.plan(&[config_map("a", "y")]).await.expect("a plan");
    world.deploy(&[config_map("a", "z")]).await;
    let token = tokio_util::sync::CancellationToken::new();
    let error = hub_cluster::apply(&world.cluster, &plan, &patient(), &|_| (), &token).await;
    assert!(matches!(error, Err(Error::RecordMoved { .. })));
    assert_eq!(
        world.get("/api/v1/namespaces/default/configmaps/a").await.expect("there")["data"],
        json!({"key": "z"})
    );
}
