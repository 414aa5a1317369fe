//! Ctrl-C in each phase: exit 130, the lock is free, the next run goes on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use hub_sandbox::{Fault, Rule};
use rustix::process::{Pid, Signal, kill_process};
use support::served::Served;
use support::server::{Answer, Server};
use support::{Ran, Stack};

const CONFIG: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, namespace: default}\ndata: {a: b}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: default}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: app}]}
";

fn start(stack: &Stack, arguments: &[&str]) -> Child {
    stack.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

fn end(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Reads the child's events until one has these words.
fn until(child: &mut Child, words: &[&str]) {
    let reader = BufReader::new(child.stdout.take().unwrap());
    let mut lines = reader.lines();
    let found = lines.by_ref().map_while(Result::ok).any(|line| words.iter().all(|w| line.contains(w)));
    assert!(found, "no event with {words:?}");
    // The rest is read so that the child never waits for a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
}

/// After the interruption: the lock is free and the same command goes through.
fn goes_on(stack: &Stack, arguments: &[&str]) {
    stack.hub(arguments).ends(0, &[]);
    let status = stack.hub(&["status"]);
    assert!(!status.stdout.contains("locked by"), "{}", status.stdout);
}

#[test]
fn while_fetching() {
    let stack = Stack::of_app(
        "parameters: [{name: url, env: HUB_KUSTOMIZE_RESOURCES}]\n",
        &[("kustomization.yaml", "resources: [kustomize/app.yaml]\n")],
    );
    let server = Server::start(vec![Answer::Silence, Answer::Body(CONFIG.into())]);
    let param = format!("url={}/app.yaml", server.url);
    let child = start(&stack, &["deploy", "-p", &param]);
    server.wait_for_a_connection();
    interrupt(&child);
    end(child).ends(130, &["interrupted"]);
    goes_on(&stack, &["deploy", "-p", &param]);
}

#[test]
fn in_a_hook_before_the_build() {
    hook("pre-deploy");
}

#[test]
fn in_a_hook_afterwards() {
    hook("post-deploy");
}

fn hook(name: &str) {
    let script = "#!/bin/sh\nif [ -e \"$HUB_BASE_DIR/go\" ]; then exit 0; fi\necho begun\nsleep 1000\n";
    let stack = Stack::of_app(
        "",
        &[("kustomization.yaml", "resources: [c.yaml]\n"), ("c.yaml", CONFIG), (name, script)],
    );
    let mut child = start(&stack, &["deploy", "-o", "json"]);
    until(&mut child, &["hookLine", "begun"]);
    interrupt(&child);
    end(child).ends(130, &["interrupted"]);
    stack.write("go", "");
    goes_on(&stack, &["deploy"]);
}

#[test]
fn while_waiting_for_readiness() {
    let held = Served::without_controllers();
    let stack = Stack::of_app("", &[("kustomization.yaml", "resources: [d.yaml]\n"), ("d.yaml", DEPLOYMENT)]);
    let kubeconfig = stack.kubeconfig(&held.url);
    let mut child = start(&stack, &["deploy", "-o", "json", "--kubeconfig", &kubeconfig]);
    until(&mut child, &["waiting", "Deployment"]);
    interrupt(&child);
    end(child).ends(130, &["interrupted"]);
    goes_on_there(&stack, &kubeconfig, &["deploy", "--no-wait"]);
}

#[test]
fn while_the_cluster_is_asked_and_written() {
    for phase in ["planning", "applying"] {
        let held = Served::without_controllers();
        let stack = Stack::of_app("", &[("kustomization.yaml", "resources: [c.yaml]\n"), ("c.yaml", CONFIG)]);
        let kubeconfig = stack.kubeconfig(&held.url);
        let slow = Rule::new(Fault::Delay(Duration::from_secs(2)));
        held.sandbox.faults().add(slow.method(http::Method::PATCH).path("/configmaps/app"));
        let mut child = start(&stack, &["deploy", "-o", "json", "--kubeconfig", &kubeconfig]);
        until(&mut child, &["phaseStarted", phase]);
        interrupt(&child);
        end(child).ends(130, &["interrupted"]);
        held.sandbox.faults().clear();
        goes_on_there(&stack, &kubeconfig, &["deploy"]);
    }
}

#[test]
fn while_waiting_for_another_run() {
    let held = Served::without_controllers();
    let stack = Stack::of_app("", &[("kustomization.yaml", "resources: [d.yaml]\n"), ("d.yaml", DEPLOYMENT)]);
    let kubeconfig = stack.kubeconfig(&held.url);
    let mut first = start(&stack, &["deploy", "-o", "json", "--kubeconfig", &kubeconfig]);
    until(&mut first, &["waiting", "Deployment"]);
    stack
        .hub(&["deploy", "--kubeconfig", &kubeconfig])
        .ends(4, &["another run is at work: tester@", "hub unlock"]);
    let mut second =
        start(&stack, &["deploy", "-o", "json", "--kubeconfig", &kubeconfig, "--lock-timeout", "10m"]);
    until(&mut second, &["lockAwaited"]);
    interrupt(&second);
    end(second).ends(130, &["interrupted"]);
    interrupt(&first);
    end(first).ends(130, &["interrupted"]);
    goes_on_there(&stack, &kubeconfig, &["deploy", "--no-wait"]);
}

#[test]
fn a_killed_run_leaves_no_lock_that_needs_a_hand() {
    let held = Served::without_controllers();
    let stack = Stack::of_app("", &[("kustomization.yaml", "resources: [d.yaml]\n"), ("d.yaml", DEPLOYMENT)]);
    let kubeconfig = stack.kubeconfig(&held.url);
    let mut child = start(&stack, &["deploy", "-o", "json", "--kubeconfig", &kubeconfig]);
    until(&mut child, &["waiting", "Deployment"]);
    child.kill().unwrap();
    child.wait().unwrap();
    stack
        .hub(&["deploy", "--no-wait", "--kubeconfig", &kubeconfig])
        .ends(0, &["took over the lock of tester@"]);
}

fn goes_on_there(stack: &Stack, kubeconfig: &str, arguments: &[&str]) {
    stack.hub(&[arguments, &["--kubeconfig", kubeconfig]].concat()).ends(0, &[]);
    let status = stack.hub(&["status", "--kubeconfig", kubeconfig]);
    assert!(!status.stdout.contains("locked by"), "{}", status.stdout);
}
