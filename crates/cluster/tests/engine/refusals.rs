//! What a plan refuses, and in which words.

use hub_cluster::{Error, PlanOptions, Problem};
use serde_json::json;

use crate::support::{config_map, crd, deployment, thing, world};

#[tokio::test]
async fn unknown_kinds_are_all_named() {
    let world = world().await;
    let mut other = thing("a", "default");
    other["kind"] = json!("Other");
    let Err(Error::UnknownKinds { kinds }) =
        world.plan(&[thing("a", "default"), other, config_map("x", "x")]).await
    else {
        panic!("unknown kinds")
    };
    let names: Vec<_> = kinds.iter().map(|unknown| unknown.kind.to_string()).collect();
    assert_eq!(names, ["Other.example.org", "Thing.example.org"]);
}

#[tokio::test]
async fn kinds_that_others_bring_are_accepted() {
    let world = world().await;
    let options = PlanOptions { upcoming: vec![crd()], ..PlanOptions::default() };
    let plan = world.plan_with(&[thing("a", "default")], &options).await.expect("a plan");
    assert!(plan.changes[0].unverified && plan.problems.is_empty());
}

#[tokio::test]
async fn missing_namespaces_are_named_once() {
    let world = world().await;
    let mut map = config_map("a", "x");
    map["metadata"]["namespace"] = json!("nowhere");
    let mut other = map.clone();
    other["metadata"]["name"] = json!("b");
    let plan = world.plan(&[map, other]).await.expect("a plan");
    assert!(
        matches!(&plan.problems[..], [Problem::MissingNamespace { namespace, objects }] if namespace == "nowhere" && objects.len() == 2)
    );
}

#[tokio::test]
async fn immutable_fields_are_told_before_anything_is_written() {
    let world = world().await;
    world.deploy(&[deployment("server", 1)]).await;
    let mut changed = deployment("server", 1);
    changed["spec"]["selector"]["matchLabels"] = json!({"app": "other"});
    changed["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    let plan = world.plan(std::slice::from_ref(&changed)).await.expect("a plan");
    assert!(
        matches!(&plan.problems[..], [Problem::Immutable { fields, .. }] if fields == &["spec.selector"]),
        "{:?}",
        plan.problems
    );
    let recreate = PlanOptions { recreate: true, ..PlanOptions::default() };
    let plan = world.plan_with(&[changed], &recreate).await.expect("a plan");
    assert_eq!(plan.counts().recreate, 1);
    assert!(world.apply(&plan, &crate::support::patient()).await.0.is_success());
}

#[tokio::test]
async fn the_servers_refusals_are_collected() {
    let world = world().await;
    let mut wrong = deployment("wrong", 1);
    wrong["spec"]["template"]["spec"]["containers"][0]["imagee"] = json!("typo");
    let mut nameless = config_map("a", "x");
    nameless["metadata"]["name"] = json!("Not A Name");
    let plan = world.plan(&[wrong, nameless, config_map("fine", "x")]).await.expect("a plan");
    assert_eq!(plan.problems.len(), 2, "{:?}", plan.problems);
    let texts: Vec<String> = plan.problems.iter().map(ToString::to_string).collect();
    assert!(texts.iter().any(|text| text.contains("imagee")), "{texts:?}");
}

#[tokio::test]
async fn empty_sets_and_mass_deletions_are_refused() {
    let world = world().await;
    let set: Vec<_> = (0..3).map(|number| config_map(&format!("m{number}"), "x")).collect();
    world.deploy(&set).await;
    assert!(matches!(world.plan(&[]).await, Err(Error::EmptySet { recorded: 3, .. })));
    let options = PlanOptions { max_deletes: Some(1), ..PlanOptions::default() };
    let plan = world.plan_with(&set[..1], &options).await.expect("a plan");
    assert!(matches!(&plan.problems[..], [Problem::TooManyDeletes { planned: 2, limit: 1, .. }]));
}

#[tokio::test]
async fn a_successor_of_a_kind_that_is_gone_is_named() {
    let world = world().await;
    let ingress = json!({"apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": {"name": "a", "namespace": "default"}});
    let old = json!({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a", "namespace": "default"}});
    let error = world.plan(&[ingress, old]).await.expect_err("unknown kinds").to_string();
    assert!(error.contains("it serves Ingress.networking.k8s.io/v1 instead"), "{error}");
    assert!(error.contains("policy/v1beta1 is not served, only v1"), "{error}");
}

#[tokio::test]
async fn a_plan_that_deletes_most_of_a_component_is_refused_by_default() {
    let world = world().await;
    let set: Vec<_> = (0..24).map(|number| config_map(&format!("m{number}"), "x")).collect();
    world.deploy(&set).await;
    let plan = world.plan(&set[..11]).await.expect("a plan");
    assert!(
        matches!(plan.problems[..], [Problem::TooManyDeletes { planned: 13, limit: 12, recorded: 24 }]),
        "{:?}",
        plan.problems
    );
    assert!(world.plan(&set[..12]).await.expect("a plan").problems.is_empty());
    let any = PlanOptions { max_deletes: Some(13), ..PlanOptions::default() };
    assert!(world.plan_with(&set[..11], &any).await.expect("a plan").problems.is_empty());
    let none = PlanOptions { max_deletes: Some(0), ..PlanOptions::default() };
    assert_eq!(world.plan_with(&set[..23], &none).await.expect("a plan").problems.len(), 1);
}
