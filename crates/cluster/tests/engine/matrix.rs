//! Every fault in every phase of an upgrade and of a removal: the run completes or says clearly why not, everything
//! that is there is on record, and the next undisturbed run ends as if nothing had happened.

use std::sync::Mutex;
use std::time::Duration;

use futures::{StreamExt, stream};
use http::Method;
use hub_cluster::{
    ApplyOptions, Cluster, Event, Holder, Lock, LockOptions, PlanOptions, UndeployOptions, apply, inventory,
    plan, plan_undeploy,
};
use hub_sandbox::{Fault, Rule};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::{World, config_map, deployment, namespace, owner, patient, world};

/// Longer than any patience of the engine, all pauses together.
const LONGEST: Duration = Duration::from_secs(150);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Upgrade,
    Undeploy,
}

/// Which requests of a run meet the fault: method, part of the path, how many pass before, whether it is a watch.
type Phase = (&'static str, Job, Method, &'static str, u64, bool);

fn phases() -> Vec<Phase> {
    let record = "/namespaces/hub-system/configmaps/hub-stack-one";
    vec![
        ("discovery", Job::Upgrade, Method::GET, "/apis", 0, false),
        ("lock", Job::Upgrade, Method::POST, "/leases", 0, false),
        ("reading the record", Job::Upgrade, Method::GET, record, 0, false),
        ("plan", Job::Upgrade, Method::PATCH, "/configmaps/new", 0, false),
        ("looking for what goes", Job::Upgrade, Method::GET, "/default/configmaps", 0, false),
        ("intent", Job::Upgrade, Method::PUT, record, 0, false),
        ("apply", Job::Upgrade, Method::PATCH, "/configmaps/new", 1, false),
        ("apply of a workload", Job::Upgrade, Method::PATCH, "/deployments/server", 1, false),
        ("wait", Job::Upgrade, Method::GET, "/deployments", 0, true),
        ("prune", Job::Upgrade, Method::DELETE, "/configmaps/old", 0, false),
        ("record", Job::Upgrade, Method::PUT, record, 1, false),
        ("release", Job::Upgrade, Method::DELETE, "/leases", 0, false),
        ("plan of a removal", Job::Undeploy, Method::GET, "/deployments", 0, false),
        ("deletion", Job::Undeploy, Method::DELETE, "/deployments/server", 0, false),
        ("wait for a deletion", Job::Undeploy, Method::GET, "/deployments", 1, false),
        ("removal of the record", Job::Undeploy, Method::DELETE, record, 0, false),
    ]
}

fn faults() -> Vec<Fault> {
    let refuse = |code: u16, retry_after| Fault::Refuse { code, retry_after };
    let refusals = [401, 409, 422, 500, 503].map(|code| refuse(code, None));
    let others = [
        refuse(429, Some(1)),
        Fault::Denied,
        Fault::Reset,
        Fault::ResetAfter,
        Fault::Delay(Duration::from_millis(100)),
        Fault::DropWatch { after: 0 },
    ];
    refusals.into_iter().chain(others).collect()
}

fn before() -> Vec<Value> {
    vec![namespace("place"), deployment("server", 2), config_map("stays", "x"), config_map("old", "x")]
}

fn after() -> Vec<Value> {
    vec![namespace("place"), deployment("server", 3), config_map("stays", "x"), config_map("new", "x")]
}

/// One whole run, as a program makes it: connection, lock, plan, apply, release. An error is what its user reads.
async fn run(world: &World, job: Job, timeout: Duration) -> Result<(), String> {
    let told = |error: hub_cluster::Error| format!("{error}: {error:?}");
    let cluster = Cluster::connect(world.sandbox.client()).await.map_err(told)?;
    let retries = Mutex::new(0);
    let events = |event: Event| {
        if matches!(event, Event::Retry { .. }) {
            *retries.lock().expect("no panic while held") += 1;
        }
    };
    // A run that failed is over: nobody holds what it left.
    let lock_options = LockOptions { wait: Duration::ZERO, is_dead: &|_| true };
    let holder = Holder { who: format!("run {:x}", rand::random::<u32>()), ..Holder::default() };
    let lock =
        Lock::acquire(&cluster, "stack", "hub-system", holder, lock_options, &events).await.map_err(told)?;
    let planned = match job {
        Job::Upgrade => {
            plan(&cluster, &owner("one"), after(), Some("default"), &PlanOptions::default()).await
        }
        Job::Undeploy => {
            let all = UndeployOptions { delete_namespaces: true, ..UndeployOptions::default() };
            plan_undeploy(&cluster, &owner("one"), &all).await
        }
    };
    let options = ApplyOptions { timeout, ..patient() };
    let result = match planned {
        Ok(plan) => match apply(&cluster, &plan, &options, &events, &CancellationToken::new()).await {
            Ok(outcome) if outcome.is_success() => Ok(()),
            Ok(outcome) => Err(format!("{:?}", outcome.results)),
            Err(error) => Err(told(error)),
        },
        Err(error) => Err(told(error)),
    };
    let released = lock.release().await.map_err(told);
    result.and(released)
}

/// Everything that must be equal in the end.
async fn picture(world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    for path in [
        "/api/v1/configmaps",
        "/apis/apps/v1/deployments",
        "/api/v1/namespaces",
        "/apis/coordination.k8s.io/v1/leases",
    ] {
        let list = world.get(path).await.unwrap_or_default();
        for item in list["items"].as_array().into_iter().flatten() {
            let name = item["metadata"]["name"].as_str().unwrap_or_default();
            if !name.starts_with("hub-") || path.ends_with("leases") {
                lines.push(format!("{path} {name} {} {}", item["data"], item["spec"]));
            }
        }
    }
    let record = inventory(&world.cluster, &owner("one")).await.expect("a record that reads");
    let rows = record.entries.iter();
    lines.extend(rows.map(|(id, entry)| format!("{id} {:?} {} {}", entry.state, entry.created, entry.ready)));
    lines
}

/// Nothing of ours is there that is not on record.
async fn unrecorded(world: &World) -> Vec<String> {
    let record = inventory(&world.cluster, &owner("one")).await.expect("a record that reads");
    let mut unknown = Vec::new();
    for path in ["/api/v1/configmaps", "/apis/apps/v1/deployments", "/api/v1/namespaces"] {
        let query = format!("{path}?labelSelector=applyset.kubernetes.io%2Fpart-of");
        let list = world.get(&query).await.unwrap_or_default();
        for item in list["items"].as_array().into_iter().flatten() {
            let (name, namespace) = (&item["metadata"]["name"], &item["metadata"]["namespace"]);
            let is_known = |id: &hub_cluster::ObjectId| {
                *name == id.name.as_str() && namespace.as_str() == id.namespace.as_deref()
            };
            if !record.entries.keys().any(is_known) {
                unknown.push(format!("{path} {name}"));
            }
        }
    }
    unknown
}

async fn prepared() -> World {
    let world = world().await;
    world.deploy(&before()).await;
    world
}

async fn expected(job: Job) -> Vec<String> {
    let world = prepared().await;
    run(&world, job, LONGEST).await.expect("an undisturbed run");
    picture(&world).await
}

/// One fault in one phase, twice or for as long as the run takes. Gives what is wrong about it.
async fn meets(
    phase: &Phase,
    fault: &Fault,
    times: Option<u64>,
    expected: &[String],
) -> Result<bool, String> {
    let (_, job, method, path, skip, watches) = phase.clone();
    let world = prepared().await;
    let mut rule = Rule::new(fault.clone()).method(method).path(path).after(skip).watches(watches);
    if let Some(times) = times {
        rule = rule.times(times);
    }
    world.sandbox.faults().add(rule);
    let started = Instant::now();
    let timeout = Duration::from_secs(25);
    let first = tokio::time::timeout(LONGEST, run(&world, job, timeout)).await;
    world.sandbox.faults().clear();
    let first = first.map_err(|_| "the run does not end".to_string())?;
    let took = started.elapsed();
    let is_passing =
        matches!(fault, Fault::Delay(_) | Fault::DropWatch { .. } | Fault::Reset | Fault::ResetAfter)
            || matches!(fault, Fault::Refuse { code: 429 | 503, .. });
    match &first {
        Err(error) if times.is_some() && is_passing => return Err(format!("is not sat out: {error}")),
        Err(error) if error.len() < 20 => return Err(format!("says only {error:?}")),
        Ok(()) if picture(&world).await != expected => return Err("claims to be done, and is not".into()),
        _ => {}
    }
    let unknown = unrecorded(&world).await;
    if !unknown.is_empty() {
        return Err(format!("leaves what nobody knows of: {unknown:?}"));
    }
    run(&world, job, LONGEST).await.map_err(|error| format!("the next run fails: {error}"))?;
    let found = picture(&world).await;
    if found != expected {
        return Err(format!("the next run ends otherwise:\n{found:#?}\nnot\n{expected:#?}"));
    }
    if took > Duration::from_secs(100) {
        return Err(format!("takes {took:?}"));
    }
    Ok(first.is_ok())
}

async fn matrix(times: Option<u64>) {
    let (upgraded, undeployed) = (expected(Job::Upgrade).await, expected(Job::Undeploy).await);
    let phases = phases();
    let mut cells: Vec<(&Phase, Fault)> =
        phases.iter().flat_map(|phase| faults().into_iter().map(move |fault| (phase, fault))).collect();
    // Only watches are dropped, and being slow for ever is like being slow twice.
    cells.retain(|((.., watches), fault)| match fault {
        Fault::DropWatch { .. } => *watches,
        Fault::Delay(_) => times.is_some(),
        _ => true,
    });
    // The clock stands still while anything is at work: pauses cost no time, and a busy machine is no fault.
    let ended: Vec<(String, Result<bool, String>)> = stream::iter(cells)
        .map(|(phase, fault)| {
            let expected = if phase.1 == Job::Upgrade { &upgraded } else { &undeployed };
            async move {
                let result = meets(phase, &fault, times, expected).await;
                (format!("{fault:?} in {}", phase.0), result)
            }
        })
        .buffer_unordered(72)
        .collect()
        .await;
    let wrong: Vec<String> = ended
        .iter()
        .filter_map(|(what, result)| Some(format!("{what}: {}", result.as_ref().err()?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ended.len(), wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn faults_that_pass_are_survived_in_every_phase() {
    matrix(Some(2)).await;
}

#[tokio::test(start_paused = true)]
async fn faults_that_stay_leave_nothing_half_known_in_any_phase() {
    matrix(None).await;
}
