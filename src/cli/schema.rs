//! `hub schema`: JSON Schemas of manifests, for editors.

use clap::{Args, ValueEnum};

use super::exit::Exit;
use crate::manifest::{ManifestKind, schema as schema_of};
use crate::ui;

/// Which manifest.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  hub schema component > hub-component.schema.json
  # first line of hub-component.yaml, for editors with yaml-language-server:
  # yaml-language-server: $schema=hub-component.schema.json")]
pub(super) struct SchemaArguments {
    /// The kind of manifest
    #[arg(value_name = "KIND", default_value = "component")]
    kind: Kind,
}

/// The values of `KIND`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// hub-component.yaml
    Component,
    /// hub.yaml
    Stack,
    /// environments/NAME.yaml
    Environment,
}

/// Runs `hub schema`.
pub(super) fn schema(arguments: &SchemaArguments) -> Exit {
    let kind = match arguments.kind {
        Kind::Component => ManifestKind::Component,
        Kind::Stack => ManifestKind::Stack,
        Kind::Environment => ManifestKind::Environment,
    };
    match schema_of(kind) {
        Ok(schema) => {
            ui::json(&schema);
            Exit::Done
        }
        Err(error) => {
            ui::note(&format!("the schemas of this program cannot be read: {error}"));
            Exit::Failed
        }
    }
}
