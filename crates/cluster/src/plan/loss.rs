//! What deletions would take with them.
//!
//! In: deletions of a plan. Out: a line for each that reaches beyond the component: objects of a kind that
//! goes, objects of others in a namespace that goes, data under a claim that goes. Refuses to stop anything.

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::live::{Part, object};
use crate::Error;
use crate::change::{Action, Change, count};
use crate::cluster::Cluster;
use crate::cluster::request::{ACCEPT_METADATA_LIST, Call};
use crate::cluster::transient::Patience;
use crate::error::RequestError;
use crate::owner::PART_OF_LABEL;

/// Kinds in a namespace that everybody looks at when asked what is in it.
const CONTENTS: [(&str, &str); 5] = [
    ("/api/v1", "pods"),
    ("/api/v1", "services"),
    ("/api/v1", "persistentvolumeclaims"),
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "statefulsets"),
];

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
    let others = others(cluster, &collection, applyset).await?;
    Ok((others > 0).then(|| {
        let kind = text("/spec/names/kind");
        format!(
            "deleting {kind} deletes {} that this component did not make",
            count(others, "object", "objects")
        )
    }))
}

async fn contents_of_namespace(
    cluster: &Cluster,
    name: &str,
    applyset: &str,
) -> Result<Option<String>, RequestError> {
    let mut found = Vec::new();
    for (root, plural) in CONTENTS {
        let others = others(cluster, &format!("{root}/namespaces/{name}/{plural}"), applyset).await?;
        if others > 0 {
            found.push(format!("{others} {plural}"));
        }
    }
    let line = || format!("deleting namespace {name} deletes what others have in it: {}", found.join(", "));
    Ok((!found.is_empty()).then(line))
}

/// Objects of a collection that are no members of the set and were made by nobody's controller.
async fn others(cluster: &Cluster, collection: &str, applyset: &str) -> Result<usize, RequestError> {
    let path = format!("{collection}?limit=500&labelSelector={PART_OF_LABEL}%21%3D{applyset}");
    let list = match cluster.value(&Call::get(path).accept(ACCEPT_METADATA_LIST), Patience::READ).await {
        Ok(list) => list,
        // Who may not look is not told; the deletion itself is checked elsewhere.
        Err(error) if matches!(error.status(), Some(403 | 404)) => return Ok(0),
        Err(error) => return Err(error),
    };
    let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let free = items.iter().filter(|item| item.pointer("/metadata/ownerReferences").is_none()).count();
    let rest = list.pointer("/metadata/remainingItemCount").and_then(Value::as_u64).unwrap_or(0);
    Ok(free + usize::try_from(rest).unwrap_or(usize::MAX))
}

async fn data_of_claim(
    cluster: &Cluster,
    change: &Change,
    live: &Value,
) -> Result<Option<String>, RequestError> {
    let Some(volume) = live.pointer("/spec/volumeName").and_then(Value::as_str) else { return Ok(None) };
    let path = format!("/api/v1/persistentvolumes/{volume}");
    let found = match object(cluster, path, Part::Whole).await {
        Ok(found) => found,
        Err(error) if error.status() == Some(403) => None,
        Err(error) => return Err(error),
    };
    let policy =
        found.as_ref().and_then(|volume| volume.pointer("/spec/persistentVolumeReclaimPolicy")?.as_str());
    let fate = match policy {
        Some("Retain") => "its data stays in the volume (Retain)",
        Some("Delete") => "its data is deleted with the volume (Delete)",
        _ => "what becomes of its data depends on the volume's reclaim policy",
    };
    Ok(Some(format!("{}: {fate}", change.id)))
}
