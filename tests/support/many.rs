//! Many objects in many namespaces of a real control plane.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Stack;
use super::control_plane::ControlPlane;

/// In how many namespaces the objects are.
pub(crate) const NAMESPACES: usize = 10;

/// Makes the namespaces.
pub(crate) fn create_namespaces(cluster: &ControlPlane) {
    for number in 0..NAMESPACES {
        cluster.kubectl(&["create", "namespace", &format!("scale-{number}")]);
    }
}

/// A stack of one component with these objects, for this cluster.
pub(crate) fn stack(cluster: &ControlPlane, tag: &str, objects: &[Value]) -> Stack {
    let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    let files = [("kustomization.yaml", "resources: [all.yaml]\n"), ("all.yaml", &texts.join("\n---\n"))];
    let stack = Stack::of_app("", &files);
    let name = format!(
        "kind: stack\nmeta: {{name: {tag}}}\nenvironments: {{default: local}}\ncomponents: [{{name: app}}]\n"
    );
    stack.write("hub.yaml", &name);
    let environment = format!("kind: environment\ncluster: {{kubeconfig: {}}}\n", cluster.kubeconfig);
    stack.write("environments/local.yaml", &environment);
    stack
}

/// Deploys Deployments until all are ready, deploys them again, and takes them away without a trace. How long each took.
pub(crate) fn rollout(cluster: &ControlPlane, count: usize) -> [Duration; 3] {
    let objects: Vec<Value> = (0..count).map(deployment).collect();
    let stack = stack(cluster, "rollout", &objects);
    let deployed = time(&mut stack.command(&["deploy", "--timeout", "20m"]));
    let replicas = "jsonpath={range .items[*]}{.status.readyReplicas}{end}";
    let ready = cluster.kubectl(&["get", "deployments", "-A", "-l", "app=scale", "-o", replicas]);
    assert_eq!(ready.len(), count, "all are ready");
    let unchanged = time(&mut stack.command(&["deploy"]));
    let undeployed = time(&mut stack.command(&["undeploy"]));
    // What they owned goes by itself, a little later. There may be nothing left to wait for, which is an error to kubectl.
    let _ = cluster.try_kubectl(&[
        "wait",
        "--for=delete",
        "replicasets,pods",
        "-A",
        "-l",
        "rollout=scale",
        "--timeout=60s",
    ]);
    let left =
        cluster.kubectl(&["get", "deployments,replicasets,pods", "-A", "-l", "rollout=scale", "-o", "name"]);
    assert_eq!(left.trim(), "", "nothing is left");
    [deployed, unchanged, undeployed]
}

fn deployment(number: usize) -> Value {
    let labels = json!({"app": "scale", "rollout": "scale", "number": number.to_string()});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": format!("d-{number}"), "namespace": format!("scale-{}", number % NAMESPACES), "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "a", "image": "a"}]}}}})
}

/// Runs a command that must succeed; how long it took.
pub(crate) fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    start.elapsed()
}
