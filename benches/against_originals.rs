//! `hub` against the programs it replaces, as whole processes in one run: medians, and their ratios.
//!
//! Needs the real programs (`tests/realcluster/realcluster build`) and the recorded release of KServe.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what it skipped or measured")]
#![allow(missing_docs, reason = "a program, not a library")]

mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

use std::process::Command;

use measure::{RUNS, compare};
use support::control_plane::{ControlPlane, program};
use support::release;

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
        RUNS,
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
    compare(
        "redeploy without changes",
        "kubectl apply --server-side",
        RUNS,
        || stack.command(&deploy),
        apply,
    );
}
