//! The plan of a removal.
//!
//! In: the record. Out: a [`Plan`] of deletions and of what is kept. Needs no rendered objects. Refuses to
//! delete what the record does not name.

use super::deletion::{Licence, decide};
use super::live::{Part, members, object};
use super::{Plan, UndeployOptions, access, loss};
use crate::Error;
use crate::change::Change;
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::id::ObjectId;
use crate::inventory::store;
use crate::owner::Owner;

/// Plans a removal; see [`super::plan_undeploy`].
pub(super) async fn plan(cluster: &Cluster, owner: &Owner, options: &UndeployOptions) -> Result<Plan, Error> {
    let record = store::read(cluster, owner).await?;
    let applyset = owner.applyset_id();
    let served = cluster.served();
    // Objects of kinds that are no longer served went with their CRD.
    let wanted: Vec<(ObjectId, Resource)> = record
        .entries
        .keys()
        .filter_map(|id| Some((id.clone(), served.preferred(&id.group_kind())?.clone())))
        .collect();
    let mut live = members(cluster, &wanted, &applyset, Part::Whole, options.concurrency).await?;
    let licence = Licence::of_undeploy(options);
    let mut changes: Vec<Change> = Vec::new();
    for (id, resource) in &wanted {
        let found = match live.remove(id) {
            Some(found) => Some(found),
            // A list by label does not show what lost the label; that is said, not silently forgotten.
            None => {
                let path = resource.object(id.namespace.as_deref(), &id.name);
                object(cluster, path, Part::Whole)
                    .await
                    .map_err(|error| Error::request(format!("read {id}"), error))?
            }
        };
        if let Some(found) = found {
            changes.push(decide(id, &record.entries[id], &found, &applyset, licence));
        }
    }
    let pairs: Vec<(&Change, Resource)> = changes
        .iter()
        .filter_map(|change| Some((change, served.preferred(&change.id.group_kind())?.clone())))
        .collect();
    let warnings = loss::consequences(cluster, &changes, &applyset, options.concurrency).await?;
    let problems = access::forbidden(cluster, &pairs, options.concurrency).await?;
    Ok(Plan { owner: owner.clone(), changes, problems, warnings, undeploy: true, record })
}
