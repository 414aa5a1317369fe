//! The values that builtin kinds get for what is not set.
//!
//! Source: kubernetes `pkg/apis/*/v1/defaults.go` and the zz_generated defaults; one function per type.

mod pods;
mod specs;

use serde_json::{Map as Object, Value, json};

use crate::schema::{Atom, Schema, Shape};

type Fields = Object<String, Value>;

/// Sets the defaults of a value of a builtin type, from the outside in.
fn defaults(schema: &Schema, value: &mut Value) {
    let name = match &schema.shape {
        Shape::Named { name, .. } => name.name(),
        _ => "",
    };
    defaults_of(name, schema, value);
}

/// Sets the defaults of a value of a named type.
fn defaults_of(name: &str, schema: &Schema, value: &mut Value) {
    match (schema.atom(Some(value)), value) {
        (Atom::Map { map, .. }, Value::Object(object)) => {
            declared(map, object);
            own(name, object);
            for (key, child) in object.iter_mut() {
                // a CronJob's template gets its defaults when a Job is made of it, but for the pods in it
                if let (Some(schema), true) =
                    (map.child(key), (name, key.as_str()) != ("batch.v1.JobTemplateSpec", "spec"))
                {
                    defaults(schema, child);
                } else if let Some(template) = child.get_mut("template") {
                    defaults(&crate::schema::builtin::named("core.v1.PodTemplateSpec"), template);
                }
            }
        }
        (Atom::List { list }, Value::Array(items)) => {
            items.iter_mut().for_each(|item| defaults(&list.item, item))
        }
        _ => {}
    }
}

/// Sets the defaults that the type declares itself.
fn declared(map: &crate::schema::Map, object: &mut Fields) {
    for (name, default) in &map.defaults {
        if object.get(name).is_none_or(Value::is_null) {
            object.insert(name.clone(), default.clone());
        }
    }
}

/// Sets the defaults of an object of a builtin kind.
pub(crate) fn kind_defaults(name: &str, schema: &Schema, value: &mut Value) {
    defaults_of(name, schema, value);
}

fn set(object: &mut Fields, name: &str, default: Value) {
    if object.get(name).is_none_or(|v| v.is_null() || v == "") {
        object.insert(name.into(), default);
    }
}

fn child<'a>(object: &'a mut Fields, name: &str) -> Option<&'a mut Fields> {
    object.get_mut(name).and_then(Value::as_object_mut)
}

fn ensure<'a>(object: &'a mut Fields, name: &str) -> &'a mut Fields {
    if !object.get(name).is_some_and(Value::is_object) {
        object.insert(name.into(), json!({}));
    }
    object[name].as_object_mut().expect("the field was just made an object")
}

/// Sets what the type's Go code sets.
fn own(name: &str, object: &mut Fields) {
    match name {
        "core.v1.PodSpec" => pods::pod_spec(object),
        "core.v1.Container" | "core.v1.EphemeralContainer" => pods::container(object),
        "core.v1.Probe" => pods::probe(object),
        "core.v1.HTTPGetAction" => {
            set(object, "path", json!("/"));
            set(object, "scheme", json!("HTTP"));
        }
        "core.v1.ServiceSpec" => specs::service(object),
        "core.v1.Volume" => pods::volume(object),
        "core.v1.SecretVolumeSource"
        | "core.v1.ConfigMapVolumeSource"
        | "core.v1.DownwardAPIVolumeSource"
        | "core.v1.ProjectedVolumeSource" => set(object, "defaultMode", json!(420)),
        "core.v1.ServiceAccountTokenProjection" => set(object, "expirationSeconds", json!(3600)),
        "core.v1.ObjectFieldSelector" => set(object, "apiVersion", json!("v1")),
        "core.v1.HostPathVolumeSource" => {
            object.entry("type").or_insert(json!(""));
        }
        "core.v1.PersistentVolumeClaimSpec" => set(object, "volumeMode", json!("Filesystem")),
        "core.v1.PersistentVolumeClaim" => set(ensure(object, "status"), "phase", json!("Pending")),
        "core.v1.PersistentVolume" => {
            set(ensure(object, "status"), "phase", json!("Pending"));
            let spec = ensure(object, "spec");
            set(spec, "persistentVolumeReclaimPolicy", json!("Retain"));
            set(spec, "volumeMode", json!("Filesystem"));
        }
        "core.v1.Namespace" => {
            let name = object.get("metadata").and_then(|m| m.get("name")).cloned();
            if let Some(name) = name.filter(|n| n.as_str().is_some_and(|n| !n.is_empty())) {
                set(ensure(ensure(object, "metadata"), "labels"), "kubernetes.io/metadata.name", name);
            }
            set(ensure(object, "status"), "phase", json!("Active"));
        }
        "core.v1.Node" => {}
        "core.v1.Secret" => {
            set(object, "type", json!("Opaque"));
            specs::string_data(object);
        }
        "core.v1.LimitRangeItem" => {
            if let Some(default) = object.get("default").cloned() {
                set(object, "defaultRequest", default);
            }
        }
        "core.v1.EndpointPort" => set(object, "protocol", json!("TCP")),
        "core.v1.ReplicationController" => {
            let labels = object.get("spec").and_then(|s| s["template"]["metadata"].get("labels")).cloned();
            if let Some(labels) = labels {
                set(ensure(object, "spec"), "selector", labels.clone());
                set(ensure(object, "metadata"), "labels", labels);
            }
        }
        "admissionregistration.v1.ValidatingAdmissionPolicySpec"
        | "admissionregistration.v1.MutatingAdmissionPolicySpec" => {
            set(object, "failurePolicy", json!("Fail"));
        }
        "admissionregistration.v1.MatchResources" => {
            set(object, "matchPolicy", json!("Equivalent"));
            set(object, "namespaceSelector", json!({}));
            set(object, "objectSelector", json!({}));
        }
        "admissionregistration.v1.NamedRuleWithOperations" => set(object, "scope", json!("*")),
        "core.v1.ReplicationControllerSpec" => set(object, "replicas", json!(1)),
        "core.v1.Pod" => pods::pod(object),
        "apps.v1.DeploymentSpec" => {
            set(object, "replicas", json!(1));
            let strategy = ensure(object, "strategy");
            set(strategy, "type", json!("RollingUpdate"));
            if strategy["type"] == "RollingUpdate" {
                let rolling = ensure(strategy, "rollingUpdate");
                set(rolling, "maxUnavailable", json!("25%"));
                set(rolling, "maxSurge", json!("25%"));
            }
            set(object, "revisionHistoryLimit", json!(10));
            set(object, "progressDeadlineSeconds", json!(600));
        }
        "apps.v1.ReplicaSetSpec" => set(object, "replicas", json!(1)),
        "apps.v1.StatefulSetSpec" => {
            set(object, "podManagementPolicy", json!("OrderedReady"));
            let strategy = ensure(object, "updateStrategy");
            set(strategy, "type", json!("RollingUpdate"));
            if strategy["type"] == "RollingUpdate" {
                let rolling = ensure(strategy, "rollingUpdate");
                set(rolling, "partition", json!(0));
            }
            let retention = ensure(object, "persistentVolumeClaimRetentionPolicy");
            set(retention, "whenDeleted", json!("Retain"));
            set(retention, "whenScaled", json!("Retain"));
            set(object, "replicas", json!(1));
            set(object, "revisionHistoryLimit", json!(10));
        }
        "apps.v1.StatefulSet" => {
            let templates = object.get_mut("spec").and_then(|s| s.get_mut("volumeClaimTemplates"));
            for template in
                templates.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
            {
                set(template, "apiVersion", json!("v1"));
                set(template, "kind", json!("PersistentVolumeClaim"));
            }
        }
        "apps.v1.DaemonSet" => {
            let annotations = ensure(ensure(object, "metadata"), "annotations");
            set(annotations, "deprecated.daemonset.template.generation", json!("1"));
        }
        "apps.v1.DaemonSetSpec" => {
            let strategy = ensure(object, "updateStrategy");
            set(strategy, "type", json!("RollingUpdate"));
            if strategy["type"] == "RollingUpdate" {
                let rolling = ensure(strategy, "rollingUpdate");
                set(rolling, "maxUnavailable", json!(1));
                set(rolling, "maxSurge", json!(0));
            }
            set(object, "revisionHistoryLimit", json!(10));
        }
        "batch.v1.JobSpec" => specs::job(object),
        "batch.v1.CronJobSpec" => {
            set(object, "concurrencyPolicy", json!("Allow"));
            set(object, "suspend", json!(false));
            set(object, "successfulJobsHistoryLimit", json!(3));
            set(object, "failedJobsHistoryLimit", json!(1));
        }
        "rbac.v1.RoleRef" => set(object, "apiGroup", json!("rbac.authorization.k8s.io")),
        "rbac.v1.Subject" => {
            if matches!(object.get("kind").and_then(Value::as_str), Some("User" | "Group")) {
                set(object, "apiGroup", json!("rbac.authorization.k8s.io"));
            }
        }
        "networking.v1.NetworkPolicySpec" => {
            let egress = object.get("egress").and_then(Value::as_array).is_some_and(|e| !e.is_empty());
            let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
            if object.get("policyTypes").and_then(Value::as_array).is_none_or(Vec::is_empty) {
                object.insert("policyTypes".into(), types);
            }
        }
        "networking.v1.NetworkPolicyPort" => set(object, "protocol", json!("TCP")),
        "admissionregistration.v1.ValidatingWebhook" | "admissionregistration.v1.MutatingWebhook" => {
            set(object, "failurePolicy", json!("Fail"));
            set(object, "matchPolicy", json!("Equivalent"));
            set(object, "namespaceSelector", json!({}));
            set(object, "objectSelector", json!({}));
            set(object, "timeoutSeconds", json!(10));
            if name.ends_with("MutatingWebhook") {
                set(object, "reinvocationPolicy", json!("Never"));
            }
        }
        "admissionregistration.v1.RuleWithOperations" => set(object, "scope", json!("*")),
        "admissionregistration.v1.ServiceReference"
        | "apiextensions.v1.ServiceReference"
        | "apiregistration.v1.ServiceReference" => set(object, "port", json!(443)),
        "apiextensions.v1.CustomResourceDefinitionSpec" => {
            if let Some(names) = child(object, "names") {
                let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
                if !kind.is_empty() {
                    set(names, "singular", json!(kind.to_lowercase()));
                    set(names, "listKind", json!(format!("{kind}List")));
                }
            }
            let conversion = ensure(object, "conversion");
            set(conversion, "strategy", json!("None"));
        }
        "autoscaling.v2.HorizontalPodAutoscalerSpec" => specs::hpa(object),
        "autoscaling.v1.HorizontalPodAutoscalerSpec" => set(object, "minReplicas", json!(1)),
        "storage.v1.StorageClass" => {
            set(object, "reclaimPolicy", json!("Delete"));
            set(object, "volumeBindingMode", json!("Immediate"));
        }
        "storage.v1.CSIDriverSpec" => {
            set(object, "attachRequired", json!(true));
            set(object, "podInfoOnMount", json!(false));
            set(object, "storageCapacity", json!(false));
            set(object, "fsGroupPolicy", json!("ReadWriteOnceWithFSType"));
            set(object, "volumeLifecycleModes", json!(["Persistent"]));
            set(object, "requiresRepublish", json!(false));
            set(object, "seLinuxMount", json!(false));
        }
        "scheduling.v1.PriorityClass" => set(object, "preemptionPolicy", json!("PreemptLowerPriority")),
        "discovery.v1.EndpointPort" => {
            set(object, "name", json!(""));
            set(object, "protocol", json!("TCP"));
        }
        _ => {}
    }
}
