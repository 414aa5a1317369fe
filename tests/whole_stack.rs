//! The repository's whole stack on the sandbox: on, unchanged, switched from one form into others, off again to nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use hub_sandbox::Sandbox;
use serde_json::Value;
use support::{Ran, Stack};

/// As many as `hub.yaml` has.
const COMPONENTS: usize = 10;

/// A run that must succeed, with its events.
#[track_caller]
fn json(stack: &Stack, arguments: &[&str]) -> Ran {
    let ran = stack.hub(&[arguments, &["-o", "json"]].concat());
    assert_eq!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
    ran
}

/// How each component ended.
fn statuses(ran: &Ran) -> BTreeMap<String, String> {
    let events = ran.events().into_iter().filter(|event| event["event"] == "componentFinished");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    events.map(|event| (text(&event["component"]), text(&event["status"]))).collect()
}

#[track_caller]
fn all_unchanged(ran: &Ran) {
    let changed: Vec<_> = statuses(ran).into_iter().filter(|(_, status)| status != "unchanged").collect();
    assert!(changed.is_empty(), "{changed:?}");
}

/// `Kind name` of what a component's plan does to it.
fn planned(ran: &Ran, component: &str, action: &str) -> BTreeSet<String> {
    let events = ran.events();
    let plan = events.iter().find(|e| e["event"] == "planned" && e["component"] == component).unwrap();
    let changes = plan["plan"]["changes"].as_array().unwrap();
    let id = |change: &Value| {
        format!("{} {}", change["id"]["kind"].as_str().unwrap(), change["id"]["name"].as_str().unwrap())
    };
    changes.iter().filter(|change| change["action"] == action).map(id).collect()
}

/// The objects under a path of the sandbox's API.
fn list(stack: &Stack, path: &str) -> Vec<Value> {
    // A copy: another run may hold the lock of the file itself.
    let copy = stack.path("copy");
    std::fs::copy(stack.path(hub::lifecycle::SANDBOX_FILE), &copy).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Sandbox::open(&copy).unwrap().client();
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        let list: Value = client.request(request).await.unwrap();
        list["items"].as_array().unwrap().clone()
    })
}

fn names(stack: &Stack, path: &str) -> BTreeSet<String> {
    list(stack, path).iter().map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

fn webhook_secret(stack: &Stack) -> Option<String> {
    let secrets = list(stack, "/api/v1/namespaces/mlflow/secrets");
    let found = secrets.iter().find(|secret| secret["metadata"]["name"] == "mlflow-webhook-secret");
    found.map(|secret| secret["data"]["secret"].as_str().unwrap().to_owned())
}

/// An environment with the values of another one, on the sandbox.
fn on_the_sandbox(stack: &Stack, environment: &str) -> String {
    let local = std::fs::read_to_string(stack.path("environments/local.yaml")).unwrap();
    let values = local.split_once("parameters:\n").unwrap().1;
    let name = format!("{environment}-here");
    let text = format!(
        "kind: environment\nextends: {environment}\ncluster: {{sandbox: true}}\nconfirm: false\nparameters:\n{values}"
    );
    stack.write(&format!("environments/{name}.yaml"), &text);
    name
}

/// What production stands on beside the stack: the Prometheus operator's kind.
fn add_service_monitors(stack: &Stack) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let definition = std::fs::read_to_string(root.join("tests/crds/service-monitors.yaml")).unwrap();
    stack.write("prometheus/service-monitors.yaml", &definition);
    stack.write("prometheus/kustomization.yaml", "resources: [service-monitors.yaml]\n");
    stack.write("prometheus/hub-component.yaml", "kind: component\nmeta: {name: prometheus}\n");
    let manifest = std::fs::read_to_string(stack.path("hub.yaml")).unwrap();
    let with_it = "components:\n- name: prometheus\n  source: {dir: prometheus}\n";
    stack.write("hub.yaml", &manifest.replace("components:\n", with_it));
    json(stack, &["deploy", "prometheus"]);
}

#[test]
fn all_of_it_goes_on_stays_as_it_is_and_goes_off_to_nothing() {
    let stack = Stack::of_repository();
    let planned = stack.hub(&["plan", "mlflow"]);
    planned.ends(0, &["+ Namespace mlflow", "5 of these: its namespace comes with this plan"]);
    let first = json(&stack, &["deploy"]);
    let ended = statuses(&first);
    assert_eq!(ended.len(), COMPONENTS);
    assert!(ended.values().all(|status| status == "done"), "{ended:?}");
    let secret = webhook_secret(&stack).unwrap();
    assert!(secret.len() > 40);

    let again = json(&stack, &["deploy"]);
    all_unchanged(&again);
    assert_eq!(webhook_secret(&stack).as_ref(), Some(&secret), "kept by a redeployment");
    for ran in [&first, &again] {
        assert!(!ran.stdout.contains(&secret) && !ran.stderr.contains(&secret), "never shown");
    }
    for environment in ["local", "development", "staging", "production"] {
        stack.hub(&["lint", "-e", environment]).ends(0, &["10 components are fine"]);
    }
    stack.hub(&["graph"]).ends(0, &["kserve needs cert-manager; after istio, knative-serving"]);
    stack.hub(&["show"]).ends(0, &["outputs of mlplatform mlflow:mlflow.url http://mlflow.mlflow.svc:5000"]);
    let explained = stack.hub(&["explain", "listener"]);
    explained.ends(0, &["http://mlflow.mlflow.svc:5000", "from output mlflow:mlflow.url"]);

    json(&stack, &["undeploy", "--yes", "--delete-namespaces", "--delete-crds", "--delete-claims"]);
    let left = names(&stack, "/api/v1/namespaces");
    let of_the_cluster = ["default", "hub-system", "kube-node-lease", "kube-public", "kube-system"];
    assert_eq!(left, of_the_cluster.map(ToOwned::to_owned).into());
    for path in [
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        "/api/v1/persistentvolumes",
        "/apis/apps/v1/deployments",
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    ] {
        assert_eq!(names(&stack, path), BTreeSet::new(), "{path}");
    }
    let roles = names(&stack, "/apis/rbac.authorization.k8s.io/v1/clusterroles");
    assert!(
        !roles.iter().any(|role| role.contains("listener") || role.contains("cert-manager")),
        "{roles:?}"
    );
}

#[test]
fn each_component_changes_its_form_and_back() {
    let stack = Stack::of_repository();
    json(&stack, &["deploy", "mlflow", "listener", "model-registry"]);

    let polling = json(&stack, &["deploy", "listener", "-p", "listener.mode=polling"]);
    assert_eq!(planned(&polling, "listener", "delete"), ["Secret mlflow-webhook-secret".to_owned()].into());
    assert_eq!(
        planned(&polling, "listener", "update"),
        ["Deployment mlflow-kserve-webhook-listener".to_owned()].into()
    );
    assert_eq!(webhook_secret(&stack), None);
    json(&stack, &["deploy", "listener", "-p", "listener.mode=webhook"]);
    assert!(webhook_secret(&stack).is_some());

    let postgres =
        ["deploy", "model-registry", "-p", "database.kind=postgres", "-p", "database.user=registry"];
    let switched = json(&stack, &postgres);
    assert!(planned(&switched, "model-registry", "create").iter().any(|id| id.contains("postgres")));
    all_unchanged(&json(&stack, &postgres));

    let bucket =
        ["mlflow.database.kind=postgres", "mlflow.artifacts.kind=s3", "mlflow.artifacts.uri|mlflow=s3://b/x"];
    let bucket = [&["deploy", "mlflow"][..], &bucket.map(|p| ["-p", p]).concat()].concat();
    json(&stack, &bucket);
    all_unchanged(&json(&stack, &bucket));
    let models = ["deploy", "listener", "-p", "listener.storage.kind=s3"];
    let followed = json(&stack, &models);
    assert!(followed.stdout.contains("s3://b/x"), "the bucket's address comes from MLflow");
    json(&stack, &["deploy", "mlflow"]);

    json(&stack, &["deploy", "kserve", "-p", "kserve.deploymentMode=Serverless"]);
    let raw = json(&stack, &["deploy", "kserve", "-p", "kserve.deploymentMode=RawDeployment"]);
    assert_eq!(planned(&raw, "kserve", "update"), ["ConfigMap inferenceservice-config".to_owned()].into());
}

#[test]
fn development_becomes_production() {
    let stack = Stack::of_repository();
    let (development, production) =
        (on_the_sandbox(&stack, "development"), on_the_sandbox(&stack, "production"));
    json(&stack, &["deploy", "-e", &development]);
    all_unchanged(&json(&stack, &["deploy", "-e", &development]));
    let replicas = |name: &str, namespace: &str| {
        let found = list(&stack, &format!("/apis/apps/v1/namespaces/{namespace}/deployments"));
        found.iter().find(|d| d["metadata"]["name"] == name).map(|d| d["spec"]["replicas"].clone()).unwrap()
    };
    assert_eq!(replicas("mlflow", "mlflow"), 1);

    let refused = stack.hub(&["plan", "-e", &production]);
    refused.ends(1, &["ServiceMonitor"]);
    add_service_monitors(&stack);
    json(&stack, &["deploy", "-e", &production]);
    assert_eq!(replicas("mlflow", "mlflow"), 3);
    assert_eq!(replicas("mlflow-kserve-webhook-listener", "mlflow"), 3);
    assert!(names(&stack, "/api/v1/namespaces").contains("models"));
    let monitors = names(&stack, "/apis/monitoring.coreos.com/v1/servicemonitors");
    assert!(monitors.contains("mlflow") && monitors.len() > 2, "{monitors:?}");
    all_unchanged(&json(&stack, &["deploy", "-e", &production]));
}
