//! Drift: how components differ from what was last deployed.
//!
//! In: a run, a connection, names. Out: a [`Drift`] per deployed component. Reads only, and needs no sources beside the
//! manifests, whose rules say what is left to others.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use hub_cluster::{Drift, PlanOptions};

use super::concealment::sensitive;
use super::deploy::{owner, recorded};
use super::rollback::parameters_of;
use super::{Connection, Error, Run};

/// Components that are looked at side by side.
const AT_ONCE: usize = 4;

/// Compares deployed components with their newest revisions; no names means all. In the stack's order, those that it
/// no longer has last.
///
/// # Errors
/// Unknown names, and failed requests.
pub async fn drift(run: &Run, connection: &Connection, names: &[String]) -> Result<Vec<Drift>, Error> {
    let mut deployed: Vec<String> = recorded(run, &connection.cluster)
        .await?
        .into_iter()
        .filter(|one| !one.is_empty())
        .map(|one| one.owner.component)
        .collect();
    for name in names.iter().filter(|name| !deployed.contains(name)) {
        run.stack.component(name)?;
    }
    deployed.retain(|name| names.is_empty() || names.contains(name));
    deployed.sort_by_key(|name| run.stack.components.get_index_of(name).unwrap_or(usize::MAX));
    stream::iter(deployed)
        .map(|name| async move { drift_of(run, connection, &name).await })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn drift_of(run: &Run, connection: &Connection, name: &str) -> Result<Drift, Error> {
    // Values that are secret today may stand in what was deployed; parameters that do not resolve hide nothing else.
    let parameters = parameters_of(run, connection, name).await.unwrap_or_default();
    let options = PlanOptions {
        sensitive: sensitive(run, &parameters),
        ignore: run.stack.components.get(name).map(|c| c.manifest.ignore.clone()).unwrap_or_default(),
        ..PlanOptions::default()
    };
    let owner = owner(run, name);
    let drift = tokio::select! {
        drift = hub_cluster::drift(&connection.cluster, &owner, &options) => drift?,
        () = run.cancel.cancelled() => return Err(Error::Interrupted),
    };
    Ok(drift)
}
