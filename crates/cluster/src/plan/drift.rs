//! How a component's live objects differ from what was last deployed.
//!
//! In: the newest revision and the live objects. Out: a [`Drift`], object by object and field by field, with who wrote
//! what when. Needs no sources. Refuses to change anything, and to report what rules leave to others.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::Value;

use super::live::{Part, object, pages};
use super::{PlanOptions, deploy, rollback};
use crate::Error;
use crate::change::{Action, Change, ContestedField, FieldDiff, Problem};
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::history::contents::LostSecret;
use crate::history::{Operation, store as revisions};
use crate::id::{GroupKind, ObjectId};
use crate::ignore::is_ignored;
use crate::inventory::{EntryState, Inventory, store};
use crate::managed_fields::entries;
use crate::mask::PLACEHOLDER;
use crate::owner::{Owner, PART_OF_LABEL};

/// In which way an object drifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DriftClass {
    /// Others changed fields of it.
    Changed,
    /// It is not there, or is being deleted.
    Missing,
    /// It carries the component's label, and the component never made it.
    Extra,
    /// The component does not contain it any more, and it is still there.
    Stale,
}

/// A field that is not as it was deployed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftedField {
    /// Where.
    pub path: String,
    /// As deployed; `None` where it was not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub want: Option<Value>,
    /// As it is; `None` where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Value>,
    /// Who owns it now, and when that manager last wrote the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Writer>,
}

/// A field manager and when it last wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Writer {
    /// The manager.
    pub manager: String,
    /// When, as the server notes it; empty where it does not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub at: String,
}

/// An object that is not as it was deployed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftedObject {
    /// The object.
    pub id: ObjectId,
    /// In which way.
    pub class: DriftClass,
    /// Its fields, where it was changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<DriftedField>,
    /// Why, where the class does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a component differs from what was last deployed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The component.
    pub owner: Owner,
    /// The revision that the live objects were compared with; `None` where none is kept.
    pub revision: Option<u64>,
    /// True where a run since then did not end well: what it changed shows as drift too.
    pub unfinished: bool,
    /// What drifted.
    pub objects: Vec<DriftedObject>,
    /// Fields that are left to others, by rule or because a controller owns them.
    pub left: Vec<LeftField>,
}

/// A field that is left to another manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftField {
    /// The object.
    pub id: ObjectId,
    /// The field and who owns it.
    #[serde(flatten)]
    pub field: ContestedField,
}

impl Drift {
    /// True where something drifted.
    pub fn is_any(&self) -> bool {
        !self.objects.is_empty()
    }

    /// How many objects drifted in a way.
    pub fn count(&self, class: DriftClass) -> usize {
        self.objects.iter().filter(|one| one.class == class).count()
    }
}

/// Compares a component with its newest revision; see [`super::drift`].
pub(super) async fn drift(cluster: &Cluster, owner: &Owner, options: &PlanOptions) -> Result<Drift, Error> {
    let inventory = store::read(cluster, owner).await?;
    let mut drift = Drift {
        owner: owner.clone(),
        revision: None,
        unfinished: inventory.run.is_some() || inventory.is_pending(),
        objects: Vec::new(),
        left: Vec::new(),
    };
    let Some(newest) = inventory.revision.clone() else { return Ok(drift) };
    let known = revisions::list(cluster, &owner.state_namespace, Some(owner)).await?;
    let Some(revision) = known.into_iter().find(|one| one.number == newest.number && one.parts > 0) else {
        return Ok(drift);
    };
    drift.revision = Some(revision.number);
    if revision.operation == Operation::Undeploy {
        // What is still there was kept on purpose, or is still to go.
        return Ok(drift);
    }
    let rollback::Contents { mut objects, lost, secrets } =
        rollback::contents(cluster, &revision, &options.sensitive).await?;
    let lost = by_object(&mut objects, lost);
    let mut options = PlanOptions { prune: false, max_deletes: Some(usize::MAX), ..options.clone() };
    options.sensitive.extend(secrets);
    let wanted: BTreeSet<ObjectId> = objects.iter().filter_map(|one| ObjectId::of(one).ok()).collect();
    drift.objects.extend(drop_unserved(cluster, &mut objects));
    let plan = match objects.is_empty() {
        true => None,
        false => Some(deploy::plan(cluster, owner, objects, None, &options).await?),
    };
    for change in plan.iter().flat_map(|plan| &plan.changes) {
        let left =
            change.yielded.iter().map(|field| LeftField { id: change.id.clone(), field: field.clone() });
        drift.left.extend(left);
        let problem =
            plan.iter().flat_map(|plan| &plan.problems).find(|problem| problem.object() == Some(&change.id));
        drift.objects.extend(judge(change, problem, lost.get(&change.id), &options));
    }
    drift.objects.extend(stale(cluster, &inventory, drift.unfinished, &wanted, options.concurrency).await?);
    drift.objects.extend(extra(cluster, &inventory, &wanted, options.concurrency).await?);
    drift.objects.sort_by(|one, other| (one.class, &one.id).cmp(&(other.class, &other.id)));
    Ok(drift)
}

/// Takes secrets that changed out of the objects, so that only they are told about and not their placeholders.
fn by_object(objects: &mut [Value], lost: Vec<LostSecret>) -> BTreeMap<ObjectId, Vec<String>> {
    let mut fields: BTreeMap<ObjectId, Vec<String>> = BTreeMap::new();
    for one in lost {
        let object = objects.iter_mut().find(|object| ObjectId::of(object).is_ok_and(|id| id == one.id));
        if let Some((parent, key)) = one.field.rsplit_once('/')
            && let Some(parent) = object.and_then(|object| object.pointer_mut(parent)?.as_object_mut())
        {
            parent.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        fields.entry(one.id).or_default().push(one.field);
    }
    fields
}

/// Drops objects of kinds that are gone: they went with them.
fn drop_unserved(cluster: &Cluster, objects: &mut Vec<Value>) -> Vec<DriftedObject> {
    let served = cluster.served();
    let defined: BTreeSet<GroupKind> = objects
        .iter()
        .filter(|object| object["kind"] == "CustomResourceDefinition")
        .filter_map(|crd| {
            let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str);
            Some(GroupKind::new(text("/spec/group")?, text("/spec/names/kind")?))
        })
        .collect();
    let mut gone = Vec::new();
    objects.retain(|object| {
        let Ok(id) = ObjectId::of(object) else { return true };
        let kind = id.group_kind();
        let is_known = served.preferred(&kind).is_some() || defined.contains(&kind);
        if !is_known {
            let reason = Some("the cluster does not know its kind any more".into());
            gone.push(DriftedObject { id, class: DriftClass::Missing, fields: Vec::new(), reason });
        }
        is_known
    });
    gone
}

/// Says in which way one object drifted; `None` where it did not.
fn judge(
    change: &Change,
    problem: Option<&Problem>,
    lost: Option<&Vec<String>>,
    options: &PlanOptions,
) -> Option<DriftedObject> {
    let drifted =
        |class, fields, reason| Some(DriftedObject { id: change.id.clone(), class, fields, reason });
    match change.action {
        Action::Create => return drifted(DriftClass::Missing, Vec::new(), None),
        Action::Recreate => return drifted(DriftClass::Missing, Vec::new(), change.reason.clone()),
        _ => {}
    }
    let live = change.live_object.as_deref().unwrap_or(&Value::Null);
    let mut fields: Vec<DriftedField> = Vec::new();
    for pointer in lost.into_iter().flatten() {
        let is_there = live.pointer(pointer).is_some();
        let shown = Some(Value::String(PLACEHOLDER.into()));
        let path = pointer[1..].replace('/', ".");
        let by = Vec::new();
        fields.push(DriftedField { path, want: shown.clone(), live: shown.filter(|_| is_there), by });
    }
    let rendered = change.rendered.as_ref().map_or(&Value::Null, |rendered| &rendered.value);
    for FieldDiff { path, old, new, owners, .. } in &change.diff {
        if !is_ignored(&options.ignore, &change.id, rendered, path, owners) {
            let by = owners.iter().map(|name| writer(live, name)).collect();
            fields.push(DriftedField { path: path.clone(), want: new.clone(), live: old.clone(), by });
        }
    }
    let reason = match problem {
        Some(Problem::Conflict { fields: contested, .. }) => {
            fields.extend(contested.iter().map(|one| DriftedField {
                path: one.field.trim_start_matches('.').to_string(),
                want: None,
                live: None,
                by: vec![writer(live, &one.manager)],
            }));
            None
        }
        Some(Problem::ForeignOwner { owner, .. }) => Some(format!("it belongs to {owner} now")),
        Some(other) => Some(other.to_string()),
        None => None,
    };
    if fields.is_empty() && reason.is_none() {
        return None;
    }
    drifted(DriftClass::Changed, fields, reason)
}

/// When a manager last wrote an object.
fn writer(live: &Value, manager: &str) -> Writer {
    let times = entries(live).iter().filter(|entry| entry["manager"] == manager);
    let at = times.filter_map(|entry| entry["time"].as_str()).max().unwrap_or_default();
    Writer { manager: manager.to_string(), at: at.to_string() }
}

/// Objects that the component does not contain any more and that are still there; and those that a run made which did
/// not end well, so that no revision has them.
async fn stale(
    cluster: &Cluster,
    inventory: &Inventory,
    unfinished: bool,
    wanted: &BTreeSet<ObjectId>,
    concurrency: usize,
) -> Result<Vec<DriftedObject>, Error> {
    let candidates = inventory
        .entries
        .iter()
        .filter(|(id, entry)| (entry.state == EntryState::Kept || unfinished) && !wanted.contains(*id));
    let paths = candidates.filter_map(|(id, entry)| {
        Some((id, entry.state, cluster.resource(id)?.object(id.namespace.as_deref(), &id.name)))
    });
    let found: Vec<Option<DriftedObject>> = stream::iter(paths)
        .map(|(id, state, path)| async move {
            let live = object(cluster, path, Part::Metadata).await;
            let live = live.map_err(|error| Error::request(format!("read {id}"), error))?;
            let (class, reason) = match state {
                EntryState::Kept => (DriftClass::Stale, "it was kept when it left the component"),
                _ => (DriftClass::Extra, "a run that did not end well made it"),
            };
            let (id, fields, reason) = (id.clone(), Vec::new(), Some(reason.into()));
            Ok::<_, Error>(live.map(|_| DriftedObject { id, class, fields, reason }))
        })
        .buffered(concurrency)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// Objects with the component's label that it never made; copies that controllers made are theirs.
async fn extra(
    cluster: &Cluster,
    inventory: &Inventory,
    wanted: &BTreeSet<ObjectId>,
    concurrency: usize,
) -> Result<Vec<DriftedObject>, Error> {
    let applyset = inventory.owner.applyset_id();
    let mut collections: BTreeMap<String, (Resource, GroupKind)> = BTreeMap::new();
    for id in inventory.entries.keys() {
        if let Some(resource) = cluster.resource(id) {
            let path = resource.collection(id.namespace.as_deref());
            collections.insert(path, (resource, id.group_kind()));
        }
    }
    let applyset = applyset.as_str();
    let found: Vec<Vec<DriftedObject>> = stream::iter(collections)
        .map(|(path, (_, kind))| async move {
            let query = format!("{path}?labelSelector={PART_OF_LABEL}%3D{applyset}&limit=500");
            let items = match pages(cluster, &query, Part::Metadata).await {
                Ok(items) => items,
                // Who may not list is told of everything else.
                Err(error) if error.status() == Some(403) => Vec::new(),
                Err(error) => return Err(Error::request(format!("list {path}"), error)),
            };
            let extra = items.iter().filter(|item| item.pointer("/metadata/ownerReferences").is_none());
            let ids = extra.filter_map(|item| {
                let text = |field: &str| item["metadata"][field].as_str();
                Some(ObjectId::new(kind.clone(), text("namespace"), text("name")?))
            });
            let unknown = ids.filter(|id| !inventory.entries.contains_key(id) && !wanted.contains(id));
            Ok(unknown
                .map(|id| DriftedObject {
                    id,
                    class: DriftClass::Extra,
                    fields: Vec::new(),
                    reason: Some("it carries the component's label, and the component never made it".into()),
                })
                .collect())
        })
        .buffered(concurrency)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}
