//! Fields of other managers and objects of other owners.

use hub_cluster::{Action, PlanOptions, Problem, apply, plan};
use serde_json::json;

use crate::support::{config_map, deployment, owner, patient, world};

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/default/deployments/server";

#[tokio::test]
async fn controllers_keep_their_fields() {
    let world = world().await;
    world.deploy(&[deployment("server", 1)]).await;
    let scaled = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "server"}, "spec": {"replicas": 3}});
    world.apply_as("keda-operator", DEPLOYMENT, &scaled).await;
    let plan = world.plan(&[deployment("server", 1)]).await.expect("a plan");
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    let yielded = &plan.changes[0].yielded;
    assert_eq!((yielded[0].field.as_str(), yielded[0].manager.as_str()), (".spec.replicas", "keda-operator"));
    world.deploy(&[deployment("server", 1)]).await;
    assert_eq!(world.get(DEPLOYMENT).await.expect("there")["spec"]["replicas"], 3);
}

#[tokio::test]
async fn other_deploy_tools_stop_the_plan_until_forced() {
    let world = world().await;
    world.deploy(&[config_map("a", "ours")]).await;
    let path = "/api/v1/namespaces/default/configmaps/a";
    world.apply_as("helm", path, &config_map("a", "theirs")).await;
    let refused = world.plan(&[config_map("a", "ours")]).await.expect("a plan");
    assert!(
        matches!(&refused.problems[..], [Problem::Conflict { fields, .. }] if fields[0].manager == "helm")
    );
    let force = PlanOptions { force_conflicts: true, ..PlanOptions::default() };
    let forced = world.plan_with(&[config_map("a", "ours")], &force).await.expect("a plan");
    assert!(forced.problems.is_empty());
    assert!(world.apply(&forced, &patient()).await.0.is_success());
    assert_eq!(world.get(path).await.expect("there")["data"]["key"], "ours");
}

#[tokio::test]
async fn a_plan_with_problems_is_not_carried_out() {
    let world = world().await;
    let mut helm = config_map("a", "theirs");
    helm["metadata"]["annotations"] = json!({"meta.helm.sh/release-name": "release"});
    world.apply_as("helm", "/api/v1/namespaces/default/configmaps/a", &helm).await;
    let before = world.sandbox.revision();
    let plan = world.plan(&[config_map("a", "ours"), config_map("b", "x")]).await.expect("a plan");
    assert_eq!(
        plan.problems[0].to_string(),
        "ConfigMap default/a: belongs to Helm release release; take it over with --adopt, or leave it out of this component"
    );
    let token = tokio_util::sync::CancellationToken::new();
    let refused = apply(&world.cluster, &plan, &patient(), &|_| (), &token).await;
    assert!(refused.is_err());
    assert_eq!(world.sandbox.revision(), before);
    let adopt = PlanOptions { adopt: true, ..PlanOptions::default() };
    let adopted = world.plan_with(&[config_map("a", "ours")], &adopt).await.expect("a plan");
    assert!(adopted.problems.is_empty(), "{:?}", adopted.problems);
    assert!(world.apply(&adopted, &patient()).await.0.is_success());
}

#[tokio::test]
async fn two_components_cannot_own_one_object() {
    let world = world().await;
    world.deploy(&[config_map("a", "x")]).await;
    let options = PlanOptions::default();
    let other = plan(&world.cluster, &owner("two"), vec![config_map("a", "x")], None, &options)
        .await
        .expect("a plan");
    assert!(
        matches!(&other.problems[..], [Problem::ForeignOwner { owner, .. }] if owner == "component one of stack stack")
    );
}

#[tokio::test]
async fn objects_of_nobody_are_taken_over() {
    let world = world().await;
    world.apply_as("kubectl", "/api/v1/namespaces/default/configmaps/a", &config_map("a", "theirs")).await;
    let plan = world.plan(&[config_map("a", "ours")]).await.expect("a plan");
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    assert_eq!(plan.changes[0].action, Action::Update);
    world.deploy(&[config_map("a", "ours")]).await;
}

#[tokio::test]
async fn what_kubectl_apply_declared_is_taken_over_and_can_be_removed() {
    let world = world().await;
    let mut former = config_map("a", "x");
    former["data"]["old"] = json!("goes away");
    let applied = former.to_string();
    former["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": applied});
    let maps = "/api/v1/namespaces/default/configmaps?fieldManager=kubectl-client-side-apply";
    world.send("POST", maps, "application/json", &former).await;
    let set = [config_map("a", "x")];
    let plan = world.plan(&set).await.expect("a plan");
    assert!(plan.changes[0].migrates, "{plan:#?}");
    let gone = plan.changes[0].diff.iter().find(|field| field.path == "data.old").expect("it is foreseen");
    assert_eq!(
        (gone.new.as_ref(), gone.owners.as_slice()),
        (None, &["kubectl-client-side-apply".to_string()][..])
    );
    world.deploy(&set).await;
    let live = world.get("/api/v1/namespaces/default/configmaps/a").await.expect("there");
    assert_eq!((&live["data"], live["metadata"].get("annotations")), (&json!({"key": "x"}), None));
    assert!(world.plan(&set).await.expect("a plan").is_unchanged());
}
