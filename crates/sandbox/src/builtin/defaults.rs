//! The values that builtin kinds get for what is not set.
//!
//! Source: kubernetes `pkg/apis/*/v1/defaults.go` and the zz_generated defaults; one function per type.

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
        "core.v1.PodSpec" => pod_spec(object),
        "core.v1.Container" | "core.v1.EphemeralContainer" => container(object),
        "core.v1.Probe" => probe(object),
        "core.v1.HTTPGetAction" => {
            set(object, "path", json!("/"));
            set(object, "scheme", json!("HTTP"));
        }
        "core.v1.ServiceSpec" => service(object),
        "core.v1.Volume" => volume(object),
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
            string_data(object);
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
        "core.v1.Pod" => pod(object),
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
        "batch.v1.JobSpec" => job(object),
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
        "autoscaling.v2.HorizontalPodAutoscalerSpec" => hpa(object),
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

fn pod_spec(spec: &mut Fields) {
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "restartPolicy", json!("Always"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "schedulerName", json!("default-scheduler"));
    ensure(spec, "securityContext");
    if let Some(account) =
        spec.get("serviceAccountName").filter(|a| a.as_str().is_some_and(|a| !a.is_empty())).cloned()
    {
        spec.insert("serviceAccount".into(), account);
    } else if let Some(account) = spec.get("serviceAccount").cloned() {
        spec.insert("serviceAccountName".into(), account);
    }
}

/// Ports of a pod in the host's network are ports of the host.
fn host_ports(spec: &mut Fields) {
    if spec.get("hostNetwork") != Some(&json!(true)) {
        return;
    }
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                if port.get("hostPort").is_none() {
                    port["hostPort"] = port["containerPort"].clone();
                }
            }
        }
    }
}

fn pod(pod: &mut Fields) {
    if let Some(spec) = child(pod, "spec") {
        host_ports(spec);
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(amounts) = container.get_mut("resources").and_then(Value::as_object_mut) {
                    resources(amounts);
                }
            }
        }
    }
    if let Some(spec) = child(pod, "spec")
        && !spec.contains_key("enableServiceLinks")
    {
        spec.insert("enableServiceLinks".into(), json!(true));
    }
    set(ensure(pod, "status"), "phase", json!("Pending"));
}

fn container(container: &mut Fields) {
    if container.get("imagePullPolicy").and_then(Value::as_str).is_none_or(str::is_empty) {
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        let last = image.rsplit('/').next().unwrap_or_default();
        let tag =
            if last.contains('@') { "digest" } else { last.split_once(':').map_or("latest", |(_, tag)| tag) };
        let policy = if tag == "latest" { "Always" } else { "IfNotPresent" };
        container.insert("imagePullPolicy".into(), json!(policy));
    }
    set(container, "terminationMessagePath", json!("/dev/termination-log"));
    set(container, "terminationMessagePolicy", json!("File"));
}

fn probe(probe: &mut Fields) {
    set(probe, "timeoutSeconds", json!(1));
    set(probe, "periodSeconds", json!(10));
    set(probe, "successThreshold", json!(1));
    set(probe, "failureThreshold", json!(3));
    if let Some(grpc) = child(probe, "grpc")
        && !grpc.contains_key("service")
    {
        grpc.insert("service".into(), json!(""));
    }
}

fn service(spec: &mut Fields) {
    set(spec, "sessionAffinity", json!("None"));
    set(spec, "type", json!("ClusterIP"));
    if spec["sessionAffinity"] == "ClientIP" {
        let client = ensure(ensure(spec, "sessionAffinityConfig"), "clientIP");
        set(client, "timeoutSeconds", json!(10800));
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else {
            continue;
        };
        set(port, "protocol", json!("TCP"));
        let unset = port.get("targetPort").is_none_or(|p| p.is_null() || *p == json!(0) || *p == json!(""));
        if unset {
            let number = port.get("port").cloned().unwrap_or_default();
            port.insert("targetPort".into(), number);
        }
    }
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        set(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    if kind == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", json!(true));
    }
    if kind != "ExternalName" {
        set(spec, "internalTrafficPolicy", json!("Cluster"));
    }
}

fn volume(volume: &mut Fields) {
    let sourced = volume.iter().any(|(name, value)| name != "name" && !value.is_null());
    if !sourced {
        volume.insert("emptyDir".into(), json!({}));
    }
}

/// Folds `stringData` into `data`, as the Secret's conversion does.
fn string_data(secret: &mut Fields) {
    use base64::Engine;
    let Some(Value::Object(plain)) = secret.shift_remove("stringData") else {
        return;
    };
    let data = ensure(secret, "data");
    for (name, value) in plain {
        let text = value.as_str().unwrap_or_default();
        data.insert(name, json!(base64::engine::general_purpose::STANDARD.encode(text)));
    }
}

/// Requests default to limits.
fn resources(resources: &mut Fields) {
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else {
        return;
    };
    let requests = ensure(resources, "requests");
    for (name, limit) in limits {
        requests.entry(name).or_insert(limit);
    }
}

fn job(spec: &mut Fields) {
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        spec.insert("completions".into(), json!(1));
        spec.insert("parallelism".into(), json!(1));
    }
    set(spec, "parallelism", json!(1));
    if !spec.contains_key("backoffLimit") {
        let limit = if spec.contains_key("backoffLimitPerIndex") { 2_147_483_647 } else { 6 };
        spec.insert("backoffLimit".into(), json!(limit));
    }
    set(spec, "completionMode", json!("NonIndexed"));
    set(spec, "suspend", json!(false));
    set(spec, "manualSelector", json!(false));
    let policy = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    set(spec, "podReplacementPolicy", json!(policy));
}

fn hpa(spec: &mut Fields) {
    set(spec, "minReplicas", json!(1));
    if spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        spec.insert("metrics".into(), json!([metric]));
    }
    if let Some(behavior) = child(spec, "behavior") {
        let up = ensure(behavior, "scaleUp");
        set(up, "stabilizationWindowSeconds", json!(0));
        set(up, "selectPolicy", json!("Max"));
        let policies = json!([
            {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15},
        ]);
        set(up, "policies", policies);
        let down = ensure(behavior, "scaleDown");
        set(down, "selectPolicy", json!("Max"));
        set(down, "policies", json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]));
    }
}
