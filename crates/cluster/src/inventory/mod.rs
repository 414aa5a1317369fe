//! What a component has on the cluster, as recorded there.
//!
//! In: entries made by plan and apply. Out: [`Inventory`]. The record is written before the first change with
//! everything that may come to be, and after the last with what is; so nothing that was ever created is
//! forgotten. Refuses to hold contents of objects: only their salted hashes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::cluster::Cluster;
use crate::history::{Operation, Recorded, RunInfo};
use crate::id::ObjectId;
use crate::owner::Owner;

pub(crate) mod fingerprint;
pub(crate) mod record;
pub(crate) mod store;

/// What is known about a recorded object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryState {
    /// The object may be there: a run that was going to write it has not reported back.
    #[default]
    Pending,
    /// The object was applied.
    Applied,
    /// Deletion was due and did not happen (refused, kept or still going on).
    Kept,
}

/// What is recorded about one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Entry {
    /// API version, without the group, that the object was written with.
    pub version: String,
    /// What is known.
    pub state: EntryState,
    /// Uid after our last write; empty for a pending entry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// resourceVersion when we last saw the object as we want it; empty for a pending entry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// Salted hash of the metadata and generation at that time: tells a change of the status from others.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
    /// Salted hash of the object as it was rendered; empty for a pending entry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// True where the object was ready at that resourceVersion.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ready: bool,
    /// True where the object was not there before us. Only such Namespaces are ever deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub created: bool,
}

/// How far a run got with a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunStep {
    /// Its objects were being written, deleted or waited for.
    Objects,
    /// Its objects were done; what follows them was not.
    AfterObjects,
    /// It ended, and not all went well.
    Failed,
}

/// The journal of a run that has not ended well, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunNote {
    /// The run.
    pub id: String,
    /// Who runs it.
    pub who: String,
    /// The command line, without secrets.
    pub command: String,
    /// What it does.
    pub operation: Operation,
    /// When it began.
    pub started: Timestamp,
    /// How far it got.
    pub step: RunStep,
}

impl RunNote {
    /// The note of a run at a step.
    pub(crate) fn at(run: &RunInfo, step: RunStep) -> Self {
        let RunInfo { stamp, who, command, operation, .. } = run.clone();
        RunNote { id: stamp.id, who, command, operation, started: stamp.started, step }
    }
}

/// What a component has on the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// The component.
    pub owner: Owner,
    /// Its objects.
    #[serde(serialize_with = "entries_as_list")]
    pub entries: BTreeMap<ObjectId, Entry>,
    /// The run that is at work on the component, or did not end; `None` where the last one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunNote>,
    /// The newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Recorded>,
    /// Random text that goes into every hash, so that hashes of secrets can't be looked up.
    #[serde(skip)]
    pub(crate) salt: String,
    /// resourceVersion of the record; `None` where there is none yet.
    #[serde(skip)]
    pub(crate) resource_version: Option<String>,
    /// Names of the ConfigMaps that hold the record beside its parent.
    #[serde(skip)]
    pub(crate) shards: Vec<String>,
}

fn entries_as_list<S: serde::Serializer>(
    entries: &BTreeMap<ObjectId, Entry>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row<'a> {
        #[serde(flatten)]
        id: &'a ObjectId,
        #[serde(flatten)]
        entry: &'a Entry,
    }
    serializer.collect_seq(entries.iter().map(|(id, entry)| Row { id, entry }))
}

impl Inventory {
    /// An inventory of nothing, not yet recorded.
    pub(crate) fn empty(owner: Owner) -> Self {
        let salt = format!("{:032x}", rand::random::<u128>());
        Inventory {
            owner,
            entries: BTreeMap::new(),
            run: None,
            revision: None,
            salt,
            resource_version: None,
            shards: Vec::new(),
        }
    }

    /// True where nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// True where a run did not report back: it was killed, or is still at work.
    pub fn is_pending(&self) -> bool {
        self.entries.values().any(|entry| entry.state == EntryState::Pending)
    }

    /// Salted hash of anything.
    pub(crate) fn hash(&self, bytes: &[u8]) -> String {
        use sha2::{Digest, Sha256};
        let mut digest = Sha256::new();
        digest.update(self.salt.as_bytes());
        digest.update(bytes);
        // 128 bits are plenty to tell a change, and keep records of thousands of objects small.
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Reads the inventory of one component; an empty one where nothing is recorded.
///
/// # Errors
/// Failed requests; [`Error::MalformedRecord`] and [`Error::ForeignRecord`].
pub async fn inventory(cluster: &Cluster, owner: &Owner) -> Result<Inventory, Error> {
    store::read(cluster, owner).await
}

/// Reads the inventories of all components of a stack (of all stacks for `None`) in a state namespace.
///
/// # Errors
/// As [`inventory`].
pub async fn inventories(
    cluster: &Cluster,
    stack: Option<&str>,
    state_namespace: &str,
) -> Result<Vec<Inventory>, Error> {
    store::read_all(cluster, stack, state_namespace).await
}
