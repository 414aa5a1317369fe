//! `hub kustomize edit set`.

use clap::{Args, Subcommand};
use hub_kustomize::edit::{GeneratorValues, Set};

use super::split;

/// What is set.
#[derive(Subcommand, Clone, Debug)]
pub(in crate::cli) enum SetCommand {
    /// Set the namespace of all resources
    Namespace {
        #[arg(value_name = "NAMESPACE")]
        value: String,
    },
    /// Set what names begin with
    #[command(name = "nameprefix")]
    NamePrefix {
        #[arg(value_name = "PREFIX")]
        value: String,
    },
    /// Set what names end with
    #[command(
        name = "namesuffix",
        after_long_help = "Example:
  hub kustomize edit set namesuffix -- -acme"
    )]
    NameSuffix {
        #[arg(value_name = "SUFFIX")]
        value: String,
    },
    /// Set names, tags and digests of images
    #[command(after_long_help = "Examples:
  hub kustomize edit set image postgres=eu.gcr.io/my-project/postgres:latest
  hub kustomize edit set image node:8.15.0 mysql=mariadb alpine@sha256:24a0…
A * in place of a name, tag or digest keeps what the file has.")]
    Image {
        #[arg(value_name = "IMAGE[=NEW][:TAG][@DIGEST]", required = true)]
        images: Vec<String>,
    },
    /// Set numbers of replicas
    Replicas {
        #[arg(value_name = "NAME=COUNT", required = true)]
        replicas: Vec<String>,
    },
    /// Set labels
    Label {
        #[arg(value_name = "KEY:VALUE", required = true)]
        pairs: Vec<String>,
    },
    /// Set annotations
    Annotation {
        #[arg(value_name = "KEY:VALUE", required = true)]
        pairs: Vec<String>,
    },
    /// Set the options of buildMetadata
    #[command(name = "buildmetadata")]
    BuildMetadata {
        #[arg(value_name = "OPTION,…")]
        options: String,
    },
    /// Set values of a generated config map
    #[command(name = "configmap")]
    ConfigMap(ValueArguments),
    /// Set values of a generated secret
    Secret(ValueArguments),
}

/// A generator and its new values.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ValueArguments {
    /// Its name
    name: String,
    /// A new value for a key that it has
    #[arg(long, value_name = "KEY=VALUE")]
    from_literal: Vec<String>,
    /// Its namespace
    #[arg(long, default_value = "", hide_default_value = true)]
    namespace: String,
    /// The namespace that it gets
    #[arg(long, default_value = "", hide_default_value = true)]
    new_namespace: String,
}

impl ValueArguments {
    fn into_values(self) -> GeneratorValues {
        GeneratorValues {
            name: self.name,
            namespace: self.namespace,
            literals: self.from_literal,
            new_namespace: self.new_namespace,
        }
    }
}

impl SetCommand {
    /// The same for the library.
    pub(super) fn into_request(self) -> Set {
        match self {
            Self::Namespace { value } => Set::Namespace(value),
            Self::NamePrefix { value } => Set::NamePrefix(value),
            Self::NameSuffix { value } => Set::NameSuffix(value),
            Self::Image { images } => Set::Image(images),
            Self::Replicas { replicas } => Set::Replicas(replicas),
            Self::Label { pairs } => Set::Label(pairs),
            Self::Annotation { pairs } => Set::Annotation(pairs),
            Self::BuildMetadata { options } => Set::BuildMetadata(split(&options)),
            Self::ConfigMap(values) => Set::ConfigMap(values.into_values()),
            Self::Secret(values) => Set::Secret(values.into_values()),
        }
    }
}
