//! The plan of a rollback.
//!
//! In: the revisions of a component. Out: a [`Plan`] for the objects of one of them. Secret values come from the live
//! objects, as far as these still have them, and from the secrets of today's parameters. Refuses to guess values.

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::live::{Part, object};
use super::{Plan, PlanOptions, deploy};
use crate::Error;
use crate::cluster::Cluster;
use crate::history::contents::{Kept, LostSecret, restore, treasury};
use crate::history::{Operation, Revision, no_revision, store as revisions};
use crate::id::ObjectId;
use crate::inventory::{EntryState, Inventory, store};
use crate::mask::Sensitive;
use crate::owner::Owner;

/// Which revision to go back to.
#[derive(Debug, Clone, Copy)]
pub enum RollbackTo<'a> {
    /// The one before the present state: the newest, where the last run did not end well.
    Previous,
    /// The one with this number.
    Number(u64),
    /// One that was read before.
    Revision(&'a Revision),
}

/// Plans a rollback; see [`super::plan_rollback`].
pub(super) async fn plan(
    cluster: &Cluster,
    owner: &Owner,
    to: RollbackTo<'_>,
    options: &PlanOptions,
) -> Result<(Revision, Plan), Error> {
    let revision = match to {
        RollbackTo::Revision(revision) => revision.clone(),
        RollbackTo::Number(number) => {
            let known = revisions::list(cluster, &owner.state_namespace, Some(owner)).await?;
            let found = known.iter().find(|one| one.number == number).cloned();
            found.ok_or_else(|| no_revision(owner, Some(number), &known))?
        }
        RollbackTo::Previous => previous(cluster, owner).await?,
    };
    let Contents { objects, lost, secrets } = contents(cluster, &revision, &options.sensitive).await?;
    if !lost.is_empty() {
        let (owner, number) = (owner.to_string(), revision.number);
        return Err(Error::SecretsLost { owner, number, fields: lost });
    }
    let mut options = options.clone();
    options.sensitive.extend(secrets);
    let plan = deploy::plan(cluster, owner, objects, None, &options).await?;
    Ok((revision, plan))
}

/// The revision before the present state.
async fn previous(cluster: &Cluster, owner: &Owner) -> Result<Revision, Error> {
    let inventory = store::read(cluster, owner).await?;
    let known = revisions::list(cluster, &owner.state_namespace, Some(owner)).await?;
    let is_candidate = |one: &&Revision| one.operation != Operation::Undeploy && is_beyond(&inventory, one);
    let found = known.iter().find(is_candidate).cloned();
    found.ok_or_else(|| no_revision(owner, None, &known))
}

/// True where the present state of a component is another than that of a revision.
fn is_beyond(inventory: &Inventory, revision: &Revision) -> bool {
    let Some(newest) = &inventory.revision else { return true };
    let half_done =
        inventory.run.is_some() || inventory.entries.values().any(|entry| entry.state == EntryState::Pending);
    revision.number <= newest.number && (half_done || revision.digest != newest.digest)
}

/// What a revision holds, with its secrets as far as these are found.
pub(super) struct Contents {
    pub(super) objects: Vec<Value>,
    /// Secrets that are nowhere to be found; placeholders stand in their place.
    pub(super) lost: Vec<LostSecret>,
    /// Secrets outside of Secret objects, which nothing but this list tells from other text.
    pub(super) secrets: Vec<Sensitive>,
}

/// Reads the objects of a revision. Their secrets come from live objects and from values that are given.
pub(super) async fn contents(
    cluster: &Cluster,
    revision: &Revision,
    given: &[Sensitive],
) -> Result<Contents, Error> {
    let kept = revisions::objects(cluster, revision).await?;
    let live = holders(cluster, &kept).await?;
    let mut salted = Inventory::empty(revision.owner.clone());
    salted.salt.clone_from(&revision.salt);
    let treasury = treasury(&kept, &live, given, |bytes| salted.hash(bytes));
    let open = kept.iter().filter(|one| one.object["kind"] != "Secret").flat_map(|one| &one.withheld);
    let secrets = open.filter_map(|one| treasury.get(&one.hash)).map(Sensitive::new).collect();
    let (objects, lost) = restore(kept, &treasury);
    Ok(Contents { objects, lost, secrets })
}

/// The live objects that may still have the secrets of kept ones.
async fn holders(cluster: &Cluster, kept: &[Kept]) -> Result<Vec<Value>, Error> {
    let paths: Vec<(ObjectId, String)> = kept
        .iter()
        .filter(|one| !one.withheld.is_empty())
        .filter_map(|one| {
            let id = ObjectId::of(&one.object).ok()?;
            let path = cluster.resource(&id)?.object(id.namespace.as_deref(), &id.name);
            Some((id, path))
        })
        .collect();
    let found: Vec<Option<Value>> = stream::iter(paths)
        .map(|(id, path)| async move {
            let found = object(cluster, path, Part::Whole).await;
            found.map_err(|error| Error::request(format!("read {id}"), error))
        })
        .buffered(16)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}
