//! `hub` against the programs it replaces, as whole processes in one run: medians, and their ratios.
//!
//! Needs the real programs (`tests/realcluster/realcluster build`) and the recorded release of KServe.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what it skipped or measured")]
#![allow(missing_docs, reason = "a program, not a library")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::control_plane::{ControlPlane, program};
use support::release;

const RUNS: usize = 9;

fn main() {
    let Some(corpus) = release::corpus() else {
        println!("skipped: the recorded upstream manifests are not beside this checkout");
        return;
    };
    let folder = corpus.join("kserve-serverless");
    let hub = env!("CARGO_BIN_EXE_hub");
    let build = |tool: &str, arguments: &[&str]| {
        let mut command = Command::new(tool);
        command.args(arguments).arg("--load-restrictor").arg("LoadRestrictionsNone").arg(&folder);
        command
    };
    let kustomize = program("kustomize").display().to_string();
    compare(
        "build of the KServe release",
        "kustomize v5.8.1",
        || build(hub, &["kustomize", "build"]),
        || build(&kustomize, &["build"]),
    );

    let cluster = ControlPlane::start();
    let theirs = ControlPlane::start();
    release::install_cert_manager_kinds(&cluster);
    release::install_cert_manager_kinds(&theirs);
    let stack = release::stack(&corpus, &cluster);
    let deploy = [
        &["deploy", "kserve", "-e", "real", "-p", "kserve.deploymentMode=Serverless"],
        &release::RECORDED[..],
    ]
    .concat();
    stack.hub(&deploy).ends(0, &[]);
    let built = build(&kustomize, &["build"]).output().unwrap().stdout;
    std::fs::write(stack.path("built.yaml"), built).unwrap();
    let kubectl = program("kubectl");
    let apply = || {
        let mut command = Command::new(&kubectl);
        command.args(["apply", "--server-side", "--force-conflicts", "-f"]).arg(stack.path("built.yaml"));
        command.env("KUBECONFIG", &theirs.kubeconfig);
        command
    };
    // Each has applied everything to its own cluster before, so that each finds nothing to change. kubectl fails the
    // first time, since the definitions and their objects are in one file.
    let _ = apply().output().unwrap();
    let runtimes = "crd/clusterservingruntimes.serving.kserve.io";
    theirs.kubectl(&["wait", "--for=condition=Established", runtimes]);
    assert!(apply().output().unwrap().status.success());
    stack.hub(&deploy).ends(0, &[]);
    compare("redeploy without changes", "kubectl apply --server-side", || stack.command(&deploy), apply);
}

/// Runs both in turn and prints their medians and the ratio of the medians.
fn compare(what: &str, other: &str, mut ours: impl FnMut() -> Command, mut theirs: impl FnMut() -> Command) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let (our_time, their_time) = (time(&mut ours()), time(&mut theirs()));
        // The first pair warms the caches.
        if run > 0 {
            our_times.push(our_time);
            their_times.push(their_time);
        }
    }
    let (ours, theirs) = (median(our_times), median(their_times));
    println!(
        "{what}: hub {:.1} ms, {other} {:.1} ms, {:.1} times faster (medians of {RUNS})",
        ours.as_secs_f64() * 1e3,
        theirs.as_secs_f64() * 1e3,
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?} fails");
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
