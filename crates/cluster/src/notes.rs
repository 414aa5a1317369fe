//! Notes about a component, kept beside its inventory: texts that later runs need, such as outputs.
//!
//! In: an owner, a topic, texts. Out: the same at a later time. Texts that are secret lie in a Secret, the others in a
//! ConfigMap of the same name. Refuses to know what the texts mean.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use crate::Error;
use crate::cluster::Cluster;
use crate::cluster::request::{APPLY_PATCH, Call};
use crate::cluster::transient::Patience;
use crate::inventory::store::create_namespace;
use crate::owner::{Owner, record_name};

const FIELD_MANAGER: &str = "hub-notes";
/// Tells notes from everything else in the namespace.
const TOPIC_LABEL: &str = "hub.agilestacks.io/notes";
const OWNER: &str = "hub.agilestacks.io/owner";

/// What is known of a component on one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Texts that may be shown.
    pub open: BTreeMap<String, String>,
    /// Texts that may not.
    pub secret: BTreeMap<String, String>,
}

impl Note {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.secret.is_empty()
    }
}

fn collection(namespace: &str, secret: bool) -> String {
    format!("/api/v1/namespaces/{namespace}/{}", if secret { "secrets" } else { "configmaps" })
}

fn name(owner: &Owner, topic: &str) -> String {
    record_name(&["hub", &owner.stack, &owner.component, topic])
}

/// Reads the notes of all components of a stack on one topic.
///
/// # Errors
/// A failed request. Nothing noted is no error.
pub async fn notes(
    cluster: &Cluster,
    stack: &str,
    namespace: &str,
    topic: &str,
) -> Result<BTreeMap<String, Note>, Error> {
    let mut found: BTreeMap<String, Note> = BTreeMap::new();
    for secret in [false, true] {
        let path = format!("{}?labelSelector={TOPIC_LABEL}%3D{topic}", collection(namespace, secret));
        let list = cluster.find(&Call::get(path)).await;
        let list = list.map_err(|error| Error::request(format!("list the notes in {namespace}"), error))?;
        let items = list.as_ref().and_then(|l| l["items"].as_array()).map(Vec::as_slice).unwrap_or_default();
        for item in items {
            let owner = item["metadata"]["annotations"][OWNER].as_str().unwrap_or_default();
            let Some(component) = owner.strip_prefix(stack).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            let note = found.entry(component.to_owned()).or_default();
            if secret { note.secret = decoded(item) } else { note.open = texts(item) }
        }
    }
    Ok(found)
}

/// Writes a component's note on a topic in the place of the one before; an empty one removes it.
///
/// # Errors
/// A failed request.
pub async fn write_note(cluster: &Cluster, owner: &Owner, topic: &str, note: &Note) -> Result<(), Error> {
    for (secret, texts) in [(false, &note.open), (true, &note.secret)] {
        let path = format!("{}/{}", collection(&owner.state_namespace, secret), name(owner, topic));
        let done = if texts.is_empty() {
            let call = Call::with_json(Method::DELETE, path, &json!({}));
            cluster.send(&call, Patience::WRITE).await.map(|_| ())
        } else {
            apply(cluster, owner, path, &object(owner, topic, texts, secret)).await?;
            Ok(())
        };
        match done {
            Err(error) if !error.is_not_found() => {
                return Err(Error::request(format!("write the note on {topic} of {owner}"), error));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn apply(cluster: &Cluster, owner: &Owner, path: String, object: &Value) -> Result<(), Error> {
    let path = format!("{path}?fieldManager={FIELD_MANAGER}&force=true");
    let call = Call::with_json(Method::PATCH, path, object).content_type(APPLY_PATCH);
    let mut answer = cluster.send(&call, Patience::WRITE).await;
    if matches!(&answer, Err(error) if error.is_not_found()) {
        create_namespace(cluster, &owner.state_namespace).await?;
        answer = cluster.send(&call, Patience::WRITE).await;
    }
    answer.map(|_| ()).map_err(|error| Error::request(format!("write a note of {owner}"), error))
}

fn object(owner: &Owner, topic: &str, texts: &BTreeMap<String, String>, secret: bool) -> Value {
    let mut object = json!({
        "apiVersion": "v1",
        "kind": if secret { "Secret" } else { "ConfigMap" },
        "metadata": {
            "name": name(owner, topic),
            "namespace": owner.state_namespace,
            "labels": {TOPIC_LABEL: topic, "app.kubernetes.io/managed-by": "hub"},
            "annotations": {OWNER: owner.to_string()},
        },
    });
    if secret {
        object["type"] = "Opaque".into();
        object["data"] = texts.iter().map(|(key, text)| (key.clone(), STANDARD.encode(text))).collect();
    } else {
        object["data"] = json!(texts);
    }
    object
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let data = object["data"].as_object().into_iter().flatten();
    data.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn decoded(object: &Value) -> BTreeMap<String, String> {
    let text = |bytes: String| String::from_utf8(STANDARD.decode(bytes).ok()?).ok();
    texts(object).into_iter().filter_map(|(key, value)| Some((key, text(value)?))).collect()
}

/// The texts of a live Secret; `None` when there is none of this name.
///
/// # Errors
/// A failed request.
pub async fn secret_texts(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
) -> Result<Option<BTreeMap<String, String>>, Error> {
    let path = format!("{}/{name}", collection(namespace, true));
    let found = cluster.find(&Call::get(path)).await;
    let found =
        found.map_err(|error| Error::request(format!("read the Secret {namespace}/{name}"), error))?;
    Ok(found.as_ref().map(decoded))
}
