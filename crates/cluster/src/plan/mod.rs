//! What has to happen for a set of objects to be as desired.
//!
//! In: a cluster, an owner and rendered objects. Out: a [`Plan`], found by reading only: the record, the
//! live objects and the server's dry-run. Refuses to write anything, and to know where objects come from.

use serde::{Deserialize, Serialize};

mod access;
mod conflict;
mod crd;
mod deletion;
mod deploy;
mod drift;
mod examine;
mod fingerprint;
mod foreign;
mod forgive;
mod health;
mod live;
mod loss;
mod namespaces;
mod refusal;
mod resolve;
mod rollback;
mod undeploy;

use crate::Error;
use crate::change::{Action, Change, Problem};
use crate::cluster::Cluster;
use crate::history::Revision;
use crate::ignore::IgnoreRule;
use crate::inventory::{Inventory, RunNote};
use crate::mask::Sensitive;
use crate::owner::Owner;
use crate::readiness::ReadinessRule;
pub use drift::{Drift, DriftClass, DriftedField, DriftedObject, LeftField, Writer};
pub use fingerprint::{Fingerprint, Moved, moved};
pub use health::Unready;
pub use rollback::RollbackTo;
use serde_json::Value;

/// How to plan.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// Take fields from whichever manager owns them.
    pub force_conflicts: bool,
    /// Take over objects that belong to something else.
    pub adopt: bool,
    /// Accept an empty set, which deletes everything that was recorded.
    pub allow_empty: bool,
    /// Most objects that the plan may delete; `None` for ten, or half of the recorded ones where these are more.
    pub max_deletes: Option<usize>,
    /// Delete recorded objects that the set no longer contains. Without it they are kept and said so.
    pub prune: bool,
    /// Delete and remake objects whose immutable fields differ. Never done to Namespaces, CRDs, volumes and claims.
    pub recreate: bool,
    /// Most requests in flight.
    pub concurrency: usize,
    /// Values never shown in clear, wherever they turn up. `Secret` objects are masked regardless.
    pub sensitive: Vec<Sensitive>,
    /// Fields that are left to whoever else sets them.
    pub ignore: Vec<IgnoreRule>,
    /// CRDs and Namespaces that other components of the same run will bring before this plan is carried out.
    pub upcoming: Vec<Value>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        PlanOptions {
            force_conflicts: false,
            adopt: false,
            allow_empty: false,
            max_deletes: None,
            prune: true,
            recreate: false,
            concurrency: 32,
            sensitive: Vec::new(),
            ignore: Vec::new(),
            upcoming: Vec::new(),
        }
    }
}

/// How to plan the removal of a component.
#[derive(Debug, Clone)]
pub struct UndeployOptions {
    /// Delete Namespaces too, with everything in them.
    pub delete_namespaces: bool,
    /// Delete CustomResourceDefinitions too, with all objects of their kinds.
    pub delete_crds: bool,
    /// Delete PersistentVolumeClaims too, with their data where the reclaim policy says so.
    pub delete_claims: bool,
    /// Most requests in flight.
    pub concurrency: usize,
}

impl Default for UndeployOptions {
    fn default() -> Self {
        UndeployOptions {
            delete_namespaces: false,
            delete_crds: false,
            delete_claims: false,
            concurrency: 32,
        }
    }
}

/// What has to happen to the objects of one component, in the order of the set, deletions last.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Whose objects.
    pub owner: Owner,
    /// One change per object.
    pub changes: Vec<Change>,
    /// Reasons not to carry the plan out; `apply` refuses a plan that has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// Things to know that stop nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// True for the removal of the component: its record goes at the end.
    pub undeploy: bool,
    /// The record that the plan was made on.
    #[serde(skip)]
    pub(crate) record: Inventory,
    /// Values never shown in clear that the plan itself brings.
    #[serde(skip)]
    pub(crate) sensitive: Vec<Sensitive>,
}

/// How many changes of each sort a plan has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Objects created.
    pub create: usize,
    /// Objects updated.
    pub update: usize,
    /// Objects that stay as they are.
    pub unchanged: usize,
    /// Objects deleted and made anew.
    pub recreate: usize,
    /// Objects deleted.
    pub delete: usize,
    /// Objects kept that would be deleted.
    pub keep: usize,
}

impl Plan {
    /// True where carrying the plan out writes to no object.
    pub fn is_unchanged(&self) -> bool {
        !self.changes.iter().any(|change| change.action.writes())
    }

    /// True where the cluster has a record of the component.
    pub fn is_recorded(&self) -> bool {
        self.record.resource_version.is_some()
    }

    /// The run that did not end, as far as the component is concerned; `None` where the last one did.
    pub fn interrupted(&self) -> Option<&RunNote> {
        self.record.run.as_ref()
    }

    /// Namespaces and CustomResourceDefinitions that are there once the plan is carried out: what other plans of the same
    /// run need to know, see [`PlanOptions::upcoming`].
    pub fn brings(&self) -> Vec<Value> {
        let wanted = self.changes.iter().filter(|change| change.action.is_desired());
        let wanted = wanted.filter(|change| change.id.is_namespace() || change.id.is_crd());
        wanted.filter_map(|change| Some(change.rendered.as_ref()?.value.clone())).collect()
    }

    /// How many changes of each sort.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            let counter = match change.action {
                Action::Create => &mut counts.create,
                Action::Update => &mut counts.update,
                Action::Unchanged => &mut counts.unchanged,
                Action::Recreate => &mut counts.recreate,
                Action::Delete => &mut counts.delete,
                Action::Keep => &mut counts.keep,
            };
            *counter += 1;
        }
        counts
    }
}

/// Plans a component: what has to happen for exactly these objects to be there.
///
/// Objects without a namespace get `default_namespace`. Reads only; everything that speaks against the plan is
/// in [`Plan::problems`].
///
/// # Errors
/// [`Error::UnknownKinds`], [`Error::InvalidObject`], [`Error::DuplicateObject`], [`Error::EmptySet`], and
/// failed requests.
pub async fn plan(
    cluster: &Cluster,
    owner: &Owner,
    desired: Vec<Value>,
    default_namespace: Option<&str>,
    options: &PlanOptions,
) -> Result<Plan, Error> {
    deploy::plan(cluster, owner, desired, default_namespace, options).await
}

/// Plans the removal of a component, from its inventory.
///
/// # Errors
/// Failed requests.
pub async fn plan_undeploy(
    cluster: &Cluster,
    owner: &Owner,
    options: &UndeployOptions,
) -> Result<Plan, Error> {
    undeploy::plan(cluster, owner, options).await
}

/// Plans to bring a component back to an earlier revision: everything that was there then, and nothing else.
///
/// # Errors
/// [`Error::NoRevision`], [`Error::RevisionWithoutObjects`], [`Error::SecretsLost`], and as [`plan`].
pub async fn plan_rollback(
    cluster: &Cluster,
    owner: &Owner,
    to: RollbackTo<'_>,
    options: &PlanOptions,
) -> Result<(Revision, Plan), Error> {
    rollback::plan(cluster, owner, to, options).await
}

/// Compares the live objects of a component with what was last deployed. Reads only, and needs no sources.
///
/// Of the options those count that say what is secret and what is left to others.
///
/// # Errors
/// Failed requests.
pub async fn drift(cluster: &Cluster, owner: &Owner, options: &PlanOptions) -> Result<Drift, Error> {
    drift::drift(cluster, owner, options).await
}

/// Says which objects of a component are not ready right now. Reads only; what may not be read is left out.
///
/// # Errors
/// Failed requests.
pub async fn health(
    cluster: &Cluster,
    inventory: &Inventory,
    rules: &[ReadinessRule],
) -> Result<Vec<Unready>, Error> {
    health::health(cluster, inventory, rules).await
}
