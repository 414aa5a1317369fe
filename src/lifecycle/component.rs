//! One component on its way to objects: scratch copy, downloads, templates, hooks, build.
//!
//! In: a component with resolved parameters. Out: [`Prepared`]. Refuses to know: what is on the cluster.

use std::path::PathBuf;

use serde_json::Value;

use super::concealment;
use super::download::{blocking, download};
use super::run::Run;
use super::scratch::Scratch;
use super::{Bases, Connection, Error, Event, Phase, Verb, build, helm};
use crate::hooks::Trigger;
use crate::parameters::ParameterSet;
use crate::stack::Component;

/// A component that is ready to be planned.
pub struct Prepared {
    /// Its objects, in the order of the build.
    pub objects: Vec<Value>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// Its scratch copy, where hooks go on.
    pub(super) scratch: Scratch,
}

/// The variable that names the namespace of objects without one. Source: `hub-component-kustomize`.
pub(super) const NAMESPACE: &str = "NAMESPACE";

/// Takes a component from its sources to its objects.
///
/// # Errors
/// Anything that stops it; the cluster is untouched.
pub async fn prepare(
    run: &Run,
    connection: Option<&Connection>,
    verb: Verb,
    component: &Component,
    parameters: &ParameterSet,
) -> Result<Prepared, Error> {
    let Rendered { scratch, crds, chart } =
        render(run, connection, verb, component, parameters, true).await?;
    run.enter(&component.name, Phase::Building)?;
    let built = match chart {
        Some(chart) => {
            let mut objects = build::definitions(&component.name, &crds)?;
            objects.extend(helm::objects(run, connection, &scratch, &chart, parameters).await?);
            build::Built { objects, ..build::Built::default() }
        }
        // A program of the component has done, or will do, everything.
        None if scratch.is_program() => build::Built::default(),
        None => {
            let dir = scratch.dir().to_path_buf();
            let bare = component.manifest.lifecycle.bare;
            let name = component.name.clone();
            let bases = Bases::new(run.fetcher.clone());
            blocking("the build", move || build::build(&name, &dir, &crds, bare, &bases)).await??
        }
    };
    for warning in built.warnings {
        run.warn(Some(&component.name), scratch.mask().text(&warning));
    }
    run.tell(&Event::Built { component: component.name.clone(), objects: built.objects.len() });
    // Source: kubectl, which hubctl's script runs without a namespace then.
    let namespace = parameters.by_env(NAMESPACE).unwrap_or_else(|| "default".to_owned());
    Ok(Prepared { objects: built.objects, namespace: Some(namespace), scratch })
}

/// Takes a component as far as its hooks before the build; `hooks` tells whether these run.
///
/// # Errors
/// Anything that stops it.
pub(super) async fn render(
    run: &Run,
    connection: Option<&Connection>,
    verb: Verb,
    component: &Component,
    parameters: &ParameterSet,
    hooks: bool,
) -> Result<Rendered, Error> {
    let name = &component.name;
    run.enter(name, Phase::Fetching)?;
    let mut scratch = Scratch::open(run, connection, verb, component, parameters).await?;
    let crds = download(run, name, parameters, scratch.dir()).await?;
    if verb == Verb::Plan {
        if !component.stack_hooks.is_empty() {
            run.warn(
                Some(name),
                "the stack's hooks for it are not run by a plan, since they may change something",
            );
        }
    } else if hooks {
        let trigger = if verb == Verb::Undeploy { Trigger::PreUndeploy } else { Trigger::PreDeploy };
        scratch.run_stack_hooks(run, trigger).await?;
    }
    run.enter(name, Phase::Rendering)?;
    scratch.render_templates(run, component, parameters)?;
    run.enter(name, Phase::PreHook)?;
    scratch.choose(component)?;
    let chart = if hooks { scratch.run_before_build(run, parameters).await? } else { None };
    Ok(Rendered { scratch, crds, chart })
}

/// A component after its hooks before the build.
pub(super) struct Rendered {
    pub(super) scratch: Scratch,
    /// Files of definitions.
    crds: Vec<PathBuf>,
    /// The chart of a helm component.
    chart: Option<PathBuf>,
}

impl Prepared {
    /// Masks the values of secret parameters in the objects, in a Secret also where they were encoded with others.
    /// True where there were any.
    pub fn conceal(&mut self) -> bool {
        let masked: Vec<Value> =
            self.objects.iter().map(|o| concealment::object(o, self.scratch.mask())).collect();
        let found = masked != self.objects;
        self.objects = masked;
        found
    }
}
