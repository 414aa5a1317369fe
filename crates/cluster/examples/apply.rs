//! Plans and applies a file of objects, to try the engine by hand:
//! `cargo run -p hub-cluster --example apply -- KUBECONFIG COMPONENT FILE.json [--plan|--undeploy|--prune-crds]`
//! where the file holds a JSON list of objects, e.g. from `yq -o json ea '[.]'`.

#![expect(clippy::print_stdout, reason = "an example talks to whoever tries it")]

use std::time::Instant;

use hub_cluster::{
    ApplyOptions, Cluster, Event, Holder, Lock, LockOptions, Owner, PlanOptions, UndeployOptions,
};
use kube::config::{KubeConfigOptions, Kubeconfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kubeconfig, component, file, flags @ ..] = arguments.as_slice() else {
        return Err("usage: apply KUBECONFIG COMPONENT FILE.json [flags]".into());
    };
    let flag = |name: &str| flags.iter().any(|flag| flag == name);
    let objects = serde_json::from_str(&std::fs::read_to_string(file)?)?;

    let started = Instant::now();
    let config = kube::Config::from_custom_kubeconfig(
        Kubeconfig::read_from(kubeconfig)?,
        &KubeConfigOptions::default(),
    )
    .await?;
    let client = hub_cluster::client(config)?;
    let lap = |what: &str| println!("{:>7.1} ms {what}", started.elapsed().as_secs_f64() * 1e3);
    lap("client");
    let cluster = Cluster::connect(client).await?;
    lap("connected");

    let number = |name: &str, default: usize| {
        let found = flags.iter().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        found.unwrap_or(default)
    };
    let concurrency = number("--concurrency", 32);
    let deadly = number("--die", usize::MAX);
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let events = |event: Event| {
        if seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == deadly {
            std::process::abort();
        }
        if !flag("--quiet") {
            println!("{:>7.1} ms {}", started.elapsed().as_secs_f64() * 1e3, serde_json::json!(event));
        }
    };
    let holder = Holder {
        who: "example".into(),
        command: "apply".into(),
        pid: std::process::id(),
        ..Holder::default()
    };
    let is_dead = |holder: &Holder| !std::path::Path::new(&format!("/proc/{}", holder.pid)).exists();
    let lock_options = LockOptions { is_dead: &is_dead, ..LockOptions::default() };
    let lock = Lock::acquire(&cluster, "try", "hub-system", holder, lock_options, &events).await?;
    lap("locked");

    let owner =
        Owner { stack: "try".into(), component: component.clone(), state_namespace: "hub-system".into() };
    let plan = if flag("--undeploy") {
        let all = flag("--all");
        let options = UndeployOptions {
            delete_namespaces: all,
            delete_crds: all,
            delete_claims: all,
            ..UndeployOptions::default()
        };
        hub_cluster::plan_undeploy(&cluster, &owner, &options).await?
    } else {
        let options = PlanOptions {
            force_conflicts: flag("--force-conflicts"),
            adopt: flag("--adopt"),
            allow_empty: flag("--allow-empty"),
            concurrency,
            ..PlanOptions::default()
        };
        hub_cluster::plan(&cluster, &owner, objects, Some("default"), &options).await?
    };
    lap(&format!("planned {:?}", plan.counts()));
    for change in plan.changes.iter().filter(|change| !change.diff.is_empty() || change.reason.is_some()) {
        println!("  {:?} {} {:?}", change.action, change.id, change.reason);
        for field in &change.diff {
            println!("    {} {:?} -> {:?} {:?}", field.path, field.old, field.new, field.owners);
        }
    }
    for problem in &plan.problems {
        println!("  problem: {problem}");
    }
    let mut failed = !plan.problems.is_empty();
    if !flag("--plan") && !failed {
        let options = ApplyOptions {
            wait: !flag("--no-wait"),
            timeout: std::time::Duration::from_secs(60),
            concurrency,
            ..ApplyOptions::default()
        };
        let outcome = hub_cluster::apply(&cluster, &plan, &options, &events, lock.lost()).await?;
        lap(&format!("applied: {}", outcome.is_success()));
        failed = !outcome.is_success();
        for result in outcome.results.iter().filter(|result| {
            !matches!(result.status, hub_cluster::ResultStatus::Done | hub_cluster::ResultStatus::Kept)
        }) {
            println!("  {} {}", result.id, serde_json::json!(result.status));
        }
        for warning in outcome.warnings {
            println!("  warning: {warning}");
        }
    }
    lock.release().await?;
    lap("released");
    if failed { Err("not everything was done".into()) } else { Ok(()) }
}
