//! What was deployed before: one revision per component and successful run.
//!
//! In: a plan that was carried out. Out: [`Revision`]s on the cluster, from which a rollback or a drift report is
//! planned. Refuses to hold secret values: of those only salted hashes are kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::cluster::Cluster;
use crate::owner::Owner;
use crate::plan::Counts;

pub(crate) mod contents;
pub(crate) mod store;

/// Revisions that are kept of each component where nobody says otherwise.
pub const KEPT_REVISIONS: usize = 10;

/// What a run does to a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "camelCase")]
pub enum Operation {
    /// The component is brought onto the cluster.
    Deploy,
    /// The component is taken off.
    Undeploy,
    /// The component is brought back to an earlier revision.
    Rollback {
        /// Number of that revision.
        to: u64,
    },
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Operation::Deploy => f.write_str("deploy"),
            Operation::Undeploy => f.write_str("undeploy"),
            Operation::Rollback { to } => write!(f, "rollback to {to}"),
        }
    }
}

/// What tells one run from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStamp {
    /// The same for all components of one run, e.g. `20260102t030405z-1f2e`.
    pub id: String,
    /// When the run began.
    pub started: Timestamp,
}

impl RunStamp {
    /// The stamp of a run that begins now.
    #[must_use]
    pub fn now() -> Self {
        let started = Timestamp::now();
        let id = format!("{}-{:04x}", started.strftime("%Y%m%dt%H%M%Sz"), rand::random::<u16>());
        RunStamp { id, started }
    }
}

/// Random text to key hashes with.
#[must_use]
pub fn random_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The run that carries a plan out, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// Which run.
    pub stamp: RunStamp,
    /// A person or job at a host, e.g. `ann@laptop`.
    pub who: String,
    /// The command line, without secrets.
    pub command: String,
    /// The tool with its version, e.g. `hub/0.1.0`.
    pub tool: String,
    /// What is done.
    pub operation: Operation,
    /// Parameters by name, secret ones masked by the caller.
    pub parameters: BTreeMap<String, String>,
    /// Most revisions that are kept of the component.
    pub keep: usize,
    /// True where something is still to be done once the objects are there or gone; see [`crate::finish_run`].
    pub more_follows: bool,
}

/// One state that a component was brought to, without its objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// The component.
    pub owner: Owner,
    /// Counted from 1, never used twice while older ones are kept.
    pub number: u64,
    /// When it was reached.
    pub at: Timestamp,
    /// The run that reached it.
    pub run: String,
    /// Who ran it.
    pub who: String,
    /// The command line, without secrets.
    pub command: String,
    /// The tool with its version.
    pub tool: String,
    /// What was done.
    pub operation: Operation,
    /// How many objects were changed, by action.
    pub counts: Counts,
    /// Salted hash of all objects together: equal where the same was rendered.
    pub digest: String,
    /// Number of objects.
    pub objects: usize,
    /// Number of records that hold them; 0 where they were too large to be kept.
    pub parts: usize,
    /// Random text that went into every hash.
    #[serde(default, skip_serializing)]
    pub(crate) salt: String,
    /// Parameters by name, secret ones masked; only where the revision was read by itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// What the inventory knows of the newest revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Its number.
    pub number: u64,
    /// Its digest.
    pub digest: String,
}

/// Reads the revisions of one component, the newest first; without their parameters.
///
/// # Errors
/// Failed requests; [`Error::MalformedRecord`].
pub async fn revisions(cluster: &Cluster, owner: &Owner) -> Result<Vec<Revision>, Error> {
    store::list(cluster, &owner.state_namespace, Some(owner)).await
}

/// Reads the revisions of all components of a stack, the newest first; without their parameters.
///
/// # Errors
/// As [`revisions`].
pub async fn stack_revisions(
    cluster: &Cluster,
    stack: &str,
    state_namespace: &str,
) -> Result<Vec<Revision>, Error> {
    let mut found = store::list(cluster, state_namespace, None).await?;
    found.retain(|revision| revision.owner.stack == stack);
    Ok(found)
}

/// Reads one revision with its parameters.
///
/// # Errors
/// [`Error::NoRevision`] where it is not kept; failed requests.
pub async fn revision(cluster: &Cluster, owner: &Owner, number: u64) -> Result<Revision, Error> {
    let known = revisions(cluster, owner).await?;
    let found = known.iter().find(|one| one.number == number).cloned();
    let found = found.ok_or_else(|| no_revision(owner, Some(number), &known))?;
    store::with_parameters(cluster, found).await
}

/// Forgets all revisions of a component. Returns how many there were.
///
/// # Errors
/// Failed requests.
pub async fn forget(cluster: &Cluster, owner: &Owner) -> Result<usize, Error> {
    let known = revisions(cluster, owner).await?;
    for one in &known {
        store::delete(cluster, one).await?;
    }
    Ok(known.len())
}

/// Says that a revision is not kept, and which are.
pub(crate) fn no_revision(owner: &Owner, wanted: Option<u64>, known: &[Revision]) -> Error {
    let known = known.iter().map(|one| one.number.to_string()).collect::<Vec<_>>();
    let wanted =
        wanted.map_or_else(|| "an earlier revision".to_string(), |number| format!("revision {number}"));
    Error::NoRevision { owner: owner.to_string(), wanted, known: known.join(", ") }
}
