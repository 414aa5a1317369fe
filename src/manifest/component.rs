//! The manifest of a component, `hub-component.yaml`.
//!
//! In: a file. Out: [`ComponentManifest`], as written, with the places of what may be blamed later.
//! Refuses to know: stacks, environments, and whether its parameters get values.

use std::path::{Path, PathBuf};

use hub_cluster::IgnoreRule;
use hub_cluster::readiness::ReadinessRule;

use super::document::{Document, Reader};
use super::parameter::ParameterDeclaration;
use super::{
    HookDeclaration, Lifecycle, OutputDeclaration, RuleDeclaration, TemplateSet, hooks, lifecycle, outputs,
    parameters, readiness, rules, templates,
};
use crate::diagnostic::{Place, Problem, Problems};

/// The name of a component's manifest in its directory.
pub const COMPONENT_MANIFEST: &str = "hub-component.yaml";

/// A word in a manifest and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// The word.
    pub value: String,
    /// Where it stands.
    pub place: Place,
}

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentManifest {
    /// The directory that the manifest lies in.
    pub dir: PathBuf,
    /// `meta.name`; empty when not given, then the stack's name for it counts.
    pub name: String,
    /// `meta.kind`, else `meta.name`: components of one kind do not see one another's outputs.
    pub sort: Option<String>,
    /// `meta.brief` or `meta.title`.
    pub brief: Option<String>,
    /// `meta.version`.
    pub version: Option<String>,
    /// Capabilities it needs, such as `cert-manager`.
    pub requires: Vec<Located>,
    /// Capabilities whose providers go first where they take part in a run; unlike `requires`, nothing joins.
    pub after: Vec<Located>,
    /// Capabilities it brings.
    pub provides: Vec<Located>,
    /// API kinds it brings, as `Kind.group`; a cluster that serves them all counts as having what it provides.
    pub kinds: Vec<Located>,
    /// Flat, in the order written.
    pub parameters: Vec<ParameterDeclaration>,
    /// What must hold between parameters.
    pub rules: Vec<RuleDeclaration>,
    /// What it gives to others.
    pub outputs: Vec<OutputDeclaration>,
    /// Which files are templates, and of which engine.
    pub templates: Vec<TemplateSet>,
    /// Hooks beside the executable files of well-known names.
    pub hooks: Vec<HookDeclaration>,
    /// When objects of kinds are ready that `hub` does not know.
    pub readiness: Vec<ReadinessRule>,
    /// Fields of its objects that are left to whoever else sets them.
    pub ignore: Vec<IgnoreRule>,
    /// How it lives.
    pub lifecycle: Lifecycle,
    /// Keys that mean nothing here; a warning each.
    pub warnings: Vec<Problem>,
}

pub(super) const KEYS: [&str; 16] = [
    "version",
    "kind",
    "meta",
    "requires",
    "after",
    "provides",
    "kinds",
    "parameters",
    "rules",
    "outputs",
    "templates",
    "lifecycle",
    "hooks",
    "readiness",
    "drift",
    "components",
];

impl ComponentManifest {
    /// Reads the manifest in a component's directory.
    ///
    /// # Errors
    /// Everything wrong with the file, at once.
    pub fn load(dir: &Path, base: &Path) -> Result<Self, Problems> {
        let path = dir.join(COMPONENT_MANIFEST);
        Self::of_document(&Document::load(&path, base)?, dir)
    }

    /// Reads a manifest that stands in another file, as in an elaborate one.
    ///
    /// # Errors
    /// Everything wrong with it, at once.
    pub fn of_document(document: &Document, dir: &Path) -> Result<Self, Problems> {
        let mut reader = Reader::new(document);
        let manifest = read(&mut reader, dir);
        reader.problems.or(manifest)
    }

    /// Reads a manifest that is no file, for the component in `dir`.
    ///
    /// # Errors
    /// Everything wrong with it.
    pub fn of_text(text: &str, dir: &Path) -> Result<Self, Problems> {
        let document = Document::parse(COMPONENT_MANIFEST, text.to_owned())?;
        let mut reader = Reader::new(&document);
        let manifest = read(&mut reader, dir);
        reader.problems.or(manifest)
    }
}

fn read(reader: &mut Reader<'_>, dir: &Path) -> ComponentManifest {
    let root = reader.root();
    let mut warnings = Vec::new();
    if let Some(kind) = reader.text(&root, "kind")
        && kind != "component"
    {
        let place = reader.place_of(&root, "kind");
        reader.problems.push(
            Problem::new(
                "hub::manifest::kind",
                format!("a component's manifest has `kind: component`, not `{kind}`"),
            )
            .at(place),
        );
    }
    warnings.extend(reader.unknown_keys(&root, &KEYS, "a component's manifest"));
    let meta = reader.mapping(&root, "meta");
    let text = |reader: &mut Reader<'_>, key| meta.as_ref().and_then(|m| reader.text(m, key));
    ComponentManifest {
        dir: dir.to_path_buf(),
        sort: text(reader, "kind").or_else(|| text(reader, "name")),
        name: text(reader, "name").unwrap_or_default(),
        brief: text(reader, "brief").or_else(|| text(reader, "title")),
        version: text(reader, "version"),
        requires: reader.words(&root, "requires"),
        after: reader.words(&root, "after"),
        provides: reader.words(&root, "provides"),
        kinds: reader.words(&root, "kinds"),
        parameters: parameters::merged(parameters::read(reader, &root, &mut warnings), &mut warnings),
        rules: rules::read(reader, &root, &mut warnings),
        outputs: outputs::read(reader, &root, &mut warnings),
        templates: templates::read(reader, &root),
        hooks: hooks::read(reader, &root),
        readiness: readiness::read_readiness(reader, &root),
        ignore: readiness::read_ignore(reader, &root),
        lifecycle: lifecycle::read(reader, &root, &mut warnings),
        warnings,
    }
}
