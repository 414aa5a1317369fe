//! A component's objects without a cluster.

use super::concealment::mask;
use super::values::Values;
use super::{Connection, Error, Prepared, Recorded, Run, Verb, component};

/// The objects that would be applied for one component.
///
/// # Errors
/// Anything on the way from its manifest to the build.
pub async fn render(run: &Run, name: &str) -> Result<Prepared, Error> {
    let component = run.stack.component(name)?;
    let names = [name.to_owned()];
    super::check_meant(&run.stack, &names, &run.layers)?;
    let values = Values::new(run, &names, Recorded::default(), true)?;
    let no_cluster: Option<&Connection> = None;
    let parameters = values.settle(run, no_cluster, component, false).await?;
    let prepared = component::prepare(run, no_cluster, Verb::Plan, component, &parameters).await;
    prepared.map_err(|error| error.masked(&mask(run, &parameters)))
}
