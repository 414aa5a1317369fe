//! The written form of an inventory: ConfigMaps, of which the first is an ApplySet parent.
//!
//! In: an [`Inventory`], or ConfigMaps. Out: the other. Refuses to read or write the cluster.
//! Source: KEP-3659 and kubectl `pkg/cmd/apply/applyset.go` for labels and annotations.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Entry, Inventory, RunNote};
use crate::Error;
use crate::history::Recorded;
use crate::id::ObjectId;
use crate::owner::{Owner, record_name};

pub(super) const ID_LABEL: &str = "applyset.kubernetes.io/id";
const TOOLING: &str = "applyset.kubernetes.io/tooling";
const GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// Marks ConfigMaps that hold further entries; its value is the id of the set.
const SHARD_OF: &str = "hub.agilestacks.io/shard-of";
/// Stack and component as they are written: names of objects are not reversible.
const OWNER: &str = "hub.agilestacks.io/owner";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const TOOL: &str = "hub";
const FORMAT: u32 = 1;

/// A ConfigMap may hold 1 MiB; half of it leaves room for metadata and managed fields.
const SHARD_BYTES: usize = 512 * 1024;

#[derive(Serialize, Deserialize)]
struct Row {
    #[serde(flatten)]
    id: ObjectId,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    format: u32,
    salt: String,
    /// Names of the ConfigMaps with further entries.
    shards: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunNote>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<Recorded>,
}

/// Selects the ConfigMaps that records consist of.
pub(super) fn selector() -> String {
    format!("{MANAGED_BY}={TOOL},{ID_LABEL}")
}

/// Writes an inventory as ConfigMaps, the parent first. Further ones have new names each time, so the record
/// as it was stays whole until the parent is replaced.
pub(super) fn encode(inventory: &Inventory) -> Vec<Value> {
    let mut chunks = vec![String::new()];
    for (id, entry) in &inventory.entries {
        let row = serde_json::to_string(&Row { id: id.clone(), entry: entry.clone() })
            .expect("a row has string keys only, so it always serialises");
        let last = chunks.last_mut().expect("there is always one chunk");
        if !last.is_empty() && last.len() + row.len() + 1 > SHARD_BYTES {
            chunks.push(row + "\n");
        } else {
            last.push_str(&row);
            last.push('\n');
        }
    }
    let parent = inventory.owner.parent_name();
    let revision = format!("{:08x}", rand::random::<u32>());
    let shards: Vec<String> =
        (1..chunks.len()).map(|index| record_name(&[&parent, &revision, &index.to_string()])).collect();
    let names: Vec<String> = std::iter::once(parent).chain(shards.iter().cloned()).collect();
    let head = Head {
        format: FORMAT,
        salt: inventory.salt.clone(),
        shards,
        run: inventory.run.clone(),
        revision: inventory.revision.clone(),
    };
    let head = serde_json::to_string(&head).expect("a head has string keys only, so it always serialises");
    let mut maps: Vec<Value> =
        names.iter().zip(&chunks).map(|(name, rows)| config_map(&inventory.owner, name, rows)).collect();
    complete_parent(inventory, &head, &mut maps[0]);
    maps
}

fn config_map(owner: &Owner, name: &str, rows: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": owner.state_namespace,
            "labels": {MANAGED_BY: TOOL, SHARD_OF: owner.applyset_id()},
        },
        "data": {"entries": rows},
    })
}

fn complete_parent(inventory: &Inventory, head: &str, map: &mut Value) {
    let owner = &inventory.owner;
    let kinds: BTreeSet<String> = inventory.entries.keys().map(|id| id.group_kind().to_string()).collect();
    let namespaces: BTreeSet<&str> = inventory
        .entries
        .keys()
        .filter_map(|id| id.namespace.as_deref())
        .filter(|name| *name != owner.state_namespace)
        .collect();
    let join = |names: Vec<&str>| names.join(",");
    map["metadata"]["labels"] = json!({MANAGED_BY: TOOL, ID_LABEL: owner.applyset_id()});
    map["metadata"]["annotations"] = json!({
        TOOLING: format!("{TOOL}/v{}", env!("CARGO_PKG_VERSION")),
        GROUP_KINDS: join(kinds.iter().map(String::as_str).collect()),
        NAMESPACES: join(namespaces.into_iter().collect()),
        OWNER: json!({"stack": owner.stack, "component": owner.component}).to_string(),
    });
    map["data"]["head"] = json!(head);
    if let Some(version) = &inventory.resource_version {
        map["metadata"]["resourceVersion"] = json!(version);
    }
}

/// Whose record a parent is.
pub(super) fn owner_of(parent: &Value) -> Result<Owner, Error> {
    #[derive(Deserialize)]
    struct Names {
        stack: String,
        component: String,
    }
    let text = parent["metadata"]["annotations"][OWNER].as_str().unwrap_or_default();
    let names: Names =
        serde_json::from_str(text).map_err(|error| malformed(parent, &format!("its owner: {error}")))?;
    Ok(Owner {
        stack: names.stack,
        component: names.component,
        state_namespace: metadata(parent, "namespace"),
    })
}

/// Reads a parent: the inventory without the entries of further shards.
pub(super) fn decode_parent(owner: &Owner, parent: &Value) -> Result<Inventory, Error> {
    let tooling = parent["metadata"]["annotations"][TOOLING].as_str().unwrap_or_default();
    let tool = tooling.rsplit_once('/').map_or(tooling, |(tool, _)| tool);
    if tool != TOOL {
        let tooling = if tooling.is_empty() { "somebody else".to_string() } else { tooling.to_string() };
        let (namespace, name) = (metadata(parent, "namespace"), metadata(parent, "name"));
        return Err(Error::ForeignRecord { namespace, name, tooling });
    }
    let head = parent["data"]["head"].as_str().unwrap_or_default();
    let head: Head =
        serde_json::from_str(head).map_err(|error| malformed(parent, &format!("its head: {error}")))?;
    if head.format != FORMAT {
        let problem =
            format!("its format is {} and this version reads {FORMAT}; use a newer hub", head.format);
        return Err(malformed(parent, &problem));
    }
    let mut inventory = Inventory::empty(owner.clone());
    inventory.salt = head.salt;
    inventory.shards = head.shards;
    inventory.run = head.run;
    inventory.revision = head.revision;
    inventory.resource_version = Some(metadata(parent, "resourceVersion"));
    inventory.entries = decode_rows(parent)?;
    Ok(inventory)
}

/// Reads the entries of one ConfigMap.
pub(super) fn decode_rows(map: &Value) -> Result<BTreeMap<ObjectId, Entry>, Error> {
    let rows = map["data"]["entries"].as_str().unwrap_or_default();
    let read = |(number, line): (usize, &str)| {
        serde_json::from_str::<Row>(line)
            .map(|row| (row.id, row.entry))
            .map_err(|error| malformed(map, &format!("line {}: {error}", number + 1)))
    };
    rows.lines().enumerate().map(read).collect()
}

fn metadata(object: &Value, field: &str) -> String {
    object["metadata"][field].as_str().unwrap_or_default().to_string()
}

fn malformed(object: &Value, problem: &str) -> Error {
    let (namespace, name) = (metadata(object, "namespace"), metadata(object, "name"));
    Error::MalformedRecord { namespace, name, problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupKind;
    use crate::inventory::EntryState;

    fn inventory(objects: usize) -> Inventory {
        let owner =
            Owner { stack: "ml".into(), component: "kserve".into(), state_namespace: "hub-system".into() };
        let mut inventory = Inventory::empty(owner);
        inventory.resource_version = Some("7".into());
        for number in 0..objects {
            let id = ObjectId::new(GroupKind::new("apps", "Deployment"), Some("n"), &format!("d{number}"));
            let entry = Entry {
                version: "v1".into(),
                state: EntryState::Applied,
                uid: "u".into(),
                ..Entry::default()
            };
            inventory.entries.insert(id, entry);
        }
        inventory
    }

    #[test]
    fn records_read_as_they_were_written() {
        let written = inventory(3);
        let maps = encode(&written);
        assert_eq!(maps.len(), 1);
        assert_eq!(owner_of(&maps[0]).expect("owner"), written.owner);
        let mut read = decode_parent(&written.owner, &maps[0]).expect("reads");
        read.shards.clear();
        assert_eq!(read, written);
    }

    #[test]
    fn the_parent_conforms_to_applyset() {
        let parent = &encode(&inventory(1))[0]["metadata"];
        assert_eq!(parent["labels"][ID_LABEL], inventory(0).owner.applyset_id());
        assert_eq!(parent["annotations"][GROUP_KINDS], "Deployment.apps");
        assert_eq!(parent["annotations"][NAMESPACES], "n");
        assert!(parent["annotations"][TOOLING].as_str().expect("text").starts_with("hub/v"));
    }

    #[test]
    fn large_sets_are_spread() {
        let written = inventory(9000);
        let maps = encode(&written);
        assert!(maps.len() > 1);
        let mut read = decode_parent(&written.owner, &maps[0]).expect("reads").entries;
        assert!(maps.iter().all(|map| map.to_string().len() < 1024 * 1024));
        for map in &maps[1..] {
            read.extend(decode_rows(map).expect("reads"));
        }
        assert_eq!(read, written.entries);
    }

    #[test]
    fn other_tools_and_damage_are_refused() {
        let owner = inventory(0).owner;
        let mut map = encode(&inventory(1)).remove(0);
        map["data"]["entries"] = json!("{oops\n");
        assert!(matches!(decode_parent(&owner, &map), Err(Error::MalformedRecord { .. })));
        map["metadata"]["annotations"][TOOLING] = json!("kubectl/v1.30");
        assert!(matches!(decode_parent(&owner, &map), Err(Error::ForeignRecord { .. })));
    }
}
