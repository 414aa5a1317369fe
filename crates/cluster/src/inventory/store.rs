//! Reading and writing of inventories on the cluster.
//!
//! In: an owner or an inventory. Out: the record as it stands now. Every write names the resourceVersion that
//! was read, so of two runs at work on one record the later is told. Refuses to know the written form.

use futures::future::try_join_all;
use http::Method;
use serde_json::{Value, json};

use super::{Inventory, record};
use crate::Error;
use crate::cluster::Cluster;
use crate::cluster::request::Call;
use crate::cluster::transient::Patience;
use crate::owner::Owner;

const FIELD_MANAGER: &str = "hub-inventory";

fn collection(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/configmaps")
}

fn what(verb: &str, owner: &Owner) -> String {
    format!("{verb} the record {} in namespace {}", owner.parent_name(), owner.state_namespace)
}

/// Reads a record; an empty inventory where there is none.
pub(crate) async fn read(cluster: &Cluster, owner: &Owner) -> Result<Inventory, Error> {
    let path = format!("{}/{}", collection(&owner.state_namespace), owner.parent_name());
    let found = cluster.find(&Call::get(path)).await;
    match found.map_err(|error| Error::request(what("read", owner), error))? {
        Some(parent) => read_shards(cluster, record::decode_parent(owner, &parent)?).await,
        None => Ok(Inventory::empty(owner.clone())),
    }
}

async fn read_shards(cluster: &Cluster, mut inventory: Inventory) -> Result<Inventory, Error> {
    let owner = inventory.owner.clone();
    let shards = inventory.shards.iter().map(|name| {
        let path = format!("{}/{name}", collection(&owner.state_namespace));
        async move { cluster.value(&Call::get(path), Patience::READ).await }
    });
    let maps = try_join_all(shards).await.map_err(|error| Error::request(what("read", &owner), error))?;
    for map in &maps {
        inventory.entries.extend(record::decode_rows(map)?);
    }
    Ok(inventory)
}

/// Reads all records of a stack, or of all stacks.
pub(crate) async fn read_all(
    cluster: &Cluster,
    stack: Option<&str>,
    namespace: &str,
) -> Result<Vec<Inventory>, Error> {
    let path = format!("{}?labelSelector={}", collection(namespace), record::selector());
    let list = cluster.find(&Call::get(path)).await;
    let list =
        list.map_err(|error| Error::request(format!("list the records in namespace {namespace}"), error))?;
    let parents =
        list.as_ref().and_then(|list| list["items"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let mut inventories = Vec::new();
    for parent in parents {
        let owner = record::owner_of(parent)?;
        if stack.is_none_or(|stack| stack == owner.stack) {
            inventories.push(read_shards(cluster, record::decode_parent(&owner, parent)?).await?);
        }
    }
    Ok(inventories)
}

/// Writes a record; one request for up to about two thousand objects. Afterwards the inventory carries the
/// new resourceVersion.
///
/// # Errors
/// [`Error::RecordMoved`] where another run wrote it meanwhile.
pub(crate) async fn write(cluster: &Cluster, inventory: &mut Inventory) -> Result<(), Error> {
    let maps = record::encode(inventory);
    let owner = inventory.owner.clone();
    if maps.len() > 1 && inventory.resource_version.is_none() {
        create_namespace(cluster, &owner.state_namespace).await?;
    }
    // Further shards first: a reader starts at the parent, which names them.
    try_join_all(maps[1..].iter().map(|map| create_shard(cluster, &owner, map))).await?;
    let written = write_parent(cluster, inventory, &maps[0]).await?;
    inventory.resource_version = written["metadata"]["resourceVersion"].as_str().map(str::to_string);
    let name = |map: &Value| map["metadata"]["name"].as_str().unwrap_or_default().to_string();
    let former = std::mem::replace(&mut inventory.shards, maps[1..].iter().map(name).collect());
    try_join_all(former.iter().map(|name| delete_map(cluster, &owner, name))).await?;
    Ok(())
}

async fn write_parent(cluster: &Cluster, inventory: &Inventory, map: &Value) -> Result<Value, Error> {
    let owner = &inventory.owner;
    let collection = collection(&owner.state_namespace);
    let path = format!("{collection}/{}", owner.parent_name());
    let call = match inventory.resource_version {
        Some(_) => Call::with_json(Method::PUT, format!("{path}?fieldManager={FIELD_MANAGER}"), map),
        None => Call::with_json(Method::POST, format!("{collection}?fieldManager={FIELD_MANAGER}"), map),
    };
    let mut answer = cluster.value(&call, Patience::EXACT).await;
    if matches!(&answer, Err(error) if error.is_not_found()) && inventory.resource_version.is_none() {
        create_namespace(cluster, &owner.state_namespace).await?;
        answer = cluster.value(&call, Patience::EXACT).await;
    }
    match answer {
        Err(error) if matches!(error.status(), Some(404 | 409)) => {
            // A write whose answer was lost was tried again, and met itself.
            let live = cluster.find(&Call::get(path)).await;
            let live = live.map_err(|error| Error::request(what("read", owner), error))?;
            let ours = live.filter(|live| live["data"] == map["data"]);
            ours.ok_or_else(|| Error::RecordMoved { owner: owner.to_string() })
        }
        answer => answer.map_err(|error| Error::request(what("write", owner), error)),
    }
}

async fn create_shard(cluster: &Cluster, owner: &Owner, map: &Value) -> Result<(), Error> {
    let path = format!("{}?fieldManager={FIELD_MANAGER}", collection(&owner.state_namespace));
    let answer = cluster.send(&Call::with_json(Method::POST, path, map), Patience::WRITE).await;
    answer.map(|_| ()).map_err(|error| Error::request(what("write", owner), error))
}

async fn delete_map(cluster: &Cluster, owner: &Owner, name: &str) -> Result<(), Error> {
    let path = format!("{}/{name}", collection(&owner.state_namespace));
    match cluster.send(&Call::with_json(Method::DELETE, path, &json!({})), Patience::WRITE).await {
        Err(error) if !error.is_not_found() => Err(Error::request(what("delete", owner), error)),
        _ => Ok(()),
    }
}

/// Removes a record with all its shards, the parent last.
pub(crate) async fn delete(cluster: &Cluster, inventory: &mut Inventory) -> Result<(), Error> {
    if inventory.resource_version.is_none() {
        return Ok(());
    }
    let owner = inventory.owner.clone();
    let shards = std::mem::take(&mut inventory.shards);
    try_join_all(shards.iter().map(|name| delete_map(cluster, &owner, name))).await?;
    delete_map(cluster, &owner, &owner.parent_name()).await?;
    inventory.resource_version = None;
    Ok(())
}

/// Creates a namespace for records and locks unless it is there.
pub(crate) async fn create_namespace(cluster: &Cluster, name: &str) -> Result<(), Error> {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "hub"}}});
    let path = format!("/api/v1/namespaces?fieldManager={FIELD_MANAGER}");
    match cluster.send(&Call::with_json(Method::POST, path, &namespace), Patience::WRITE).await {
        Err(error) if error.status() != Some(409) => {
            Err(Error::request(format!("create namespace {name}"), error))
        }
        _ => Ok(()),
    }
}
