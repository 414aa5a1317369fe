//! What the tests share: a cluster in a sandbox, objects, and one-line runs.

use std::sync::Mutex;
use std::time::Duration;

use hub_cluster::{
    ApplyOptions, Cluster, Error, Event, Outcome, Owner, Plan, PlanOptions, UndeployOptions, apply, plan,
    plan_undeploy,
};
use hub_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// A sandbox and a connection to it.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) cluster: Cluster,
}

pub(crate) async fn world() -> World {
    let sandbox = Sandbox::in_memory();
    let cluster = Cluster::connect(sandbox.client()).await.expect("the sandbox answers");
    World { sandbox, cluster }
}

pub(crate) fn owner(component: &str) -> Owner {
    Owner { stack: "stack".into(), component: component.into(), state_namespace: "hub-system".into() }
}

pub(crate) fn patient() -> ApplyOptions {
    ApplyOptions { timeout: Duration::from_secs(20), status_grace: Duration::ZERO, ..ApplyOptions::default() }
}

pub(crate) fn hurried() -> ApplyOptions {
    ApplyOptions { timeout: Duration::from_millis(400), ..patient() }
}

impl World {
    pub(crate) async fn plan(&self, objects: &[Value]) -> Result<Plan, Error> {
        self.plan_with(objects, &PlanOptions::default()).await
    }

    pub(crate) async fn plan_with(&self, objects: &[Value], options: &PlanOptions) -> Result<Plan, Error> {
        plan(&self.cluster, &owner("one"), objects.to_vec(), Some("default"), options).await
    }

    /// Plans and applies, and expects both to go well.
    pub(crate) async fn deploy(&self, objects: &[Value]) -> Vec<Event> {
        let plan = self.plan(objects).await.expect("a plan");
        let (outcome, events) = self.apply(&plan, &patient()).await;
        assert!(outcome.is_success(), "{outcome:#?}");
        events
    }

    pub(crate) async fn apply(&self, plan: &Plan, options: &ApplyOptions) -> (Outcome, Vec<Event>) {
        let events = Mutex::new(Vec::new());
        let keep = |event: Event| events.lock().expect("no panic while held").push(event);
        let outcome =
            apply(&self.cluster, plan, options, &keep, &CancellationToken::new()).await.expect("an outcome");
        (outcome, events.into_inner().expect("no panic while held"))
    }

    pub(crate) async fn plan_undeploy(&self, options: &UndeployOptions) -> Plan {
        plan_undeploy(&self.cluster, &owner("one"), options).await.expect("a plan")
    }

    /// Reads anything by its path; `None` where it is not there.
    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        let request = http::Request::get(path).body(Vec::new()).expect("a valid request");
        self.cluster.client().request(request).await.ok()
    }

    /// Sends anything, and expects it to be accepted.
    pub(crate) async fn send(&self, method: &str, path: &str, content_type: &str, body: &Value) -> Value {
        let request = http::Request::builder().method(method).uri(path).header("content-type", content_type);
        let request = request.body(body.to_string().into_bytes()).expect("a valid request");
        self.cluster.client().request(request).await.expect(path)
    }

    /// Applies an object as another field manager.
    pub(crate) async fn apply_as(&self, manager: &str, path: &str, object: &Value) {
        let path = format!("{path}?fieldManager={manager}&force=true");
        self.send("PATCH", &path, "application/apply-patch+yaml", object).await;
    }
}

pub(crate) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

pub(crate) fn config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": {"key": value}})
}

pub(crate) fn deployment(name: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": "example.org/image:1", "ports": [{"containerPort": 80}]}]}}}})
}

pub(crate) fn crd() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.org"},
        "spec": {"group": "example.org", "scope": "Namespaced",
            "names": {"kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                    "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}})
}

pub(crate) fn thing(name: &str, namespace: &str) -> Value {
    json!({"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": name, "namespace": namespace}, "spec": {"size": 1}})
}

/// Everything of a set that needs order: kinds, namespaces, objects of both.
pub(crate) fn everything() -> Vec<Value> {
    let mut map = config_map("settings", "one");
    map["metadata"]["namespace"] = json!("place");
    vec![thing("a", "place"), map, deployment("server", 2), crd(), namespace("place")]
}
