//! What is noted of a run in the record of a component, and kept of it afterwards.
//!
//! In: a run, a component and its parameters. Out: [`RunInfo`] for the engine. Refuses to know: when it is written.

use std::collections::BTreeMap;

use hub_cluster::{Operation, RunInfo};

use super::concealment::mask;
use super::deploy::owner;
use super::scratch::Scratch;
use super::{Connection, Error, Run};
use crate::hooks::Trigger;
use crate::parameters::ParameterSet;
use crate::stack::Component;

/// The note of a run about one component.
pub(super) fn info(
    run: &Run,
    operation: Operation,
    parameters: Option<&ParameterSet>,
    more_follows: bool,
) -> RunInfo {
    RunInfo {
        stamp: run.settings.stamp.clone(),
        who: run.settings.who.clone(),
        command: run.settings.command.clone(),
        tool: format!("hub/{}", env!("CARGO_PKG_VERSION")),
        operation,
        parameters: parameters.map(|set| shown(run, set)).unwrap_or_default(),
        keep: run.stack.kept_revisions,
        more_follows,
    }
}

/// Parameters as they may be seen by whoever reads the state namespace.
fn shown(run: &Run, parameters: &ParameterSet) -> BTreeMap<String, String> {
    let mask = mask(run, parameters);
    parameters.iter().map(|one| (one.name.clone(), mask.text(&one.shown()))).collect()
}

/// Whether hooks run once the objects are done.
pub(super) fn has_post_hooks(component: &Component, trigger: Trigger) -> bool {
    Scratch::has_hooks(component, [trigger, trigger])
}

/// Notes that the hooks after the objects are done too.
pub(super) async fn close(run: &Run, connection: &Connection, name: &str) -> Result<(), Error> {
    Ok(hub_cluster::finish_run(&connection.cluster, &owner(run, name)).await?)
}
