//! Undeploying: a component's objects go off the cluster, dependents first.
//!
//! In: a run, a connection, names. Out: a report. What is deleted comes from the inventory on the cluster, so neither
//! network nor a successful build is needed; hooks run in a workspace if one can be made.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use hub_cluster::{ApplyOptions, Counts, Operation, RunNote, RunStep, UndeployOptions};

use super::component::{self, Rendered};
use super::concealment::{mask, sensitive};
use super::deploy::{Probed, announce, apply, owner, recorded};
use super::lock::{release, take_lock};
use super::run::{ComponentReport, finish};
use super::scratch::Scratch;
use super::values::{Recorded, Values, forget};
use super::{Connection, Error, Event, Kind, Phase, Report, Run, Status, Verb, journal, schedule};
use crate::hooks::Trigger;
use crate::parameters::ParameterSet;
use crate::stack::{self, Component, Request};

/// How an undeployment behaves.
#[derive(Clone, Debug)]
pub struct UndeployChoices {
    /// What is deleted beside the usual.
    pub delete: UndeployOptions,
    /// Wait until objects are gone, and how long.
    pub apply: ApplyOptions,
    /// Undeploy even what deployed components need.
    pub only: bool,
    /// Only say what would be deleted.
    pub dry_run: bool,
}

/// Takes components off the cluster; no names means all.
///
/// # Errors
/// What stops the run before any component begins. What happens to components is in the report.
pub async fn undeploy(
    run: &Run,
    connection: &Connection,
    names: &[String],
    choices: &UndeployChoices,
) -> Result<Report, Error> {
    let inventories = recorded(run, &connection.cluster).await?;
    let platform = Probed { cluster: &connection.cluster, inventories: &inventories, noted: None };
    // Nothing joins an undeployment: what the others need stays.
    let request = Request { components: names.to_vec(), ..Request::default() };
    let mut selection = stack::select(&run.stack, &request, &platform)?;
    let added: Vec<&String> = selection.additions.iter().map(|a| &a.component).collect();
    selection.order.retain(|name| !added.contains(&name));
    refuse_needed(run, &selection.order, &platform, choices)?;
    selection.order.reverse();
    let needs = reversed(&selection.needs, &selection.order);
    announce(run, connection, Verb::Undeploy, &selection.order);
    let lock = if choices.dry_run { None } else { Some(take_lock(run, connection).await?) };
    let report =
        schedule::each(run, &selection.order, &needs, |name| undeploy_one(run, connection, name, choices))
            .await;
    if let Some(lock) = lock {
        release(run, lock).await;
    }
    Ok(report)
}

fn refuse_needed(
    run: &Run,
    names: &[String],
    platform: &Probed<'_>,
    choices: &UndeployChoices,
) -> Result<(), Error> {
    let dependents = stack::dependents(&run.stack, names, platform);
    if dependents.is_empty() || choices.only {
        return Ok(());
    }
    let reasons =
        dependents.iter().map(|(who, what)| format!("{who} is deployed and needs {what}")).collect();
    Err(Error::Needed { components: names.to_vec(), reasons })
}

/// The needs of an undeployment: who needed a component goes before it.
fn reversed(
    needs: &BTreeMap<String, BTreeSet<String>>,
    order: &[String],
) -> BTreeMap<String, BTreeSet<String>> {
    let needed_by = |name: &String| {
        let who = needs.iter().filter(|(who, what)| order.contains(who) && what.contains(name));
        who.map(|(who, _)| who.clone()).collect()
    };
    order.iter().map(|name| (name.clone(), needed_by(name))).collect()
}

async fn undeploy_one<'a>(
    run: &'a Run,
    connection: &'a Connection,
    name: &'a str,
    choices: &'a UndeployChoices,
) -> ComponentReport {
    let start = Instant::now();
    let mut counts = Counts::default();
    let result = match run.stack.component(name) {
        Ok(component) => undeploy_component(run, connection, component, choices, &mut counts).await,
        Err(problem) => Err(problem.into()),
    };
    finish(
        run,
        name,
        start,
        &mask(run, &ParameterSet::default()),
        result.map(|status| (status, counts)).map_err(|error| (error, counts)),
    )
}

async fn undeploy_component(
    run: &Run,
    connection: &Connection,
    component: &Component,
    choices: &UndeployChoices,
    counts: &mut Counts,
) -> Result<Status, Error> {
    let name = &component.name;
    run.enter(name, Phase::Planning)?;
    let plan = hub_cluster::plan_undeploy(&connection.cluster, &owner(run, name), &choices.delete).await?;
    *counts = plan.counts();
    run.tell(&Event::Planned { component: name.clone(), plan: Box::new(plan.clone()) });
    let is_left_off = plan.interrupted().is_some_and(is_before_hooks);
    // A run that was killed late may have left nothing but the record.
    if plan.changes.is_empty() && !plan.is_recorded() {
        if !choices.dry_run {
            forget(run, connection, name).await?;
        }
        return Ok(Status::Unchanged);
    }
    if choices.dry_run {
        return Ok(Status::Pending);
    }
    if !plan.is_unchanged() {
        run.approver.approve(Verb::Undeploy, name, &plan).await?;
    }
    // A run that stopped behind its objects is taken up there: the hooks before them have run.
    let scratch =
        prepare_hooks(run, connection, component, !(plan.changes.is_empty() && is_left_off)).await?;
    run.enter(name, Phase::Applying)?;
    let has_hooks = journal::has_post_hooks(component, Trigger::PostUndeploy);
    let info = journal::info(run, Operation::Undeploy, None, has_hooks);
    // What the parameters say now may not be what is deployed, but it is what is known of it.
    let sensitive = sensitive(run, &ParameterSet::default());
    let options = ApplyOptions { run: Some(info), sensitive, ..choices.apply.clone() };
    apply(run, connection, name, &plan, &options).await?;
    if let Some(scratch) = scratch {
        run.enter(name, Phase::PostHook)?;
        scratch.run_post_hooks(run).await?;
        scratch.forget_generated()?;
    }
    forget(run, connection, name).await?;
    if has_hooks {
        journal::close(run, connection, name).await?;
    }
    Ok(Status::Done)
}

/// Whether a run took the objects off and did not come to the hooks after them.
fn is_before_hooks(note: &RunNote) -> bool {
    note.operation == Operation::Undeploy && note.step == RunStep::AfterObjects
}

/// Makes a workspace and runs the hooks before the deletion, if there are any.
///
/// A component whose sources or parameters no longer fit must still be removable: then its hooks are passed over, with
/// a warning. A hook that runs and fails stops the component.
async fn prepare_hooks(
    run: &Run,
    connection: &Connection,
    component: &Component,
    before: bool,
) -> Result<Option<Scratch>, Error> {
    let has_hooks = Scratch::has_hooks(component, [Trigger::PreUndeploy, Trigger::PostUndeploy]);
    if !has_hooks && !Scratch::has_undeploy_program(component) {
        return Ok(None);
    }
    let name = &component.name;
    let prepared = async {
        let recorded = Recorded::read(&run.stack, &connection.cluster).await?;
        let values = Values::new(run, std::slice::from_ref(name), recorded, true)?;
        let parameters = values.settle(run, Some(connection), component, true).await?;
        component::render(run, Some(connection), Verb::Undeploy, component, &parameters, before).await
    };
    match prepared.await {
        Ok(Rendered { scratch, .. }) => Ok(Some(scratch)),
        Err(error @ Error::Hook(_)) => Err(error),
        Err(error) if error.kind() == Kind::Interrupted => Err(error),
        Err(error) => {
            run.warn(Some(name), format!("its hooks are not run, since they cannot be prepared: {error}"));
            Ok(None)
        }
    }
}
