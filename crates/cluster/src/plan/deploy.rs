//! The plan of a deployment, step by step.
//!
//! In: rendered objects. Out: a [`Plan`]. What the record proves unchanged is not asked about again; everything
//! else is put to the server. Refuses to know how a single object is judged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::deletion::{Licence, decide};
use super::examine::{Examiner, Finding};
use super::live::{Part, members, object};
use super::namespaces::{self, State};
use super::resolve::{Resolved, Resolver};
use super::{Plan, PlanOptions, access, crd, forgive, loss};
use crate::Error;
use crate::change::{Action, Cause, Change, LiveVersion, Problem};
use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::directive;
use crate::id::ObjectId;
use crate::ignore::IgnoreRule;
use crate::inventory::fingerprint::Proof;
use crate::inventory::{EntryState, Inventory, store};
use crate::mask::Mask;
use crate::owner::Owner;

/// So many deletions are never more than was meant, where nobody sets a limit.
const FEW_DELETES: usize = 10;

/// What the steps have in common.
struct Deploy<'a> {
    cluster: &'a Cluster,
    options: &'a PlanOptions,
    applyset: String,
    mask: Mask,
    record: Inventory,
}

/// Plans a deployment; see [`super::plan`].
pub(super) async fn plan(
    cluster: &Cluster,
    owner: &Owner,
    objects: Vec<Value>,
    default_namespace: Option<&str>,
    options: &PlanOptions,
) -> Result<Plan, Error> {
    let record = store::read(cluster, owner).await?;
    let deploy = Deploy {
        cluster,
        options,
        applyset: owner.applyset_id(),
        mask: Mask::new(&options.sensitive),
        record,
    };
    let (objects, left_out) = without_other_hooks(objects);
    let resolved = deploy.resolve(objects, default_namespace).await?;
    if resolved.is_empty() && !deploy.record.is_empty() && !options.allow_empty {
        let recorded = deploy.record.entries.len();
        return Err(Error::EmptySet { owner: owner.to_string(), recorded });
    }
    let mut plan = deploy.finish(resolved).await?;
    plan.warnings.extend(left_out);
    Ok(plan)
}

/// Leaves out what charts bring for tests, deletions and rollbacks: it would run now.
fn without_other_hooks(objects: Vec<Value>) -> (Vec<Value>, Vec<String>) {
    let mut warnings = Vec::new();
    let mut flat = crate::desired::flatten(objects);
    flat.retain(|object| match (directive::other_helm_hook(object), ObjectId::of(object)) {
        (Some(hook), Ok(id)) => {
            warnings.push(format!("{id} is left out: it is a Helm hook for {hook}, not for a deployment"));
            false
        }
        _ => true,
    });
    (flat, warnings)
}

impl Deploy<'_> {
    async fn resolve(
        &self,
        objects: Vec<Value>,
        default_namespace: Option<&str>,
    ) -> Result<Vec<Resolved>, Error> {
        let resolve = |objects: Vec<Value>| {
            let served = self.cluster.served();
            let (upcoming, applyset, mask) =
                (self.options.upcoming.as_slice(), self.applyset.as_str(), &self.mask);
            Resolver { served: &served, upcoming, default_namespace, applyset, mask }.resolve(objects)
        };
        match resolve(objects.clone()) {
            // Somebody may have defined the kinds since we last looked.
            Err(Error::UnknownKinds { .. }) => {
                self.cluster.refresh().await?;
                resolve(objects)
            }
            answer => answer,
        }
    }

    async fn finish(self, resolved: Vec<Resolved>) -> Result<Plan, Error> {
        let hashes: Vec<String> = resolved.iter().map(|one| self.record.hash(&one.desired.body)).collect();
        let places: HashMap<ObjectId, usize> =
            resolved.iter().enumerate().map(|(place, one)| (one.desired.id.clone(), place)).collect();
        let resources: HashMap<ObjectId, Resource> =
            resolved.iter().map(|one| (one.desired.id.clone(), one.desired.resource.clone())).collect();
        let (resolved, hashes, untouched) = untouched(resolved, hashes);
        let brings = Brings::of(&resolved, &self.options.upcoming);
        let (proven, rest) = self.split_proven(resolved, hashes).await?;
        let (findings, mut problems) = self.examine(rest, &brings).await?;

        let mut changes = proven;
        changes.extend(untouched);
        for finding in forgive::circular(findings) {
            problems.extend(finding.problem);
            changes.push(finding.change);
        }
        for change in &mut changes {
            change.cause = self.cause(change);
        }
        let unsafe_crds = unsafe_crds(&changes);
        // The server refuses some of them too, and says less.
        problems.retain(|one| {
            one.object().is_none() || !unsafe_crds.iter().any(|other| other.object() == one.object())
        });
        problems.extend(unsafe_crds);
        changes.sort_by_key(|change| places[&change.id]);

        let obsolete = self.obsolete(&places).await?;
        let mut wanted: Vec<(&Change, Resource)> =
            changes.iter().map(|change| (change, resources[&change.id].clone())).collect();
        let served = self.cluster.served();
        wanted.extend(
            obsolete
                .iter()
                .filter_map(|change| Some((change, served.preferred(&change.id.group_kind())?.clone()))),
        );
        problems.extend(access::forbidden(self.cluster, &wanted, self.options.concurrency).await?);
        changes.extend(obsolete);
        problems.extend(self.too_many_deletes(&changes));
        self.name_owners(&mut problems).await?;
        let problems = access::merged(problems);
        let mut warnings = warnings(&changes);
        warnings.extend(self.aimless_rules(&changes));
        let (applyset, concurrency) = (&self.applyset, self.options.concurrency);
        warnings.extend(loss::consequences(self.cluster, &changes, applyset, concurrency).await?);
        Ok(Plan {
            owner: self.record.owner.clone(),
            changes,
            problems,
            warnings,
            undeploy: false,
            record: self.record,
            sensitive: self.options.sensitive.clone(),
        })
    }

    /// Tells a change of the manifests from drift, by what was recorded when the object was last applied.
    fn cause(&self, change: &Change) -> Option<Cause> {
        let entry = self.record.entries.get(&change.id)?;
        if entry.state != EntryState::Applied || matches!(change.action, Action::Unchanged) {
            return None;
        }
        let live = change.live_object.as_deref();
        let is_same = |live: &Value| self.record.proof(entry, &entry.hash, live) != Proof::None;
        match (change.hash.as_deref() == Some(entry.hash.as_str()), live.is_some_and(is_same)) {
            (true, _) => Some(Cause::Theirs),
            (false, true) => Some(Cause::Ours),
            (false, false) => Some(Cause::Both),
        }
    }

    /// Splits the set into what the record proves unchanged and the rest.
    async fn split_proven(
        &self,
        resolved: Vec<Resolved>,
        hashes: Vec<String>,
    ) -> Result<(Vec<Change>, Vec<(Resolved, String)>), Error> {
        let is_candidate = |one: &Resolved, hash: &str| {
            let entry = self.record.entries.get(&one.desired.id);
            one.served && entry.is_some_and(|entry| entry.state == EntryState::Applied && entry.hash == hash)
        };
        let candidates: Vec<(ObjectId, Resource)> = resolved
            .iter()
            .zip(&hashes)
            .filter(|(one, hash)| is_candidate(one, hash))
            .map(|(one, _)| (one.desired.id.clone(), one.desired.resource.clone()))
            .collect();
        let concurrency = self.options.concurrency;
        let live = members(self.cluster, &candidates, &self.applyset, Part::Metadata, concurrency).await?;
        let (mut proven, mut rest) = (Vec::new(), Vec::new());
        for (one, hash) in resolved.into_iter().zip(hashes) {
            let id = &one.desired.id;
            let proof = match (self.record.entries.get(id), live.get(id)) {
                (Some(entry), Some(live)) => self.record.proof(entry, &hash, live),
                _ => Proof::None,
            };
            let known_ready = match proof {
                Proof::Untouched { ready } => ready,
                Proof::StatusOnly => false,
                Proof::None => {
                    rest.push((one, hash));
                    continue;
                }
            };
            let version = live.get(id).map(LiveVersion::of);
            let mut change = Change::new(one.desired, hash);
            change.action = Action::Unchanged;
            change.known_ready = known_ready;
            change.live = version;
            proven.push(change);
        }
        Ok((proven, rest))
    }

    /// Puts everything that is not proven to the server.
    async fn examine(
        &self,
        rest: Vec<(Resolved, String)>,
        brings: &Brings,
    ) -> Result<(Vec<Finding>, Vec<Problem>), Error> {
        let ids = || rest.iter().map(|(one, _)| &one.desired.id);
        let concurrency = self.options.concurrency;
        let states = namespaces::states(self.cluster, ids(), &brings.namespaces, concurrency).await?;
        let problems = namespaces::problems(&states, ids());
        let examiner = Examiner {
            cluster: self.cluster,
            applyset: &self.applyset,
            options: self.options,
            mask: &self.mask,
        };
        let (examiner, states) = (&examiner, &states);
        let findings = stream::iter(rest)
            .map(|(one, hash)| async move {
                let state = one.desired.id.namespace.as_ref().and_then(|name| states.get(name));
                match (one.served, state) {
                    (true, None | Some(State::Present)) => examiner.examine(one.desired, hash).await,
                    (false, None | Some(State::Present)) => self.foresee(one, hash).await,
                    _ => Ok(unverified(Change::new(one.desired, hash), "its namespace")),
                }
            })
            .buffer_unordered(concurrency)
            .try_collect()
            .await?;
        Ok((findings, problems))
    }

    /// Judges an object whose version of its kind is not served yet; it may be there in another version.
    async fn foresee(&self, one: Resolved, hash: String) -> Result<Finding, Error> {
        let id = one.desired.id.clone();
        let mut finding = unverified(Change::new(one.desired, hash), "its kind");
        if let Some(resource) = self.cluster.resource(&id) {
            let path = resource.object(id.namespace.as_deref(), &id.name);
            let live = object(self.cluster, path, Part::Metadata).await;
            if let Some(live) = live.map_err(|error| Error::request(format!("read {id}"), error))? {
                finding.change.action = Action::Update;
                finding.change.live = Some(LiveVersion::of(&live));
            }
        }
        Ok(finding)
    }

    /// Decides about recorded objects that the set no longer contains.
    async fn obsolete(&self, places: &HashMap<ObjectId, usize>) -> Result<Vec<Change>, Error> {
        let served = self.cluster.served();
        let entries = self.record.entries.iter().filter(|(id, _)| !places.contains_key(id));
        let readable =
            entries.filter_map(|(id, entry)| Some((id, entry, served.preferred(&id.group_kind())?.clone())));
        let licence = Licence::of_deploy(self.options.prune, &self.record.owner.state_namespace);
        let found: Vec<Option<Change>> = stream::iter(readable)
            .map(|(id, entry, resource)| async move {
                let path = resource.object(id.namespace.as_deref(), &id.name);
                let live = object(self.cluster, path, Part::Whole).await;
                let live = live.map_err(|error| Error::request(format!("read {id}"), error))?;
                Ok::<_, Error>(live.map(|live| decide(id, entry, &live, &self.applyset, licence)))
            })
            .buffered(self.options.concurrency)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    fn too_many_deletes(&self, changes: &[Change]) -> Option<Problem> {
        let planned = changes.iter().filter(|change| change.action == Action::Delete).count();
        let recorded = self.record.entries.len();
        let limit = self.options.max_deletes.unwrap_or_else(|| FEW_DELETES.max(recorded / 2));
        (planned > limit).then_some(Problem::TooManyDeletes { planned, limit, recorded })
    }

    /// Rules that are about no object of the set: mostly names that were written wrong.
    fn aimless_rules(&self, changes: &[Change]) -> Vec<String> {
        let is_aimless = |rule: &&IgnoreRule| !changes.iter().any(|change| rule.is_about(&change.id));
        let aimless = self.options.ignore.iter().filter(is_aimless);
        aimless
            .map(|rule| {
                let kind = rule.kind.as_ref().map(ToString::to_string).unwrap_or_else(|| "objects".into());
                let name = rule.name.as_deref().unwrap_or("*");
                format!("the rule that ignores fields of {kind} {name} is about no object of this component")
            })
            .collect()
    }

    /// Puts the names of our own components in place of the ids of their sets.
    async fn name_owners(&self, problems: &mut [Problem]) -> Result<(), Error> {
        let foreign: Vec<&mut String> = problems
            .iter_mut()
            .filter_map(|problem| match problem {
                Problem::ForeignOwner { owner, .. } if owner.starts_with(super::foreign::SET_PREFIX) => {
                    Some(owner)
                }
                _ => None,
            })
            .collect();
        if foreign.is_empty() {
            return Ok(());
        }
        let records = store::read_all(self.cluster, None, &self.record.owner.state_namespace).await?;
        for owner in foreign {
            let set = owner.trim_start_matches(super::foreign::SET_PREFIX);
            if let Some(known) = records.iter().find(|record| record.owner.applyset_id() == set) {
                *owner = format!("component {} of stack {}", known.owner.component, known.owner.stack);
            }
        }
        Ok(())
    }
}

/// What a set and its run bring along.
struct Brings {
    namespaces: BTreeSet<String>,
}

impl Brings {
    fn of(resolved: &[Resolved], upcoming: &[Value]) -> Self {
        let own = resolved
            .iter()
            .filter(|one| one.desired.id.is_namespace())
            .map(|one| one.desired.id.name.clone());
        let others = upcoming.iter().filter(|object| object["kind"] == "Namespace");
        let others =
            others.filter_map(|object| Some(object.pointer("/metadata/name")?.as_str()?.to_string()));
        Brings { namespaces: own.chain(others).collect() }
    }
}

/// Takes out what is not to be touched, whether it is there or not.
fn untouched(resolved: Vec<Resolved>, hashes: Vec<String>) -> (Vec<Resolved>, Vec<String>, Vec<Change>) {
    let (mut rest, mut rest_hashes, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for (one, hash) in resolved.into_iter().zip(hashes) {
        let Some(annotation) = directive::ignored(&one.desired.value) else {
            rest.push(one);
            rest_hashes.push(hash);
            continue;
        };
        let mut change = Change::new(one.desired, hash);
        change.action = Action::Unchanged;
        change.known_ready = true;
        change.reason = Some(format!("it is left as it is, as its annotation {annotation} asks"));
        left.push(change);
    }
    (rest, rest_hashes, left)
}

fn unverified(mut change: Change, what: &str) -> Finding {
    change.unverified = true;
    change.reason = Some(format!("{what} comes with this plan, so the server could not be asked"));
    Finding { change, problem: None }
}

fn unsafe_crds(changes: &[Change]) -> Vec<Problem> {
    let crds = changes.iter().filter(|change| change.id.is_crd());
    crds.filter_map(|change| {
        let message = crd::loss(change.live_object.as_deref()?, &change.desired.as_ref()?.value)?;
        Some(Problem::UnsafeCrd { id: change.id.clone(), message })
    })
    .collect()
}

fn warnings(changes: &[Change]) -> Vec<String> {
    let mut by_manager: BTreeMap<&str, usize> = BTreeMap::new();
    for taken in changes.iter().flat_map(|change| &change.taken) {
        *by_manager.entry(&taken.manager).or_default() += 1;
    }
    by_manager
        .into_iter()
        .map(|(manager, fields)| {
            format!(
                "{} changed by {manager} will be set back",
                crate::change::count(fields, "field", "fields")
            )
        })
        .collect()
}
