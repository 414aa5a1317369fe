//! What can be learnt about an object that is not ready.
//!
//! In: the object. Out: [`NotReady`] with its children, the last events and a next step. Reads what it may;
//! what it may not read is left out. Refuses to judge readiness anew.

use serde_json::Value;

use super::run::Run;
use crate::cluster::discovery::segment;
use crate::cluster::request::Call;
use crate::id::{GroupKind, ObjectId};
use crate::order::phase::is_built_in;
use crate::outcome::NotReady;
use crate::readiness::{pod, readiness};

/// Most children and events that are told.
const MOST: usize = 8;

impl Run<'_> {
    /// Gathers what explains the state of an object.
    pub(super) async fn diagnose(&self, id: &ObjectId, object: &Value) -> NotReady {
        let pods = self.pods(id, object).await;
        let mut names = vec![id.name.clone()];
        names.extend(pods.iter().map(|pod| text(pod, "/metadata/name")));
        let children: Vec<String> = pods.iter().filter_map(|pod| self.child(pod)).take(MOST).collect();
        let events = self.last_events(id, &names).await;
        let logs = self.last_lines(&pods).await;
        let hint = hint(id, &pods);
        NotReady { message: String::new(), terminal: false, children, events, logs, hint: Some(hint) }
    }

    /// Pods below an object: itself, those that its selector names, or those of what it owns.
    async fn pods(&self, id: &ObjectId, object: &Value) -> Vec<Value> {
        if id.is("", "Pod") {
            return vec![object.clone()];
        }
        let mut pods = self.selected_pods(id, object).await;
        if pods.is_empty() && !is_built_in(&id.group) {
            for (kind, workload) in self.owned_workloads(id, object).await {
                let id = ObjectId::new(kind, id.namespace.as_deref(), &text(&workload, "/metadata/name"));
                pods.extend(self.selected_pods(&id, &workload).await);
            }
        }
        pods
    }

    /// Workloads that a custom resource owns, or that what it owns does.
    async fn owned_workloads(&self, id: &ObjectId, object: &Value) -> Vec<(GroupKind, Value)> {
        let (Some(namespace), uid) = (&id.namespace, text(object, "/metadata/uid")) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (kind, plural) in [("Deployment", "deployments"), ("StatefulSet", "statefulsets")] {
            let path = format!("/apis/apps/v1/namespaces/{}/{plural}?limit=500", segment(namespace));
            let mut list = self.cluster.find(&Call::get(path)).await.ok().flatten().unwrap_or_default();
            let Some(Value::Array(items)) = list.get_mut("items").map(Value::take) else { continue };
            // Operators between the two often do not own directly but name their resource in a label.
            let is_of = |item: &Value| {
                let owners = item.pointer("/metadata/ownerReferences").and_then(Value::as_array);
                let labels = item.pointer("/metadata/labels").and_then(Value::as_object);
                let named =
                    |(key, value): (&String, &Value)| key.contains(&id.group) && *value == id.name.as_str();
                owners.into_iter().flatten().any(|owner| owner["uid"] == uid.as_str())
                    || labels.is_some_and(|labels| labels.iter().any(named))
            };
            found.extend(items.into_iter().filter(is_of).map(|item| (GroupKind::new("apps", kind), item)));
        }
        found
    }

    /// Pods below a workload, by its selector.
    async fn selected_pods(&self, id: &ObjectId, object: &Value) -> Vec<Value> {
        let (Some(namespace), Some(selector)) = (&id.namespace, object.pointer("/spec/selector/matchLabels"))
        else {
            return Vec::new();
        };
        let labels: Vec<String> = selector
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| {
                format!("{}%3D{}", key.replace('/', "%2F"), value.as_str().unwrap_or_default())
            })
            .collect();
        let path =
            format!("/api/v1/namespaces/{namespace}/pods?limit=50&labelSelector={}", labels.join("%2C"));
        let mut list = self.cluster.find(&Call::get(path)).await.ok().flatten().unwrap_or_default();
        match list.get_mut("items").map(Value::take) {
            Some(Value::Array(mut pods)) => {
                for pod in &mut pods {
                    pod["apiVersion"] = "v1".into();
                    pod["kind"] = "Pod".into();
                }
                pods
            }
            _ => Vec::new(),
        }
    }

    fn child(&self, pod: &Value) -> Option<String> {
        let state = readiness(pod);
        if state.is_ready() {
            return None;
        }
        let parent = text(pod, "/metadata/ownerReferences/0/name");
        let parent = if parent.is_empty() { parent } else { format!("{parent} → ") };
        Some(format!("{parent}Pod {}: {}", text(pod, "/metadata/name"), self.mask.text(&state.message)))
    }

    /// The last warnings and news about an object and its pods, oldest first.
    async fn last_events(&self, id: &ObjectId, names: &[String]) -> Vec<String> {
        let namespace = id.namespace.as_deref().unwrap_or("default");
        let path = format!("/api/v1/namespaces/{namespace}/events?limit=500");
        let list = self.cluster.find(&Call::get(path)).await.ok().flatten().unwrap_or_default();
        let events = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut about: Vec<(String, String)> = events
            .iter()
            .filter(|event| names.contains(&text(event, "/involvedObject/name")))
            .map(|event| (happened(event), self.mask.text(&event_line(event))))
            .collect();
        about.sort();
        about.dedup_by(|one, other| one.1 == other.1);
        let surplus = about.len().saturating_sub(MOST);
        about.into_iter().skip(surplus).map(|(_, line)| line).collect()
    }
}

fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string()
}

/// When an event last happened; old and new events say it in different fields.
fn happened(event: &Value) -> String {
    let fields = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
    fields.into_iter().map(|field| text(event, field)).find(|time| !time.is_empty()).unwrap_or_default()
}

fn event_line(event: &Value) -> String {
    let (kind, name) = (text(event, "/involvedObject/kind"), text(event, "/involvedObject/name"));
    format!("{} {kind} {name}: {}: {}", text(event, "/type"), text(event, "/reason"), text(event, "/message"))
}

fn hint(id: &ObjectId, pods: &[Value]) -> String {
    let namespace = id.namespace.as_ref().map(|name| format!(" -n {name}")).unwrap_or_default();
    for pod in pods {
        let name = text(pod, "/metadata/name");
        match pod::waiting(pod).map(|(reason, _)| reason.to_string()).as_deref() {
            Some("ImagePullBackOff" | "ErrImagePull" | "InvalidImageName") => {
                return "check the image's name and whether the cluster may pull it".into();
            }
            Some("CrashLoopBackOff") => {
                return format!("read why it crashes: kubectl logs{namespace} {name} --previous");
            }
            Some("CreateContainerConfigError") => {
                return "check that the ConfigMaps and Secrets that the pod names exist".into();
            }
            _ => {}
        }
    }
    if id.is("", "Service") {
        let waive = "annotate the Service with hub.agilestacks.io/wait: \"false\"";
        return format!("see whether the cluster has a controller for load balancers; without one, {waive}");
    }
    let resource = if id.group.is_empty() { id.kind.clone() } else { format!("{}.{}", id.kind, id.group) };
    format!(
        "look closer with kubectl describe{namespace} {} {}, or allow more time with --timeout",
        resource.to_lowercase(),
        id.name
    )
}
