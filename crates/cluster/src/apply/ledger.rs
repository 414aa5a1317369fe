//! The record of a run: what may come to be, written first, and what came to be, written last.
//!
//! In: a plan and what became of its changes. Out: the inventory on the cluster. Refuses to touch objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::Error;
use crate::change::{Action, Change, KeptBy};
use crate::cluster::Cluster;
use crate::inventory::{Entry, EntryState, Inventory, store};
use crate::outcome::ResultStatus;
use crate::plan::Plan;

/// What became of one change.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) status: ResultStatus,
    /// The object as it was last seen; `None` where it was not written or looked at.
    pub(super) live: Option<Arc<Value>>,
}

impl Ending {
    pub(super) fn new(status: ResultStatus) -> Self {
        Ending { status, live: None }
    }

    pub(super) fn failed(error: impl Into<String>) -> Self {
        Ending::new(ResultStatus::Failed { error: error.into() })
    }

    pub(super) fn skipped(reason: impl Into<String>) -> Self {
        Ending::new(ResultStatus::Skipped { reason: reason.into() })
    }

    pub(super) fn seen(mut self, live: Arc<Value>) -> Self {
        self.live = Some(live);
        self
    }
}

/// Records what the plan may bring about: everything recorded so far and everything that will be written.
pub(super) async fn record_intent(cluster: &Cluster, plan: &Plan) -> Result<Inventory, Error> {
    let mut record = plan.record.clone();
    for change in plan.changes.iter().filter(|change| change.action.is_desired() && change.action.writes()) {
        let entry = record.entries.entry(change.id.clone()).or_insert_with(|| Entry {
            created: change.live.is_none() || change.action == Action::Recreate,
            ..Entry::default()
        });
        entry.version.clone_from(&change.version);
        entry.state = EntryState::Pending;
    }
    // Deletions alone add nothing: what goes is recorded already.
    if record.entries != plan.record.entries || record.resource_version.is_none() {
        store::write(cluster, &mut record).await?;
    }
    Ok(record)
}

/// Records what is. Writes only where that differs from the record; removes the record of a component that
/// has nothing left. Returns how many objects are recorded, `None` where nothing was written.
pub(super) async fn record_outcome(
    cluster: &Cluster,
    plan: &Plan,
    mut record: Inventory,
    endings: &[Ending],
) -> Result<Option<usize>, Error> {
    let mut entries = BTreeMap::new();
    for (change, ending) in plan.changes.iter().zip(endings) {
        if let Some(entry) = entry_after(&record, change, ending) {
            entries.insert(change.id.clone(), entry);
        }
    }
    if plan.undeploy && entries.is_empty() {
        store::delete(cluster, &mut record).await?;
        return Ok(Some(0));
    }
    if entries == record.entries && (record.resource_version.is_some() || entries.is_empty()) {
        return Ok(None);
    }
    record.entries = entries;
    store::write(cluster, &mut record).await?;
    Ok(Some(record.entries.len()))
}

fn entry_after(record: &Inventory, change: &Change, ending: &Ending) -> Option<Entry> {
    let known = record.entries.get(&change.id);
    let stays = |state: EntryState| Some(Entry { state, ..known.cloned().unwrap_or_default() });
    match (change.action, &ending.status) {
        (Action::Keep, _) if change.kept_by == Some(KeptBy::NotOurs) => None,
        (Action::Delete, ResultStatus::Done) => None,
        (Action::Keep | Action::Delete, _) => stays(EntryState::Kept),
        (_, ResultStatus::Done | ResultStatus::Applied | ResultStatus::NotReady(_)) => match &ending.live {
            Some(live) => Some(applied(record, change, ending, live)),
            None => known.cloned(),
        },
        _ => known.cloned(),
    }
}

fn applied(record: &Inventory, change: &Change, ending: &Ending, live: &Value) -> Entry {
    let text = |field: &str| live["metadata"][field].as_str().unwrap_or_default().to_string();
    let known = record.entries.get(&change.id);
    Entry {
        version: change.version.clone(),
        state: EntryState::Applied,
        uid: text("uid"),
        resource_version: text("resourceVersion"),
        fingerprint: record.fingerprint(live).unwrap_or_default(),
        hash: change.hash.clone().unwrap_or_default(),
        ready: ending.status == ResultStatus::Done,
        created: known.is_some_and(|entry| entry.created),
    }
}
