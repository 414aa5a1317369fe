//! `hub kustomize create`: a new kustomization file.

use clap::Args;
use hub_kustomize::edit::{self, Create, DiskFolder};

use super::Failure;
use super::edit::write;
use crate::ui;

/// What the new file has.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  hub kustomize create --resources ../base
  hub kustomize create --autodetect --recursive
  hub kustomize create --resources deployment.yaml,service.yaml --namespace staging --nameprefix acme-")]
pub(in crate::cli) struct CreateArguments {
    /// Resources: paths, patterns of them, or addresses
    #[arg(long, value_name = "PATH,…", value_delimiter = ',')]
    resources: Vec<String>,
    /// The namespace of all resources
    #[arg(long, default_value = "", hide_default_value = true)]
    namespace: String,
    /// What names begin with
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    nameprefix: String,
    /// What names end with
    #[arg(
        long,
        value_name = "SUFFIX",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    namesuffix: String,
    /// Annotations of all resources
    #[arg(long, value_name = "KEY:VALUE,…", value_delimiter = ',')]
    annotations: Vec<String>,
    /// Labels of all resources
    #[arg(long, value_name = "KEY:VALUE,…", value_delimiter = ',')]
    labels: Vec<String>,
    /// Search the directory for resources
    #[arg(long)]
    autodetect: bool,
    /// Search the directories below too
    #[arg(long)]
    recursive: bool,
}

/// Runs `hub kustomize create`.
pub(super) fn create(arguments: CreateArguments) -> Result<(), Failure> {
    let filled = |values: Vec<String>| if values == [""] { Vec::new() } else { values };
    let request = Create {
        resources: filled(arguments.resources),
        namespace: arguments.namespace,
        name_prefix: arguments.nameprefix,
        name_suffix: arguments.namesuffix,
        annotations: filled(arguments.annotations),
        labels: filled(arguments.labels),
        autodetect: arguments.autodetect,
        recursive: arguments.recursive,
    };
    let created = edit::create(&request, &DiskFolder::new("."))?;
    created.remarks.iter().for_each(|remark| ui::note(remark));
    write("kustomization.yaml", created.text.unwrap_or_default().as_bytes())
}
