//! `hub kustomize edit add`.

use clap::{Args, Subcommand};
use hub_kustomize::edit::{Add, GeneratorChange};

use super::{PatchArguments, split};

/// What is added.
#[derive(Subcommand, Clone, Debug)]
pub(in crate::cli) enum AddCommand {
    /// Add resources: files, directories, patterns of them, or addresses
    Resource {
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
        /// Add them even if they are not there, and patterns as they are
        #[arg(long)]
        no_verify: bool,
    },
    /// Add components: directories, patterns of them, or addresses
    Component {
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Add directories to the resources; fails if one is there already
    Base {
        #[arg(value_name = "PATH,…")]
        paths: String,
    },
    /// Add a patch
    #[command(after_long_help = "Example:
  hub kustomize edit add patch --path serverless/config.yaml --kind ConfigMap")]
    Patch(PatchArguments),
    /// Add files of generators
    Generator {
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Add files of transformers
    Transformer {
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Add options to buildMetadata: originAnnotations, transformerAnnotations, managedByLabel
    #[command(name = "buildmetadata")]
    BuildMetadata {
        #[arg(value_name = "OPTION,…")]
        options: String,
    },
    /// Add labels
    Label {
        #[arg(value_name = "KEY:VALUE", required = true)]
        pairs: Vec<String>,
        /// Overwrite labels that are there
        #[arg(long, short)]
        force: bool,
        /// Leave selectors alone
        #[arg(long)]
        without_selector: bool,
        /// Label templates of pods and the like too; with --without-selector
        #[arg(long)]
        include_templates: bool,
    },
    /// Add annotations
    Annotation {
        #[arg(value_name = "KEY:VALUE", required = true)]
        pairs: Vec<String>,
        /// Overwrite annotations that are there
        #[arg(long, short)]
        force: bool,
    },
    /// Add a generator of a config map, or values to one
    #[command(name = "configmap")]
    ConfigMap {
        #[command(flatten)]
        generator: GeneratorArguments,
        /// create, merge or replace
        #[arg(long, default_value = "", hide_default_value = true)]
        behavior: String,
    },
    /// Add a generator of a secret, or values to one
    Secret {
        #[command(flatten)]
        generator: GeneratorArguments,
        /// The secret's type
        #[arg(long = "type", value_name = "TYPE", default_value = "Opaque")]
        secret_type: String,
    },
}

/// A generator and what it gets.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct GeneratorArguments {
    /// Its name
    name: String,
    /// A file, whose name is the key unless one is given
    #[arg(long, value_name = "[KEY=]PATH", value_delimiter = ',')]
    from_file: Vec<String>,
    /// A value
    #[arg(long, value_name = "KEY=VALUE")]
    from_literal: Vec<String>,
    /// A file of KEY=VALUE lines
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    from_env_file: String,
    /// Its namespace
    #[arg(long, default_value = "", hide_default_value = true)]
    namespace: String,
    /// Give names no hash
    #[arg(long = "disableNameSuffixHash")]
    disable_name_suffix_hash: bool,
}

impl GeneratorArguments {
    fn into_change(self, behavior: String) -> GeneratorChange {
        GeneratorChange {
            name: self.name,
            namespace: self.namespace,
            files: self.from_file,
            literals: self.from_literal,
            env_file: self.from_env_file,
            behavior,
            disable_name_suffix_hash: self.disable_name_suffix_hash,
        }
    }
}

impl AddCommand {
    /// The same for the library.
    pub(super) fn into_request(self) -> Add {
        match self {
            Self::Resource { paths, no_verify } => Add::Resource { paths, verify: !no_verify },
            Self::Component { paths } => Add::Component(paths),
            Self::Base { paths } => Add::Base(split(&paths)),
            Self::Patch(patch) => Add::Patch(patch.into_reference()),
            Self::Generator { paths } => Add::Generator(paths),
            Self::Transformer { paths } => Add::Transformer(paths),
            Self::BuildMetadata { options } => Add::BuildMetadata(split(&options)),
            Self::Label { pairs, force, without_selector, include_templates } => {
                Add::Label { pairs, force, without_selector, include_templates }
            }
            Self::Annotation { pairs, force } => Add::Annotation { pairs, force },
            Self::ConfigMap { generator, behavior } => Add::ConfigMap(generator.into_change(behavior)),
            Self::Secret { generator, secret_type } => {
                Add::Secret { generator: generator.into_change(String::new()), secret_type }
            }
        }
    }
}
