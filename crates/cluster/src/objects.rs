//! Single objects, read and written as a person or a script asks for them.
//!
//! In: kinds as people write them (`deploy`, `services`, `Issuer.cert-manager.io`), names. Out: objects. Refuses to know
//! records and plans: what is written here is in no inventory.

use http::Method;
use serde_json::{Value, json};

use crate::Error;
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::cluster::request::{APPLY_PATCH, Call};
use crate::cluster::transient::Patience;
use crate::id::{GroupKind, ObjectId};

/// Short names of kinds. Source: `kubectl api-resources`.
const SHORT: [(&str, &str); 22] = [
    ("cm", "configmaps"),
    ("crd", "customresourcedefinitions"),
    ("crds", "customresourcedefinitions"),
    ("cronjob", "cronjobs"),
    ("deploy", "deployments"),
    ("ds", "daemonsets"),
    ("ep", "endpoints"),
    ("ev", "events"),
    ("hpa", "horizontalpodautoscalers"),
    ("ing", "ingresses"),
    ("ingress", "ingresses"),
    ("netpol", "networkpolicies"),
    ("no", "nodes"),
    ("ns", "namespaces"),
    ("pdb", "poddisruptionbudgets"),
    ("po", "pods"),
    ("pv", "persistentvolumes"),
    ("pvc", "persistentvolumeclaims"),
    ("rs", "replicasets"),
    ("sa", "serviceaccounts"),
    ("sts", "statefulsets"),
    ("svc", "services"),
];

/// The kind that a word means: a kind, its plural, a short name, each with or without `.GROUP`.
#[must_use]
pub fn kind_of(cluster: &Cluster, word: &str) -> Option<GroupKind> {
    let (name, group) = match word.split_once('.') {
        Some((name, group)) => (name, Some(group)),
        None => (word, None),
    };
    let name = name.to_lowercase();
    let plural = SHORT.iter().find(|(short, _)| *short == name).map_or(name.as_str(), |(_, plural)| plural);
    let served = cluster.served();
    let mut found: Vec<(GroupKind, Resource)> = served
        .all()
        .filter(|(kind, resource)| {
            let is_named = resource.plural == plural || kind.kind.to_lowercase() == name;
            is_named && group.is_none_or(|group| kind.group == group)
        })
        .collect();
    // Of namesakes kubectl takes Kubernetes' own.
    found.sort_by_key(|(kind, _)| {
        (kind.group.contains('.') && !kind.group.ends_with(".k8s.io"), kind.group.clone())
    });
    found.into_iter().next().map(|(kind, _)| kind)
}

/// True where objects of a kind are in namespaces.
#[must_use]
pub fn is_namespaced(cluster: &Cluster, kind: &GroupKind) -> bool {
    cluster.served().preferred(kind).is_some_and(|resource| resource.namespaced)
}

/// Reads an object; `None` where there is none.
///
/// # Errors
/// A failed request, a kind that is not served.
pub async fn get(cluster: &Cluster, id: &ObjectId) -> Result<Option<Value>, Error> {
    let path = path(cluster, id)?;
    cluster.find(&Call::get(path)).await.map_err(|error| Error::request(format!("read {id}"), error))
}

/// Reads all objects of a kind, of one namespace or of all; `selector` is one of labels.
///
/// # Errors
/// A failed request, a kind that is not served.
pub async fn list(
    cluster: &Cluster,
    kind: &GroupKind,
    namespace: Option<&str>,
    selector: Option<&str>,
) -> Result<Vec<Value>, Error> {
    let resource = served(cluster, kind)?;
    let mut path = resource.collection(namespace);
    if let Some(selector) = selector {
        let encoded: String = selector
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        path = format!("{path}?labelSelector={encoded}");
    }
    let list = cluster.value(&Call::get(path), Patience::READ).await;
    let mut list = list.map_err(|error| Error::request(format!("list {kind}"), error))?;
    let (version, item_kind) = (list["apiVersion"].clone(), kind.kind.clone());
    let items = list["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    Ok(items
        .into_iter()
        .map(|item| {
            let mut whole = json!({"apiVersion": version, "kind": item_kind});
            if let (Value::Object(whole), Value::Object(item)) = (&mut whole, item) {
                whole.extend(item);
            }
            whole
        })
        .collect())
}

/// Applies an object as field manager `manager`, taking fields over; in `namespace` if it names none itself.
///
/// # Errors
/// A failed request, a kind that is not served, an object without kind or name.
pub async fn apply_object(
    cluster: &Cluster,
    mut object: Value,
    namespace: &str,
    manager: &str,
) -> Result<Value, Error> {
    let mut id = ObjectId::of(&object)?;
    let resource = served(cluster, &id.group_kind())?;
    if resource.namespaced && id.namespace.is_none() {
        object["metadata"]["namespace"] = namespace.into();
        id.namespace = Some(namespace.to_owned());
    }
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let version = version.rsplit('/').next().unwrap_or_default();
    let resource = cluster.served().version(&id.group_kind(), version).cloned().unwrap_or(resource);
    let path = resource.object(id.namespace.as_deref(), &id.name);
    let path = format!("{path}?fieldManager={manager}&force=true");
    let call = Call::with_json(Method::PATCH, path, &object).content_type(APPLY_PATCH);
    cluster.value(&call, Patience::WRITE).await.map_err(|error| Error::request(format!("apply {id}"), error))
}

/// Deletes an object; false where there is none.
///
/// # Errors
/// A failed request, a kind that is not served.
pub async fn delete_object(cluster: &Cluster, id: &ObjectId) -> Result<bool, Error> {
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
    let call = Call::with_json(Method::DELETE, path(cluster, id)?, &options);
    match cluster.send(&call, Patience::WRITE).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(Error::request(format!("delete {id}"), error)),
    }
}

/// The last lines that a pod's container wrote; all of them for `None`.
///
/// # Errors
/// A failed request.
pub async fn logs(
    cluster: &Cluster,
    namespace: &str,
    pod: &str,
    container: Option<&str>,
    lines: Option<usize>,
) -> Result<String, Error> {
    let id = ObjectId::new(GroupKind::new("", "Pod"), Some(namespace), pod);
    let mut path = format!("{}/log?", path(cluster, &id)?);
    if let Some(container) = container {
        path.push_str(&format!("container={}&", crate::cluster::discovery::segment(container)));
    }
    if let Some(lines) = lines {
        path.push_str(&format!("tailLines={lines}"));
    }
    let call = Call::get(path).accept(crate::cluster::request::ACCEPT_ANY);
    let bytes = cluster.send(&call, Patience::READ).await;
    let bytes = bytes.map_err(|error| Error::request(format!("read the log of {id}"), error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn served(cluster: &Cluster, kind: &GroupKind) -> Result<Resource, Error> {
    cluster.served().preferred(kind).cloned().ok_or_else(|| {
        let unknown = crate::UnknownKind {
            kind: kind.clone(),
            api_version: String::new(),
            served_versions: Vec::new(),
            successors: Vec::new(),
            objects: Vec::new(),
        };
        Error::UnknownKinds { kinds: vec![unknown] }
    })
}

fn path(cluster: &Cluster, id: &ObjectId) -> Result<String, Error> {
    Ok(served(cluster, &id.group_kind())?.object(id.namespace.as_deref(), &id.name))
}
