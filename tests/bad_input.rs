//! What users get wrong, and what the world does to them: the message, the exit code, and a cluster left alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::Write as _;

use support::server::{Answer, Server, closed_port};
use support::{Ran, Stack};

const KUSTOMIZATION: &str = "resources: [config.yaml]\n";
const CONFIG: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, namespace: default}\ndata: {a: b}\n";
const FETCHES: &str = "parameters:
- {name: url, env: HUB_KUSTOMIZE_RESOURCES}
";

/// A component that downloads what `url` names.
fn fetching() -> Stack {
    Stack::of_app(FETCHES, &[("kustomization.yaml", "resources: [kustomize/app.yaml]\n")])
}

fn fetch(stack: &Stack, url: &str, more: &[&str]) -> Ran {
    let param = format!("url={url}/app.yaml");
    let arguments = ["deploy", "-p", &param, "--fetch-timeout", "500ms", "--fetch-retries", "2"];
    stack.hub(&[&arguments[..], more].concat())
}

/// The sandbox has nothing that a deployment wrote but its lock's namespace.
#[track_caller]
fn untouched(stack: &Stack) {
    assert!(!stack.path("kustomize").exists());
    let objects = stack.hub(&["status", "--objects"]);
    objects.ends(0, &["app not deployed"]);
}

#[test]
fn a_value_that_is_not_allowed_lists_those_that_are() {
    let stack = Stack::of_repository();
    let ran = stack.hub(&["deploy", "kserve", "--param", "kserve.deploymentMode=Foo"]);
    ran.ends(
        2,
        &["`Foo` is not allowed", "allowed: RawDeployment, Serverless", "the value comes from: --param"],
    );
    assert!(!ran.stderr.contains("did you mean"), "{}", ran.stderr);
    let near = stack.hub(&["deploy", "kserve", "--param", "kserve.deploymentMode=serverles"]);
    near.ends(2, &["did you mean `Serverless`?"]);
    assert!(stack.hub(&["status"]).stdout.contains("kserve  not deployed"));
}

#[test]
fn an_unknown_parameter_names_the_nearest() {
    let stack = Stack::of_repository();
    let ran = stack.hub(&["deploy", "kserve", "--param", "kserve.deploymentmod=Serverless"]);
    ran.ends(2, &["has a parameter `kserve.deploymentmod`", "did you mean `kserve.deploymentMode`"]);
}

#[test]
fn a_server_that_refuses_or_is_silent_is_said_so() {
    let stack = fetching();
    fetch(&stack, &closed_port(), &[]).ends(1, &["Connection refused", "(3 tries)"]);
    let silent = Server::start(vec![Answer::Silence]);
    fetch(&stack, &silent.url, &[]).ends(1, &["no answer within 0.5 s (3 tries)", "--fetch-timeout"]);
    assert_eq!(silent.count(), 3);
    untouched(&stack);
}

#[test]
fn a_missing_file_is_final_and_a_broken_server_is_tried_again() {
    let stack = fetching();
    let missing = Server::start(vec![Answer::Status("404 Not Found")]);
    fetch(&stack, &missing.url, &[]).ends(1, &["the server answers 404 Not Found (1 try)"]);
    untouched(&stack);
    let broken = Answer::Status("500 Internal Server Error");
    let recovers = Server::start(vec![broken.clone(), broken, Answer::Body(CONFIG.into())]);
    fetch(&stack, &recovers.url, &[]).ends(0, &["trying again", "1 created"]);
    assert_eq!(recovers.count(), 3);
}

#[test]
fn other_bytes_than_pinned_are_refused() {
    let stack = fetching();
    let server = Server::start(vec![Answer::Body(CONFIG.into())]);
    let lock = format!(
        "version: 1\ndownloads:\n- url: {}/app.yaml\n  sha256: {}\n  size: 3\n",
        server.url,
        "ab".repeat(32)
    );
    stack.write("hub.lock", &lock);
    fetch(&stack, &server.url, &[])
        .ends(1, &[&"ab".repeat(32), "is not what hub.lock has", "hub fetch --update"]);
    assert_eq!(std::fs::read_to_string(stack.path("hub.lock")).unwrap(), lock);
    untouched(&stack);
}

#[test]
fn what_is_no_manifest_or_cut_off_is_refused() {
    let stack = fetching();
    for (answer, said) in [
        (Answer::Body(b"<!doctype html><html>".to_vec()), "it looks like a web page"),
        (Answer::Body(b"a: [1,\nb".to_vec()), "is not a file of Kubernetes manifests"),
        (Answer::CutOff, "cannot download"),
    ] {
        fetch(&stack, &Server::start(vec![answer]).url, &[]).ends(1, &[said]);
    }
    assert!(!stack.path("hub.lock").exists());
    untouched(&stack);
}

fn tarball(entries: &[(&str, usize)]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best()));
    for (path, size) in entries {
        let mut header = tar::Header::new_gnu();
        // Written past the builder's own checks.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(*size as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, vec![0; *size].as_slice()).unwrap();
    }
    let mut encoder = builder.into_inner().unwrap();
    encoder.flush().unwrap();
    encoder.finish().unwrap()
}

#[test]
fn harmful_tarballs_are_refused() {
    let manifest = "parameters: [{name: url, env: HUB_KUSTOMIZE_TARBALL_URL}]\n";
    let stack = Stack::of_app(manifest, &[("kustomization.yaml", "resources: [kustomize]\n")]);
    let escaping = Server::start(vec![Answer::Body(tarball(&[("r/a", 1), ("../../evil", 1)]))]);
    fetch(&stack, &escaping.url, &[]).ends(1, &["is refused", "would land outside"]);
    let bomb = tarball(&[("r/zeros", 8 << 20)]);
    assert!((8 << 20) / bomb.len() > 100);
    let bomb = Server::start(vec![Answer::Body(bomb)]);
    fetch(&stack, &bomb.url, &[]).ends(1, &["is refused", "times its own size"]);
    untouched(&stack);
    let evil = walkdir::WalkDir::new(stack.path("")).into_iter().filter_map(Result::ok);
    assert!(!evil.into_iter().any(|e| e.file_name() == "evil"));
}

#[test]
fn a_template_that_names_an_unknown_parameter_shows_the_place() {
    let manifest =
        "parameters: [{name: bucket.region, value: x}]\ntemplates: {files: [kustomization.yaml.template]}\n";
    let template = "resources: []\nnamePrefix: ${bucket.regio}\n";
    let stack = Stack::of_app(manifest, &[("kustomization.yaml.template", template)]);
    let ran = stack.hub(&["deploy"]);
    ran.ends(
        2,
        &[
            "the template names `bucket.regio`",
            "kustomization.yaml.template:2:13",
            "did you mean `bucket.region`?",
        ],
    );
    untouched(&stack);
}

#[test]
fn a_failing_hook_shows_its_last_words_and_code() {
    let hook = "#!/bin/sh\necho the bucket is gone >&2\nexit 3\n";
    let stack = Stack::of_app(
        "",
        &[("kustomization.yaml", KUSTOMIZATION), ("config.yaml", CONFIG), ("pre-deploy", hook)],
    );
    stack.hub(&["deploy"]).ends(1, &["the hook pre-deploy exits 3", "the bucket is gone"]);
    untouched(&stack);
}

#[test]
fn a_hanging_hook_is_ended() {
    let hook = "#!/bin/sh\necho started\nsleep 1000\n";
    let stack = Stack::of_app(
        "",
        &[("kustomization.yaml", KUSTOMIZATION), ("config.yaml", CONFIG), ("pre-deploy", hook)],
    );
    let ran = stack.hub(&["deploy", "--hook-timeout", "500ms"]);
    ran.ends(1, &["the hook pre-deploy did not end within 0.5 s and was killed", "--hook-timeout"]);
    untouched(&stack);
}

#[test]
fn an_unknown_field_of_a_kustomization_is_named() {
    let stack =
        Stack::of_app("", &[("kustomization.yaml", "resorces: [config.yaml]\n"), ("config.yaml", CONFIG)]);
    stack.hub(&["deploy"]).ends(1, &["app cannot be built", "resorces", "kustomization.yaml"]);
    untouched(&stack);
}

#[test]
fn a_kind_that_the_cluster_does_not_know_names_who_brings_it() {
    let issuer = "apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: {name: i, namespace: default}\nspec: {selfSigned: {}}\n";
    let stack = Stack::of_app("", &[("kustomization.yaml", KUSTOMIZATION), ("config.yaml", issuer)]);
    stack.hub(&["deploy"]).ends(
        1,
        &["kinds that the cluster does not know: Issuer.cert-manager.io", "no component of this stack names"],
    );
    stack.write(
        "components/cert-manager/hub-component.yaml",
        "kind: component\nkinds: [Issuer.cert-manager.io]\n",
    );
    stack.write("hub.yaml", "kind: stack\nmeta: {name: test}\nenvironments: {default: local}\ncomponents: [{name: app}, {name: cert-manager}]\n");
    stack.hub(&["deploy", "app"]).ends(
        1,
        &["Issuer.cert-manager.io comes with the component cert-manager: `hub deploy cert-manager`"],
    );
    untouched(&stack);
}

#[test]
fn without_kubeconfig_and_sandbox_both_ways_out_are_named() {
    let stack = Stack::of_app("", &[("kustomization.yaml", KUSTOMIZATION), ("config.yaml", CONFIG)]);
    stack.write("environments/real.yaml", "kind: environment\n");
    let ran = stack.hub(&["deploy", "-e", "real"]);
    ran.ends(2, &["there is no cluster to deploy to", "--kubeconfig", "sandbox"]);
    assert!(!stack.path(".hub/sandbox").exists());
}

#[test]
fn an_api_server_that_refuses_is_told_apart() {
    let stack = Stack::of_app("", &[("kustomization.yaml", KUSTOMIZATION), ("config.yaml", CONFIG)]);
    let closed = stack.kubeconfig(&closed_port());
    stack.hub(&["deploy", "--kubeconfig", &closed]).ends(1, &["cannot reach the API server", "refused"]);
    for (status, said) in [
        ("401 Unauthorized", "does not accept the credentials"),
        ("403 Forbidden", "not allowed to"),
        ("500 Internal Server Error", "failed to read what the server serves with status 500"),
    ] {
        let server = Server::start(vec![Answer::Status(status)]);
        let kubeconfig = stack.kubeconfig(&server.url);
        stack.hub(&["deploy", "--kubeconfig", &kubeconfig]).ends(1, &[said]);
    }
}

#[test]
fn a_wrong_environment_file_or_stack_is_named() {
    let stack = Stack::of_app("", &[("kustomization.yaml", KUSTOMIZATION), ("config.yaml", CONFIG)]);
    stack
        .hub(&["deploy", "-e", "loca"])
        .ends(2, &["there is no environment `loca`", "did you mean `local`?"]);
    stack.hub(&["deploy", "ap"]).ends(2, &["there is no component `ap`", "did you mean `app`?"]);
    stack.hub(&["deploy", "-f", "nowhere.yaml"]).ends(2, &["nowhere.yaml does not exist"]);
    stack.hub(&["deploy", "--frobnicate"]).ends(2, &["unexpected argument"]);
    let bad = stack.kubeconfig("http://127.0.0.1:1");
    stack
        .hub(&["deploy", "--kubeconfig", &bad, "--context", "sandbx"])
        .ends(1, &["no context `sandbx`", "did you mean `sandbox`?"]);
}
