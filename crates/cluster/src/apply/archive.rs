//! Keeping what a run brought about, so that a later one can go back to it.
//!
//! In: a plan that was carried out well. Out: a revision on the cluster, older ones beyond the limit deleted. Refuses
//! to decide whether the run went well.

use std::sync::Arc;

use jiff::Timestamp;

use super::ApplyOptions;
use crate::Error;
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::history::contents::{self, Kept};
use crate::history::{Operation, Recorded, Revision, RunInfo, store};
use crate::inventory::Inventory;
use crate::mask::{Mask, Sensitive};
use crate::plan::Plan;

/// Keeps what a plan brought about, unless the newest revision is the same. Returns the newest afterwards.
pub(super) async fn keep(
    cluster: &Cluster,
    plan: &Plan,
    inventory: &Inventory,
    run: &RunInfo,
    options: &ApplyOptions,
) -> Result<Option<Recorded>, Error> {
    let rendered: Vec<&Arc<Desired>> = plan
        .changes
        .iter()
        .filter(|change| change.action.is_desired())
        .filter_map(|change| change.rendered.as_ref())
        .collect();
    let digest = digest(inventory, &rendered);
    let is_rollback = matches!(run.operation, Operation::Rollback { .. });
    let newest = inventory.revision.as_ref();
    if newest.is_some_and(|newest| newest.digest == digest) && (plan.is_unchanged() || !is_rollback) {
        return Ok(newest.cloned());
    }
    let sensitive: Vec<Sensitive> = options.sensitive.iter().chain(&plan.sensitive).cloned().collect();
    let mask = Mask::new(&sensitive);
    let kept: Vec<Kept> = rendered
        .iter()
        .map(|desired| contents::withhold(&desired.value, &mask, |bytes| inventory.hash(bytes)))
        .collect();
    let known = store::list(cluster, &plan.owner.state_namespace, Some(&plan.owner)).await?;
    // Numbers beyond the recorded one are of runs that died; they are written over.
    let number = match newest {
        Some(newest) => newest.number + 1,
        None => known.iter().map(|one| one.number).max().unwrap_or(0) + 1,
    };
    let packed = contents::pack(&kept).map_err(|error| Error::InvalidObject {
        subject: format!("revision {number} of {}", plan.owner),
        problem: format!("its objects do not pack: {error}"),
    })?;
    let mut revision = Revision {
        owner: plan.owner.clone(),
        number,
        at: Timestamp::now(),
        run: run.stamp.id.clone(),
        who: run.who.clone(),
        command: run.command.clone(),
        tool: run.tool.clone(),
        operation: run.operation,
        counts: plan.counts(),
        digest: digest.clone(),
        objects: kept.len(),
        parts: 0,
        salt: inventory.salt.clone(),
        parameters: run.parameters.clone(),
    };
    store::write(cluster, &mut revision, &packed).await?;
    let mut older: Vec<&Revision> = known.iter().filter(|one| one.number < number).collect();
    older.sort_by_key(|one| std::cmp::Reverse(one.number));
    for one in older.into_iter().skip(run.keep.max(1) - 1) {
        store::delete(cluster, one).await?;
    }
    Ok(Some(Recorded { number, digest }))
}

/// Salted hash of a whole set, whatever the order of its objects.
fn digest(inventory: &Inventory, rendered: &[&Arc<Desired>]) -> String {
    let mut hashes: Vec<String> = rendered.iter().map(|desired| inventory.hash(&desired.body)).collect();
    hashes.sort();
    inventory.hash(hashes.concat().as_bytes())
}
