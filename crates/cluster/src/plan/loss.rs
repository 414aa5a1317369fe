//! What deletions would take with them.
//!
//! In: deletions of a plan. Out: a line for each that reaches beyond the component: objects of a kind that
//! goes, objects of others in a namespace that goes, data under a claim that goes. Refuses to stop anything.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::live::{Part, object, pages};
use crate::Error;
use crate::change::{Action, Change, count};
use crate::cluster::Cluster;
use crate::error::RequestError;
use crate::id::GroupKind;
use crate::owner::PART_OF_LABEL;

/// Kinds that come and go with others, or that every namespace has by itself.
const DERIVED: [(&str, &str); 6] = [
    ("", "Event"),
    ("events.k8s.io", "Event"),
    ("", "Endpoints"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("coordination.k8s.io", "Lease"),
    ("metrics.k8s.io", "PodMetrics"),
];
/// Objects that every namespace has by itself: kind and name.
const INBORN: [(&str, &str); 2] = [("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")];
/// Most requests for one namespace at once.
const NAMESPACE_CONCURRENCY: usize = 16;

/// Says what the deletions of a plan take with them.
pub(super) async fn consequences(
    cluster: &Cluster,
    changes: &[Change],
    applyset: &str,
    concurrency: usize,
) -> Result<Vec<String>, Error> {
    let deletions = changes.iter().filter(|change| change.action == Action::Delete);
    let lines: Vec<Option<String>> = stream::iter(deletions)
        .map(|change| async move {
            let line = consequence(cluster, change, applyset).await;
            line.map_err(|error| Error::request(format!("see what goes with {}", change.id), error))
        })
        .buffered(concurrency)
        .try_collect()
        .await?;
    Ok(lines.into_iter().flatten().collect())
}

async fn consequence(
    cluster: &Cluster,
    change: &Change,
    applyset: &str,
) -> Result<Option<String>, RequestError> {
    let (id, Some(live)) = (&change.id, change.live_object.as_deref()) else { return Ok(None) };
    if id.is_crd() {
        return objects_of_kind(cluster, live, applyset).await;
    }
    if id.is_namespace() {
        return contents_of_namespace(cluster, &id.name, applyset).await;
    }
    if id.is("", "PersistentVolumeClaim") {
        return data_of_claim(cluster, change, live).await;
    }
    if id.is("apps", "StatefulSet") {
        return Ok(claims_of_set(change, live));
    }
    if id.is("", "Service") {
        return Ok(addresses(change, live));
    }
    Ok(None)
}

async fn objects_of_kind(
    cluster: &Cluster,
    crd: &Value,
    applyset: &str,
) -> Result<Option<String>, RequestError> {
    let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
    let served = versions.into_iter().flatten().find(|version| version["served"] == true);
    let Some(version) = served.and_then(|version| version["name"].as_str()) else { return Ok(None) };
    let collection = format!("/apis/{}/{version}/{}", text("/spec/group"), text("/spec/names/plural"));
    let kind = text("/spec/names/kind");
    let found = others(cluster, kind, &collection, applyset, Part::Metadata).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for namespace in found.iter().filter_map(|item| item["metadata"]["namespace"].as_str()) {
        *places.entry(namespace).or_default() += 1;
    }
    let places: Vec<String> =
        places.into_iter().map(|(place, number)| format!("{number} in {place}")).collect();
    let places = if places.is_empty() { String::new() } else { format!(": {}", places.join(", ")) };
    let objects = count(found.len(), "object", "objects");
    Ok(Some(format!("deleting {kind} deletes {objects} that this component did not make{places}")))
}

/// Everything in a namespace that others made, of every kind that the cluster serves.
async fn contents_of_namespace(
    cluster: &Cluster,
    name: &str,
    applyset: &str,
) -> Result<Option<String>, RequestError> {
    let kinds = cluster.served().namespaced();
    let kinds =
        kinds.into_iter().filter(|(kind, _)| !DERIVED.iter().any(|(group, other)| kind.is(group, other)));
    let mut found: Vec<(String, GroupKind, Vec<Value>)> = stream::iter(kinds)
        .map(|(kind, resource)| async move {
            let (collection, part) = (resource.collection(Some(name)), part_of(&kind));
            let others = others(cluster, &kind.kind, &collection, applyset, part).await?;
            Ok::<_, RequestError>((resource.qualified(), kind, others))
        })
        .buffered(NAMESPACE_CONCURRENCY)
        .try_collect()
        .await?;
    found.retain(|(_, _, others)| !others.is_empty());
    found.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let list: Vec<String> =
        found.iter().map(|(plural, _, others)| format!("{} {plural}", others.len())).collect();
    if list.is_empty() {
        return Ok(None);
    }
    let mut line = format!("deleting namespace {name} deletes what others have in it: {}", list.join(", "));
    for claim in found.iter().filter(|(_, kind, _)| is_claim(kind)).flat_map(|(_, _, claims)| claims) {
        if let Some(fate) = fate_of_data(cluster, claim).await? {
            let claim = claim["metadata"]["name"].as_str().unwrap_or_default();
            line.push_str(&format!("; PersistentVolumeClaim {name}/{claim}: {fate}"));
        }
    }
    Ok(Some(line))
}

fn is_claim(kind: &GroupKind) -> bool {
    kind.is("", "PersistentVolumeClaim")
}

/// Claims are read as a whole, for they say where their data is.
fn part_of(kind: &GroupKind) -> Part {
    if is_claim(kind) { Part::Whole } else { Part::Metadata }
}

/// Objects of a collection that are no members of the set and were made by nobody's controller.
async fn others(
    cluster: &Cluster,
    kind: &str,
    collection: &str,
    applyset: &str,
    part: Part,
) -> Result<Vec<Value>, RequestError> {
    let path = format!("{collection}?limit=500&labelSelector={PART_OF_LABEL}%21%3D{applyset}");
    let mut items = match pages(cluster, &path, part).await {
        Ok(items) => items,
        // Who may not look is not told; the deletion itself is checked elsewhere.
        Err(error) if matches!(error.status(), Some(403..=405)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let is_inborn =
        |item: &Value| INBORN.iter().any(|(k, name)| kind == *k && item["metadata"]["name"] == *name);
    items.retain(|item| item.pointer("/metadata/ownerReferences").is_none() && !is_inborn(item));
    Ok(items)
}

/// What becomes of the claims that a StatefulSet made. Source: KEP-1847.
fn claims_of_set(change: &Change, live: &Value) -> Option<String> {
    let templates = live.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array)?;
    if templates.is_empty() {
        return None;
    }
    let policy = live.pointer("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted");
    let fate = match policy.and_then(Value::as_str) {
        Some("Delete") => "are deleted with it (whenDeleted: Delete), and their data as their volumes say",
        _ => "stay with their data, and are found again under the same name",
    };
    Some(format!("{}: the claims of its pods {fate}", change.id))
}

/// Addresses that go back to whoever gave them.
fn addresses(change: &Change, live: &Value) -> Option<String> {
    let ingress = live.pointer("/status/loadBalancer/ingress").and_then(Value::as_array)?;
    let text = |one: &Value| Some(one.get("ip").or(one.get("hostname"))?.as_str()?.to_string());
    let list: Vec<String> = ingress.iter().filter_map(text).collect();
    (!list.is_empty()).then(|| format!("{}: its address {} is given back", change.id, list.join(", ")))
}

async fn data_of_claim(
    cluster: &Cluster,
    change: &Change,
    live: &Value,
) -> Result<Option<String>, RequestError> {
    let fate = fate_of_data(cluster, live).await?;
    Ok(fate.map(|fate| format!("{}: {fate}", change.id)))
}

/// What becomes of a claim's data when the claim goes; `None` where it has no volume.
async fn fate_of_data(cluster: &Cluster, claim: &Value) -> Result<Option<&'static str>, RequestError> {
    let Some(volume) = claim.pointer("/spec/volumeName").and_then(Value::as_str) else { return Ok(None) };
    let path = format!("/api/v1/persistentvolumes/{volume}");
    let found = match object(cluster, path, Part::Whole).await {
        Ok(found) => found,
        Err(error) if error.status() == Some(403) => None,
        Err(error) => return Err(error),
    };
    let policy =
        found.as_ref().and_then(|volume| volume.pointer("/spec/persistentVolumeReclaimPolicy")?.as_str());
    Ok(Some(match policy {
        Some("Retain") => "its data stays in the volume (Retain)",
        Some("Delete") => "its data is deleted with the volume (Delete)",
        _ => "what becomes of its data depends on the volume's reclaim policy",
    }))
}
