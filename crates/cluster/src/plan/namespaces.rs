//! Which namespaces of a set are there, which the plan brings, and which are missing.
//!
//! In: the set. Out: the state of each namespace. Refuses to create any.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::live::{Part, object};
use crate::Error;
use crate::change::Problem;
use crate::cluster::Cluster;
use crate::cluster::discovery::segment;
use crate::id::ObjectId;

/// How far a namespace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is there.
    Present,
    /// It is not there, and the plan or the run brings it.
    Planned,
    /// It is not there, and nobody brings it.
    Missing,
    /// It is being deleted.
    Terminating,
}

/// Looks up the namespaces of objects. `planned` names those that the set or the run brings.
pub(super) async fn states(
    cluster: &Cluster,
    objects: impl Iterator<Item = &ObjectId>,
    planned: &BTreeSet<String>,
    concurrency: usize,
) -> Result<BTreeMap<String, State>, Error> {
    let names: BTreeSet<String> = objects.filter_map(|id| id.namespace.clone()).collect();
    stream::iter(names)
        .map(|name| async move {
            let state = match object(cluster, path(&name), Part::Metadata).await {
                Ok(Some(live)) => judge(&live),
                Ok(None) if planned.contains(&name) => State::Planned,
                Ok(None) => State::Missing,
                // Whoever may not look at namespaces may still write into one.
                Err(error) if error.status() == Some(403) => State::Present,
                Err(error) => return Err(Error::request(format!("read namespace {name}"), error)),
            };
            Ok((name, state))
        })
        .buffer_unordered(concurrency)
        .try_collect()
        .await
}

fn path(name: &str) -> String {
    format!("/api/v1/namespaces/{}", segment(name))
}

fn judge(live: &Value) -> State {
    match live.pointer("/metadata/deletionTimestamp") {
        Some(_) => State::Terminating,
        None => State::Present,
    }
}

/// What speaks against a plan because of its namespaces.
pub(super) fn problems<'a>(
    states: &BTreeMap<String, State>,
    objects: impl Iterator<Item = &'a ObjectId>,
) -> Vec<Problem> {
    let mut missing: BTreeMap<String, Vec<ObjectId>> = BTreeMap::new();
    for id in objects {
        let Some(namespace) = &id.namespace else { continue };
        if states.get(namespace) == Some(&State::Missing) {
            missing.entry(namespace.clone()).or_default().push(id.clone());
        }
    }
    let missing =
        missing.into_iter().map(|(namespace, objects)| Problem::MissingNamespace { namespace, objects });
    let terminating = states.iter().filter(|(_, state)| **state == State::Terminating);
    let terminating = terminating.map(|(name, _)| Problem::TerminatingNamespace { namespace: name.clone() });
    missing.chain(terminating).collect()
}
