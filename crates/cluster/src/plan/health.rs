//! How a component's objects are right now.
//!
//! In: a record and users' rules. Out: the objects that are not ready, and why. Refuses to wait, and to say what is not
//! there: that is drift.

use serde::Serialize;

use super::live::{Part, members};
use crate::Error;
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::id::ObjectId;
use crate::inventory::{EntryState, Inventory};
use crate::order::phase::is_built_in;
use crate::readiness::{Readiness, ReadinessRule, has_rule, readiness};

/// Most requests in flight.
const CONCURRENCY: usize = 32;

/// An object that is not ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unready {
    /// The object.
    pub id: ObjectId,
    /// How far it is, and why.
    #[serde(flatten)]
    pub readiness: Readiness,
}

/// Looks at a component's recorded objects; see [`super::health`].
pub(super) async fn health(
    cluster: &Cluster,
    inventory: &Inventory,
    rules: &[ReadinessRule],
) -> Result<Vec<Unready>, Error> {
    let rule_of = |id: &ObjectId| rules.iter().find(|rule| rule.is_about(id));
    let may_be_unready = |id: &ObjectId| has_rule(id) || !is_built_in(&id.group) || rule_of(id).is_some();
    let wanted: Vec<(ObjectId, Resource)> = inventory
        .entries
        .iter()
        .filter(|(id, entry)| entry.state == EntryState::Applied && may_be_unready(id))
        .filter_map(|(id, _)| Some((id.clone(), cluster.resource(id)?)))
        .collect();
    let applyset = inventory.owner.applyset_id();
    let live = members(cluster, &wanted, &applyset, Part::Whole, CONCURRENCY).await?;
    let judged = wanted.into_iter().filter_map(|(id, _)| {
        let object = live.get(&id)?;
        let readiness = rule_of(&id).map_or_else(|| readiness(object), |rule| rule.readiness(object));
        Some(Unready { id, readiness })
    });
    Ok(judged.filter(|one| !one.readiness.is_ready()).collect())
}
