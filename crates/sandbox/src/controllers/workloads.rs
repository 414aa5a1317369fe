//! Deployments, StatefulSets and DaemonSets: rolled out at once.

use serde_json::{Value, json};

use super::claims;
use super::replica_sets::{pods_of, scale_pods};
use super::writer::{
    CONTROLLER_MANAGER, controlled_by, create, held, live, replace, replace_status, set_condition, set_status,
};
use crate::clock;
use crate::object;
use crate::state::State;
use crate::store::{Change, Key, Table};

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

fn deployments() -> Table {
    Table::new("apps", "deployments")
}

fn sets() -> Table {
    Table::new("apps", "replicasets")
}

/// Takes note of a deployment.
pub(super) fn deployment(state: &mut State, change: &Change) {
    reconcile_deployment(state, &change.key);
}

/// Brings a deployment's replica sets to what it wants, then tells how it stands.
pub(super) fn reconcile_deployment(state: &mut State, key: &Key) {
    let Some(deployment) = live(state, &deployments(), key) else {
        return;
    };
    if object::deleting(&deployment) || held(&deployment) {
        return;
    }
    let wanted = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
    let Some(current) = current_set(state, &deployment, wanted) else {
        return;
    };
    for other in sets_of(state, &deployment) {
        if object::name(&other) != current && other["spec"]["replicas"] != 0 {
            let mut emptied = other.clone();
            emptied["spec"]["replicas"] = json!(0);
            replace(state, &sets(), emptied, CONTROLLER_MANAGER);
        }
    }
    report(state, key, &current, wanted);
}

fn sets_of(state: &State, deployment: &Value) -> Vec<Value> {
    let uid = object::uid(deployment);
    let sets = sets();
    let owned = state.store.dependents(uid).filter(|(table, ..)| **table == sets);
    owned
        .filter(|(.., set)| object::controller_uid(set) == Some(uid))
        .map(|(.., set)| (**set).clone())
        .collect()
}

/// Makes or scales the replica set of the present template; gives its name.
fn current_set(state: &mut State, deployment: &Value, wanted: u64) -> Option<String> {
    let hash = template_hash(&deployment["spec"]["template"]);
    let name = format!("{}-{hash}", object::name(deployment));
    let owned = sets_of(state, deployment);
    let newest = owned.iter().map(revision).max().unwrap_or(0);
    let number = match owned.iter().find(|set| object::name(set) == name) {
        Some(set) if revision(set) == newest => newest,
        _ => newest + 1,
    };
    if object::annotation(deployment, REVISION) != Some(number.to_string().as_str()) {
        let mut noted = deployment.clone();
        annotate(&mut noted, REVISION, &number.to_string());
        replace_status(state, &deployments(), noted, CONTROLLER_MANAGER)?;
    }
    let annotations = json!({
        REVISION: number.to_string(), "deployment.kubernetes.io/desired-replicas": wanted.to_string(),
        "deployment.kubernetes.io/max-replicas": (wanted + wanted.div_ceil(4)).to_string(),
    });
    match owned.into_iter().find(|set| object::name(set) == name) {
        Some(mut set) => {
            set["spec"]["replicas"] = json!(wanted);
            for (key, value) in annotations.as_object().into_iter().flatten() {
                annotate(&mut set, key, value.as_str().unwrap_or_default());
            }
            replace(state, &sets(), set, CONTROLLER_MANAGER)?;
        }
        None => {
            let set = new_set(deployment, &name, &hash, wanted, annotations);
            create(state, &sets(), set, CONTROLLER_MANAGER)?;
        }
    }
    Some(name)
}

fn new_set(deployment: &Value, name: &str, hash: &str, wanted: u64, annotations: Value) -> Value {
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"][HASH] = json!(hash);
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH] = json!(hash);
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": object::namespace(deployment), "annotations": annotations,
                     "labels": template["metadata"]["labels"], "ownerReferences": [controlled_by(deployment)]},
        "spec": {"replicas": wanted, "selector": selector, "template": template},
    })
}

fn revision(set: &Value) -> u64 {
    object::annotation(set, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn annotate(value: &mut Value, name: &str, text: &str) {
    let annotations = object::metadata_mut(value).entry("annotations").or_insert_with(|| json!({}));
    annotations[name] = json!(text);
}

/// A short name for a template: equal templates have equal names.
fn template_hash(template: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let text = sorted(template).to_string();
    let mut hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mut out = String::new();
    for _ in 0..10 {
        out.push(LETTERS[(hash % LETTERS.len() as u64) as usize] as char);
        hash /= LETTERS.len() as u64;
    }
    out
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            Value::Object(names.into_iter().map(|n| (n.clone(), sorted(&fields[n]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

fn report(state: &mut State, key: &Key, set: &str, wanted: u64) {
    let Some(deployment) = live(state, &deployments(), key) else {
        return;
    };
    let set_key = Key::new(&key.namespace, set);
    let ready =
        live(state, &sets(), &set_key).map_or(0, |s| s["status"]["readyReplicas"].as_u64().unwrap_or(0));
    let now = clock::now();
    let mut status = json!({"observedGeneration": object::generation(&deployment), "terminatingReplicas": 0});
    if let Some(conditions) = deployment["status"].get("conditions") {
        status["conditions"] = conditions.clone();
    }
    if ready > 0 {
        for count in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
            status[count] = json!(ready);
        }
    }
    if ready < wanted {
        status["unavailableReplicas"] = json!(wanted - ready);
    }
    let available = if ready >= wanted {
        json!({"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
               "message": "Deployment has minimum availability."})
    } else {
        json!({"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable",
               "message": "Deployment does not have minimum availability."})
    };
    set_condition(&mut status, available, &now, true);
    let progressing = if ready >= wanted {
        json!({"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable",
               "message": format!("ReplicaSet \"{set}\" has successfully progressed.")})
    } else {
        json!({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated",
               "message": format!("ReplicaSet \"{set}\" is progressing.")})
    };
    set_condition(&mut status, progressing, &now, true);
    set_status(state, &deployments(), &deployment, status, CONTROLLER_MANAGER);
}

/// Takes note of a stateful set.
pub(super) fn stateful_set(state: &mut State, change: &Change) {
    let table = Table::new("apps", "statefulsets");
    let Some(set) = live(state, &table, &change.key) else {
        return;
    };
    if object::deleting(&set) || held(&set) {
        return;
    }
    let wanted = set["spec"]["replicas"].as_u64().unwrap_or(1);
    let name = object::name(&set).to_owned();
    claims::make(state, &set, wanted);
    let have = scale_pods(state, &set, wanted, |index| format!("{name}-{index}"));
    let revision = format!("{name}-{}", template_hash(&set["spec"]["template"]));
    let mut status = json!({
        "observedGeneration": object::generation(&set), "replicas": have, "availableReplicas": have,
        "currentRevision": revision, "updateRevision": revision, "collisionCount": 0,
    });
    if have > 0 {
        for count in ["readyReplicas", "currentReplicas", "updatedReplicas"] {
            status[count] = json!(have);
        }
    }
    set_status(state, &table, &set, status, CONTROLLER_MANAGER);
}

/// Takes note of a daemon set: one pod on the one node.
pub(super) fn daemon_set(state: &mut State, change: &Change) {
    let table = Table::new("apps", "daemonsets");
    let Some(set) = live(state, &table, &change.key) else {
        return;
    };
    if object::deleting(&set) || held(&set) {
        return;
    }
    let name = object::name(&set).to_owned();
    if pods_of(state, &set).is_empty() {
        scale_pods(state, &set, 1, |_| format!("{name}-{}", clock::suffix()));
    }
    let status = json!({
        "currentNumberScheduled": 1, "numberMisscheduled": 0, "desiredNumberScheduled": 1, "numberReady": 1,
        "observedGeneration": object::generation(&set), "updatedNumberScheduled": 1, "numberAvailable": 1,
    });
    set_status(state, &table, &set, status, CONTROLLER_MANAGER);
}

/// A pod is gone: its stateful or daemon set makes it anew.
pub(super) fn look_again(state: &mut State, pod: &Value) {
    let owners =
        pod.pointer("/metadata/ownerReferences").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(owner) = owners.iter().find(|o| o["controller"] == true) else {
        return;
    };
    let key = Key::new(object::namespace(pod), owner["name"].as_str().unwrap_or_default());
    let change = |plural: &str| Change {
        revision: 0,
        table: Table::new("apps", plural),
        key: key.clone(),
        before: None,
        after: None,
    };
    match owner["kind"].as_str() {
        Some("StatefulSet") => stateful_set(state, &change("statefulsets")),
        Some("DaemonSet") => daemon_set(state, &change("daemonsets")),
        _ => {}
    }
}

/// A disruption budget counts the pods that it covers.
pub(super) fn budget(state: &mut State, change: &Change) {
    let table = Table::new("policy", "poddisruptionbudgets");
    let Some(budget) = live(state, &table, &change.key) else {
        return;
    };
    let selector = crate::request::LabelSelector::of_object(&budget["spec"]["selector"]);
    let pods = Table::new("", "pods");
    let count =
        state.store.list(&pods, Some(&change.key.namespace)).filter(|(_, pod)| selector.matches(pod)).count();
    let least = budget["spec"]["minAvailable"].as_u64().unwrap_or(0) as usize;
    let allowed = count.saturating_sub(least);
    let now = clock::now();
    let mut status = json!({
        "currentHealthy": count, "desiredHealthy": least, "disruptionsAllowed": allowed, "expectedPods": count,
        "observedGeneration": object::generation(&budget),
    });
    if let Some(conditions) = budget["status"].get("conditions") {
        status["conditions"] = conditions.clone();
    }
    let (value, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let condition = json!({
        "type": "DisruptionAllowed", "status": value, "reason": reason, "message": "",
        "observedGeneration": object::generation(&budget),
    });
    set_condition(&mut status, condition, &now, false);
    set_status(state, &table, &budget, status, CONTROLLER_MANAGER);
}
