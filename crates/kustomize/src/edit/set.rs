//! `edit set`: values that replace what the file has.
//!
//! Source: `commands/edit/set`.

use std::collections::BTreeMap;

use hub_yaml::Node;
use regex::Regex;

use super::{
    Changed, Edit, decode,
    error::{Error, Result},
    generators::{self, GeneratorValues, Kind},
    image,
    kustomization_file::KustomizationFile,
    metadata,
};

/// What is set.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Set {
    /// `namespace`; empty takes it away.
    Namespace(String),
    /// `namePrefix`; empty takes it away.
    NamePrefix(String),
    /// `nameSuffix`; empty takes it away.
    NameSuffix(String),
    /// Entries of `images`: `name=new:tag@digest` and shorter forms each; `*` keeps what is there.
    Image(Vec<String>),
    /// Entries of `replicas`: `name=count` each.
    Replicas(Vec<String>),
    /// Entries of `commonLabels`: `key:value` each.
    Label(Vec<String>),
    /// Entries of `commonAnnotations`: `key:value` each.
    Annotation(Vec<String>),
    /// All of `buildMetadata`.
    BuildMetadata(Vec<String>),
    /// Values of a config map that the file generates.
    ConfigMap(GeneratorValues),
    /// Values of a secret that the file generates.
    Secret(GeneratorValues),
}

impl Set {
    pub(super) fn apply(&self, file: &mut KustomizationFile, edit: &mut Edit<'_>) -> Result<Changed> {
        match self {
            Set::Namespace(value) => file.set_text("namespace", value),
            Set::NamePrefix(value) => file.set_text("namePrefix", value),
            Set::NameSuffix(value) => file.set_text("nameSuffix", value),
            Set::Image(arguments) => image::set(file, arguments)?,
            Set::Replicas(arguments) => set_replicas(file, arguments)?,
            Set::Label(pairs) => {
                let pairs = metadata::pairs(pairs, "label")?;
                metadata::add(file.pairs_mut("commonLabels"), &pairs, "label", true)?;
            }
            Set::Annotation(pairs) => {
                let pairs = metadata::pairs(pairs, "annotation")?;
                if let Some((key, _)) = pairs.iter().find(|(key, _)| !is_annotation_key(key)) {
                    return Err(Error::request(format!(
                        "invalid annotation key '{key}': it is [prefix/]name of letters, digits, '-', '_' and '.'"
                    )));
                }
                metadata::add(file.pairs_mut("commonAnnotations"), &pairs, "annotation", true)?;
            }
            Set::BuildMetadata(options) => {
                metadata::check_build_options(options)?;
                let options = options.iter().map(|option| decode::text(option)).collect();
                *file.items_mut("buildMetadata") = options;
            }
            Set::ConfigMap(values) => generators::set(file, edit, Kind::ConfigMap, values)?,
            Set::Secret(values) => generators::set(file, edit, Kind::Secret, values)?,
        }
        Ok(Changed::Yes)
    }
}

/// Source: `commands/edit/set/setannotation.go`, IsValidKey.
fn is_annotation_key(key: &str) -> bool {
    let prefix = "([a-zA-Z](([-a-zA-Z0-9.]{0,251})[a-zA-Z0-9])?/)?";
    let name = "[a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?";
    Regex::new(&format!("^{prefix}{name}$")).expect("the pattern is well formed").is_match(key)
}

fn set_replicas(file: &mut KustomizationFile, arguments: &[String]) -> Result<()> {
    if arguments.is_empty() {
        return Err(Error::request("no replicas specified"));
    }
    let mut counts: BTreeMap<String, Node> = BTreeMap::new();
    for argument in arguments {
        let parsed = argument.split_once('=').and_then(|(name, count)| Some((name, parse_count(count)?)));
        let Some((name, count)) = parsed else {
            let message =
                format!("invalid format of replica '{argument}', use the following format: <name>=<count>");
            return Err(Error::request(message));
        };
        let mut entry = Node::mapping();
        if !name.is_empty() {
            entry.set("name", decode::text(name));
        }
        entry.set("count", decode::integer(count));
        counts.insert(name.to_owned(), entry);
    }
    for entry in file.items("replicas") {
        let name = entry.get("name").and_then(Node::text).unwrap_or_default();
        counts.entry(name.to_owned()).or_insert_with(|| entry.clone());
    }
    *file.items_mut("replicas") = counts.into_values().collect();
    Ok(())
}

fn parse_count(text: &str) -> Option<i64> {
    text.parse().ok()
}
