//! The plan of a removal.
//!
//! In: the record. Out: a [`Plan`] of deletions and of what is kept. Needs no rendered objects. Refuses to
//! delete what the record does not name.

use futures::{StreamExt, TryStreamExt, stream};

use super::deletion::{Licence, decide, keep_what_holds_kept};
use super::live::{Part, members, object};
use super::{Plan, UndeployOptions, access, loss};
use crate::Error;
use crate::change::Change;
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::id::ObjectId;
use crate::inventory::{Inventory, store};
use crate::owner::Owner;

/// Plans a removal; see [`super::plan_undeploy`].
pub(super) async fn plan(cluster: &Cluster, owner: &Owner, options: &UndeployOptions) -> Result<Plan, Error> {
    let record = store::read(cluster, owner).await?;
    let mut changes = decisions(cluster, &record, options).await?;
    keep_what_holds_kept(&mut changes);
    let warnings = loss::consequences(cluster, &changes, &owner.applyset_id(), options.concurrency).await?;
    let served = cluster.served();
    let pairs: Vec<(&Change, Resource)> = changes
        .iter()
        .filter_map(|change| Some((change, served.preferred(&change.id.group_kind())?.clone())))
        .collect();
    let problems = access::forbidden(cluster, &pairs, options.concurrency).await?;
    Ok(Plan {
        owner: owner.clone(),
        changes,
        problems,
        warnings,
        undeploy: true,
        record,
        sensitive: Vec::new(),
    })
}

/// What becomes of each recorded object that is still there.
async fn decisions(
    cluster: &Cluster,
    record: &Inventory,
    options: &UndeployOptions,
) -> Result<Vec<Change>, Error> {
    let applyset = record.owner.applyset_id();
    let served = cluster.served();
    // Objects of kinds that are no longer served went with their CRD.
    let wanted: Vec<(ObjectId, Resource)> = record
        .entries
        .keys()
        .filter_map(|id| Some((id.clone(), served.preferred(&id.group_kind())?.clone())))
        .collect();
    let live = members(cluster, &wanted, &applyset, Part::Whole, options.concurrency).await?;
    let licence = Licence::of_undeploy(options, &record.owner.state_namespace);
    let (live, applyset) = (&live, applyset.as_str());
    let found: Vec<Option<Change>> = stream::iter(&wanted)
        .map(|(id, resource)| async move {
            let found = match live.get(id) {
                Some(found) => Some(found.clone()),
                // A list by label does not show what lost the label; that is said, not silently forgotten.
                None => {
                    let path = resource.object(id.namespace.as_deref(), &id.name);
                    let found = object(cluster, path, Part::Whole).await;
                    found.map_err(|error| Error::request(format!("read {id}"), error))?
                }
            };
            let entry = &record.entries[id];
            Ok::<_, Error>(found.map(|found| decide(id, entry, &found, applyset, licence)))
        })
        .buffered(options.concurrency)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}
