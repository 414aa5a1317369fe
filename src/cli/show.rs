//! `hub show`: parameters and outputs of what is deployed.

use clap::Args;

use super::arguments::{ClusterArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::explain::brief;
use super::session::Session;
use crate::lifecycle::{self, Error, KnownComponent};
use crate::outputs::Output;
use crate::parameters::Provenance;
use crate::ui::{self, Detail, Format, Palette};

/// Which components.
#[derive(Args, Clone, Debug)]
pub(super) struct ShowArguments {
    /// Components of the stack, or one component's directory; with their parameters [default: all, outputs only]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// What the names of outputs begin with that say where a component's sources come from.
const GIT_OUTPUTS: &str = "hub.components.";

/// Runs `hub show`.
pub(super) async fn show(arguments: ShowArguments) -> Exit {
    match shown(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

async fn shown(arguments: &ShowArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    for name in &session.names {
        session.stack.component(name)?;
    }
    let (run, connection) = session.look(&arguments.cluster, Detail::Short).await?;
    let known = lifecycle::show(&run, &connection, &session.names).await?;
    if session.format == Format::Json {
        ui::json(&known);
        return Ok(());
    }
    let palette = Palette::new(session.surroundings.screen(session.format).color);
    for (name, component) in &known.components {
        show_component(name, component, !session.names.is_empty(), &palette);
    }
    if !known.outputs.is_empty() && session.names.is_empty() {
        ui::line(&palette.bold.apply_to(format!("outputs of {}", known.stack)).to_string());
        show_outputs(&known.outputs, "  ");
    }
    Ok(())
}

/// What a component gives; `whole` adds its parameters and the outputs that come by themselves.
fn show_component(name: &str, component: &KnownComponent, whole: bool, palette: &Palette) {
    let state = if component.deployed { "deployed" } else { "not deployed" };
    ui::line(&format!("{}  {state}", palette.bold.apply_to(name)));
    if !whole {
        let declared = component.outputs.iter().filter(|o| !o.name.starts_with(GIT_OUTPUTS));
        show_outputs(&declared.cloned().collect::<Vec<_>>(), "  ");
        return;
    }
    let declared = || component.parameters.iter().filter(|p| p.provenance != Provenance::Hub);
    let width = declared().map(|p| p.name.len()).max().unwrap_or_default();
    for parameter in declared() {
        ui::line(&format!("  {:width$}  {}", parameter.name, brief(&parameter.shown())));
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
        ui::line(&format!("{indent}{:width$}  {}", output.name, brief(&output.shown())));
    }
}
