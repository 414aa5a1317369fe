//! What others do to a cluster: `hub drift`, saved plans, readiness by rules, and the cluster of an environment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use hub_sandbox::Sandbox;
use serde_json::{Value, json};
use support::Stack;
use support::served::Served;

const MANIFEST: &str = "parameters: [{name: password, value: hunter22, secret: true}]\n\
    drift: {ignore: [{kind: ConfigMap, name: scaled, path: data.a, because: an operator sets it}]}\n";

fn map(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\ndata: {{a: {value}}}\n---\n"
    )
}

fn stack() -> Stack {
    let objects = [map("app", "one"), map("scaled", "one"), map("gone", "one")].concat();
    Stack::of_app(MANIFEST, &[("kustomization.yaml", "resources: [app.yaml]\n"), ("app.yaml", &objects)])
}

/// Changes the stack's sandbox as somebody with kubectl would.
fn send(stack: &Stack, method: &str, name: &str, body: &Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::open(stack.path(".hub/sandbox")).unwrap();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/api/v1/namespaces/default/configmaps/{name}?fieldManager=kubectl-edit"))
            .header(
                "content-type",
                if method == "PATCH" { "application/merge-patch+json" } else { "application/json" },
            )
            .body(body.to_string().into_bytes())
            .unwrap();
        let _: Value = sandbox.client().request(request).await.unwrap();
    });
}

fn edit(stack: &Stack, name: &str, value: &str) {
    send(stack, "PATCH", name, &json!({"data": {"a": value}}));
}

#[test]
fn drift_is_found_named_and_ignored_where_meant() {
    let stack = stack();
    stack.hub(&["drift"]).ends(0, &["nothing is deployed"]);
    stack.hub(&["deploy"]).ends(0, &[]);
    stack.hub(&["drift"]).ends(0, &["as deployed (revision 1)"]);
    edit(&stack, "app", "two");
    edit(&stack, "scaled", "two");
    send(&stack, "DELETE", "gone", &json!({}));
    let before = stack.revision();
    stack.hub(&["drift"]).ends(
        3,
        &[
            "1 changed by others, 1 missing since revision 1",
            "data.a: deployed one, now two",
            "[kubectl-edit at ",
            "ConfigMap default/gone is missing",
            "is left to kubectl-edit",
        ],
    );
    stack.hub(&["status"]).ends(0, &["drift: 1 changed by others, 1 missing", "hub drift app"]);
    assert_eq!(stack.revision(), before, "looking writes nothing");
    let found: Value = serde_json::from_str(&stack.hub(&["drift", "-o", "json"]).stdout).unwrap();
    assert_eq!(found["components"][0]["objects"][0]["class"], "changed");
    stack.hub(&["deploy"]).ends(0, &["1 created"]);
    stack.hub(&["drift"]).ends(0, &["as deployed"]);
    stack.hub(&["drift", "nobody"]).ends(2, &["there is no component `nobody`"]);
}

#[test]
fn a_saved_plan_is_carried_out_exactly_or_not_at_all() {
    let stack = stack();
    stack.hub(&["plan", "--out", "plan.json"]).ends(0, &["3 to create"]);
    let text = std::fs::read_to_string(stack.path("plan.json")).unwrap();
    assert!(text.contains("ConfigMap") && !text.contains("hunter22"), "{text}");
    stack.hub(&["deploy", "--plan", "plan.json"]).ends(0, &["3 created"]);
    // The same once more: now it would do nothing, which is not what the plan says.
    stack
        .hub(&["deploy", "--plan", "plan.json"])
        .ends(1, &["ConfigMap default/app: it was made on the cluster meanwhile"]);

    stack.write(
        "components/app/app.yaml",
        &[map("app", "two"), map("scaled", "one"), map("gone", "one")].concat(),
    );
    stack.hub(&["plan", "--out", "plan.json"]).ends(0, &["1 to change"]);
    edit(&stack, "app", "theirs");
    let before = stack.revision();
    let refused = stack.hub(&["deploy", "--plan", "plan.json"]);
    refused.ends(
        1,
        &["app is not as the saved plan has it", "ConfigMap default/app: it changed on the cluster"],
    );
    stack.hub(&["plan", "--out", "plan.json"]).ends(0, &["1 to change"]);
    stack.write("components/app/app.yaml", &map("app", "three"));
    stack.hub(&["deploy", "--plan", "plan.json"]).ends(1, &["what is rendered for it is different now"]);
    assert_ne!(before, None);
    stack.hub(&["deploy", "--plan", "nothing.json"]).ends(2, &["cannot use the plan nothing.json"]);
    stack.hub(&["deploy", "--plan", "hub.yaml"]).ends(2, &["it is no plan that `hub plan --out` saved"]);
    let status = stack.hub(&["status"]);
    assert!(!status.stdout.contains("locked by"), "{}", status.stdout);
}

#[test]
fn a_saved_plan_has_its_parameters_but_no_secret() {
    let stack = Stack::of_app(
        "parameters: [{name: value, value: one}, {name: password, value: hunter22, secret: true}]\ntemplates: {setup: {kind: curly}, files: [app.yaml]}\n",
        &[
            ("kustomization.yaml", "resources: [app.yaml]\n"),
            ("app.yaml", &map("app", "\"${value}-${password}\"")),
        ],
    );
    stack.hub(&["plan", "--param", "value=two", "--out", "plan.json"]).ends(0, &["1 to create"]);
    stack.hub(&["deploy", "--plan", "plan.json"]).ends(0, &["1 created"]);
    stack.hub(&["plan", "--param", "value=two"]).ends(0, &["1 unchanged"]);

    let given = ["--param", "value=two", "--param", "password=correct-horse"];
    stack.hub(&[&["plan", "--out", "plan.json"], given.as_slice()].concat()).ends(0, &["1 to change"]);
    let text = std::fs::read_to_string(stack.path("plan.json")).unwrap();
    assert!(!text.contains("correct-horse"), "{text}");
    stack
        .hub(&["deploy", "--plan", "plan.json"])
        .ends(2, &["it was made with --param password=…, a secret that is not saved in it; pass it again"]);
    stack
        .hub(&["deploy", "--plan", "plan.json", "--param", "password=correct-horse"])
        .ends(0, &["1 changed"]);
}

#[test]
fn readiness_of_unknown_kinds_is_what_the_manifest_says() {
    let crd = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Thing, listKind: ThingList, plural: things, singular: thing}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
---
apiVersion: example.org/v1
kind: Thing
metadata: {name: a, namespace: default}
spec: {phase: New}
";
    let manifest = "readiness: [{kind: Thing.example.org, path: spec.phase, value: [Done, Bound]}]\n";
    let stack =
        Stack::of_app(manifest, &[("kustomization.yaml", "resources: [app.yaml]\n"), ("app.yaml", crd)]);
    stack
        .hub(&["deploy", "--timeout", "1s"])
        .ends(5, &["Thing.example.org default/a: waiting until spec.phase is Done or Bound (it is New)"]);
    stack.write("components/app/app.yaml", &crd.replace("phase: New", "phase: Done"));
    stack.hub(&["deploy"]).ends(0, &[]);
    stack.write(
        "components/app/hub-component.yaml",
        "kind: component\nreadiness: [{kind: Thing.example.org, phase: Done}]\n",
    );
    stack.hub(&["lint"]).ends(2, &["needs a `condition` or a `path`", "phase"]);
}

#[test]
fn an_environment_stays_with_its_cluster() {
    let stack = stack();
    stack.write("environments/real.yaml", "kind: environment\ncluster: {kubeconfig: kubeconfig}\n");
    let (one, other) = (Served::new(), Served::new());
    stack.kubeconfig(&one.url);
    stack.hub(&["deploy", "-e", "real"]).ends(0, &["3 created"]);
    stack.kubeconfig(&other.url);
    let refused = stack.hub(&["deploy", "-e", "real"]);
    refused.ends(1, &["the environment real went to", &one.url, "and this is", &other.url, "--rebind"]);
    stack.hub(&["deploy", "-e", "real", "--rebind"]).ends(0, &["3 created"]);
    stack.hub(&["deploy", "-e", "real"]).ends(0, &["3 unchanged"]);
    stack.kubeconfig(&one.url);
    // Flags name a cluster on purpose.
    stack.hub(&["status", "-e", "real", "--kubeconfig", "kubeconfig"]).ends(0, &[]);
    stack.hub(&["status", "-e", "real"]).ends(1, &["went to"]);
}
