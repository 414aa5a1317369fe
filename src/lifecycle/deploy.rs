//! Deploying: every component of a selection from its sources to ready objects.
//!
//! In: a run, a connection, what is asked for. Out: a report. Order of writes within a component: intent, objects,
//! readiness, pruning, record (all in `hub_cluster`).

use std::time::Instant;

use hub_cluster::{
    ApplyOptions, Cluster, Counts, EntryState, GroupKind, Inventory, Mask, Operation, Owner, Plan,
    PlanOptions, RunInfo,
};

use super::concealment::{mask, sensitive};
use super::failures::unsuccessful;
use super::lock::{release, take_lock};
use super::run::{ComponentReport, finish};
use super::values::{Recorded, Values};
use super::{
    Connection, DeployOptions, Error, Event, Phase, Prepared, Report, Run, SavedPlan, Status, Verb,
    check_meant, component, conditions, journal, namespaces, schedule,
};
use crate::hooks::Trigger;
use crate::parameters::ParameterSet;
use crate::stack::{self, Component, Platform, Request, Selection};

/// Deploys what is asked for, and what that needs.
///
/// # Errors
/// What stops the run before any component begins. What happens to components is in the report.
pub async fn deploy(
    run: &Run,
    connection: &Connection,
    request: &Request,
    options: &DeployOptions,
) -> Result<Report, Error> {
    if let Some(saved) = &options.saved {
        return deploy_saved(run, connection, request, options, saved).await;
    }
    let ready = Ready::new(run, connection, request, Verb::Deploy).await?;
    let lock = take_lock(run, connection).await?;
    let report = deploy_each(run, connection, &ready, options).await;
    release(run, lock).await;
    report
}

/// Deploys all components of a selection, then waits for what the stack as a whole asks for.
async fn deploy_each(
    run: &Run,
    connection: &Connection,
    ready: &Ready,
    options: &DeployOptions,
) -> Result<Report, Error> {
    let report = schedule::each(run, &ready.selection.order, &ready.selection.needs, |name| {
        deploy_one(run, connection, ready, name, options)
    })
    .await;
    let conditions = &run.stack.lifecycle.ready_conditions;
    if options.wait && matches!(report.status(), Status::Done | Status::Unchanged) {
        let expand = |text: &str| ready.values.expand_for_stack(run, text);
        conditions::wait(run, &run.stack.name, conditions, &expand).await?;
    }
    Ok(report)
}

/// Carries a saved plan out: all of it is planned again and compared before the first write, under the lock, so that
/// no other run moves anything in between.
async fn deploy_saved(
    run: &Run,
    connection: &Connection,
    request: &Request,
    options: &DeployOptions,
    saved: &SavedPlan,
) -> Result<Report, Error> {
    let lock = take_lock(run, connection).await?;
    let report = async {
        let before = plan(run, connection, request, options).await?;
        if !matches!(before.status(), Status::Pending | Status::Unchanged) {
            return Ok(before);
        }
        let ready = Ready::new(run, connection, request, Verb::Deploy).await?;
        let missing = saved.missing(&ready.selection.order);
        if !missing.is_empty() {
            let moved = vec!["the saved plan has it, and this run would leave it out".to_owned()];
            return Err(Error::PlanMoved { component: missing.join(", "), moved });
        }
        deploy_each(run, connection, &ready, options).await
    }
    .await;
    release(run, lock).await;
    report
}

/// Refuses a plan that is not the saved one.
fn refuse_moved(
    component: &Component,
    plan: &Plan,
    options: &DeployOptions,
    lenient: bool,
) -> Result<(), Error> {
    let Some(saved) = &options.saved else { return Ok(()) };
    // Values that are generated when they are first needed are not known to any plan.
    let generates = component.manifest.parameters.iter().any(|parameter| parameter.generate.is_some());
    let mut moved = saved.moved(&component.name, plan, lenient);
    moved.retain(|one| !(generates && lenient && one.starts_with("Secret ")));
    if moved.is_empty() {
        return Ok(());
    }
    Err(Error::PlanMoved { component: component.name.clone(), moved })
}

/// Says what a deployment would do. Nothing is written.
///
/// # Errors
/// As [`deploy`].
pub async fn plan(
    run: &Run,
    connection: &Connection,
    request: &Request,
    options: &DeployOptions,
) -> Result<Report, Error> {
    let ready = Ready::new(run, connection, request, Verb::Plan).await?;
    let upcoming = std::sync::Mutex::new(Vec::new());
    let order = &ready.selection.order;
    Ok(schedule::each(run, order, &ready.selection.needs, |name| {
        plan_only(run, connection, &ready, name, options, &upcoming)
    })
    .await)
}

/// What must be known before the first component begins.
pub(super) struct Ready {
    pub(super) selection: Selection,
    values: Values,
    inventories: Vec<Inventory>,
}

impl Ready {
    async fn new(run: &Run, connection: &Connection, request: &Request, verb: Verb) -> Result<Self, Error> {
        let inventories = recorded(run, &connection.cluster).await?;
        let recorded = Recorded::read(&run.stack, &connection.cluster).await?;
        let platform =
            Probed { cluster: &connection.cluster, inventories: &inventories, noted: Some(&recorded) };
        let mut selection = stack::select(&run.stack, request, &platform)?;
        check_meant(&run.stack, &selection.order, &run.layers)?;
        let values = Values::new(run, &selection.order, recorded, verb == Verb::Plan)?;
        selection.leave_out(values.left_out());
        announce(run, connection, verb, &selection.order);
        for (name, why) in &selection.left_out {
            run.warn(Some(name), format!("left out: {why}"));
        }
        for addition in &selection.additions {
            run.tell(&Event::ComponentAdded(addition.clone()));
        }
        Ok(Self { selection, values, inventories })
    }
}

/// Tells that the run begins.
pub(super) fn announce(run: &Run, connection: &Connection, verb: Verb, components: &[String]) {
    run.tell(&Event::RunStarted {
        verb,
        stack: run.stack.name.clone(),
        environment: run.environment.clone(),
        target: connection.name.clone(),
        components: components.to_vec(),
    });
}

/// What components of this stack have on the cluster.
pub(super) async fn recorded(run: &Run, cluster: &Cluster) -> Result<Vec<Inventory>, Error> {
    Ok(hub_cluster::inventories(cluster, Some(&run.stack.name), &run.stack.state_namespace).await?)
}

/// A cluster that was asked.
pub(super) struct Probed<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) inventories: &'a [Inventory],
    /// What was noted: a component without objects is known by its outputs.
    pub(super) noted: Option<&'a Recorded>,
}

impl Platform for Probed<'_> {
    fn serves(&self, kinds: &[&str]) -> bool {
        kinds.iter().all(|kind| kind.parse::<GroupKind>().is_ok_and(|kind| self.cluster.serves(&kind)))
    }

    fn is_deployed(&self, component: &str) -> bool {
        let noted = self.noted.is_some_and(|noted| noted.outputs.contains_key(component));
        // What an undeployment kept, such as a volume, is not the component.
        let mut own = self.inventories.iter().filter(|i| i.owner.component == component);
        noted || own.any(|i| i.entries.values().any(|entry| entry.state != EntryState::Kept))
    }
}

/// The owner of a component's objects.
pub(super) fn owner(run: &Run, component: &str) -> Owner {
    Owner {
        stack: run.stack.name.clone(),
        component: component.to_owned(),
        state_namespace: run.stack.state_namespace.clone(),
    }
}

async fn deploy_one<'a>(
    run: &'a Run,
    connection: &'a Connection,
    ready: &'a Ready,
    name: &'a str,
    options: &'a DeployOptions,
) -> ComponentReport {
    let start = Instant::now();
    let mut counts = Counts::default();
    let result = match run.stack.component(name) {
        Ok(component) => deploy_component(run, connection, ready, component, options, &mut counts).await,
        Err(problem) => Err(problem.into()),
    };
    finish(
        run,
        name,
        start,
        &mask(run, &ready.values.parameters_of(name)),
        result.map(|status| (status, counts)).map_err(|error| (error, counts)),
    )
}

async fn deploy_component(
    run: &Run,
    connection: &Connection,
    ready: &Ready,
    component: &Component,
    options: &DeployOptions,
    counts: &mut Counts,
) -> Result<Status, Error> {
    let name = &component.name;
    let parameters = &ready.values.settle(run, Some(connection), component, true).await?;
    // A saved plan is for a cluster without it.
    let namespace = parameters.by_env(component::NAMESPACE).filter(|_| options.saved.is_none());
    let made = match namespace {
        Some(namespace) => {
            namespaces::make_for_hooks(run, &connection.cluster, &owner(run, name), component, &namespace)
                .await?
        }
        None => None,
    };
    let mut prepared = component::prepare(run, Some(connection), Verb::Deploy, component, parameters).await?;
    prepared.objects.extend(made.filter(|object| !namespaces::has(&prepared.objects, object)));
    let mut status = if prepared.scratch.is_program() { Status::Done } else { Status::Unchanged };
    let has_hooks = journal::has_post_hooks(component, Trigger::PostDeploy);
    if !(prepared.objects.is_empty() && component.manifest.lifecycle.bare) {
        run.enter(name, Phase::Planning)?;
        let plan_options = plan_options(run, name, parameters, options, Vec::new());
        let plan = make_plan(run, connection, ready, name, &mut prepared, &plan_options).await?;
        *counts = plan.counts();
        refuse_problems(name, &plan)?;
        refuse_moved(component, &plan, options, true)?;
        if !plan.is_unchanged() {
            run.approver.approve(Verb::Deploy, name, &plan).await?;
            status = Status::Done;
        }
        run.enter(name, Phase::Applying)?;
        let info = journal::info(run, Operation::Deploy, Some(parameters), has_hooks);
        carry_out(run, connection, name, &plan, options, parameters, info).await?;
    }
    run.enter(name, Phase::PostHook)?;
    prepared.scratch.run_post_hooks(run).await?;
    let raw = prepared.scratch.raw_outputs(name)?;
    let dir = prepared.scratch.dir();
    let outputs = ready.values.emit(run, connection, component, parameters, &raw, dir).await?;
    let conditions = &component.manifest.lifecycle.ready_conditions;
    if options.wait && !conditions.is_empty() {
        run.enter(name, Phase::Conditions)?;
        let expand = |text: &str| ready.values.expand(run, component, &outputs, text);
        conditions::wait(run, name, conditions, &expand).await?;
    }
    if has_hooks {
        journal::close(run, connection, name).await?;
    }
    Ok(status)
}

async fn plan_only<'a>(
    run: &'a Run,
    connection: &'a Connection,
    ready: &'a Ready,
    name: &'a str,
    options: &'a DeployOptions,
    upcoming: &'a std::sync::Mutex<Vec<serde_json::Value>>,
) -> ComponentReport {
    let start = Instant::now();
    let mut counts = Counts::default();
    let result = async {
        let component = run.stack.component(name)?;
        let parameters = &ready.values.settle(run, Some(connection), component, false).await?;
        let mut prepared =
            component::prepare(run, Some(connection), Verb::Plan, component, parameters).await?;
        if prepared.objects.is_empty() && component.manifest.lifecycle.bare {
            return Ok(Status::Unchanged);
        }
        run.enter(name, Phase::Planning)?;
        let before = lock(upcoming).clone();
        lock(upcoming).extend(prepared.objects.iter().filter(|o| brings_others(o)).cloned());
        let plan_options = plan_options(run, name, parameters, options, before);
        let plan = make_plan(run, connection, ready, name, &mut prepared, &plan_options).await?;
        counts = plan.counts();
        refuse_problems(name, &plan)?;
        refuse_moved(component, &plan, options, false)?;
        let same = plan.is_unchanged() && !prepared.scratch.changes();
        Ok(if same { Status::Unchanged } else { Status::Pending })
    }
    .await;
    finish(
        run,
        name,
        start,
        &mask(run, &ready.values.parameters_of(name)),
        result.map(|status| (status, counts)).map_err(|error| (error, counts)),
    )
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Whether later components' objects may need this one to be there.
fn brings_others(object: &serde_json::Value) -> bool {
    matches!(object["kind"].as_str(), Some("Namespace" | "CustomResourceDefinition"))
}

pub(super) fn plan_options(
    run: &Run,
    name: &str,
    parameters: &ParameterSet,
    options: &DeployOptions,
    upcoming: Vec<serde_json::Value>,
) -> PlanOptions {
    PlanOptions {
        ignore: run.stack.components.get(name).map(|c| c.manifest.ignore.clone()).unwrap_or_default(),
        force_conflicts: options.force_conflicts,
        adopt: options.adopt,
        max_deletes: options.max_deletes,
        prune: options.prune,
        recreate: options.recreate,
        sensitive: sensitive(run, parameters),
        upcoming,
        ..PlanOptions::default()
    }
}

/// Plans a component. Namespaces that its objects need and nobody has made are added to the set.
async fn make_plan(
    run: &Run,
    connection: &Connection,
    ready: &Ready,
    name: &str,
    prepared: &mut Prepared,
    options: &PlanOptions,
) -> Result<Plan, Error> {
    let mut objects = std::mem::take(&mut prepared.objects);
    let namespace = prepared.namespace.as_deref();
    let recorded = ready.inventories.iter().find(|i| i.owner.component == name);
    objects.extend(namespaces::made_before(&objects, namespace, recorded));
    let owner = owner(run, name);
    // A release is large: it is copied only where a second look may be needed.
    let may_change = namespaces::may_be_missing(&objects, namespace) || namespaces::are_contained(&objects);
    let again = may_change.then(|| objects.clone());
    let planned = hub_cluster::plan(&connection.cluster, &owner, objects, namespace, options).await;
    let mut plan = planned.map_err(|error| explain_kinds(run, name, error))?;
    let (missing, shared) = (namespaces::missing(&plan), namespaces::of_others(&plan));
    if let Some(mut objects) = again.filter(|_| !(missing.is_empty() && shared.is_empty())) {
        objects.extend(missing);
        namespaces::without(&mut objects, &shared);
        for other in &shared {
            run.warn(Some(name), format!("Namespace {other} belongs to another component, which keeps it"));
        }
        plan = hub_cluster::plan(&connection.cluster, &owner, objects, namespace, options).await?;
    }
    run.tell(&Event::Planned { component: name.to_owned(), plan: Box::new(plan.clone()) });
    Ok(plan)
}

pub(super) fn refuse_problems(name: &str, plan: &Plan) -> Result<(), Error> {
    if plan.problems.is_empty() {
        return Ok(());
    }
    let problems = plan.problems.iter().map(ToString::to_string).collect();
    Err(Error::Refused { component: name.to_owned(), problems })
}

/// Says which component brings a kind that the cluster does not know.
fn explain_kinds(run: &Run, name: &str, error: hub_cluster::Error) -> Error {
    let hub_cluster::Error::UnknownKinds { kinds } = error else {
        return error.into();
    };
    let mut help = Vec::new();
    for unknown in &kinds {
        let kind = unknown.kind.to_string();
        help.push(match run.stack.bringer_of(&kind) {
            Some(component) => {
                format!("{kind} comes with the component {0}: `hub deploy {0}`", component.name)
            }
            None if !unknown.successors.is_empty() => {
                format!("{kind} is not served any more; its successor is {}", unknown.successors.join(", "))
            }
            None if unknown.served_versions.is_empty() => {
                format!(
                    "no component of this stack names {kind} under `kinds:`; install what defines it first"
                )
            }
            None => format!("the cluster has {kind} as {}", unknown.served_versions.join(", ")),
        });
    }
    let list: Vec<String> = kinds.iter().map(|k| format!("{} ({})", k.kind, k.api_version)).collect();
    Error::UnknownKinds { component: name.to_owned(), kinds: list.join(", "), help: help.join("; ") }
}

async fn carry_out(
    run: &Run,
    connection: &Connection,
    name: &str,
    plan: &Plan,
    options: &DeployOptions,
    parameters: &ParameterSet,
    info: RunInfo,
) -> Result<(), Error> {
    let apply_options = ApplyOptions {
        run: Some(info),
        wait: options.wait,
        timeout: options.timeout,
        fail_fast: options.fail_fast,
        sensitive: sensitive(run, parameters),
        readiness: run.stack.components.get(name).map(|c| c.manifest.readiness.clone()).unwrap_or_default(),
        ..ApplyOptions::default()
    };
    apply(run, connection, name, plan, &apply_options).await
}

/// Carries a plan out and turns what failed into an error.
pub(super) async fn apply(
    run: &Run,
    connection: &Connection,
    name: &str,
    plan: &Plan,
    options: &ApplyOptions,
) -> Result<(), Error> {
    let tell = |happened| {
        run.tell(&Event::Object { component: name.to_owned(), happened: Box::new(happened) });
    };
    let outcome = hub_cluster::apply(&connection.cluster, plan, options, &tell, &run.cancel).await?;
    let mask = Mask::new(&options.sensitive);
    for warning in &outcome.warnings {
        run.warn(Some(name), mask.text(warning));
    }
    if outcome.cancelled {
        return Err(Error::Interrupted);
    }
    unsuccessful(name, plan, &outcome.results)
}
