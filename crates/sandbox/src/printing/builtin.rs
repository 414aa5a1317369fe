//! Cells of builtin kinds.

use serde_json::{Value, json};

use super::age;
use crate::catalog::Resource;
use crate::object;

mod workloads;

/// Gives the cells of a builtin kind; `None` for kinds that show name and age only.
pub(super) fn cells(resource: &Resource, value: &Value) -> Option<Vec<Value>> {
    let name = json!(object::name(value));
    let age = json!(age(object::meta(value, "creationTimestamp")));
    let count = |path: &str| match value.pointer(path) {
        Some(Value::Object(fields)) => json!(fields.len()),
        Some(Value::Array(items)) => json!(items.len()),
        _ => json!(0),
    };
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let or = |path: &str, other: &str| {
        let found = text(path);
        json!(if found.is_empty() { other.to_owned() } else { found })
    };
    Some(match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "configmaps") => {
            let number = |path: &str| count(path).as_u64().unwrap_or_default();
            vec![name, json!(number("/data") + number("/binaryData")), age]
        }
        ("", "secrets") => vec![name, json!(text("/type")), count("/data"), age],
        ("", "namespaces") => vec![name, json!(text("/status/phase")), age],
        ("", "serviceaccounts") => vec![name, count("/secrets"), age],
        ("", "services") => service(value, name, age),
        ("", "endpoints") => vec![name, json!(endpoints(value)), age],
        ("", "nodes") => node(value, name, age),
        ("", "pods") => workloads::pod(value, name, age),
        ("", "persistentvolumeclaims") => vec![
            name,
            json!(text("/status/phase")),
            json!(text("/spec/volumeName")),
            json!(text("/status/capacity/storage")),
            json!(modes(value, "/status/accessModes")),
            json!(text("/spec/storageClassName")),
            or("/spec/volumeAttributesClassName", "<unset>"),
            age,
            json!(text("/spec/volumeMode")),
        ],
        ("", "persistentvolumes") => vec![
            name,
            json!(text("/spec/capacity/storage")),
            json!(modes(value, "/spec/accessModes")),
            json!(text("/spec/persistentVolumeReclaimPolicy")),
            json!(text("/status/phase")),
            json!(claim(value)),
            json!(text("/spec/storageClassName")),
            or("/spec/volumeAttributesClassName", "<unset>"),
            json!(text("/status/reason")),
            age,
            json!(text("/spec/volumeMode")),
        ],
        ("" | "events.k8s.io", "events") => event(value),
        ("apps", "deployments") => workloads::deployment(value, name, age),
        ("apps", "replicasets") => workloads::replica_set(value, name, age),
        ("apps", "statefulsets") => workloads::stateful_set(value, name, age),
        ("apps", "daemonsets") => workloads::daemon_set(value, name, age),
        ("batch", "jobs") => workloads::job(value, name, age),
        ("batch", "cronjobs") => workloads::cron_job(value, name, age),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => {
            vec![name, json!(text("/metadata/creationTimestamp"))]
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => binding(value, name, age),
        ("networking.k8s.io", "ingresses") => ingress(value, name, age),
        ("networking.k8s.io", "ingressclasses") => {
            vec![name, json!(text("/spec/controller")), or("/spec/parameters/name", "<none>"), age]
        }
        ("networking.k8s.io", "networkpolicies") => {
            vec![name, json!(workloads::selector(&value["spec"]["podSelector"])), age]
        }
        ("policy", "poddisruptionbudgets") => {
            let amount = |path: &str| match value.pointer(path) {
                Some(Value::String(text)) => json!(text),
                Some(Value::Number(number)) => json!(number.to_string()),
                _ => json!("N/A"),
            };
            let allowed = value.pointer("/status/disruptionsAllowed").cloned().unwrap_or(json!(0));
            vec![name, amount("/spec/minAvailable"), amount("/spec/maxUnavailable"), allowed, age]
        }
        ("storage.k8s.io", "storageclasses") => vec![
            name,
            json!(text("/provisioner")),
            json!(text("/reclaimPolicy")),
            json!(text("/volumeBindingMode")),
            json!(value["allowVolumeExpansion"] == true),
            age,
        ],
        ("scheduling.k8s.io", "priorityclasses") => vec![
            name,
            value["value"].clone(),
            json!(value["globalDefault"] == true),
            age,
            or("/preemptionPolicy", ""),
        ],
        ("coordination.k8s.io", "leases") => vec![name, json!(text("/spec/holderIdentity")), age],
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            vec![name, json!(text("/metadata/creationTimestamp"))]
        }
        (
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations" | "mutatingwebhookconfigurations",
        ) => {
            vec![name, count("/webhooks"), age]
        }
        ("autoscaling", "horizontalpodautoscalers") => workloads::autoscaler(value, name, age),
        _ => return None,
    })
}

fn service(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let spec = &value["spec"];
    let kind = spec["type"].as_str().unwrap_or("ClusterIP");
    let inner = spec["clusterIP"].as_str().filter(|ip| !ip.is_empty()).unwrap_or("<none>");
    let listed = |list: &Value, key: Option<&str>| -> Vec<String> {
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let texts = items.iter().filter_map(|i| key.map_or(i, |k| &i[k]).as_str());
        texts.map(str::to_owned).collect()
    };
    let external = listed(&spec["externalIPs"], None);
    let outer = match kind {
        "LoadBalancer" => {
            let ingress = &value["status"]["loadBalancer"]["ingress"];
            let mut all = listed(ingress, Some("ip"));
            all.extend(listed(ingress, Some("hostname")));
            all.extend(external);
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        "ExternalName" => spec["externalName"].as_str().unwrap_or_default().to_owned(),
        _ if external.is_empty() => "<none>".to_owned(),
        _ => external.join(","),
    };
    let ports: Vec<String> = spec["ports"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|p| {
            let protocol = p["protocol"].as_str().unwrap_or("TCP");
            match p["nodePort"].as_i64().unwrap_or_default() {
                0 => format!("{}/{protocol}", p["port"]),
                node => format!("{}:{node}/{protocol}", p["port"]),
            }
        })
        .collect();
    let ports = if ports.is_empty() { "<none>".to_owned() } else { ports.join(",") };
    let selector = workloads::selector(&spec["selector"]);
    vec![name, json!(kind), json!(inner), json!(outer), json!(ports), age, json!(selector)]
}

fn endpoints(value: &Value) -> String {
    let mut all = Vec::new();
    for subset in value["subsets"].as_array().into_iter().flatten() {
        for address in subset["addresses"].as_array().into_iter().flatten() {
            for port in subset["ports"].as_array().into_iter().flatten() {
                all.push(format!("{}:{}", address["ip"].as_str().unwrap_or_default(), port["port"]));
            }
        }
    }
    match all.len() {
        0 => "<none>".to_owned(),
        1..=3 => all.join(","),
        more => format!("{} + {} more...", all[..3].join(","), more - 3),
    }
}

fn node(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let conditions = value["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ready = conditions.iter().find(|c| c["type"] == "Ready").map(|c| c["status"] == "True");
    let mut status = match ready {
        Some(true) => "Ready".to_owned(),
        Some(false) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if value["spec"]["unschedulable"] == true {
        status.push_str(",SchedulingDisabled");
    }
    let addresses = value["status"]["addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let address = |kind: &str| {
        let found = addresses.iter().find(|a| a["type"] == kind).and_then(|a| a["address"].as_str());
        json!(found.unwrap_or("<none>"))
    };
    let or = |path: &str| {
        let found = text(path);
        json!(if found.is_empty() { "<unknown>".to_owned() } else { found })
    };
    vec![
        name,
        json!(status),
        json!("<none>"),
        age,
        json!(text("/status/nodeInfo/kubeletVersion")),
        address("InternalIP"),
        address("ExternalIP"),
        or("/status/nodeInfo/osImage"),
        or("/status/nodeInfo/kernelVersion"),
        or("/status/nodeInfo/containerRuntimeVersion"),
    ]
}

fn modes(value: &Value, path: &str) -> String {
    let items = value.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let short = items.iter().filter_map(Value::as_str).map(|mode| match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        other => other,
    });
    short.collect::<Vec<_>>().join(",")
}

fn claim(value: &Value) -> String {
    let claim = &value["spec"]["claimRef"];
    match (claim["namespace"].as_str(), claim["name"].as_str()) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        _ => String::new(),
    }
}

fn event(value: &Value) -> Vec<Value> {
    let about =
        if value["involvedObject"].is_object() { &value["involvedObject"] } else { &value["regarding"] };
    let text = |node: &Value, name: &str| node[name].as_str().unwrap_or_default().to_owned();
    let subject = format!("{}/{}", text(about, "kind").to_lowercase(), text(about, "name"));
    let first = |names: [&str; 3]| names.into_iter().find_map(|n| value[n].as_str());
    let last = first(["lastTimestamp", "deprecatedLastTimestamp", "eventTime"]);
    let begun = first(["firstTimestamp", "deprecatedFirstTimestamp", "eventTime"]);
    let message = if value["message"].is_string() { text(value, "message") } else { text(value, "note") };
    let source = text(&value["source"], "component");
    let count = value["count"].as_i64().unwrap_or(1);
    vec![
        json!(age(last)),
        json!(text(value, "type")),
        json!(text(value, "reason")),
        json!(subject),
        json!(text(about, "fieldPath")),
        json!(source),
        json!(message.trim()),
        json!(age(begun)),
        json!(count),
        json!(object::name(value)),
    ]
}

fn binding(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let role = &value["roleRef"];
    let role = format!(
        "{}/{}",
        role["kind"].as_str().unwrap_or_default(),
        role["name"].as_str().unwrap_or_default()
    );
    let of_kind = |kind: &str| {
        let subjects = value["subjects"].as_array().into_iter().flatten().filter(|s| s["kind"] == kind);
        let names = subjects.map(|s| match (kind, s["namespace"].as_str()) {
            ("ServiceAccount", Some(namespace)) => {
                format!("{namespace}/{}", s["name"].as_str().unwrap_or_default())
            }
            ("ServiceAccount", None) => format!("/{}", s["name"].as_str().unwrap_or_default()),
            _ => s["name"].as_str().unwrap_or_default().to_owned(),
        });
        json!(names.collect::<Vec<_>>().join(", "))
    };
    vec![name, json!(role), age, of_kind("User"), of_kind("Group"), of_kind("ServiceAccount")]
}

fn ingress(value: &Value, name: Value, age: Value) -> Vec<Value> {
    let class = value["spec"]["ingressClassName"].as_str().unwrap_or("<none>");
    let rules = value["spec"]["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let hosts: Vec<&str> = rules.iter().filter_map(|r| r["host"].as_str()).collect();
    let hosts = if hosts.is_empty() { "*".to_owned() } else { hosts.join(",") };
    let balanced =
        value["status"]["loadBalancer"]["ingress"].as_array().map(Vec::as_slice).unwrap_or_default();
    let address: Vec<&str> =
        balanced.iter().filter_map(|i| i["ip"].as_str().or(i["hostname"].as_str())).collect();
    let ports = if value["spec"]["tls"].is_array() { "80, 443" } else { "80" };
    vec![name, json!(class), json!(hosts), json!(address.join(",")), json!(ports), age]
}
