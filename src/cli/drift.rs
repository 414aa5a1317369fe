//! `hub drift`: what others changed since the last deployment.

use clap::Args;
use hub_cluster::Drift;
use serde::Serialize;

use super::arguments::{ClusterArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::{self, Error};
use crate::ui::{self, Detail, Format, Palette};

/// Which components.
#[derive(Args, Clone, Debug)]
#[command(
    after_long_help = "Live objects are compared with what was last deployed, from the record in the cluster: no sources
are needed, and what changed in them since is not drift but a change to deploy (`hub plan`).

Three kinds are told apart: changed by others, missing, and left over (stale or extra). Fields that
a controller owns, and those that the manifest or an annotation leaves to others, are no drift:
  drift: {ignore: [{kind: Deployment.apps, path: spec.replicas, because: scaled by hand}]}
  hub.agilestacks.io/ignore: spec.replicas

Exits with 3 when there is drift."
)]
pub(super) struct DriftArguments {
    /// Components of the stack, or one component's directory [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
}

#[derive(Serialize)]
struct Shown {
    target: String,
    drift: bool,
    components: Vec<Drift>,
}

/// Runs `hub drift`.
pub(super) async fn drift(arguments: DriftArguments) -> Exit {
    match found(&arguments).await {
        Ok(false) => Exit::Done,
        Ok(true) => Exit::Pending,
        Err(error) => refuse(None, error),
    }
}

async fn found(arguments: &DriftArguments) -> Result<bool, Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    let (run, connection) = session.look(&arguments.cluster, Detail::Full).await?;
    let components = lifecycle::drift(&run, &connection, &session.names).await?;
    let drift = components.iter().any(Drift::is_any);
    let shown = Shown { target: connection.name.clone(), drift, components };
    if session.format == Format::Json {
        ui::json(&shown);
        return Ok(drift);
    }
    let palette = Palette::new(session.surroundings.screen(session.format).color);
    ui::line(&format!("{} on {}", session.stack.name, shown.target));
    if shown.components.is_empty() {
        ui::line("nothing is deployed");
    }
    for line in shown.components.iter().flat_map(|one| ui::drift_lines(one, &palette)) {
        ui::line(&line);
    }
    Ok(drift)
}
