//! A rendered object in the form in which it is sent.
//!
//! In: a JSON object as it was rendered. Out: [`Desired`] with its identity, its path and the body of the
//! server-side apply. Refuses to know the live object.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::cluster::discovery::Resource;
use crate::id::ObjectId;
use crate::mask::Mask;
use crate::owner::PART_OF_LABEL;

/// Field manager of everything that is applied. One name for all versions, else the server would see many.
pub(crate) const FIELD_MANAGER: &str = "hub";

/// What the server alone decides; sending it is refused or without effect.
const SERVER_FIELDS: [&str; 7] = [
    "managedFields",
    "creationTimestamp",
    "resourceVersion",
    "uid",
    "generation",
    "selfLink",
    "deletionTimestamp",
];

/// A rendered object, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Desired {
    pub(crate) id: ObjectId,
    pub(crate) resource: Resource,
    /// The object with everything that sending needs.
    pub(crate) value: Value,
    /// The same, serialised.
    pub(crate) body: Bytes,
}

impl Desired {
    /// Path and query of a server-side apply of this object.
    pub(crate) fn apply_path(&self, force: bool, dry_run: bool) -> String {
        let path = self.path();
        let dry_run = if dry_run { "&dryRun=All" } else { "" };
        format!("{path}?fieldManager={FIELD_MANAGER}&force={force}&fieldValidation=Strict{dry_run}")
    }

    /// Path of the object.
    pub(crate) fn path(&self) -> String {
        self.resource.object(self.id.namespace.as_deref(), &self.id.name)
    }

    /// The same with another value.
    pub(crate) fn with_value(&self, value: Value) -> Self {
        let body = Bytes::from(value.to_string());
        Desired { value, body, ..self.clone() }
    }
}

/// Splits lists (`kind: List`) into their items and drops nulls, as an empty document renders.
pub(crate) fn flatten(objects: Vec<Value>) -> Vec<Value> {
    let mut flat = Vec::with_capacity(objects.len());
    for mut object in objects {
        let is_list = object["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
        match object.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) if is_list => flat.extend(flatten(items)),
            Some(other) => {
                object["items"] = other;
                flat.push(object);
            }
            None if object.is_null() => {}
            None => flat.push(object),
        }
    }
    flat
}

/// Identity of a rendered object in its place: cluster-scoped kinds lose a namespace, others get one.
///
/// # Errors
/// [`Error::InvalidObject`] where the object names none and there is no default.
pub(crate) fn place(
    object: &Value,
    namespaced: bool,
    default_namespace: Option<&str>,
) -> Result<ObjectId, Error> {
    let mut id = ObjectId::of(object)?;
    if !namespaced {
        id.namespace = None;
    } else if id.namespace.is_none() {
        let Some(namespace) = default_namespace else {
            let problem = "it needs a namespace, and the component has none to give; set metadata.namespace"
                .to_string();
            return Err(Error::InvalidObject { subject: id.to_string(), problem });
        };
        id.namespace = Some(namespace.to_string());
    }
    Ok(id)
}

/// Brings a rendered object into the form in which it is sent.
///
/// # Errors
/// [`Error::InvalidObject`] where the object claims to be part of another set.
pub(crate) fn prepare(
    mut value: Value,
    id: ObjectId,
    resource: Resource,
    applyset: &str,
    mask: &Mask,
) -> Result<Desired, Error> {
    let invalid =
        |problem: String| Error::InvalidObject { subject: id.to_string(), problem: mask.text(&problem) };
    let Some(object) = value.as_object_mut() else {
        return Err(invalid("it is no object".into()));
    };
    object.shift_remove("status");
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return Err(invalid("metadata is no object".into()));
    };
    for field in SERVER_FIELDS {
        metadata.shift_remove(field);
    }
    match &id.namespace {
        Some(namespace) => metadata.insert("namespace".into(), json!(namespace)),
        None => metadata.shift_remove("namespace"),
    };
    for field in ["labels", "annotations"] {
        if metadata.get(field).is_some_and(|value| value.is_null()) {
            metadata.shift_remove(field);
        }
    }
    let labels = metadata.entry("labels").or_insert_with(|| json!({}));
    let Some(labels) = labels.as_object_mut() else {
        return Err(invalid("metadata.labels is no object".into()));
    };
    if let Some(other) =
        labels.insert(PART_OF_LABEL.into(), json!(applyset)).filter(|other| *other != applyset)
    {
        return Err(invalid(format!(
            "the label {PART_OF_LABEL} is ours to set, and the manifest sets it to {other}"
        )));
    }
    encode_string_data(&id, object);
    complete_ports(&id, object);
    drop_placeholder_bundle(&id, object);
    let body = Bytes::from(value.to_string());
    Ok(Desired { id, resource, value, body })
}

/// Server-side apply never removes keys that were set through `stringData`, so they are set through `data`.
fn encode_string_data(id: &ObjectId, object: &mut Map<String, Value>) {
    use base64::Engine;
    if !id.is("", "Secret") {
        return;
    }
    if let Some(Value::Object(clear)) = object.shift_remove("stringData") {
        let data = object.entry("data").or_insert_with(|| json!({}));
        if let Some(data) = data.as_object_mut() {
            for (key, value) in clear {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
                data.insert(key, json!(base64::engine::general_purpose::STANDARD.encode(text)));
            }
        }
    }
}

/// The protocol of a port is part of its list key; without it, apply takes two ports for one and the other way round.
/// Source: Kubernetes OpenAPI, `x-kubernetes-list-map-keys` of ports with the default `TCP`.
fn complete_ports(id: &ObjectId, object: &mut Map<String, Value>) {
    fn complete(ports: Option<&mut Value>) {
        for port in ports.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
        {
            port.entry("protocol").or_insert_with(|| json!("TCP"));
        }
    }
    let Some(spec) = object.get_mut("spec") else {
        return;
    };
    if id.is("", "Service") {
        return complete(spec.get_mut("ports"));
    }
    let pod_spec = match (id.group.as_str(), id.kind.as_str()) {
        ("", "Pod") => Some(spec),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => {
            spec.pointer_mut("/template/spec")
        }
        ("batch", "CronJob") => spec.pointer_mut("/jobTemplate/spec/template/spec"),
        _ => None,
    };
    let Some(pod_spec) = pod_spec else { return };
    for list in ["containers", "initContainers"] {
        for container in pod_spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            complete(container.get_mut("ports"));
        }
    }
}

/// CRDs that have their CA bundle injected carry a placeholder which the server refuses as no certificate.
fn drop_placeholder_bundle(id: &ObjectId, object: &mut Map<String, Value>) {
    let Some(config) = object.get_mut("spec").filter(|_| id.is_crd()) else {
        return;
    };
    let Some(client) = config.pointer_mut("/conversion/webhook/clientConfig").and_then(Value::as_object_mut)
    else {
        return;
    };
    if client.get("caBundle").is_some_and(is_placeholder_bundle) {
        client.shift_remove("caBundle");
    }
}

/// True for a CA bundle that holds no certificate: empty, or e.g. `Cg==`, an encoded line end.
pub(crate) fn is_placeholder_bundle(bundle: &Value) -> bool {
    use base64::Engine;
    let Some(text) = bundle.as_str() else {
        return bundle.is_null();
    };
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(bytes) => !String::from_utf8_lossy(&bytes).contains("-----BEGIN"),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(object: Value, namespaced: bool) -> Result<Desired, Error> {
        let resource = Resource {
            group: String::new(),
            version: "v1".into(),
            plural: "things".into(),
            namespaced,
            watchable: true,
            has_status: false,
        };
        let id = place(&object, namespaced, Some("default-ns"))?;
        prepare(object, id, resource, "applyset-x-v1", &Mask::default())
    }

    #[test]
    fn objects_are_placed_and_labelled() {
        let object = json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a", "creationTimestamp": null, "uid": "x"}, "status": {}});
        let desired = prepared(object.clone(), true).expect("fine");
        assert_eq!(
            desired.value,
            json!({"apiVersion": "v1", "kind": "Thing",
            "metadata": {"name": "a", "namespace": "default-ns", "labels": {PART_OF_LABEL: "applyset-x-v1"}}})
        );
        assert_eq!(
            desired.apply_path(false, true),
            "/api/v1/namespaces/default-ns/things/a?fieldManager=hub&force=false&fieldValidation=Strict&dryRun=All"
        );
        let mut cluster_scoped = object;
        cluster_scoped["metadata"]["namespace"] = json!("stray");
        assert_eq!(prepared(cluster_scoped, false).expect("fine").id.namespace, None);
    }

    #[test]
    fn members_of_other_sets_are_refused() {
        let object = json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a", "labels": {PART_OF_LABEL: "other"}}});
        assert!(matches!(prepared(object, true), Err(Error::InvalidObject { .. })));
    }

    #[test]
    fn known_traps_are_defused() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"k": "v"}});
        assert_eq!(prepared(secret, true).expect("fine").value["data"], json!({"k": "dg=="}));
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}});
        assert_eq!(prepared(service, true).expect("fine").value["spec"]["ports"][0]["protocol"], "TCP");
        let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a"},
            "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": "Cg=="}}}}});
        let client =
            prepared(crd, false).expect("fine").value["spec"]["conversion"]["webhook"]["clientConfig"]
                .clone();
        assert_eq!(client, json!({}));
    }

    #[test]
    fn lists_are_flattened() {
        let list =
            json!({"kind": "List", "items": [{"kind": "A"}, {"kind": "BList", "items": [{"kind": "B"}]}]});
        assert_eq!(flatten(vec![list, Value::Null, json!({"kind": "C", "items": 1})]).len(), 3);
    }
}
