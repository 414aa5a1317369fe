//! Reading live objects, many at a time.
//!
//! In: identities. Out: what is there of them. Refuses to judge what it reads.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, stream};
use serde_json::Value;

use crate::Error;
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::cluster::request::{ACCEPT_JSON, ACCEPT_METADATA, ACCEPT_METADATA_LIST, Call};
use crate::cluster::transient::Patience;
use crate::error::RequestError;
use crate::id::{GroupKind, ObjectId};
use crate::owner::PART_OF_LABEL;

/// From how many objects of one collection on a list is cheaper than reading them one by one. A list that must
/// not be stale waits up to 0.1 s for the server's watch cache, which a single read does not.
const LIST_FROM: usize = 24;
/// Objects per page of a list.
const PAGE: usize = 500;

/// What to read of each object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Its metadata.
    Metadata,
    /// All of it.
    Whole,
}

/// One read: of an object, or of all members of a set in a collection.
enum Read {
    Object(ObjectId, String),
    Members(Resource, GroupKind, String),
}

/// Reads objects that carry the label of a set. What is missing in the answer is not there, does not carry the
/// label, or may not be read.
pub(super) async fn members(
    cluster: &Cluster,
    wanted: &[(ObjectId, Resource)],
    applyset: &str,
    part: Part,
    concurrency: usize,
) -> Result<HashMap<ObjectId, Value>, Error> {
    let mut collections: BTreeMap<String, Vec<&(ObjectId, Resource)>> = BTreeMap::new();
    for one in wanted {
        collections.entry(one.1.collection(one.0.namespace.as_deref())).or_default().push(one);
    }
    let mut reads = Vec::new();
    for (collection, objects) in collections {
        if objects.len() >= LIST_FROM {
            let path = format!("{collection}?labelSelector={PART_OF_LABEL}%3D{applyset}&limit={PAGE}");
            let (id, resource) = objects[0];
            reads.push(Read::Members(resource.clone(), id.group_kind(), path));
        } else {
            let path =
                |(id, resource): &(ObjectId, Resource)| resource.object(id.namespace.as_deref(), &id.name);
            reads.extend(objects.into_iter().map(|one| Read::Object(one.0.clone(), path(one))));
        }
    }
    let mut found = HashMap::with_capacity(wanted.len());
    let mut answers =
        stream::iter(reads).map(|read| carry_out(cluster, read, part)).buffer_unordered(concurrency);
    while let Some(answer) = answers.next().await {
        found.extend(answer?);
    }
    Ok(found)
}

async fn carry_out(cluster: &Cluster, read: Read, part: Part) -> Result<Vec<(ObjectId, Value)>, Error> {
    match read {
        Read::Object(id, path) => {
            let what = format!("read {id}");
            let found =
                readable(object(cluster, path, part).await).map_err(|error| Error::request(what, error))?;
            Ok(found.map(|value| (id, value)).into_iter().collect())
        }
        Read::Members(resource, kind, path) => {
            let what = format!("list {}", path.split('?').next().unwrap_or_default());
            let items =
                readable(pages(cluster, &path, part).await).map_err(|error| Error::request(what, error))?;
            Ok(items.into_iter().filter_map(|item| identify(&resource, &kind, item)).collect())
        }
    }
}

/// What may not be read counts as not found here: whoever needs the object asks for it alone and is told.
fn readable<T: Default>(answer: Result<T, RequestError>) -> Result<T, RequestError> {
    match answer {
        Err(error) if error.status() == Some(403) => Ok(T::default()),
        answer => answer,
    }
}

/// Reads one object; `None` where it is not there.
pub(super) async fn object(
    cluster: &Cluster,
    path: impl Into<String>,
    part: Part,
) -> Result<Option<Value>, RequestError> {
    let accept = if part == Part::Metadata { ACCEPT_METADATA } else { ACCEPT_JSON };
    cluster.find(&Call::get(path).accept(accept)).await
}

pub(super) async fn pages(cluster: &Cluster, path: &str, part: Part) -> Result<Vec<Value>, RequestError> {
    let accept = if part == Part::Metadata { ACCEPT_METADATA_LIST } else { ACCEPT_JSON };
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let call = Call::get(format!("{path}{next}")).accept(accept);
        let mut page = cluster.value(&call, Patience::READ).await?;
        if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
            found.extend(items);
        }
        match page.pointer("/metadata/continue").and_then(Value::as_str).filter(|token| !token.is_empty()) {
            Some(token) => next = format!("&continue={token}"),
            None => return Ok(found),
        }
    }
}

/// Items of lists do not say what they are; the collection does.
fn identify(resource: &Resource, kind: &GroupKind, mut item: Value) -> Option<(ObjectId, Value)> {
    item["kind"] = Value::String(kind.kind.clone());
    item["apiVersion"] = Value::String(match resource.group.as_str() {
        "" => resource.version.clone(),
        group => format!("{group}/{}", resource.version),
    });
    ObjectId::of(&item).ok().map(|id| (id, item))
}
