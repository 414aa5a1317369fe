//! Runs that end anywhere, and the next that completes them.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{Either, select};
use hub_cluster::{Event, Plan, UndeployOptions, apply, inventory};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{World, config_map, everything, owner, patient, world};

/// Carries a plan out and drops the run at its n-th event, as a killed process does. True where it got through.
async fn run_until(world: &World, plan: &Plan, deadly: usize) -> bool {
    let seen = AtomicUsize::new(0);
    let died = CancellationToken::new();
    let events = |_: Event| {
        if seen.fetch_add(1, Ordering::SeqCst) == deadly {
            died.cancel();
        }
    };
    let cancel = CancellationToken::new();
    let options = options();
    let run = std::pin::pin!(apply(&world.cluster, plan, &options, &events, &cancel));
    let death = std::pin::pin!(died.cancelled());
    matches!(select(death, run).await, Either::Right(_))
}

fn options() -> hub_cluster::ApplyOptions {
    // One at a time, so that every event is a different state to die in.
    hub_cluster::ApplyOptions { concurrency: 1, ..patient() }
}

fn upgraded() -> Vec<Value> {
    let mut set = everything();
    set.remove(0);
    set[0]["data"]["key"] = json!("two");
    set.push(config_map("new", "x"));
    set
}

/// Everything that must be equal after a run, killed or not.
async fn picture(world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    let paths = [
        "/api/v1/configmaps",
        "/apis/apps/v1/deployments",
        "/apis/example.org/v1/things",
        "/api/v1/namespaces",
    ];
    for path in paths {
        let list = world.get(path).await.unwrap_or_default();
        for item in list["items"].as_array().into_iter().flatten() {
            let name = &item["metadata"]["name"];
            if item["metadata"]["namespace"] != "hub-system" && name != "hub-system" {
                lines.push(format!("{path} {name} {} {}", item["data"], item["spec"]));
            }
        }
    }
    let record = inventory(&world.cluster, &owner("one")).await.expect("a record");
    lines
        .extend(record.entries.iter().map(|(id, entry)| format!("{id} {:?} {}", entry.state, entry.created)));
    lines
}

#[derive(Clone, Copy)]
enum Job {
    Deploy,
    Upgrade,
    Undeploy,
}

impl Job {
    async fn prepare(self, world: &World) {
        if !matches!(self, Job::Deploy) {
            world.deploy(&everything()).await;
        }
    }

    async fn plan(self, world: &World) -> Plan {
        match self {
            Job::Deploy => world.plan(&everything()).await.expect("a plan"),
            Job::Upgrade => world.plan(&upgraded()).await.expect("a plan"),
            Job::Undeploy => world.plan_undeploy(&UndeployOptions::default()).await,
        }
    }
}

async fn dies_everywhere(job: Job) {
    let undisturbed = world().await;
    job.prepare(&undisturbed).await;
    let plan = job.plan(&undisturbed).await;
    assert!(run_until(&undisturbed, &plan, usize::MAX).await);
    let expected = picture(&undisturbed).await;

    let deaths = Cell::new(0);
    for deadly in 0.. {
        let world = world().await;
        job.prepare(&world).await;
        if run_until(&world, &job.plan(&world).await, deadly).await {
            break;
        }
        deaths.set(deaths.get() + 1);
        let plan = job.plan(&world).await;
        assert!(plan.problems.is_empty(), "after death {deadly}: {:?}", plan.problems);
        let (outcome, _) = world.apply(&plan, &patient()).await;
        assert!(outcome.is_success(), "after death {deadly}: {outcome:#?}");
        assert_eq!(picture(&world).await, expected, "after death {deadly}");
    }
    assert!(deaths.get() > 5, "only {} events", deaths.get());
}

#[tokio::test]
async fn a_deployment_that_died_anywhere_is_completed() {
    dies_everywhere(Job::Deploy).await;
}

#[tokio::test]
async fn an_upgrade_that_died_anywhere_is_completed() {
    dies_everywhere(Job::Upgrade).await;
}

#[tokio::test]
async fn a_removal_that_died_anywhere_is_completed() {
    dies_everywhere(Job::Undeploy).await;
}

#[tokio::test]
async fn a_run_that_is_stopped_says_so_and_is_continued() {
    for deadly in 0..8 {
        let world = world().await;
        let plan = world.plan(&everything()).await.expect("a plan");
        let cancel = CancellationToken::new();
        let seen = Mutex::new(0);
        let events = |_: Event| {
            let mut seen = seen.lock().expect("no panic while held");
            *seen += 1;
            if *seen > deadly {
                cancel.cancel();
            }
        };
        let outcome = apply(&world.cluster, &plan, &options(), &events, &cancel).await.expect("an outcome");
        assert!(outcome.cancelled && !outcome.is_success());
        world.deploy(&everything()).await;
        assert!(world.plan(&everything()).await.expect("a plan").is_unchanged());
    }
}
