//! `hub show`: parameters and outputs of what is deployed.

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::lifecycle::{self, Error, KnownComponent};
use crate::outputs::Output;
use crate::parameters::Provenance;
use crate::ui::{self, Detail, Format, Palette};

/// Which components.
#[derive(Args, Clone, Debug)]
pub(super) struct ShowArguments {
    /// Components of the stack, or one component's directory [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// Runs `hub show`.
pub(super) async fn show(arguments: ShowArguments) -> Exit {
    match shown(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

async fn shown(arguments: &ShowArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    let reporter = session.reporter(Detail::Short);
    let run = session.run(&FetchArguments::default(), &arguments.cluster, &reporter, false)?;
    interrupt::watch(run.cancel.clone());
    for name in &session.names {
        session.stack.component(name)?;
    }
    let connection = session.connect(&arguments.cluster, &run.cancel).await?;
    let known = lifecycle::show(&run, &connection, &session.names).await?;
    if session.format == Format::Json {
        ui::json(&known);
        return Ok(());
    }
    let palette = Palette::new(session.surroundings.screen(session.format).color);
    for (name, component) in &known.components {
        show_component(name, component, &palette);
    }
    if !known.outputs.is_empty() && session.names.is_empty() {
        ui::line(&palette.bold.apply_to(format!("outputs of {}", known.stack)).to_string());
        show_outputs(&known.outputs, "  ");
    }
    Ok(())
}

fn show_component(name: &str, component: &KnownComponent, palette: &Palette) {
    let state = if component.deployed { "deployed" } else { "not deployed" };
    ui::line(&format!("{}  {state}", palette.bold.apply_to(name)));
    let declared = || component.parameters.iter().filter(|p| p.provenance != Provenance::Hub);
    let width = declared().map(|p| p.name.len()).max().unwrap_or_default();
    for parameter in declared() {
        ui::line(&format!("  {:width$}  {}", parameter.name, one_line(&parameter.shown())));
    }
    if !component.outputs.is_empty() {
        ui::line("  outputs");
        show_outputs(&component.outputs, "    ");
    }
    if !component.provides.is_empty() {
        ui::line(&format!("  provides {}", component.provides.join(", ")));
    }
}

fn show_outputs(outputs: &[Output], indent: &str) {
    let width = outputs.iter().map(|o| o.name.len()).max().unwrap_or_default();
    for output in outputs {
        ui::line(&format!("{indent}{:width$}  {}", output.name, one_line(&output.shown())));
    }
}

fn one_line(text: &str) -> String {
    if text.is_empty() { "(empty)".to_owned() } else { text.trim_end().replace('\n', "⏎") }
}
