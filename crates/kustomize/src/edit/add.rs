//! `edit add`: things that join what the file has.
//!
//! Source: `commands/edit/add`.

use hub_yaml::Node;

use super::{
    Changed, Edit, decode,
    error::{Error, Result},
    generators::{self, GeneratorChange, Kind},
    kustomization_file::KustomizationFile,
    metadata, resource_paths,
};

/// What is added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Add {
    /// Files or folders to `resources`.
    Resource {
        /// Paths, patterns of them, or addresses.
        paths: Vec<String>,
        /// Whether they have to exist; if not, patterns are taken as they are.
        verify: bool,
    },
    /// Folders to `components`: paths, patterns of them, or addresses.
    Component(Vec<String>),
    /// Folders to `resources`; all must exist, none be there yet.
    Base(Vec<String>),
    /// Files to `generators`: paths or patterns of them.
    Generator(Vec<String>),
    /// Files to `transformers`: paths or patterns of them.
    Transformer(Vec<String>),
    /// An entry to `patches`.
    Patch(PatchReference),
    /// Options to `buildMetadata`.
    BuildMetadata(Vec<String>),
    /// Labels to `commonLabels`, or to `labels`.
    Label {
        /// `key:value` each.
        pairs: Vec<String>,
        /// Whether labels that are there are overwritten.
        force: bool,
        /// Whether they go to `labels`, and so not into selectors.
        without_selector: bool,
        /// Whether they go into templates too; only without selectors.
        include_templates: bool,
    },
    /// Annotations to `commonAnnotations`.
    Annotation {
        /// `key:value` each.
        pairs: Vec<String>,
        /// Whether annotations that are there are overwritten.
        force: bool,
    },
    /// An entry to `configMapGenerator`, or sources to the one of the same name and namespace.
    ConfigMap(GeneratorChange),
    /// An entry to `secretGenerator`, or sources to the one of the same name and namespace.
    Secret {
        /// The generator.
        generator: GeneratorChange,
        /// The secret's type, for a new entry.
        secret_type: String,
    },
}

/// An entry of `patches`. What is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchReference {
    /// The file of the patch.
    pub path: String,
    /// The patch itself.
    pub patch: String,
    /// API group of the targets.
    pub group: String,
    /// API version of the targets.
    pub version: String,
    /// Kind of the targets.
    pub kind: String,
    /// Name of the targets.
    pub name: String,
    /// Namespace of the targets.
    pub namespace: String,
    /// Selects targets by annotations.
    pub annotation_selector: String,
    /// Selects targets by labels.
    pub label_selector: String,
}

impl PatchReference {
    pub(super) fn node(&self) -> Node {
        let record = |fields: &[(&'static str, &String)]| {
            let filled = fields.iter().filter(|(_, value)| !value.is_empty());
            decode::mapping(filled.map(|(name, value)| (*name, decode::text(value))).collect())
        };
        let mut node = record(&[("path", &self.path), ("patch", &self.patch)]);
        let target = record(&[
            ("group", &self.group),
            ("version", &self.version),
            ("kind", &self.kind),
            ("name", &self.name),
            ("namespace", &self.namespace),
            ("annotationSelector", &self.annotation_selector),
            ("labelSelector", &self.label_selector),
        ]);
        if !decode::is_empty(&target) {
            node.set("target", target);
        }
        node
    }

    /// A name for messages.
    pub(super) fn shown(&self) -> &str {
        if self.path.is_empty() { self.patch.lines().next().unwrap_or_default() } else { &self.path }
    }

    /// # Errors
    /// It has both a file and a text.
    pub(super) fn check(&self) -> Result<()> {
        if !self.path.is_empty() && !self.patch.is_empty() {
            return Err(Error::request("patch and path can't be set at the same time"));
        }
        Ok(())
    }
}

impl Add {
    pub(super) fn apply(&self, file: &mut KustomizationFile, edit: &mut Edit<'_>) -> Result<Changed> {
        match self {
            Add::Resource { paths, verify } => {
                some(paths, "a resource file")?;
                let paths =
                    if *verify { resource_paths::existing_or_remote(paths, edit)? } else { paths.clone() };
                Ok(add_paths(file, edit, "resources", "resource", &paths))
            }
            Add::Component(paths) => {
                some(paths, "a component file")?;
                let paths = resource_paths::existing_or_remote(paths, edit)?;
                Ok(add_paths(file, edit, "components", "component", &paths))
            }
            Add::Base(paths) => add_bases(file, edit, paths),
            Add::Generator(paths) => {
                some(paths, "a yaml file which contains a generator plugin resource")?;
                let paths = resource_paths::existing(paths, edit)?;
                Ok(add_paths(file, edit, "generators", "generator", &paths))
            }
            Add::Transformer(paths) => {
                some(paths, "a yaml file which contains a transformer plugin resource")?;
                let paths = resource_paths::existing(paths, edit)?;
                Ok(add_paths(file, edit, "transformers", "transformer", &paths))
            }
            Add::Patch(patch) => add_patch(file, edit, patch),
            Add::BuildMetadata(options) => add_build_metadata(file, options),
            Add::Label { pairs, force, without_selector, include_templates } => {
                if *include_templates && !without_selector {
                    let message = "--without-selector flag must be specified for --include-templates to work";
                    return Err(Error::request(message));
                }
                let pairs = metadata::pairs(pairs, "label")?;
                if *without_selector {
                    metadata::add_labels(file, &pairs, *include_templates, *force)?;
                } else {
                    metadata::add(file.pairs_mut("commonLabels"), &pairs, "label", *force)?;
                }
                Ok(Changed::Yes)
            }
            Add::Annotation { pairs, force } => {
                let pairs = metadata::pairs(pairs, "annotation")?;
                metadata::add(file.pairs_mut("commonAnnotations"), &pairs, "annotation", *force)?;
                Ok(Changed::Yes)
            }
            Add::ConfigMap(change) => generators::add(file, edit, Kind::ConfigMap, change, ""),
            Add::Secret { generator, secret_type } => {
                generators::add(file, edit, Kind::Secret, generator, secret_type)
            }
        }
    }
}

fn some(arguments: &[String], what: &str) -> Result<()> {
    if arguments.is_empty() {
        return Err(Error::request(format!("must specify {what}")));
    }
    Ok(())
}

fn add_paths(
    file: &mut KustomizationFile,
    edit: &mut Edit<'_>,
    field: &'static str,
    what: &str,
    paths: &[String],
) -> Changed {
    if paths.is_empty() {
        return Changed::No;
    }
    let takes_itself = matches!(field, "generators" | "transformers");
    for path in paths.iter().filter(|path| takes_itself || *path != edit.file) {
        if !file.add_text(field, path) {
            edit.remarks.push(format!("{what} {path} already in kustomization file"));
        }
    }
    Changed::Yes
}

fn add_bases(file: &mut KustomizationFile, edit: &Edit<'_>, paths: &[String]) -> Result<Changed> {
    some(paths, "a base directory")?;
    for path in paths {
        if !edit.folder.exists(path) {
            return Err(Error::NoMatch { pattern: path.clone() });
        }
        if !file.add_text("resources", path) {
            return Err(Error::Already { what: "base", name: path.clone(), hint: "" });
        }
    }
    Ok(Changed::Yes)
}

fn add_patch(file: &mut KustomizationFile, edit: &mut Edit<'_>, patch: &PatchReference) -> Result<Changed> {
    patch.check()?;
    if patch.path.is_empty() && patch.patch.is_empty() {
        return Err(Error::request("must provide either patch or path"));
    }
    let node = patch.node();
    if file.items("patches").contains(&node) {
        edit.remarks.push(format!("patch {} already in kustomization file", patch.shown()));
        return Ok(Changed::No);
    }
    file.items_mut("patches").push(node);
    Ok(Changed::Yes)
}

fn add_build_metadata(file: &mut KustomizationFile, options: &[String]) -> Result<Changed> {
    metadata::check_build_options(options)?;
    for option in options {
        if !file.add_text("buildMetadata", option) {
            return Err(Error::Already { what: "buildMetadata option", name: option.clone(), hint: "" });
        }
    }
    Ok(Changed::Yes)
}
