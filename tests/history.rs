//! Going back: `hub history` and `hub rollback`, and what a killed run leaves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::Stack;

fn stack() -> Stack {
    let stack = Stack::of_app(
        "parameters: [{name: value, value: one}, {name: password, value: hunter22, secret: true}]\ntemplates: {setup: {kind: curly}}\n",
        &[("kustomization.yaml", "resources: [app.yaml]\n")],
    );
    write(&stack, "one");
    stack
}

fn write(stack: &Stack, value: &str) {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app, namespace: default}}\ndata: {{a: {value}}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: extra-{value}, namespace: default}}\n"
    );
    stack.write("components/app/app.yaml", &text);
}

#[test]
fn a_deployment_is_taken_back() {
    let stack = stack();
    stack.hub(&["deploy"]).ends(0, &["2 created"]);
    write(&stack, "two");
    stack.hub(&["deploy"]).ends(0, &["1 created, 1 changed, 1 deleted"]);
    stack.hub(&["history"]).ends(0, &["app 2", "app 1", "tester@", "`hub deploy`"]);
    let shown = stack.hub(&["history", "app", "--revision", "1"]);
    shown.ends(0, &["value = one", "password = "]);
    assert!(!shown.stdout.contains("hunter22"), "{}", shown.stdout);

    let before = stack.revision();
    stack.hub(&["rollback", "app", "--dry-run"]).ends(
        0,
        &[
            "back to revision 1",
            "+ ConfigMap default/extra-one",
            "- ConfigMap default/extra-two",
            "data.a: two → one",
        ],
    );
    assert_eq!(stack.revision(), before);
    stack.hub(&["rollback", "app"]).ends(0, &["1 created, 1 changed, 1 deleted"]);
    stack.hub(&["history", "app"]).ends(0, &["app 3", "rollback to 1"]);
    stack.hub(&["rollback", "--all", "--to", "nothing"]).ends(2, &["no revision is kept of a run nothing"]);
    stack.hub(&["rollback", "app", "--to", "9"]).ends(2, &["it has no revision 9, only 3, 2, 1"]);
    stack.hub(&["rollback", "--all"]).ends(0, &["back to revision 2"]);
}

#[test]
fn where_the_environment_asks_a_rollback_asks() {
    let stack = stack();
    stack.write("environments/local.yaml", "kind: environment\ncluster: {sandbox: true}\nconfirm: true\n");
    stack.hub(&["deploy", "--yes"]).ends(0, &[]);
    write(&stack, "two");
    stack.hub(&["deploy", "--yes"]).ends(0, &[]);
    stack.hub(&["rollback", "app"]).ends(1, &["asks for a confirmation", "--yes"]);
    stack.hub(&["rollback", "app", "--yes"]).ends(0, &[]);
}

#[test]
fn an_undeployment_that_stopped_before_its_last_hooks_is_taken_up_there() {
    let stack = stack();
    let hook = |name: &str, text: &str| {
        stack.write(&format!("components/app/{name}"), &format!("#!/bin/sh\n{text}\n"))
    };
    let log = stack.path("log").display().to_string();
    hook("pre-undeploy", &format!("echo pre >> {log}"));
    hook("post-undeploy", &format!("echo post >> {log}; exit 1"));
    stack.hub(&["deploy"]).ends(0, &[]);
    stack.hub(&["undeploy"]).ends(1, &["post-undeploy"]);
    stack.hub(&["status"]).ends(0, &["undeploy", "stopped", "tester@"]);
    hook("post-undeploy", &format!("echo post again >> {log}"));
    stack.hub(&["undeploy"]).ends(0, &[]);
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "pre\npost\npost again\n");
    let status = stack.hub(&["status"]);
    status.ends(0, &["not deployed"]);
    assert!(!status.stdout.contains("stopped"), "{}", status.stdout);
}

#[test]
fn a_removal_that_hangs_says_on_what_and_goes_on_later() {
    let stack = stack();
    let held = |finalizers: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: held, namespace: default, finalizers: [{finalizers}]}}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: later, namespace: default}}\n\
             spec: {{replicas: 0, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, \
             spec: {{containers: [{{name: c, image: i}}]}}}}}}\n"
        );
        stack.write("components/app/app.yaml", &text);
    };
    held("example.org/cleanup");
    stack.hub(&["deploy"]).ends(0, &["2 created"]);
    let hung = stack.hub(&["undeploy", "--timeout", "1s"]);
    hung.ends(
        5,
        &[
            "ConfigMap default/held: it is held by example.org/cleanup",
            "see whether one for example.org runs",
            "run the same command again: it goes on from here",
        ],
    );
    stack.hub(&["status"]).ends(0, &["still there", "the next undeploy goes on from there"]);
}

#[test]
fn a_rollback_needs_the_secrets_of_then_or_names_them() {
    let stack = stack();
    let manifest = "kind: component\nparameters: [{name: password, value: hunter22, secret: true}]\n\
                    templates: {setup: {kind: curly}, files: [app.yaml]}\n";
    stack.write("components/app/hub-component.yaml", manifest);
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: default}\nstringData: {password: \"${password}\"}\n";
    stack.write("components/app/app.yaml", secret);
    stack.hub(&["deploy"]).ends(0, &["1 created"]);
    stack.hub(&["deploy", "--param", "password=correct-horse"]).ends(0, &["1 changed"]);
    // The manifest still has the value of then.
    stack.hub(&["rollback", "app"]).ends(0, &["back to revision 1", "1 changed"]);
    let refused = stack.hub(&["rollback", "app", "--to", "2"]);
    refused.ends(1, &["Secret default/app /data/password", "pass these as they were then"]);
    stack.hub(&["rollback", "app", "--to", "2", "--param", "password=correct-horse"]).ends(0, &["1 changed"]);
}

#[test]
fn a_run_that_failed_in_its_second_component_is_taken_back_as_a_whole() {
    let stack = stack();
    let hub_yaml = "kind: stack\nmeta: {name: test}\nenvironments: {default: local}\n\
                    components: [{name: app}, {name: second, depends: [app]}]\n";
    stack.write("hub.yaml", hub_yaml);
    let second = |name: &str, hold: bool| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: default, annotations: {{{}: \"{hold}\"}}}}\n\
             spec: {{containers: [{{name: c, image: i}}]}}\n",
            hub_sandbox::HOLD
        );
        stack.write("components/second/app.yaml", &text);
    };
    stack.write("components/second/hub-component.yaml", "kind: component\n");
    stack.write("components/second/kustomization.yaml", "resources: [app.yaml]\n");
    second("pod", false);
    stack.hub(&["deploy"]).ends(0, &[]);
    write(&stack, "two");
    second("Not_A_Name", false);
    stack.hub(&["deploy"]).ends(1, &["Not_A_Name"]);
    // The second component was refused before its first write, so only the first goes back.
    stack.hub(&["rollback", "--all", "--dry-run"]).ends(0, &["app", "data.a: two → one"]);
    second("new", true);
    write(&stack, "three");
    stack.hub(&["deploy", "--timeout", "1s"]).ends(5, &["Pod default/pod: not tried, since it goes once"]);
    stack.hub(&["status"]).ends(0, &["Pod default/new is not ready: ", "did not end well"]);
    let back = stack.hub(&["rollback", "--all"]);
    back.ends(0, &["data.a: three → two", "- Pod default/new"]);
    stack.hub(&["status"]).ends(0, &["app 2 objects", "second 1 object"]);
}

#[test]
fn a_rollback_of_a_removal_is_planned_with_the_namespaces_that_it_brings() {
    let stack = stack();
    let hub_yaml = "kind: stack\nmeta: {name: test}\nenvironments: {default: local}\n\
                    components: [{name: app}, {name: second, depends: [app]}]\n";
    stack.write("hub.yaml", hub_yaml);
    let space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: place}\n";
    stack.write("components/app/app.yaml", space);
    stack.write("components/second/hub-component.yaml", "kind: component\n");
    stack.write("components/second/kustomization.yaml", "resources: [app.yaml]\n");
    stack.write(
        "components/second/app.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map, namespace: place}\n",
    );
    stack.hub(&["deploy"]).ends(0, &[]);
    stack.hub(&["undeploy", "--delete-namespaces"]).ends(0, &[]);
    let planned = stack.hub(&["rollback", "--all", "--dry-run"]);
    planned.ends(0, &["+ Namespace place", "+ ConfigMap place/map"]);
    stack.hub(&["rollback", "--all"]).ends(0, &["+ ConfigMap place/map"]);
}
