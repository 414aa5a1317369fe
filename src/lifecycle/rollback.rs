//! Rolling back: components come back to what an earlier run made of them.
//!
//! In: a run, a connection, names, a target. Out: a report. What is written comes from the revisions on the cluster, so
//! neither sources nor network are needed; hooks do not run, since what they did is not recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use hub_cluster::{ApplyOptions, Counts, Operation, Revision, RollbackTo};

use super::concealment::{mask, sensitive};
use super::deploy::{Probed, announce, apply, owner, plan_options, recorded, refuse_problems};
use super::lock::{release, take_lock};
use super::run::{ComponentReport, finish};
use super::values::{Recorded, Values};
use super::{Connection, DeployOptions, Error, Event, Phase, Report, Run, Status, Verb, journal, schedule};
use crate::parameters::ParameterSet;
use crate::stack::{self, Request};

/// How far to go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackTarget {
    /// Before the last run that changed what is to be rolled back.
    Previous,
    /// To the revision with this number.
    Number(u64),
    /// To how all was when this run ended.
    Run(String),
}

/// How a rollback behaves.
#[derive(Clone, Debug)]
pub struct RollbackChoices {
    /// How far.
    pub target: RollbackTarget,
    /// How it is planned and applied.
    pub options: DeployOptions,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// Brings components back; no names means all that the target is about.
///
/// # Errors
/// What stops the run before any component begins. What happens to components is in the report.
pub async fn rollback(
    run: &Run,
    connection: &Connection,
    names: &[String],
    choices: &RollbackChoices,
) -> Result<Report, Error> {
    let known =
        hub_cluster::stack_revisions(&connection.cluster, &run.stack.name, &run.stack.state_namespace)
            .await?;
    let targets = targets(run, connection, &known, names, &choices.target).await?;
    let (order, needs) = ordered(run, connection, targets.keys()).await?;
    announce(run, connection, Verb::Rollback, &order);
    let lock = if choices.dry_run { None } else { Some(take_lock(run, connection).await?) };
    let back = Back { targets, choices, upcoming: Mutex::default() };
    let report =
        schedule::each(run, &order, &needs, |name| roll_back_one(run, connection, name, &back)).await;
    if let Some(lock) = lock {
        release(run, lock).await;
    }
    Ok(report)
}

/// What the components of a rollback have in common.
struct Back<'a> {
    targets: BTreeMap<String, Option<Revision>>,
    choices: &'a RollbackChoices,
    /// Namespaces and kinds that earlier components would bring, where nothing is carried out.
    upcoming: Mutex<Vec<serde_json::Value>>,
}

/// Which component goes to which revision; `None` for the one before.
async fn targets(
    run: &Run,
    connection: &Connection,
    known: &[Revision],
    names: &[String],
    target: &RollbackTarget,
) -> Result<BTreeMap<String, Option<Revision>>, Error> {
    let none = |what: &str, reason: String| Error::NothingToGoBackTo { what: what.to_owned(), reason };
    let of = |name: &str| known.iter().filter(|one| one.owner.component == name).collect::<Vec<_>>();
    if let Some(name) = names.iter().find(|name| of(name).is_empty()) {
        return Err(none(name, "no revision of it is kept".to_owned()));
    }
    match target {
        RollbackTarget::Number(number) => names
            .iter()
            .map(|name| {
                let found = of(name).into_iter().find(|one| one.number == *number).cloned();
                let kept: Vec<String> = of(name).iter().map(|one| one.number.to_string()).collect();
                let reason = || format!("it has no revision {number}, only {}", kept.join(", "));
                Ok((name.clone(), Some(found.ok_or_else(|| none(name, reason()))?)))
            })
            .collect(),
        RollbackTarget::Previous if !names.is_empty() => {
            Ok(names.iter().map(|name| (name.clone(), None)).collect())
        }
        RollbackTarget::Previous => before_the_last_run(run, connection, known).await,
        RollbackTarget::Run(id) => {
            let Some(end) = known.iter().filter(|one| one.run == *id).map(|one| one.at).max() else {
                return Err(none("the stack", format!("no revision is kept of a run {id}")));
            };
            let components: BTreeSet<&str> = known.iter().map(|one| one.owner.component.as_str()).collect();
            let mut found = BTreeMap::new();
            for name in components.into_iter().filter(|name| is_named(names, name)) {
                match of(name).into_iter().find(|one| one.at <= end) {
                    Some(one) => {
                        found.insert(name.to_owned(), Some(one.clone()));
                    }
                    None => run.warn(
                        Some(name),
                        "it was not deployed by then, or no record of that time is kept; it is left as it is",
                    ),
                }
            }
            Ok(found)
        }
    }
}

fn is_named(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|known| known == name)
}

/// What the last run left half done, and what it had changed by then; where nothing is half done, what it changed.
async fn before_the_last_run(
    run: &Run,
    connection: &Connection,
    known: &[Revision],
) -> Result<BTreeMap<String, Option<Revision>>, Error> {
    let inventories = recorded(run, &connection.cluster).await?;
    let half_done = || inventories.iter().filter(|one| one.run.is_some() || one.is_pending());
    let mut found: BTreeMap<String, Option<Revision>> =
        half_done().map(|one| (one.owner.component.clone(), None)).collect();
    let mut runs: BTreeSet<&str> =
        half_done().filter_map(|one| Some(one.run.as_ref()?.id.as_str())).collect();
    if found.is_empty() {
        let Some(last) = known.first() else {
            let reason = "no revision of any component is kept".to_owned();
            return Err(Error::NothingToGoBackTo { what: "the stack".to_owned(), reason });
        };
        runs.insert(&last.run);
    }
    for one in known.iter().filter(|one| runs.contains(one.run.as_str())) {
        let name = &one.owner.component;
        let of_it = || known.iter().filter(|other| other.owner.component == *name);
        if found.contains_key(name) || of_it().any(|other| other.number > one.number) {
            continue;
        }
        if of_it().any(|other| other.number < one.number) {
            found.insert(name.clone(), None);
        } else {
            run.warn(Some(name), "it came with the last run; undeploy it if it is to go");
        }
    }
    Ok(found)
}

/// Components in the order of their needs; those that the stack no longer has come last.
async fn ordered<'a>(
    run: &Run,
    connection: &Connection,
    names: impl Iterator<Item = &'a String>,
) -> Result<(Vec<String>, BTreeMap<String, BTreeSet<String>>), Error> {
    let (mut known, gone): (Vec<String>, Vec<String>) =
        names.cloned().partition(|name| run.stack.components.contains_key(name));
    let mut needs = BTreeMap::new();
    if !known.is_empty() {
        let inventories = recorded(run, &connection.cluster).await?;
        let platform = Probed { cluster: &connection.cluster, inventories: &inventories, noted: None };
        let request = Request { components: known.clone(), ..Request::default() };
        let selection = stack::select(&run.stack, &request, &platform)?;
        let wanted: BTreeSet<String> = known.iter().cloned().collect();
        known = selection.order.into_iter().filter(|name| wanted.contains(name)).collect();
        for (name, mut on) in selection.needs {
            on.retain(|other| wanted.contains(other));
            needs.insert(name, on);
        }
    }
    known.extend(gone);
    Ok((known, needs))
}

async fn roll_back_one<'a>(
    run: &'a Run,
    connection: &'a Connection,
    name: &'a str,
    back: &'a Back<'a>,
) -> ComponentReport {
    let start = Instant::now();
    let mut counts = Counts::default();
    let result = roll_back(run, connection, name, back, &mut counts).await;
    finish(
        run,
        name,
        start,
        &mask(run, &ParameterSet::default()),
        result.map(|status| (status, counts)).map_err(|error| (error, counts)),
    )
}

/// A component's parameters as they are today.
pub(super) async fn parameters_of(
    run: &Run,
    connection: &Connection,
    name: &str,
) -> Result<ParameterSet, Error> {
    let recorded = Recorded::read(&run.stack, &connection.cluster).await?;
    let values = Values::new(run, &[name.to_owned()], recorded, true)?;
    values.settle(run, Some(connection), run.stack.component(name)?, false).await
}

async fn roll_back(
    run: &Run,
    connection: &Connection,
    name: &str,
    back: &Back<'_>,
    counts: &mut Counts,
) -> Result<Status, Error> {
    let Back { choices, upcoming, .. } = back;
    let target = back.targets.get(name).and_then(Option::as_ref);
    run.enter(name, Phase::Planning)?;
    if target.is_some_and(|one| one.operation == Operation::Undeploy) {
        let reason = "it was undeployed then; `hub undeploy` does that".to_owned();
        return Err(Error::NothingToGoBackTo { what: name.to_owned(), reason });
    }
    // What is secret today is masked in what was rendered then too, as far as today's parameters still resolve.
    let parameters = parameters_of(run, connection, name).await.unwrap_or_default();
    let to = target.map_or(RollbackTo::Previous, RollbackTo::Revision);
    let before = upcoming.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let plan_options = plan_options(run, name, &parameters, &choices.options, before);
    let planned = hub_cluster::plan_rollback(&connection.cluster, &owner(run, name), to, &plan_options).await;
    let (revision, plan) = planned?;
    let at = revision.at.strftime("%Y-%m-%d %H:%M:%S");
    run.tell(&Event::GoingBack {
        component: name.to_owned(),
        revision: revision.number,
        at: at.to_string(),
        command: revision.command.clone(),
    });
    run.tell(&Event::Planned { component: name.to_owned(), plan: Box::new(plan.clone()) });
    *counts = plan.counts();
    refuse_problems(name, &plan)?;
    if choices.dry_run {
        upcoming.lock().unwrap_or_else(PoisonError::into_inner).extend(plan.brings());
        return Ok(if plan.is_unchanged() { Status::Unchanged } else { Status::Pending });
    }
    if !plan.is_unchanged() {
        run.approver.approve(Verb::Rollback, name, &plan).await?;
    }
    run.enter(name, Phase::Applying)?;
    let mut info = journal::info(run, Operation::Rollback { to: revision.number }, None, false);
    let read = hub_cluster::revision(&connection.cluster, &owner(run, name), revision.number).await;
    info.parameters = read?.parameters;
    let options = ApplyOptions {
        wait: choices.options.wait,
        timeout: choices.options.timeout,
        fail_fast: choices.options.fail_fast,
        sensitive: sensitive(run, &parameters),
        readiness: run.stack.components.get(name).map(|c| c.manifest.readiness.clone()).unwrap_or_default(),
        run: Some(info),
        ..ApplyOptions::default()
    };
    apply(run, connection, name, &plan, &options).await?;
    Ok(if plan.is_unchanged() { Status::Unchanged } else { Status::Done })
}
