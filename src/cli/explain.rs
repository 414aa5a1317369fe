//! `hub explain`: every parameter, its value, and where the value comes from.

use std::collections::BTreeMap;

use clap::Args;
use hub_cluster::{Mask, Sensitive};

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::{self, Error};
use crate::parameters::{ParameterSet, Provenance};
use crate::ui::{self, Detail, Format, Palette};

/// Which components.
#[derive(Args, Clone, Debug)]
pub(super) struct ExplainArguments {
    /// Components of the stack, or one component's directory [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
}

/// Runs `hub explain`.
pub(super) fn explain(arguments: &ExplainArguments) -> Exit {
    match explained(arguments) {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

fn explained(arguments: &ExplainArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    let reporter = session.reporter(Detail::Short);
    let run = session.run(&FetchArguments::default(), &ClusterArguments::default(), &reporter, false)?;
    let mut names = session.names.clone();
    if names.is_empty() {
        names = session.stack.components.keys().cloned().collect();
    }
    for name in &names {
        session.stack.component(name)?;
    }
    lifecycle::check_meant(&session.stack, &names, &run.layers)?;
    let known =
        lifecycle::resolve_all(&session.stack, &names, &run.layers, &lifecycle::Recorded::default(), true)?;
    let sets = known.parameters;
    if session.format == Format::Json {
        let shown = sets.iter().map(|(name, set)| {
            let whole = serde_json::to_value(set).unwrap_or_default();
            (name.as_str(), mask(set).value(&whole))
        });
        ui::json(&shown.collect::<BTreeMap<_, _>>());
        return Ok(());
    }
    let palette = Palette::new(session.surroundings.screen(session.format).color);
    for name in names {
        if let Some(set) = sets.get(&name) {
            show(&name, set, &palette);
        }
    }
    Ok(())
}

/// A secret may be part of what another parameter has.
fn mask(set: &ParameterSet) -> Mask {
    Mask::new(&set.secrets().into_iter().map(Sensitive::new).collect::<Vec<_>>())
}

fn show(name: &str, set: &ParameterSet, palette: &Palette) {
    ui::line(&palette.bold.apply_to(name).to_string());
    let declared = || set.iter().filter(|p| p.provenance != Provenance::Hub);
    let mask = mask(set);
    let width = declared().map(|p| p.name.len()).max().unwrap_or_default();
    for parameter in declared() {
        let value = brief(&mask.text(&parameter.shown()));
        let kind = parameter.parameter_type.map_or("", |t| t.name());
        ui::line(&format!("  {:width$}  {value}", parameter.name));
        let mut origin = parameter.provenance.to_string();
        if !parameter.overridden.is_empty() {
            let others: Vec<String> = parameter.overridden.iter().map(ToString::to_string).collect();
            origin = format!("{origin}, over {}", others.join(", "));
        }
        let kind = if kind.is_empty() { String::new() } else { format!("{kind}, ") };
        ui::line(&palette.dim.apply_to(format!("  {:width$}  {kind}from {origin}", "")).to_string());
    }
}

/// A value on one line: of several lines the first, and how many there are. `-o json` has all of it.
pub(super) fn brief(value: &str) -> String {
    match value.trim_end().split_once('\n') {
        None if value.is_empty() => "(empty)".to_owned(),
        None => value.trim_end().to_owned(),
        Some((first, others)) => format!("{first} … ({} lines)", others.lines().count() + 1),
    }
}
