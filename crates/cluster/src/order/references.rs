//! What an object refers to.
//!
//! In: one object. Out: identities of others, whether they are in the set or not. Refuses to judge what is
//! missing.

use serde_json::{Map, Value};

use super::{Needs, Node};
use crate::id::{GroupKind, ObjectId};

const RBAC: &str = "rbac.authorization.k8s.io";
const INJECT_CA: &str = "cert-manager.io/inject-ca-from";

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn core(kind: &str, namespace: Option<&str>, name: &str) -> ObjectId {
    ObjectId::new(GroupKind::new("", kind), namespace, name)
}

/// What must be there before the object is sent.
pub(super) fn required(node: &Node<'_>) -> Vec<(ObjectId, Needs)> {
    let (id, object) = (node.id, node.object);
    let namespace = id.namespace.as_deref();
    match (id.group.as_str(), id.kind.as_str()) {
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => {
            let (Some(kind), Some(name)) = (text(object, "/roleRef/kind"), text(object, "/roleRef/name"))
            else {
                return Vec::new();
            };
            let namespace = namespace.filter(|_| kind == "Role");
            vec![(ObjectId::new(GroupKind::new(RBAC, kind), namespace, name), Needs::Applied)]
        }
        ("", "PersistentVolume" | "PersistentVolumeClaim") => {
            let class = text(object, "/spec/storageClassName").filter(|name| !name.is_empty());
            let kind = GroupKind::new("storage.k8s.io", "StorageClass");
            class.map(|name| (ObjectId::new(kind, None, name), Needs::Applied)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Services that answer for a webhook configuration or an aggregated API.
pub(super) fn backends(node: &Node<'_>) -> Vec<ObjectId> {
    let service = |reference: &Value| {
        Some(core("Service", Some(text(reference, "/namespace")?), text(reference, "/name")?))
    };
    if node.id.is_webhook_configuration() {
        let hooks = list(node.object, "/webhooks").iter();
        return hooks.filter_map(|hook| service(hook.pointer("/clientConfig/service")?)).collect();
    }
    if node.id.is("apiregistration.k8s.io", "APIService") {
        return node.object.pointer("/spec/service").and_then(service).into_iter().collect();
    }
    Vec::new()
}

/// Places of the workloads whose pods a Service selects.
pub(super) fn workloads(nodes: &[Node<'_>], service: &Node<'_>) -> Vec<usize> {
    let Some(selector) = service.object.pointer("/spec/selector").and_then(Value::as_object) else {
        return Vec::new();
    };
    let selects =
        |labels: &Map<String, Value>| selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    let is_selected = |node: &Node<'_>| {
        let is_workload = node.id.group == "apps" && node.id.namespace == service.id.namespace;
        let labels = node.object.pointer("/spec/template/metadata/labels").and_then(Value::as_object);
        is_workload && !selector.is_empty() && labels.is_some_and(selects)
    };
    nodes.iter().enumerate().filter(|(_, node)| is_selected(node)).map(|(place, _)| place).collect()
}

/// What should be there first, but is not missed by the server.
pub(super) fn wanted(node: &Node<'_>) -> Vec<ObjectId> {
    let (id, object) = (node.id, node.object);
    let namespace = id.namespace.as_deref();
    let mut found = Vec::new();
    if let Some(pod) = pod_spec(id, object) {
        pod_references(namespace, pod, &mut found);
    }
    if let Some(target) = object.pointer("/spec/scaleTargetRef").filter(|_| id.group == "autoscaling") {
        let group = text(target, "/apiVersion")
            .and_then(|version| Some(version.split_once('/')?.0))
            .unwrap_or_default();
        if let (Some(kind), Some(name)) = (text(target, "/kind"), text(target, "/name")) {
            found.push(ObjectId::new(GroupKind::new(group, kind), namespace, name));
        }
    }
    let certificate =
        object["metadata"]["annotations"][INJECT_CA].as_str().and_then(|name| name.split_once('/'));
    if let Some((namespace, name)) = certificate {
        found.push(ObjectId::new(GroupKind::new("cert-manager.io", "Certificate"), Some(namespace), name));
    }
    if id.is("cert-manager.io", "Certificate")
        && let Some(name) = text(object, "/spec/issuerRef/name")
    {
        let kind = text(object, "/spec/issuerRef/kind").unwrap_or("Issuer");
        let namespace = namespace.filter(|_| kind == "Issuer");
        found.push(ObjectId::new(GroupKind::new("cert-manager.io", kind), namespace, name));
    }
    found
}

fn pod_spec<'a>(id: &ObjectId, object: &'a Value) -> Option<&'a Value> {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Pod") => object.get("spec"),
        ("apps", _) | ("batch", "Job") | ("", "ReplicationController") => {
            object.pointer("/spec/template/spec")
        }
        ("batch", "CronJob") => object.pointer("/spec/jobTemplate/spec/template/spec"),
        _ => None,
    }
}

fn pod_references(namespace: Option<&str>, pod: &Value, found: &mut Vec<ObjectId>) {
    let mut add = |kind: &str, name: Option<&str>| found.extend(name.map(|name| core(kind, namespace, name)));
    add("ServiceAccount", text(pod, "/serviceAccountName"));
    for secret in list(pod, "/imagePullSecrets") {
        add("Secret", text(secret, "/name"));
    }
    for volume in list(pod, "/volumes") {
        add("ConfigMap", text(volume, "/configMap/name"));
        add("Secret", text(volume, "/secret/secretName"));
        add("PersistentVolumeClaim", text(volume, "/persistentVolumeClaim/claimName"));
        for source in list(volume, "/projected/sources") {
            add("ConfigMap", text(source, "/configMap/name"));
            add("Secret", text(source, "/secret/name"));
        }
    }
    let containers = list(pod, "/containers").iter().chain(list(pod, "/initContainers"));
    for container in containers {
        for source in list(container, "/envFrom") {
            add("ConfigMap", text(source, "/configMapRef/name"));
            add("Secret", text(source, "/secretRef/name"));
        }
        for variable in list(container, "/env") {
            add("ConfigMap", text(variable, "/valueFrom/configMapKeyRef/name"));
            add("Secret", text(variable, "/valueFrom/secretKeyRef/name"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn workloads_refer_to_what_they_mount_and_name() {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
            "spec": {"template": {"spec": {"serviceAccountName": "sa", "volumes": [{"secret": {"secretName": "s"}},
                {"projected": {"sources": [{"configMap": {"name": "p"}}]}}],
                "containers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "c"}}}]}]}}}});
        let id = ObjectId::of(&object).expect("valid");
        let found: Vec<String> =
            wanted(&Node { id: &id, object: &object }).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["ServiceAccount n/sa", "Secret n/s", "ConfigMap n/p", "ConfigMap n/c"]);
    }

    #[test]
    fn bindings_need_their_role() {
        let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "n"},
            "roleRef": {"kind": "ClusterRole", "name": "r"}});
        let id = ObjectId::of(&object).expect("valid");
        let needs = required(&Node { id: &id, object: &object });
        assert_eq!(needs[0].0.to_string(), "ClusterRole.rbac.authorization.k8s.io r");
    }
}
