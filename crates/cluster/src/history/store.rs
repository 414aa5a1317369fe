//! Revisions as Secrets on the cluster, the first of each with its summary as an annotation.
//!
//! In: a revision with its packed objects. Out: the same, read. A record that was half written by a run that died is
//! written over by the next: the inventory alone says which numbers count. Refuses to know what the objects are.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::try_join_all;
use http::Method;
use serde_json::{Value, json};

use super::Revision;
use super::contents::{Kept, unpack};
use crate::Error;
use crate::cluster::Cluster;
use crate::cluster::request::{ACCEPT_METADATA_LIST, Call};
use crate::cluster::transient::Patience;
use crate::owner::{Owner, record_name};

const RECORD_OF: &str = "hub.agilestacks.io/record-of";
const PART_OF: &str = "hub.agilestacks.io/record-part-of";
const SUMMARY: &str = "hub.agilestacks.io/record";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const TYPE: &str = "hub.agilestacks.io/record";
const FIELD_MANAGER: &str = "hub-inventory";
/// A Secret may hold 1 MiB.
const PART_BYTES: usize = 700 * 1024;
/// More than this is not kept: records share the cluster's own store.
const MOST_PARTS: usize = 12;

fn collection(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets")
}

fn name(revision: &Revision, part: usize) -> String {
    let (parent, number) = (revision.owner.parent_name(), format!("r{}", revision.number));
    match part {
        0 => record_name(&[&parent, &number]),
        part => record_name(&[&parent, &number, &part.to_string()]),
    }
}

fn what(verb: &str, revision: &Revision) -> String {
    format!("{verb} the record of revision {} of {}", revision.number, revision.owner)
}

/// Writes a revision; sets the number of its parts. Objects that are too large are left out.
pub(crate) async fn write(cluster: &Cluster, revision: &mut Revision, packed: &[u8]) -> Result<(), Error> {
    let chunks: Vec<&[u8]> = packed.chunks(PART_BYTES).collect();
    revision.parts = if chunks.len() > MOST_PARTS { 0 } else { chunks.len() };
    let chunks = &chunks[..revision.parts];
    let more = chunks.iter().enumerate().skip(1).map(|(part, chunk)| {
        let labels = json!({MANAGED_BY: "hub", PART_OF: revision.owner.applyset_id()});
        put(cluster, revision, part, labels, json!({}), json!({"objects": STANDARD.encode(chunk)}))
    });
    try_join_all(more).await?;
    let mut summary = serde_json::to_value(&*revision)
        .map_err(|error| malformed(revision, &format!("its summary does not serialise: {error}")))?;
    summary["salt"] = json!(revision.salt);
    summary.as_object_mut().map(|fields| fields.shift_remove("parameters"));
    let parameters = serde_json::to_vec(&revision.parameters).unwrap_or_default();
    let mut data = json!({"parameters": STANDARD.encode(parameters)});
    if let Some(first) = chunks.first() {
        data["objects"] = json!(STANDARD.encode(first));
    }
    let labels = json!({MANAGED_BY: "hub", RECORD_OF: revision.owner.applyset_id()});
    put(cluster, revision, 0, labels, json!({SUMMARY: summary.to_string()}), data).await
}

async fn put(
    cluster: &Cluster,
    revision: &Revision,
    part: usize,
    labels: Value,
    annotations: Value,
    data: Value,
) -> Result<(), Error> {
    let namespace = &revision.owner.state_namespace;
    let name = name(revision, part);
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": TYPE, "data": data,
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations}});
    let create = format!("{}?fieldManager={FIELD_MANAGER}", collection(namespace));
    let mut answer =
        cluster.send(&Call::with_json(Method::POST, create.as_str(), &secret), Patience::WRITE).await;
    if matches!(&answer, Err(error) if error.status() == Some(409)) {
        // Of a run that died before it was through.
        let replace = format!("{}/{name}?fieldManager={FIELD_MANAGER}", collection(namespace));
        answer = cluster.send(&Call::with_json(Method::PUT, replace, &secret), Patience::WRITE).await;
    }
    answer.map(|_| ()).map_err(|error| Error::request(what("write", revision), error))
}

/// Lists revisions, the newest first; of one component, or of all in a state namespace.
pub(crate) async fn list(
    cluster: &Cluster,
    namespace: &str,
    owner: Option<&Owner>,
) -> Result<Vec<Revision>, Error> {
    let selector = match owner {
        Some(owner) => format!("{RECORD_OF}%3D{}", owner.applyset_id()),
        None => RECORD_OF.to_string(),
    };
    let path = format!("{}?labelSelector={selector}", collection(namespace));
    let list = cluster.find(&Call::get(path).accept(ACCEPT_METADATA_LIST)).await;
    let what = || format!("list the revisions in namespace {namespace}");
    let list = list.map_err(|error| Error::request(what(), error))?.unwrap_or_default();
    let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found = items.iter().map(|item| decode(item, namespace)).collect::<Result<Vec<_>, _>>()?;
    found.sort_by_key(|revision| std::cmp::Reverse((revision.at, revision.number)));
    Ok(found)
}

fn decode(item: &Value, namespace: &str) -> Result<Revision, Error> {
    let text = item["metadata"]["annotations"][SUMMARY].as_str().unwrap_or_default();
    serde_json::from_str(text).map_err(|error| Error::MalformedRecord {
        namespace: namespace.to_string(),
        name: item["metadata"]["name"].as_str().unwrap_or_default().to_string(),
        problem: format!("its summary: {error}"),
    })
}

/// Reads the parameters of a revision.
pub(crate) async fn with_parameters(cluster: &Cluster, mut revision: Revision) -> Result<Revision, Error> {
    let secret = read(cluster, &revision, 0).await?;
    let bytes = decode_data(&revision, &secret, "parameters")?;
    let parameters: BTreeMap<String, String> = serde_json::from_slice(&bytes)
        .map_err(|error| malformed(&revision, &format!("its parameters: {error}")))?;
    revision.parameters = parameters;
    Ok(revision)
}

/// Reads the objects of a revision.
///
/// # Errors
/// [`Error::RevisionWithoutObjects`] where they were too large to be kept; failed requests.
pub(crate) async fn objects(cluster: &Cluster, revision: &Revision) -> Result<Vec<Kept>, Error> {
    if revision.parts == 0 && revision.objects > 0 {
        let (owner, number) = (revision.owner.to_string(), revision.number);
        return Err(Error::RevisionWithoutObjects { owner, number });
    }
    let secrets = try_join_all((0..revision.parts).map(|part| read(cluster, revision, part))).await?;
    let mut packed = Vec::new();
    for secret in &secrets {
        packed.extend(decode_data(revision, secret, "objects")?);
    }
    if packed.is_empty() {
        return Ok(Vec::new());
    }
    unpack(&packed).map_err(|error| malformed(revision, &format!("its objects: {error}")))
}

async fn read(cluster: &Cluster, revision: &Revision, part: usize) -> Result<Value, Error> {
    let path = format!("{}/{}", collection(&revision.owner.state_namespace), name(revision, part));
    let answer = cluster.value(&Call::get(path), Patience::READ).await;
    answer.map_err(|error| Error::request(what("read", revision), error))
}

fn decode_data(revision: &Revision, secret: &Value, key: &str) -> Result<Vec<u8>, Error> {
    let text = secret["data"][key].as_str().unwrap_or_default();
    STANDARD.decode(text).map_err(|error| malformed(revision, &format!("its {key}: {error}")))
}

fn malformed(revision: &Revision, problem: &str) -> Error {
    Error::MalformedRecord {
        namespace: revision.owner.state_namespace.clone(),
        name: name(revision, 0),
        problem: problem.to_string(),
    }
}

/// Deletes a revision, its summary last.
pub(crate) async fn delete(cluster: &Cluster, revision: &Revision) -> Result<(), Error> {
    for part in (0..revision.parts.max(1)).rev() {
        let path = format!("{}/{}", collection(&revision.owner.state_namespace), name(revision, part));
        match cluster.send(&Call::with_json(Method::DELETE, path, &json!({})), Patience::WRITE).await {
            Err(error) if !error.is_not_found() => {
                return Err(Error::request(what("delete", revision), error));
            }
            _ => {}
        }
    }
    Ok(())
}
