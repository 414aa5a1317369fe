//! `edit remove`: things that leave the file.
//!
//! Source: `commands/edit/remove`.

use hub_yaml::Node;

use super::{
    Changed, Edit, PatchReference,
    error::{Error, Result},
    generators::{self, Kind},
    kustomization_file::KustomizationFile,
    metadata, pattern,
};

/// What is removed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Remove {
    /// Entries of `resources` that match one of the patterns.
    Resource(Vec<String>),
    /// Entries of `transformers` that match one of the patterns.
    Transformer(Vec<String>),
    /// Entries of `patches` that are the same.
    Patch(PatchReference),
    /// Entries of `commonLabels`.
    Label {
        /// Their keys.
        keys: Vec<String>,
        /// Whether keys that are not there are passed over.
        ignore_missing: bool,
    },
    /// Entries of `commonAnnotations`.
    Annotation {
        /// Their keys.
        keys: Vec<String>,
        /// Whether keys that are not there are passed over.
        ignore_missing: bool,
    },
    /// Options of `buildMetadata`.
    BuildMetadata(Vec<String>),
    /// Entries of `configMapGenerator`.
    ConfigMap {
        /// Their names.
        names: Vec<String>,
        /// Their namespace; empty is the same as `default`.
        namespace: String,
    },
    /// Entries of `secretGenerator`.
    Secret {
        /// Their names.
        names: Vec<String>,
        /// Their namespace; empty is the same as `default`.
        namespace: String,
    },
}

impl Remove {
    pub(super) fn apply(&self, file: &mut KustomizationFile, edit: &mut Edit<'_>) -> Result<Changed> {
        match self {
            Remove::Resource(patterns) => remove_matching(file, "resources", patterns, "a resource file"),
            Remove::Transformer(patterns) => {
                remove_matching(file, "transformers", patterns, "a transformer file")
            }
            Remove::Patch(patch) => remove_patch(file, edit, patch),
            Remove::Label { keys, ignore_missing } => {
                remove_pairs(file, "commonLabels", "label", keys, *ignore_missing)
            }
            Remove::Annotation { keys, ignore_missing } => {
                remove_pairs(file, "commonAnnotations", "annotation", keys, *ignore_missing)
            }
            Remove::BuildMetadata(options) => {
                metadata::check_build_options(options)?;
                let is_asked = |node: &Node| options.iter().any(|option| node.text() == Some(option));
                file.items_mut("buildMetadata").retain(|node| !is_asked(node));
                Ok(Changed::Yes)
            }
            Remove::ConfigMap { names, namespace } => {
                remove_generators(file, edit, Kind::ConfigMap, names, namespace)
            }
            Remove::Secret { names, namespace } => {
                remove_generators(file, edit, Kind::Secret, names, namespace)
            }
        }
    }
}

fn remove_matching(
    file: &mut KustomizationFile,
    field: &'static str,
    patterns: &[String],
    what: &str,
) -> Result<Changed> {
    if patterns.is_empty() {
        return Err(Error::request(format!("must specify {what}")));
    }
    let mut found: Vec<String> = Vec::new();
    for pattern in patterns {
        for text in file.texts(field) {
            if pattern::matches(pattern, text)? {
                found.push(text.to_owned());
            }
        }
    }
    if found.is_empty() {
        return Ok(Changed::No);
    }
    let is_found = |node: &Node| found.iter().any(|text| node.text() == Some(text));
    file.items_mut(field).retain(|node| !is_found(node));
    Ok(Changed::Yes)
}

fn remove_patch(
    file: &mut KustomizationFile,
    edit: &mut Edit<'_>,
    patch: &PatchReference,
) -> Result<Changed> {
    patch.check()?;
    let node = patch.node();
    if !file.items("patches").contains(&node) {
        edit.remarks.push(format!("patch {} doesn't exist in kustomization file", patch.shown()));
        return Ok(Changed::No);
    }
    file.items_mut("patches").retain(|known| *known != node);
    Ok(Changed::Yes)
}

fn remove_pairs(
    file: &mut KustomizationFile,
    field: &'static str,
    what: &'static str,
    keys: &[String],
    ignore_missing: bool,
) -> Result<Changed> {
    if keys.is_empty() || keys.iter().any(String::is_empty) {
        return Err(Error::request(format!("must specify {what}s, none with an empty name")));
    }
    for key in keys {
        let is_there = file.has(field) && file.pairs_mut(field).remove(key).is_some();
        if !is_there && !ignore_missing {
            return Err(Error::NotThere { what, name: key.clone() });
        }
    }
    Ok(Changed::Yes)
}

fn remove_generators(
    file: &mut KustomizationFile,
    edit: &mut Edit<'_>,
    kind: Kind,
    names: &[String],
    namespace: &str,
) -> Result<Changed> {
    let is_there =
        |name: &String| file.items(kind.field()).iter().any(|g| generators::is_named(g, name, namespace));
    let (found, missing): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_there(name));
    if found.is_empty() {
        return Err(Error::NotThere { what: kind.name(), name: names.join(", ") });
    }
    for name in missing {
        edit.remarks.push(format!("{} {name} doesn't exist in kustomization file", kind.name()));
    }
    let is_found = |g: &Node| found.iter().any(|name| generators::is_named(g, name, namespace));
    file.items_mut(kind.field()).retain(|generator| !is_found(generator));
    Ok(Changed::Yes)
}
