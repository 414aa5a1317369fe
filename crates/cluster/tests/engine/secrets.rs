//! A secret value and all the places where it must not turn up.

use hub_cluster::{ApplyOptions, PlanOptions, Sensitive};
use serde_json::json;

use crate::support::{config_map, owner, patient, world};

const CANARY: &str = "canary-value-4711";
const ENCODED: &str = "Y2FuYXJ5LXZhbHVlLTQ3MTE=";

#[tokio::test]
async fn secrets_stay_out_of_plans_events_outcomes_and_records() {
    let world = world().await;
    let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "stringData": {"password": value}});
    let mut failing = config_map("Bad Name canary-value-4711", CANARY);
    failing["metadata"]["annotations"] = json!({"note": CANARY});
    let sensitive = vec![Sensitive::new(CANARY)];
    let plan_options = PlanOptions { sensitive: sensitive.clone(), ..PlanOptions::default() };
    let options = ApplyOptions { sensitive, ..patient() };
    let mut shown = String::new();

    let refused = world.plan_with(&[failing], &plan_options).await.expect("a plan");
    let texts: Vec<String> = refused
        .problems
        .iter()
        .map(|problem| match problem {
            hub_cluster::Problem::Invalid { message, .. } => message.clone(),
            other => format!("{other:?}"),
        })
        .collect();
    shown.push_str(&texts.join("\n"));

    for value in ["before", CANARY, "after"] {
        let set = [secret(value), config_map("clear", value)];
        let plan = world.plan_with(&set, &plan_options).await.expect("a plan");
        let (outcome, events) = world.apply(&plan, &options).await;
        assert!(outcome.is_success());
        shown.push_str(&serde_json::to_string(&plan).expect("serialises"));
        shown.push_str(&serde_json::to_string(&outcome).expect("serialises"));
        shown.push_str(&serde_json::to_string(&events).expect("serialises"));
        shown.push_str(&format!("{outcome:?}{events:?}"));
    }
    let record =
        world.get(&format!("/api/v1/namespaces/hub-system/configmaps/{}", owner("one").parent_name())).await;
    shown.push_str(&record.expect("a record").to_string());
    assert!(shown.contains("(secret)"));
    for form in [CANARY, ENCODED] {
        assert!(
            !shown.contains(form),
            "{}",
            &shown[shown.find(form).unwrap_or(0).saturating_sub(200)..][..400.min(shown.len())]
        );
    }
}
