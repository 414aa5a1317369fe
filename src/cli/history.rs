//! `hub history`: what was deployed when, and by whom.

use clap::Args;
use hub_cluster::{Owner, Revision};
use serde::Serialize;

use super::arguments::{ClusterArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::Error;
use crate::ui::{self, Detail, Format, Palette};

/// Which components.
#[derive(Args, Clone, Debug)]
#[command(
    after_long_help = "Each run that changes a component and ends well leaves a revision in the cluster, beside the
inventory; `state: {revisions: 10}` in hub.yaml says how many are kept of each component.

Examples:
  hub history
  hub history kserve --revision 3"
)]
pub(super) struct HistoryArguments {
    /// A component of the stack [default: all]
    #[arg(value_name = "COMPONENT")]
    component: Option<String>,
    /// Show this revision with its parameters
    #[arg(long, value_name = "N", requires = "component")]
    revision: Option<u64>,
    /// Delete all revisions of the component
    #[arg(long, requires = "component", conflicts_with = "revision")]
    forget: bool,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// Runs `hub history`.
pub(super) async fn history(arguments: HistoryArguments) -> Exit {
    match shown(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    target: String,
    revisions: Vec<Revision>,
}

async fn shown(arguments: &HistoryArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, arguments.component.as_slice())?;
    let (_run, connection) = session.look(&arguments.cluster, Detail::Short).await?;
    let (stack, state_namespace) = (session.stack.name.clone(), session.stack.state_namespace.clone());
    let owner = session.names.first().map(|component| Owner {
        stack: stack.clone(),
        component: component.clone(),
        state_namespace: state_namespace.clone(),
    });
    let revisions = match (&owner, arguments.revision) {
        (Some(owner), _) if arguments.forget => {
            let forgotten = hub_cluster::forget(&connection.cluster, owner).await?;
            ui::line(&format!("{}: {forgotten} revisions are forgotten", owner.component));
            return Ok(());
        }
        (Some(owner), Some(number)) => {
            vec![hub_cluster::revision(&connection.cluster, owner, number).await?]
        }
        (Some(owner), None) => hub_cluster::revisions(&connection.cluster, owner).await?,
        (None, _) => hub_cluster::stack_revisions(&connection.cluster, &stack, &state_namespace).await?,
    };
    let shown = Shown { target: connection.name.clone(), revisions };
    if session.format == Format::Json {
        ui::json(&shown);
        return Ok(());
    }
    let palette = Palette::new(session.surroundings.screen(session.format).color);
    ui::line(&format!("{stack} on {}", shown.target));
    if shown.revisions.is_empty() {
        ui::line("no revision is kept; each run that changes something and ends well leaves one");
    }
    for one in &shown.revisions {
        print(one, &palette, arguments.revision.is_some());
    }
    Ok(())
}

fn print(one: &Revision, palette: &Palette, with_parameters: bool) {
    let counts = ui::counted(&one.counts);
    let at = one.at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    ui::line(&format!(
        "{} {:>3}  {at}  {}  {counts}  {}",
        palette.bold.apply_to(&one.owner.component),
        one.number,
        one.operation,
        palette.dim.apply_to(format!("{} `{}` run {}", one.who, one.command, one.run)),
    ));
    if one.parts == 0 && one.objects > 0 {
        ui::line(&palette.warn.apply_to("     too large for its objects to be kept").to_string());
    }
    if with_parameters {
        ui::line(&format!("     {} objects, by {}, digest {}", one.objects, one.tool, one.digest));
        for (name, value) in &one.parameters {
            ui::line(&format!("     {name} = {value}"));
        }
    }
}
