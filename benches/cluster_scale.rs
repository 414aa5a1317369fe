//! Many objects on a real control plane: `hub` against `kubectl apply --server-side` and against the floor, a bare loop
//! of concurrent PATCHes. Each on objects of its own, in turn, in one run; prints medians and ratios.
//!
//! Needs the real programs (`tests/realcluster/realcluster build`). `HUB_BENCH_OBJECTS=1000,5000` says how many objects,
//! `HUB_BENCH_DEPLOYMENTS=1000` how many Deployments are rolled out and taken away again.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what it measured")]
#![allow(missing_docs, reason = "a program, not a library")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use support::Stack;
use support::control_plane::{ControlPlane, program};
use support::many::{self, NAMESPACES, stack, time};

/// Requests in flight, as many as `hub` has.
const AT_ONCE: usize = 32;
const RUNS: usize = 3;

fn main() {
    let counts = numbers("HUB_BENCH_OBJECTS", "1000,5000");
    let cluster = ControlPlane::start();
    many::create_namespaces(&cluster);
    for count in counts {
        compare(&cluster, count);
    }
    for count in numbers("HUB_BENCH_DEPLOYMENTS", "1000") {
        let [deployed, unchanged, undeployed] = many::rollout(&cluster, count).map(|time| time.as_secs_f64());
        println!(
            "{count} Deployments: ready after {deployed:.1} s, unchanged {unchanged:.2} s, undeployed in {undeployed:.1} s, none left"
        );
    }
}

fn numbers(variable: &str, default: &str) -> Vec<usize> {
    let listed = std::env::var(variable).unwrap_or_else(|_| default.into());
    listed.split(',').filter(|number| !number.is_empty()).map(|number| number.parse().unwrap()).collect()
}

/// What each way takes for the same number of objects.
fn compare(cluster: &ControlPlane, count: usize) {
    let mut times: [Vec<Duration>; 6] = Default::default();
    for run in 0..RUNS {
        let bench = Bench::new(cluster, count, &format!("r{run}-{count}"));
        let taken = [
            bench.floor(),
            bench.kubectl(),
            bench.hub(&["plan"]),
            bench.hub(&["deploy"]),
            bench.hub(&["deploy"]),
            bench.hub(&["undeploy"]),
        ];
        for (times, taken) in times.iter_mut().zip(taken) {
            times.push(taken);
        }
        bench.clear();
    }
    let [floor, kubectl, plan, first, unchanged, undeploy] = times.map(median);
    let seconds = |time: Duration| time.as_secs_f64();
    println!("{count} objects in {NAMESPACES} namespaces (medians of {RUNS}):");
    println!("  bare PATCHes          {:>7.2} s", seconds(floor));
    println!("  kubectl, server-side  {:>7.2} s", seconds(kubectl));
    println!(
        "  hub, first            {:>7.2} s, of which planning {:.2} s; the rest is {:.2} times the floor, all {:.2} times kubectl",
        seconds(first),
        seconds(plan),
        (seconds(first) - seconds(plan)) / seconds(floor),
        seconds(first) / seconds(kubectl)
    );
    println!("  hub, unchanged        {:>7.2} s", seconds(unchanged));
    println!("  hub, undeployed       {:>7.2} s", seconds(undeploy));
}

/// One round: the same objects three times, under three names.
struct Bench<'a> {
    cluster: &'a ControlPlane,
    stack: Stack,
    bare: Vec<Value>,
}

impl<'a> Bench<'a> {
    fn new(cluster: &'a ControlPlane, count: usize, tag: &str) -> Self {
        let stack = stack(cluster, tag, &objects(count, &format!("hub-{tag}")));
        let list =
            json!({"apiVersion": "v1", "kind": "List", "items": objects(count, &format!("kubectl-{tag}"))});
        stack.write("kubectl.json", &list.to_string());
        Self { cluster, stack, bare: objects(count, &format!("bare-{tag}")) }
    }

    /// A PATCH for each object, and nothing else.
    fn floor(&self) -> Duration {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let kubeconfig = Kubeconfig::read_from(&self.cluster.kubeconfig).unwrap();
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
            let start = Instant::now();
            let client = hub_cluster::client(config).unwrap();
            let sent =
                stream::iter(&self.bare).map(|object| patch(&client, object)).buffer_unordered(AT_ONCE);
            sent.try_collect::<Vec<()>>().await.unwrap();
            start.elapsed()
        })
    }

    fn kubectl(&self) -> Duration {
        let mut command = Command::new(program("kubectl"));
        command.args(["apply", "--server-side", "-f"]).arg(self.stack.path("kubectl.json"));
        time(command.env("KUBECONFIG", &self.cluster.kubeconfig))
    }

    fn hub(&self, arguments: &[&str]) -> Duration {
        time(&mut self.stack.command(arguments))
    }

    /// Leaves the cluster as small as it was.
    fn clear(&self) {
        for number in 0..NAMESPACES {
            let namespace = format!("scale-{number}");
            let kinds = "configmaps,secrets,serviceaccounts";
            self.cluster.kubectl(&["delete", kinds, "-n", &namespace, "-l", "app=scale", "--wait=false"]);
        }
    }
}

async fn patch(client: &kube::Client, object: &Value) -> Result<(), kube::Error> {
    let metadata = &object["metadata"];
    let plural = format!("{}s", object["kind"].as_str().unwrap().to_lowercase());
    let (namespace, name) = (metadata["namespace"].as_str().unwrap(), metadata["name"].as_str().unwrap());
    let path = format!("/api/v1/namespaces/{namespace}/{plural}/{name}?fieldManager=bare&force=true");
    let request = http::Request::patch(path).header("content-type", "application/apply-patch+yaml");
    client.request::<Value>(request.body(object.to_string().into_bytes()).unwrap()).await.map(|_| ())
}

fn objects(count: usize, prefix: &str) -> Vec<Value> {
    (0..count).map(|number| object(number, prefix)).collect()
}

fn object(number: usize, prefix: &str) -> Value {
    let metadata = json!({"name": format!("{prefix}-{number}"), "namespace": format!("scale-{}", number % NAMESPACES),
        "labels": {"app": "scale"}});
    match number % 5 {
        0 => json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        1 => {
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"a": "x".repeat(50)}})
        }
        _ => json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata,
            "data": {"a": "x".repeat(50), "b": number.to_string()}}),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
