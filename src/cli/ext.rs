//! `hub ext component kustomize deploy|undeploy`: the kustomization in the current directory, as hooks of hubctl's
//! components deploy further ones.
//!
//! Everything comes from the environment: `NAMESPACE`, `HUB_KUSTOMIZE_*`, `CRD`, `KUBECONFIG`. What is deployed has an
//! inventory of its own, named after the component and the directory.

use std::time::{Duration, Instant};

use clap::Args;
use hub_cluster::{ApplyOptions, UndeployOptions};

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::{conclude, refuse};
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use super::surroundings::Surroundings;
use crate::diagnostic::Problem;
use crate::lifecycle::{self, DeployOptions, Error, UndeployChoices};
use crate::manifest::ParameterDeclaration;
use crate::stack::{Request, Stack};
use crate::ui::Detail;

/// Which extension of hubctl.
#[derive(Args, Clone, Debug)]
pub(super) struct ExtArguments {
    /// `component kustomize deploy` or `component kustomize undeploy`
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
}

#[derive(Clone, Copy)]
enum Direction {
    Deploy,
    Undeploy,
}

/// Variables that say what is deployed. Source: `hub-component-kustomize`.
const VARIABLES: [&str; 6] = [
    "NAMESPACE",
    "CRD",
    "HUB_KUSTOMIZE_TARBALL_URL",
    "HUB_KUSTOMIZE_TARBALL_SUBPATH",
    "HUB_KUSTOMIZE_TARBALL_SUBPATHS",
    "HUB_KUSTOMIZE_RESOURCES",
];

/// Runs `hub ext`.
pub(super) async fn ext(arguments: ExtArguments) -> Exit {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let direction = match words.as_slice() {
        ["component", "kustomize", "deploy"] | ["component-kustomize", "deploy"] => Direction::Deploy,
        ["component", "kustomize", "undeploy"] | ["component-kustomize", "undeploy"] => Direction::Undeploy,
        _ => {
            let message = format!("hub has no extension `{}`", words.join(" "));
            let problem = Problem::new("hub::ext::unknown", message)
                .help("it has: component kustomize deploy, component kustomize undeploy; docs/hubctl.md lists what became of the others");
            return refuse(None, problem.into());
        }
    };
    match nested(direction).await {
        Ok(exit) => exit,
        Err(error) => refuse(None, error),
    }
}

async fn nested(direction: Direction) -> Result<Exit, Error> {
    let start = Instant::now();
    let session = Session::of_stack(stack(&Surroundings::read())?, &StackArguments::default());
    let reporter = session.reporter(Detail::Short);
    let cluster = ClusterArguments { lock_timeout: Duration::from_secs(300), ..ClusterArguments::default() };
    let offline = session.surroundings.get("HUB_OFFLINE").is_some_and(|word| word == "true" || word == "1");
    let fetch = FetchArguments { offline, ..FetchArguments::default() };
    let run = session.run(&fetch, &cluster, &reporter, true)?;
    interrupt::watch(run.cancel.clone());
    let connection = session.connect(&cluster, &run.cancel).await?;
    let timeout = Duration::from_secs(600);
    let report = match direction {
        Direction::Deploy => {
            let options = DeployOptions {
                wait: false,
                timeout,
                force_conflicts: false,
                adopt: false,
                prune: true,
                recreate: false,
                max_deletes: None,
                fail_fast: false,
                saved: None,
            };
            lifecycle::deploy(&run, &connection, &Request::default(), &options).await?
        }
        Direction::Undeploy => {
            let choices = UndeployChoices {
                delete: UndeployOptions::default(),
                apply: ApplyOptions { wait: true, timeout, ..ApplyOptions::default() },
                only: true,
                dry_run: false,
            };
            lifecycle::undeploy(&run, &connection, &[], &choices).await?
        }
    };
    Ok(conclude(&*reporter, report, start, false))
}

/// A stack of the one component in the current directory.
fn stack(surroundings: &Surroundings) -> Result<Stack, Error> {
    let here = std::env::current_dir()
        .map_err(|e| Problem::new("hub::ext::directory", format!("the current directory is gone: {e}")))?;
    let folder = here.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = match surroundings.get("HUB_COMPONENT") {
        Some(component) => format!("{component}-{folder}"),
        None => folder,
    };
    let given = VARIABLES.into_iter().filter_map(|v| Some((v, surroundings.get(v)?.to_owned())));
    let parameters = given.map(|(variable, value)| ParameterDeclaration {
        value: Some(value.into()),
        env: Some(variable.to_owned()),
        ..ParameterDeclaration::named(format!("ext.{variable}"))
    });
    Ok(Stack::of_directory(&here, &name, parameters.collect())?)
}
