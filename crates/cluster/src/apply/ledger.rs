//! The record of a run: what may come to be, written first, and what came to be, written last.
//!
//! In: a plan and what became of its changes. Out: the inventory on the cluster. Refuses to touch objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::run::Run;
use super::{ApplyOptions, archive};
use crate::Error;
use crate::change::{Action, Change, KeptBy};
use crate::cluster::Cluster;
use crate::history::{Operation, RunInfo};
use crate::inventory::{Entry, EntryState, Inventory, RunNote, RunStep, store};
use crate::outcome::ResultStatus;
use crate::owner::Owner;
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

    /// True where the change went as planned.
    pub(super) fn is_good(&self) -> bool {
        matches!(self.status, ResultStatus::Done | ResultStatus::Applied | ResultStatus::Kept)
    }

    pub(super) fn seen(mut self, live: Arc<Value>) -> Self {
        self.live = Some(live);
        self
    }
}

/// Records what the plan may bring about: everything recorded so far and everything that will be written.
pub(super) async fn record_intent(
    cluster: &Cluster,
    plan: &Plan,
    run: Option<&RunInfo>,
) -> Result<Inventory, Error> {
    let mut record = plan.record.clone();
    if let Some(run) = run {
        record.run = Some(RunNote::at(run, RunStep::Objects));
    }
    for change in plan.changes.iter().filter(|change| change.action.is_desired() && change.action.writes()) {
        let entry = record.entries.entry(change.id.clone()).or_insert_with(|| Entry {
            created: change.live.is_none() || change.action == Action::Recreate,
            ..Entry::default()
        });
        entry.version.clone_from(&change.version);
        entry.state = EntryState::Pending;
    }
    // Deletions alone add nothing: what goes is recorded already.
    if record.entries != plan.record.entries || record.run.is_some() || record.resource_version.is_none() {
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
    close: Close<'_>,
    run: &Run<'_>,
) -> Result<Option<usize>, Error> {
    let mut entries = BTreeMap::new();
    for (change, ending) in plan.changes.iter().zip(endings) {
        if let Some(entry) = entry_after(&record, change, ending) {
            entries.insert(change.id.clone(), entry);
        }
    }
    let before = record.clone();
    record.entries = entries;
    record.run = close.note(&record, plan);
    if close.went_well
        && let Some(info) = &close.options.run
    {
        // What is there is there: that no revision could be kept of it must be known, and spoils nothing else.
        match archive::keep(cluster, plan, &record, info, close.options).await {
            Ok(newest) => record.revision = newest,
            Err(error) => {
                run.warn(
                    None,
                    format!("it cannot be rolled back to, since no record was kept: {}", chain(&error)),
                );
            }
        }
    }
    if plan.undeploy && record.entries.is_empty() && record.run.is_none() {
        store::delete(cluster, &mut record).await?;
        return Ok(Some(0));
    }
    if record == before && (record.resource_version.is_some() || record.entries.is_empty()) {
        return Ok(None);
    }
    store::write(cluster, &mut record).await?;
    Ok(Some(record.entries.len()))
}

/// How a run ends.
#[derive(Clone, Copy)]
pub(super) struct Close<'a> {
    pub(super) options: &'a ApplyOptions,
    pub(super) went_well: bool,
}

impl Close<'_> {
    /// What is noted of the run once its objects are done.
    fn note(self, record: &Inventory, plan: &Plan) -> Option<RunNote> {
        let Some(run) = &self.options.run else { return record.run.clone() };
        if !self.went_well {
            return Some(RunNote::at(run, RunStep::Failed));
        }
        // A run that wrote nothing leaves nothing half done, unless an earlier one did.
        let is_due = run.more_follows && (!plan.is_unchanged() || record.run.is_some());
        is_due.then(|| RunNote::at(run, RunStep::AfterObjects))
    }
}

/// Takes the note of a run off; the record of a component that has nothing left goes.
pub(super) async fn finish_run(cluster: &Cluster, owner: &Owner) -> Result<(), Error> {
    let mut record = store::read(cluster, owner).await?;
    let Some(note) = record.run.take() else { return Ok(()) };
    if record.entries.is_empty() && note.operation == Operation::Undeploy {
        return store::delete(cluster, &mut record).await;
    }
    store::write(cluster, &mut record).await
}

fn chain(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
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
