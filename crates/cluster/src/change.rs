//! What is to happen to one object, as a value to print, save and compare.
//!
//! In: nothing; these are the words that plans are made of. Out: [`Change`], [`Action`], [`FieldDiff`] and
//! [`Problem`]. Refuses to know how a change was found or is carried out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::desired::Desired;
use crate::id::{GroupKind, ObjectId};

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// The object is not there and will be created.
    Create,
    /// The object is there and fields of it change.
    Update,
    /// The server confirms that applying the object changes nothing.
    Unchanged,
    /// The object is deleted and made anew, because a field that cannot be changed differs.
    Recreate,
    /// The object is deleted.
    Delete,
    /// The object would be deleted, but stays; the reason says why, `kept_by` how to delete it anyway.
    Keep,
}

impl Action {
    /// True where carrying the action out writes to the cluster.
    pub fn writes(self) -> bool {
        matches!(self, Action::Create | Action::Update | Action::Recreate | Action::Delete)
    }

    /// True where the object is part of the desired set.
    pub fn is_desired(self) -> bool {
        !matches!(self, Action::Delete | Action::Keep)
    }
}

/// Who made a live object differ from what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The rendered object changed since it was last applied.
    Ours,
    /// The live object changed since it was last applied: drift.
    Theirs,
    /// Both changed.
    Both,
}

/// What would delete an object that a plan keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeptBy {
    /// Namespaces are deleted only with `delete_namespaces`.
    Namespaces,
    /// CustomResourceDefinitions are deleted only with `delete_crds`.
    Crds,
    /// PersistentVolumeClaims are deleted only with `delete_claims`.
    Claims,
    /// An annotation on the object asks to keep it.
    Annotation,
    /// The object does not carry our label any more: it is somebody else's now.
    NotOurs,
    /// Namespaces that the cluster itself needs are never deleted.
    Protected,
    /// Pruning is switched off for this run.
    PruneDisabled,
    /// Something stays that would go with it: an object in a namespace, or of a kind.
    Contents,
}

/// One field that differs between the live object and what the server would store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldDiff {
    /// Where, e.g. `spec.template.spec.containers[name=manager].image`.
    pub path: String,
    /// Live value; `None` where the field is not there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// Value after the change; `None` where the field goes away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// Field managers that own the live value; empty where nobody declares to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// True where the values are secret and both sides show a placeholder.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

/// A field that is left to another manager, or taken from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContestedField {
    /// Where, as the server words it, e.g. `.spec.replicas`.
    pub field: String,
    /// The other field manager.
    pub manager: String,
}

/// The live object that a change was planned against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveVersion {
    /// Uid of the live object.
    pub uid: String,
    /// Its resourceVersion at the time of the plan.
    pub resource_version: String,
}

/// What happens to one object, and why.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The object.
    pub id: ObjectId,
    /// API version (without the group) that the object is written with.
    pub version: String,
    /// What is done to it.
    pub action: Action,
    /// Fields that change; empty for a new, an unchanged and a deleted object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<FieldDiff>,
    /// Who made the difference, where the object was applied before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Why, in words, where the action alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For a kept object: what would delete it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_by: Option<KeptBy>,
    /// Fields left to other managers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub yielded: Vec<ContestedField>,
    /// Fields taken from other managers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<ContestedField>,
    /// True where the server could not be asked, because a CRD or namespace is only planned.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
    /// Salted hash of the rendered object; `None` for one that is deleted or kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The live object; `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveVersion>,
    /// True where fields that a client-side apply declared are taken over; those that the manifests no longer
    /// have go away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub migrates: bool,
    /// True where the apply takes fields from other managers.
    #[serde(skip)]
    pub(crate) force: bool,
    /// What is sent; never serialised, for it may hold secrets.
    #[serde(skip)]
    pub(crate) desired: Option<Arc<Desired>>,
    /// What was rendered, before fields were left to other managers; never serialised either.
    #[serde(skip)]
    pub(crate) rendered: Option<Arc<Desired>>,
    /// The live object as it was read, where it was needed; never serialised.
    #[serde(skip)]
    pub(crate) live_object: Option<Arc<Value>>,
    /// True where the record says that the object is ready at its present resourceVersion.
    #[serde(skip)]
    pub(crate) known_ready: bool,
}

impl LiveVersion {
    /// Reads uid and resourceVersion of a live object.
    pub(crate) fn of(live: &Value) -> Self {
        let text = |field: &str| live["metadata"][field].as_str().unwrap_or_default().to_string();
        LiveVersion { uid: text("uid"), resource_version: text("resourceVersion") }
    }
}

impl Change {
    /// The creation of an object.
    pub(crate) fn new(desired: Desired, hash: String) -> Self {
        let mut change = Change::bare(desired.id.clone(), desired.resource.version.clone(), Action::Create);
        change.desired = Some(Arc::new(desired));
        change.rendered = change.desired.clone();
        change.hash = Some(hash);
        change
    }

    /// Adds a reason.
    pub(crate) fn explain(&mut self, reason: &str) {
        self.reason =
            Some(self.reason.take().map_or(reason.to_string(), |known| format!("{known}; {reason}")));
    }

    /// An action without anything to say about it.
    pub(crate) fn bare(id: ObjectId, version: String, action: Action) -> Self {
        Change {
            id,
            version,
            action,
            diff: Vec::new(),
            cause: None,
            reason: None,
            kept_by: None,
            yielded: Vec::new(),
            taken: Vec::new(),
            unverified: false,
            hash: None,
            live: None,
            migrates: false,
            force: false,
            desired: None,
            rendered: None,
            live_object: None,
            known_ready: false,
        }
    }
}

/// A reason not to carry a plan out. All of a plan's problems are found before the first write.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Problem {
    /// Another deploy tool owns fields that the object sets to other values.
    #[error("{id}: {} owned by another manager: {}; take them with --force-conflicts, or drop them from the manifests",
        count(fields.len(), "field is", "fields are"), list_fields(fields))]
    Conflict {
        /// The object.
        id: ObjectId,
        /// The fields and who owns them.
        fields: Vec<ContestedField>,
    },
    /// A field that cannot be changed differs.
    #[error("{id}: {} cannot be changed on a live object ({message}); put the old value back, or {}",
        fields.join(", "), way_out(*precious))]
    Immutable {
        /// The object.
        id: ObjectId,
        /// Paths of the fields.
        fields: Vec<String>,
        /// What the server says.
        message: String,
        /// True for what is never deleted to be made anew, since that loses data or other objects.
        precious: bool,
    },
    /// The server refuses the object.
    #[error("{id}: the server refuses it: {message}")]
    Invalid {
        /// The object.
        id: ObjectId,
        /// What the server says.
        message: String,
    },
    /// An admission webhook refuses the object, or cannot be reached.
    #[error("{id}: {message}")]
    Admission {
        /// The object.
        id: ObjectId,
        /// What the server says.
        message: String,
    },
    /// The user may not do what the plan needs.
    #[error("not allowed to {verb} {resource}{}; ask for a role that grants it (it is needed for {} of this plan)",
        namespace.as_ref().map(|name| format!(" in namespace {name}")).unwrap_or_default(), count(objects.len(), "object", "objects"))]
    Forbidden {
        /// The verb, e.g. `patch`.
        verb: String,
        /// The resource with its group, e.g. `deployments.apps`.
        resource: String,
        /// Namespace; `None` for a cluster-scoped resource.
        namespace: Option<String>,
        /// The objects that need it.
        objects: Vec<ObjectId>,
    },
    /// The object belongs to something else.
    #[error("{id}: belongs to {owner}; take it over with --adopt, or leave it out of this component")]
    ForeignOwner {
        /// The object.
        id: ObjectId,
        /// Who owns it, e.g. `Helm release kserve/kserve`.
        owner: String,
    },
    /// The namespace of objects is neither on the cluster nor part of the plan.
    #[error("namespace {namespace} does not exist and is not part of the plan (it is needed for {}); create it, or add it to the component",
        count(objects.len(), "object", "objects"))]
    MissingNamespace {
        /// The namespace.
        namespace: String,
        /// Objects in it.
        objects: Vec<ObjectId>,
    },
    /// A namespace is being deleted, so nothing can be created in it.
    #[error("namespace {namespace} is being deleted; wait until it is gone and try again")]
    TerminatingNamespace {
        /// The namespace.
        namespace: String,
    },
    /// A CRD changes in a way that loses objects.
    #[error("{id}: {message}")]
    UnsafeCrd {
        /// The CRD.
        id: ObjectId,
        /// What would be lost.
        message: String,
    },
    /// More objects would be deleted than allowed.
    #[error(
        "{planned} of the {recorded} recorded objects would be deleted, more than the limit of {limit}; pass --max-deletes {planned} if that is meant"
    )]
    TooManyDeletes {
        /// How many the plan deletes.
        planned: usize,
        /// The limit.
        limit: usize,
        /// How many objects are recorded.
        recorded: usize,
    },
}

impl Problem {
    /// The one object that it is about; `None` where it is about several, or none.
    pub fn object(&self) -> Option<&ObjectId> {
        match self {
            Problem::Conflict { id, .. }
            | Problem::Immutable { id, .. }
            | Problem::Invalid { id, .. }
            | Problem::Admission { id, .. }
            | Problem::ForeignOwner { id, .. }
            | Problem::UnsafeCrd { id, .. } => Some(id),
            _ => None,
        }
    }
}

/// What to do about an immutable field beside putting it back.
fn way_out(precious: bool) -> &'static str {
    if precious {
        "move what it holds to a new object and delete it by hand: hub never deletes such an object to make it anew, for its data or the objects behind it would be lost"
    } else {
        "have the object deleted and made anew with --recreate (its annotation hub.agilestacks.io/apply: recreate does so for it alone)"
    }
}

fn list_fields(fields: &[ContestedField]) -> String {
    let list: Vec<String> = fields.iter().map(|one| format!("{} ({})", one.field, one.manager)).collect();
    list.join(", ")
}

/// `1 object`, `3 objects`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A kind that neither the cluster nor the set defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownKind {
    /// The kind.
    pub kind: GroupKind,
    /// The API version that the objects name, e.g. `cert-manager.io/v1`.
    pub api_version: String,
    /// Versions of the kind that the cluster does serve; empty where it knows none.
    pub served_versions: Vec<String>,
    /// Kinds of the same name in other groups that the cluster serves, e.g. `Ingress.networking.k8s.io/v1`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub successors: Vec<String>,
    /// The objects of the kind.
    pub objects: Vec<ObjectId>,
}
