//! Whether the user may do what the server could not be asked by a dry-run.
//!
//! In: changes of a plan. Out: a [`Problem`] for each verb that is refused, before anything is written.
//! Refuses to check what a dry-run has proven.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use http::Method;
use serde_json::json;

use crate::Error;
use crate::change::{Action, Change, Problem};
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::cluster::request::Call;
use crate::cluster::transient::Patience;
use crate::id::ObjectId;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    verb: &'static str,
    group: String,
    plural: String,
    namespace: Option<String>,
}

/// Checks every verb that the changes need and no dry-run has proven.
pub(super) async fn forbidden(
    cluster: &Cluster,
    changes: &[(&Change, Resource)],
    concurrency: usize,
) -> Result<Vec<Problem>, Error> {
    let mut needs: BTreeMap<Need, Vec<ObjectId>> = BTreeMap::new();
    for (change, resource) in changes {
        for verb in verbs(change) {
            let need = Need {
                verb,
                group: resource.group.clone(),
                plural: resource.plural.clone(),
                namespace: change.id.namespace.clone(),
            };
            needs.entry(need).or_default().push(change.id.clone());
        }
    }
    let checks = stream::iter(needs).map(|(need, objects)| async move {
        Ok::<_, Error>((!is_allowed(cluster, &need).await?).then(|| need.refused(objects)))
    });
    checks.buffered(concurrency).try_filter_map(|problem| async move { Ok(problem) }).try_collect().await
}

/// Puts refusals of the same verb on the same resource together.
pub(super) fn merged(problems: Vec<Problem>) -> Vec<Problem> {
    let mut merged: Vec<Problem> = Vec::with_capacity(problems.len());
    for problem in problems {
        let Problem::Forbidden { verb, resource, namespace, objects } = &problem else {
            merged.push(problem);
            continue;
        };
        let same = merged.iter_mut().find_map(|known| match known {
            Problem::Forbidden { verb: v, resource: r, namespace: n, objects }
                if v == verb && r == resource && n == namespace =>
            {
                Some(objects)
            }
            _ => None,
        });
        match same {
            Some(known) => known.extend(objects.iter().cloned()),
            None => merged.push(problem),
        }
    }
    merged
}

fn verbs(change: &Change) -> &'static [&'static str] {
    match change.action {
        Action::Delete => &["delete"],
        Action::Recreate => &["delete", "create", "patch"],
        Action::Create | Action::Update if change.unverified => &["create", "patch"],
        _ => &[],
    }
}

async fn is_allowed(cluster: &Cluster, need: &Need) -> Result<bool, Error> {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": need.verb, "group": need.group, "resource": need.plural, "namespace": need.namespace,
        }},
    });
    let call =
        Call::with_json(Method::POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review);
    let what = "ask what this user may do";
    let answer = match cluster.value(&call, Patience::READ).await {
        Ok(answer) => answer,
        // A server that does not answer the question refuses what is not allowed by itself, only later.
        Err(error) if matches!(error.status(), Some(403..=405)) => return Ok(true),
        Err(error) => return Err(Error::request(what, error)),
    };
    Ok(answer.pointer("/status/allowed") == Some(&json!(true)))
}

impl Need {
    fn refused(self, objects: Vec<ObjectId>) -> Problem {
        let Need { verb, group, plural, namespace } = self;
        let resource = if group.is_empty() { plural } else { format!("{plural}.{group}") };
        Problem::Forbidden { verb: verb.to_string(), resource, namespace, objects }
    }
}
