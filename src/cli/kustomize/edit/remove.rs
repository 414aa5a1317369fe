//! `hub kustomize edit remove`.

use clap::Subcommand;
use hub_kustomize::edit::Remove;

use super::{PatchArguments, split};

/// What is removed.
#[derive(Subcommand, Clone, Debug)]
pub(in crate::cli) enum RemoveCommand {
    /// Remove resources
    Resource {
        /// Paths as the file has them, or patterns of them
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Remove files of transformers
    Transformer {
        /// Paths as the file has them, or patterns of them
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Remove a patch; everything that it has must be given
    Patch(PatchArguments),
    /// Remove labels
    Label {
        #[arg(value_name = "KEY,…")]
        keys: String,
        /// Pass over labels that are not there
        #[arg(long = "ignore-non-existence", short)]
        ignore_non_existence: bool,
    },
    /// Remove annotations
    Annotation {
        #[arg(value_name = "KEY,…")]
        keys: String,
        /// Pass over annotations that are not there
        #[arg(long = "ignore-non-existence", short)]
        ignore_non_existence: bool,
    },
    /// Remove options of buildMetadata
    #[command(name = "buildmetadata")]
    BuildMetadata {
        #[arg(value_name = "OPTION,…")]
        options: String,
    },
    /// Remove generators of config maps
    #[command(name = "configmap")]
    ConfigMap {
        #[arg(value_name = "NAME,…")]
        names: String,
        /// Their namespace
        #[arg(long, default_value = "", hide_default_value = true)]
        namespace: String,
    },
    /// Remove generators of secrets
    Secret {
        #[arg(value_name = "NAME,…")]
        names: String,
        /// Their namespace
        #[arg(long, default_value = "", hide_default_value = true)]
        namespace: String,
    },
}

impl RemoveCommand {
    /// The same for the library.
    pub(super) fn into_request(self) -> Remove {
        match self {
            Self::Resource { paths } => Remove::Resource(paths),
            Self::Transformer { paths } => Remove::Transformer(paths),
            Self::Patch(patch) => Remove::Patch(patch.into_reference()),
            Self::Label { keys, ignore_non_existence } => {
                Remove::Label { keys: split(&keys), ignore_missing: ignore_non_existence }
            }
            Self::Annotation { keys, ignore_non_existence } => {
                Remove::Annotation { keys: split(&keys), ignore_missing: ignore_non_existence }
            }
            Self::BuildMetadata { options } => Remove::BuildMetadata(split(&options)),
            Self::ConfigMap { names, namespace } => Remove::ConfigMap { names: split(&names), namespace },
            Self::Secret { names, namespace } => Remove::Secret { names: split(&names), namespace },
        }
    }
}
