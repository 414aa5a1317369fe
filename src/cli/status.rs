//! `hub status` and `hub list`: what is deployed where.

use std::collections::BTreeMap;

use clap::Args;
use hub_cluster::{Drift, EntryState, Inventory, LockStatus, Operation, RunNote, RunStep, Unready};
use serde::Serialize;

use super::arguments::{ClusterArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::{self, Connection, Error};
use crate::ui::{self, Detail, Format, Palette};

/// Which components.
#[derive(Args, Clone, Debug)]
pub(super) struct StatusArguments {
    /// Components of the stack, or one component's directory [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Name every object
    #[arg(long)]
    objects: bool,
    /// Do not look for drift
    #[arg(long)]
    no_drift: bool,
}

/// Runs `hub status`.
pub(super) async fn status(arguments: StatusArguments) -> Exit {
    match shown(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

#[derive(Serialize)]
struct Shown {
    target: String,
    lock: Option<LockStatus>,
    components: Vec<Inventory>,
    /// Objects that are not ready, by component; those of which all are ready are not in it.
    unready: BTreeMap<String, Vec<Unready>>,
    /// How components differ from what was deployed; `None` where nobody looked, or might not.
    drift: Option<Vec<Drift>>,
}

async fn shown(arguments: &StatusArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    for name in &session.names {
        session.stack.component(name)?;
    }
    let (run, connection) = session.look(&arguments.cluster, Detail::Short).await?;
    let (stack, namespace) = (&session.stack.name, &session.stack.state_namespace);
    let mut components = hub_cluster::inventories(&connection.cluster, Some(stack), namespace).await?;
    components.retain(|i| session.names.is_empty() || session.names.contains(&i.owner.component));
    let mut lock = hub_cluster::lock_status(&connection.cluster, stack, namespace).await?;
    if let Some(lock) = &mut lock {
        lock.expired |= lifecycle::is_dead(&lock.holder, &session.surroundings.host());
    }
    // Amid a run everything differs, and there is nothing to be said about it.
    let look = !arguments.no_drift && lock.as_ref().is_none_or(|lock| lock.expired);
    let drift = match look {
        false => None,
        true => match lifecycle::drift(&run, &connection, &session.names).await {
            Ok(drift) => Some(drift),
            Err(error @ Error::Interrupted) => return Err(error),
            Err(error) => {
                run.warn(None, format!("whether anything drifted is not known: {error}"));
                None
            }
        },
    };
    let unready = unready(&session, &connection, &components).await?;
    let shown = Shown { target: connection.name.clone(), lock, components, unready, drift };
    if session.format == Format::Json {
        ui::json(&shown);
        return Ok(());
    }
    print(&shown, &session, arguments.objects);
    Ok(())
}

/// How the components' objects are right now.
async fn unready(
    session: &Session,
    connection: &Connection,
    inventories: &[Inventory],
) -> Result<BTreeMap<String, Vec<Unready>>, Error> {
    let each = inventories.iter().map(|inventory| async move {
        let name = &inventory.owner.component;
        let component = session.stack.components.get(name);
        let rules = component.map(|one| one.manifest.readiness.as_slice()).unwrap_or_default();
        let found = hub_cluster::health(&connection.cluster, inventory, rules).await?;
        Ok::<_, Error>((name.clone(), found))
    });
    let all = futures::future::try_join_all(each).await?;
    Ok(all.into_iter().filter(|(_, found)| !found.is_empty()).collect())
}

/// What is not ready, and why.
fn print_unready(unready: &[Unready], palette: &Palette) {
    const MOST: usize = 5;
    for Unready { id, readiness } in unready.iter().take(MOST) {
        let line = format!("  {id} is not ready: {}", readiness.message);
        ui::line(&palette.warn.apply_to(line).to_string());
    }
    if unready.len() > MOST {
        let line = format!("  … and {} more are not ready", unready.len() - MOST);
        ui::line(&palette.warn.apply_to(line).to_string());
    }
}

fn print(shown: &Shown, session: &Session, objects: bool) {
    let palette = Palette::new(session.surroundings.screen(session.format).color);
    ui::line(&format!("{} on {}", session.stack.name, shown.target));
    if let Some(lock) = &shown.lock {
        let state = if lock.expired { "dead" } else { "at work" };
        ui::line(&format!(
            "locked by {} since {} for `{}` ({state})",
            lock.holder.who,
            lock.since.strftime("%Y-%m-%d %H:%M:%S UTC"),
            lock.holder.command
        ));
    }
    let names =
        session.stack.components.keys().filter(|n| session.names.is_empty() || session.names.contains(n));
    for name in names {
        match shown
            .components
            .iter()
            .find(|i| i.owner.component == *name && (!i.is_empty() || i.run.is_some()))
        {
            Some(inventory) => {
                print_one(name, inventory, shown.lock.as_ref(), &palette, objects);
                print_unready(shown.unready.get(name).map(Vec::as_slice).unwrap_or_default(), &palette);
                let of = |one: &&Drift| one.owner.component == *name && one.is_any();
                // What is half gone is missing because it is to go.
                let is_going = inventory.run.as_ref().is_some_and(|run| run.operation == Operation::Undeploy);
                if let Some(drift) = shown.drift.iter().flatten().find(of).filter(|_| !is_going) {
                    let summary = ui::drift_summary(drift, &palette);
                    ui::line(&format!("  drift: {summary}; `hub drift {name}` shows it"));
                }
            }
            None => ui::line(&format!(
                "{}  {}",
                palette.bold.apply_to(name),
                palette.dim.apply_to("not deployed")
            )),
        }
    }
    let gone = shown.components.iter().filter(|i| !session.stack.components.contains_key(&i.owner.component));
    for inventory in gone {
        print_one(&inventory.owner.component, inventory, shown.lock.as_ref(), &palette, objects);
        ui::line(&palette.warn.apply_to("  no longer in the stack").to_string());
    }
}

/// What the journal says about a run that has not ended well, or not yet.
fn journal(note: &RunNote, is_at_work: bool) -> String {
    let RunNote { who, command, operation, started, .. } = note;
    let since = started.strftime("%Y-%m-%d %H:%M:%S");
    let run = format!("{operation} of {who} (`{command}`, begun {since})");
    if is_at_work {
        return format!("{run} is at work");
    }
    let verb = if *operation == Operation::Undeploy { "undeploy" } else { "deploy" };
    match note.step {
        RunStep::Objects => {
            format!("{run} was interrupted amid its objects; the next {verb} goes on from there")
        }
        RunStep::AfterObjects => {
            format!("{run} stopped before its last hooks were through; the next {verb} runs them")
        }
        RunStep::Failed => format!("{run} did not end well; the next {verb} goes on from there"),
    }
}

fn print_one(name: &str, inventory: &Inventory, lock: Option<&LockStatus>, palette: &Palette, objects: bool) {
    let count = |state: EntryState| inventory.entries.values().filter(|e| e.state == state).count();
    let applied = count(EntryState::Applied);
    let mut words = vec![format!("{applied} {}", if applied == 1 { "object" } else { "objects" })];
    let (pending, kept) = (count(EntryState::Pending), count(EntryState::Kept));
    if pending > 0 {
        words.push(
            palette
                .warn
                .apply_to(format!("{pending} of a run that did not end; deploy it again"))
                .to_string(),
        );
    }
    if kept > 0 {
        // What a run did not come to delete is not there to stay.
        let still = if inventory.run.is_some() { "still there" } else { "kept" };
        words.push(format!("{kept} {still}"));
    }
    if let Some(revision) = &inventory.revision {
        words.push(format!("revision {}", revision.number));
    }
    ui::line(&format!("{}  {}", palette.bold.apply_to(name), words.join(", ")));
    if let Some(note) = &inventory.run {
        let is_at_work = lock.is_some_and(|lock| !lock.expired && lock.holder.command == note.command);
        ui::line(&palette.warn.apply_to(format!("  {}", journal(note, is_at_work))).to_string());
    }
    if objects {
        for (id, entry) in &inventory.entries {
            let state = match entry.state {
                EntryState::Applied if entry.ready => "ready",
                EntryState::Applied => "applied",
                EntryState::Pending => "pending",
                EntryState::Kept => "kept",
            };
            ui::line(&format!("  {id}  {}", palette.dim.apply_to(state)));
        }
    }
}
