//! What a control plane without containers lacks, and what is on it.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Stack;
use super::control_plane::ControlPlane;

/// The values of `local` that are the sandbox's, on this cluster: nobody gives addresses to Services there.
pub(crate) const NO_LOAD_BALANCER: &str = "- {name: istio.gateway.type, value: NodePort}\n";

/// Adds volumes for claims, since nobody makes any.
pub(crate) fn add_volumes(cluster: &ControlPlane, number: usize) {
    let volume = |number: usize| {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("volume-{number}")},
            "spec": {
                "capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/nowhere"},
            },
        })
    };
    let volumes = (0..number).map(volume).collect::<Vec<_>>();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": volumes});
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, list.to_string()).unwrap();
    cluster.kubectl(&["apply", "--server-side", "-f", &file.path().display().to_string()]);
}

/// Nobody would answer the API server's calls of webhooks, nor issue what KServe waits for.
pub(crate) fn do_without_cert_manager(stack: &Stack) {
    let name = "components/cert-manager/local/cert-manager.yaml";
    let text = std::fs::read_to_string(stack.path(name)).unwrap();
    let kept = text.split("\n---\n").filter(|document| !document.contains("WebhookConfiguration\n"));
    stack.write(name, &kept.collect::<Vec<_>>().join("\n---\n"));
    let name = "components/kserve/hub-component.yaml";
    let text = std::fs::read_to_string(stack.path(name)).unwrap();
    let rules = ["Issuer", "Certificate"]
        .map(|kind| format!("- {{kind: {kind}.cert-manager.io, path: metadata.uid}}\n"));
    let (before, after) = text.split_once("readiness:\n").unwrap_or((&text, ""));
    stack.write(name, &format!("{before}readiness:\n{}{after}", rules.concat()));
}

/// The Prometheus operator's kind.
pub(crate) fn service_monitors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds/service-monitors.yaml")
}

/// What monitoring stands on beside the stack.
pub(crate) fn add_service_monitors(cluster: &ControlPlane) {
    let file = service_monitors().display().to_string();
    cluster.kubectl(&["apply", "--server-side", "-f", &file]);
    cluster.kubectl(&["wait", "--for=condition=Established", "-f", &file]);
}

/// Every object of the cluster that stays by itself, as `Kind namespace name`.
pub(crate) fn everything(cluster: &ControlPlane) -> Vec<String> {
    let kinds = cluster.kubectl(&["api-resources", "--verbs=list,delete", "-o", "name"]);
    let kinds: Vec<&str> =
        kinds.lines().filter(|kind| !kind.starts_with("events") && !kind.starts_with("leases")).collect();
    let columns = "custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name";
    let listed = cluster.kubectl(&["get", &kinds.join(","), "-A", "--no-headers", "-o", columns]);
    listed.lines().map(ToOwned::to_owned).collect()
}

/// What is there now and was not, but for the records: what may be gone back to stays, in a namespace of its own.
pub(crate) fn left(before: &[String], cluster: &ControlPlane) -> Vec<String> {
    let mut after = everything(cluster);
    after.retain(|line| !before.contains(line) && !line.contains(" hub-system"));
    after.retain(|line| !made_by_aggregation(line, cluster));
    after
}

/// Whether this is a ClusterRole that the cluster itself made: its aggregation controller applies rules to a role that it
/// still remembers, and so makes anew one that was deleted at the same moment as what it was aggregated from.
fn made_by_aggregation(line: &str, cluster: &ControlPlane) -> bool {
    let mut words = line.split_whitespace();
    let (Some("ClusterRole"), Some(name)) = (words.next(), words.nth(1)) else { return false };
    let role = cluster.kubectl(&[
        "get",
        "clusterrole",
        name,
        "-o",
        "json",
        "--ignore-not-found",
        "--show-managed-fields",
    ]);
    let role: serde_json::Value = serde_json::from_str(&role).unwrap_or_default();
    let managers = role["metadata"]["managedFields"].as_array().into_iter().flatten();
    role["aggregationRule"].is_null()
        && managers.map(|entry| &entry["manager"]).eq(["clusterrole-aggregation-controller"])
}
