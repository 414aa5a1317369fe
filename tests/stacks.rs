//! Stacks of several components: where these come from, how they hang together, and what users get wrong about it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;

use support::Stack;

const LOCAL: &str = "kind: environment\ncluster: {sandbox: true}\n";
const BARE: &str = "kind: component\nlifecycle: {bare: allow}\n";

/// A stack of components that do nothing but what their manifests say.
fn stack(hub: &str, components: &[(&str, &str)]) -> Stack {
    let stack = Stack::empty();
    stack.write("hub.yaml", &format!("meta: {{name: test}}\nenvironments: {{default: local}}\n{hub}"));
    stack.write("environments/local.yaml", LOCAL);
    for (name, manifest) in components {
        stack.write(&format!("components/{name}/hub-component.yaml"), &format!("{BARE}{manifest}"));
    }
    stack
}

fn git(dir: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn commit(stack: &Stack, value: &str) {
    stack.write(
        "repository/parts/app/hub-component.yaml",
        &format!("{BARE}parameters: [{{name: word, value: {value}}}]\n"),
    );
    let dir = stack.path("repository");
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-q", "-m", value]);
}

#[test]
fn a_component_comes_from_its_repository_and_stays_at_its_commit() {
    let stack = stack(
        "components:\n- {name: app, source: {dir: components/app, git: {remote: repository, ref: main, subDir: parts/app}}}\n",
        &[],
    );
    std::fs::create_dir(stack.path("repository")).unwrap();
    git(&stack.path("repository"), &["init", "-q"]);
    commit(&stack, "first");
    stack.hub(&["explain"]).ends(0, &["word first"]);
    assert!(!stack.path("components/app").exists());
    let pins = std::fs::read_to_string(stack.path("hub.lock")).unwrap();
    assert!(pins.contains("main"), "{pins}");
    // The branch goes on, the stack does not, and needs the repository no more.
    commit(&stack, "second");
    stack.hub(&["explain"]).ends(0, &["word first"]);
    std::fs::rename(stack.path("repository"), stack.path("elsewhere")).unwrap();
    stack.hub(&["deploy"]).ends(0, &["app"]);
    // A folder that is there counts more.
    stack.write(
        "components/app/hub-component.yaml",
        &format!("{BARE}parameters: [{{name: word, value: own}}]\n"),
    );
    stack.hub(&["explain"]).ends(0, &["word own"]);
}

#[test]
fn a_repository_without_the_component_is_told_with_its_place() {
    let stack =
        stack("components:\n- name: app\n  source: {git: {remote: repository, subDir: nowhere}}\n", &[]);
    std::fs::create_dir(stack.path("repository")).unwrap();
    git(&stack.path("repository"), &["init", "-q"]);
    commit(&stack, "first");
    stack.hub(&["lint"]).ends(2, &["app has no source", "has no component in `nowhere`", "hub.yaml:5"]);
}

#[test]
fn what_fails_stops_its_dependents_only_and_is_named() {
    let stack = stack(
        "components: [{name: a}, {name: b, depends: [a]}, {name: c, depends: [b]}, {name: d, depends: [a]}, {name: e, depends: [c]}]\n",
        &[("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")],
    );
    stack.write("components/b/hub-component.yaml", "kind: component\n");
    stack.write("components/b/kustomization.yaml", "resources: [map.yaml]\n");
    stack.write(
        "components/b/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: default}\n",
    );
    stack.write("components/b/pre-deploy", "#!/bin/sh\necho no luck >&2\nexit 3\n");
    stack.hub(&["deploy"]).ends(
        1,
        &[
            "no luck",
            "c ! not begun, since b did not end well",
            "e ! not begun, since c did not end well",
            "✓ d nothing",
        ],
    );
}

#[test]
fn every_mistake_about_components_is_told_at_once() {
    let stack = stack(
        "components:\n- {name: mysql}\n- {name: registry, depends: [mysq]}\n- {name: ui, depends: [registri]}\n- {name: mysql}\n",
        &[("mysql", ""), ("registry", ""), ("ui", "")],
    );
    stack.hub(&["lint"]).ends(2, &["two components are called `mysql`", "hub.yaml:7"]);
    stack.write(
        "hub.yaml",
        "components:\n- {name: mysql}\n- {name: registry, depends: [mysq]}\n- {name: ui, depends: [registri]}\n",
    );
    stack.hub(&["lint"]).ends(2, &["did you mean `mysql`?", "did you mean `registry`?", "2 problems"]);
    stack.hub(&["deploy", "regstry"]).ends(2, &["2 problems"]);
}

#[test]
fn circles_are_drawn() {
    for (depends, drawn) in
        [(["a", "", ""], "a → a"), (["b", "a", ""], "a → b → a"), (["b", "c", "a"], "a → b → c → a")]
    {
        let reference = |(name, needs): (&str, &str)| format!("- {{name: {name}, depends: [{needs}]}}\n");
        let components: String = ["a", "b", "c"].into_iter().zip(depends).map(reference).collect();
        let stack = stack(&format!("components:\n{components}"), &[("a", ""), ("b", ""), ("c", "")]);
        stack.hub(&["deploy"]).ends(2, &[drawn, "hub.yaml:4"]);
    }
}

#[test]
fn files_of_other_systems_and_times_are_read() {
    let stack = stack("components: [{name: a}]\n", &[]);
    let manifest = "# Licensed to whom it may concern\r\n---\r\nkind: component\r\nlifecycle: {bare: allow}\r\nparameters:\r\n- name: word\r\n  value: |\r\n    two\r\n    lines\r\n";
    stack.write("components/a/hub-component.yaml", manifest);
    stack.hub(&["explain"]).ends(0, &["word two … (2 lines)"]);
    stack.write("components/a/hub-component.yaml", "kind: component\nparameters:\n\t- name: word\n");
    stack
        .hub(&["explain"])
        .ends(2, &["is not YAML", "components/a/hub-component.yaml:3:1", "never with tabs"]);
}

#[test]
fn an_output_that_nobody_gives_names_those_that_are_given() {
    let stack = stack(
        "components: [{name: db}, {name: app, depends: [db]}]\n",
        &[
            ("db", "outputs: [{name: host, value: h}, {name: port, value: p}]\n"),
            ("app", "parameters: [{name: address, value: '${db:hostname}'}]\n"),
        ],
    );
    stack.hub(&["deploy"]).ends(2, &["`${db:hostname}`, which has no value", "outputs of db: host, port"]);
}

#[test]
fn what_hubctl_knew_is_taken_over() {
    let stack = stack(
        "components: [{name: db}, {name: app, depends: [db]}]\n",
        &[
            (
                "db",
                "outputs: [{name: host, fromTfVar: host}, {name: password, fromTfVar: password, kind: secret}]\n",
            ),
            ("app", "parameters: [{name: address, value: 'mysql://${db:host}'}, {name: word}]\n"),
        ],
    );
    let state = "version: 1\nkind: state\nstatus: deployed\nmeta: {kind: stack, name: test}\n\
        stackParameters: [{name: word, value: kept}]\n\
        capturedOutputs:\n- {component: db, name: host, value: db.local}\n\
        - {component: db, name: password, value: swordfish, kind: secret}\n- {component: gone, name: x, value: y}\n";
    std::fs::write(stack.path("hub.yaml.state"), hub::manifest::packed(state).unwrap()).unwrap();
    stack.hub(&["state", "import", "hub.yaml.state", "--write-params", "old.yaml"]).ends(
        0,
        &[
            "outputs of 1 components are noted",
            "gone ! the state knows it, the stack does not",
            "--params-file old.yaml",
        ],
    );
    // One component alone finds what the other once gave.
    stack.hub(&["deploy", "app", "--only", "--params-file", "old.yaml"]).ends(0, &["app"]);
    let shown = stack.hub(&["show", "--params-file", "old.yaml", "-o", "json"]);
    shown.ends(0, &["mysql://db.local", "kept"]);
    assert!(!shown.stdout.contains("swordfish"), "{}", shown.stdout);
    stack.write("other.yaml", &state.replace("name: test", "name: other"));
    stack.hub(&["state", "import", "other.yaml"]).ends(2, &["that of the stack `other`", "--force"]);
}

#[test]
fn a_file_of_another_kind_is_no_stack() {
    let stack = stack("components: [{name: a}]\n", &[("a", "")]);
    stack
        .hub(&["deploy", "components/a/hub-component.yaml"])
        .ends(2, &["has `kind: stack`, not `component`", "`hub deploy DIR`", "hub-component.yaml:1:7"]);
    stack.write("a", "a file that is called like a component\n");
    stack.hub(&["deploy", "a"]).ends(0, &["a nothing"]);
}
