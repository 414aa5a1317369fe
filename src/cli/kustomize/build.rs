//! `hub kustomize build`: prints the resources of a kustomization.

mod charts;
mod functions;
mod values;

use std::fs;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use hub_kustomize::{Built, ChartRenderer, DiskLoader, FunctionRunner, LoadRestrictor, Options, Reorder};
use tokio_util::sync::CancellationToken;

use self::charts::HelmCommand;
use self::functions::Programs;
use super::Failure;
use crate::cli::surroundings::Surroundings;
use crate::fetch::{FetchOptions, Fetcher};
use crate::lifecycle::Bases;
use crate::ui;

/// What is built, and how.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  hub kustomize build overlays/production
  hub kustomize build overlays/production --output build/
  hub kustomize build . --load-restrictor LoadRestrictionsNone")]
pub(in crate::cli) struct BuildArguments {
    /// The directory of the kustomization, or the address of a repository
    #[arg(value_name = "DIR", default_value = ".")]
    target: String,
    /// Write to this file, or into this directory one file for each resource
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Which files a kustomization may name: those in and below its directory, or any
    #[arg(long, value_name = "NAME", default_value = "LoadRestrictionsRootOnly")]
    load_restrictor: Restrictor,
    /// The order of resources that sortOptions of the kustomization say better
    #[arg(long, value_name = "ORDER")]
    reorder: Option<Order>,
    /// Label resources with app.kubernetes.io/managed-by; deprecated: use buildMetadata of the kustomization
    #[arg(long)]
    enable_managedby_label: bool,
    #[command(flatten)]
    helm: HelmArguments,
    #[command(flatten)]
    functions: FunctionArguments,
}

/// How charts are rendered.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Helm charts")]
struct HelmArguments {
    /// Render charts, which runs helm
    #[arg(long)]
    enable_helm: bool,
    /// The helm program
    #[arg(long, value_name = "PROGRAM", default_value = "helm")]
    helm_command: String,
    /// API versions that charts are told the cluster has
    #[arg(long, value_name = "VERSION")]
    helm_api_versions: Vec<String>,
    /// The version of Kubernetes that charts are told
    #[arg(long, value_name = "VERSION")]
    helm_kube_version: Option<String>,
    /// Show what helm has to say
    #[arg(long)]
    helm_debug: bool,
}

/// How functions are run.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Functions")]
struct FunctionArguments {
    /// Run generators and transformers that are not built in
    #[arg(long)]
    enable_alpha_plugins: bool,
    /// Run those that are programs; do not use this for kustomizations that you do not trust
    #[arg(long)]
    enable_exec: bool,
    /// Environment variables of functions
    #[arg(long, short, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// For functions in containers, which hub does not run
    #[arg(long)]
    network: bool,
    /// For functions in containers, which hub does not run
    #[arg(long, value_name = "NAME", default_value = "bridge")]
    network_name: String,
    /// For functions in containers, which hub does not run
    #[arg(long, value_name = "OPTIONS")]
    mount: Vec<String>,
    /// For functions in containers, which hub does not run
    #[arg(long)]
    as_current_user: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Restrictor {
    #[value(name = "LoadRestrictionsRootOnly")]
    RootOnly,
    #[value(name = "LoadRestrictionsNone")]
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Namespaces first, webhooks last
    Legacy,
    /// As they are read
    None,
}

/// Runs `hub kustomize build`.
pub(super) fn build(arguments: &BuildArguments, surroundings: &Surroundings) -> Result<(), Failure> {
    arguments.functions.check()?;
    // The process ends with it: taking every node apart would be for nothing.
    let built = ManuallyDrop::new(built(arguments, surroundings)?);
    built.warnings.iter().for_each(|warning| ui::note(&format!("# Warning: {warning}")));
    match &arguments.output {
        Some(folder) if folder.is_dir() => {
            for (name, text) in built.resources.to_files()? {
                write(&folder.join(name), &text)?;
            }
            Ok(())
        }
        Some(file) => write(file, &built.resources.to_yaml()?),
        None => {
            let text = built.resources.to_yaml()?;
            ui::bytes(text.as_bytes()).map_err(|source| Failure::File {
                verb: "write",
                path: "standard output".to_owned(),
                source,
            })
        }
    }
}

fn built(arguments: &BuildArguments, surroundings: &Surroundings) -> Result<Built, Failure> {
    let helm = HelmCommand {
        program: arguments.helm.helm_command.clone(),
        api_versions: arguments.helm.helm_api_versions.clone(),
        kube_version: arguments.helm.helm_kube_version.clone(),
        debug: arguments.helm.helm_debug,
        restricted: arguments.load_restrictor == Restrictor::RootOnly,
    };
    let programs =
        Programs { enabled: arguments.functions.enable_exec, environment: arguments.functions.env.clone() };
    let plugins = arguments.functions.enable_alpha_plugins;
    let kept = surroundings.cache_dir();
    let passing = if kept.is_none() { Some(passing_folder()?) } else { None };
    let cache =
        kept.or_else(|| passing.as_ref().map(|folder| folder.path().to_path_buf())).unwrap_or_default();
    let fetcher = Fetcher::new(FetchOptions::new(cache), CancellationToken::new())?;
    let bases = Bases::new(Arc::new(fetcher));
    let labels_by_environment = surroundings.get("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL") == Some("on");
    let options = Options {
        reorder: match arguments.reorder {
            Some(Order::None) => Reorder::None,
            Some(Order::Legacy) | None => Reorder::Legacy,
        },
        load_restrictor: match arguments.load_restrictor {
            Restrictor::RootOnly => LoadRestrictor::RootOnly,
            Restrictor::None => LoadRestrictor::None,
        },
        managed_by_label: arguments.enable_managedby_label || labels_by_environment,
        charts: (arguments.helm.enable_helm || plugins).then_some(&helm as &dyn ChartRenderer),
        functions: plugins.then_some(&programs as &dyn FunctionRunner),
        remote: Some(&bases),
    };
    Ok(hub_kustomize::build(&DiskLoader, &arguments.target, &options)?)
}

/// A cache for this run only, where the user has no folder for one.
fn passing_folder() -> Result<tempfile::TempDir, Failure> {
    let path = "a temporary folder".to_owned();
    tempfile::tempdir().map_err(|source| Failure::File { verb: "make", path, source })
}

impl FunctionArguments {
    /// # Errors
    /// A flag only makes sense for functions in containers.
    fn check(&self) -> Result<(), Failure> {
        let flags = [
            ("--network", self.network),
            ("--network-name", self.network_name != "bridge"),
            ("--mount", !self.mount.is_empty()),
            ("--as-current-user", self.as_current_user),
        ];
        match flags.into_iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(Failure::Unsupported {
                flag,
                reason: "it is for functions in containers, and those are not run",
            }),
            None => Ok(()),
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |source| Failure::File { verb: "write", path: path.display().to_string(), source };
    fs::write(path, text).map_err(failed)
}
