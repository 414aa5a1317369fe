//! A stack: components and how they hang together.
//!
//! In: `hub.yaml` with the manifests of its components, or one component's directory. Out: [`Stack`], and from it a
//! [`Selection`] in order. Refuses to know: parameter values, environments, and the cluster (a question to it is asked
//! through [`Platform`]).

mod elaborate;
mod graph;
mod include;
mod lifecycle;
mod load;
mod reads;
mod select;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::diagnostic::{Place, Problem, Problems, did_you_mean};
use crate::manifest::{
    ComponentManifest, DEFAULT_STATE_NAMESPACE, GitSource, HookDeclaration, Lifecycle, Located,
    OutputDeclaration, ParameterDeclaration, STACK_MANIFEST,
};

pub use elaborate::Additions;
pub use load::{Loading, LocalSources, Sources};
pub use reads::Reads;
pub use select::{Addition, Platform, Request, Selection, Unprobed, backwards, dependents, select};

/// One component of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name in the stack.
    pub name: String,
    /// What it says of itself.
    pub manifest: ComponentManifest,
    /// Components that go first.
    pub depends: Vec<Located>,
    /// The stack's hooks for it.
    pub stack_hooks: Vec<HookDeclaration>,
    /// What it reads from other components' outputs.
    pub reads: Reads,
    /// Its directory, relative to the stack's, whether it is there or not.
    pub source_dir: PathBuf,
    /// The repository that it may come from.
    pub source_git: Option<GitSource>,
    /// Where the stack mentions it.
    pub place: Option<Place>,
}

impl Component {
    /// The names of the components that it depends on, in the order written.
    #[must_use]
    pub fn depends_on(&self) -> Vec<String> {
        self.depends.iter().map(|d| d.value.clone()).collect()
    }
}

/// Components and how they hang together.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The directory that paths are relative to.
    pub dir: PathBuf,
    /// Its name.
    pub name: String,
    /// By name, in the order written.
    pub components: IndexMap<String, Component>,
    /// Capabilities that it needs as a whole.
    pub requires: Vec<Located>,
    /// Capabilities that the platform brings.
    pub platform_provides: Vec<String>,
    /// The stack's own values for parameters, by file: `hub.yaml` first, the strongest last.
    pub parameters: Vec<Vec<ParameterDeclaration>>,
    /// What it gives as a whole.
    pub outputs: Vec<OutputDeclaration>,
    /// How its components live together.
    pub lifecycle: Lifecycle,
    /// The environment when none is named.
    pub default_environment: Option<String>,
    /// Where records are kept in the cluster.
    pub state_namespace: String,
    /// How many revisions of each component are kept for a rollback.
    pub kept_revisions: usize,
    /// Whether it was read from an elaborate file.
    pub is_elaborate: bool,
    /// What is odd in the manifests, but no error.
    pub warnings: Vec<Problem>,
}

impl Stack {
    /// A stack of one component, for a directory without a stack.
    ///
    /// # Errors
    /// Everything wrong with its manifest.
    pub fn of_component(dir: &Path) -> Result<Self, Problems> {
        let mut manifest = ComponentManifest::load(dir, dir)?;
        if manifest.name.is_empty() {
            let full = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
            manifest.name = full.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        }
        Ok(Self::of_manifest(dir, manifest))
    }

    fn of_manifest(dir: &Path, mut manifest: ComponentManifest) -> Self {
        let name = manifest.name.clone();
        let warnings = std::mem::take(&mut manifest.warnings);
        let component = Component {
            name: name.clone(),
            reads: Reads::of(&name, &manifest, &[]),
            manifest,
            depends: Vec::new(),
            stack_hooks: Vec::new(),
            source_dir: PathBuf::from("."),
            source_git: None,
            place: None,
        };
        Self {
            dir: dir.to_path_buf(),
            name: name.clone(),
            components: IndexMap::from_iter([(name, component)]),
            requires: Vec::new(),
            platform_provides: Vec::new(),
            parameters: Vec::new(),
            outputs: Vec::new(),
            lifecycle: Lifecycle::default(),
            default_environment: None,
            state_namespace: DEFAULT_STATE_NAMESPACE.to_owned(),
            kept_revisions: hub_cluster::KEPT_REVISIONS,
            is_elaborate: false,
            warnings,
        }
    }

    /// A stack of one component that is a kustomization only, without a manifest.
    ///
    /// # Errors
    /// The manifest that stands for it is wrong, which is a bug.
    pub fn of_directory(
        dir: &Path,
        name: &str,
        parameters: Vec<ParameterDeclaration>,
    ) -> Result<Self, Problems> {
        let mut manifest = ComponentManifest::of_text("kind: component", dir)?;
        name.clone_into(&mut manifest.name);
        manifest.parameters = parameters;
        Ok(Self::of_manifest(dir, manifest))
    }

    /// The component of a name.
    ///
    /// # Errors
    /// There is none; the message has the nearest names.
    pub fn component(&self, name: &str) -> Result<&Component, Problem> {
        self.components.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.components.keys().map(String::as_str).collect();
            let all = || format!("components of {}: {}", self.name, known.join(", "));
            Problem::new(
                "hub::stack::unknown_component",
                format!("there is no component `{name}` in {STACK_MANIFEST}"),
            )
            .help(did_you_mean(name, known.iter().copied()).unwrap_or_else(all))
        })
    }

    /// The components that provide a capability.
    pub fn providers<'a>(&'a self, capability: &'a str) -> impl Iterator<Item = &'a Component> {
        self.components.values().filter(move |c| c.manifest.provides.iter().any(|p| p.value == capability))
    }

    /// The component that brings an API kind, written as `Kind.group`.
    #[must_use]
    pub fn bringer_of(&self, kind: &str) -> Option<&Component> {
        self.components.values().find(|c| c.manifest.kinds.iter().any(|k| k.value == kind))
    }

    /// The names of all components, each after what it needs.
    #[must_use]
    pub fn order(&self) -> Vec<String> {
        let all: Vec<String> = self.components.keys().cloned().collect();
        // A stack with a circle is not loaded.
        graph::order(self, &all).unwrap_or(all)
    }

    /// Whether a component cannot do without another one; it may still come after it, where both take part.
    #[must_use]
    pub fn requires(&self, name: &str, other: &str) -> bool {
        graph::needs(self, name, &[other.to_owned()]).contains(other)
    }

    fn check_depends(&self, problems: &mut Problems) {
        for component in self.components.values() {
            for depend in &component.depends {
                if let Err(problem) = self.component(&depend.value) {
                    problems.push(problem.at(depend.place.clone()));
                }
            }
        }
        if let Err(problem) = graph::order(self, &self.components.keys().cloned().collect::<Vec<_>>()) {
            problems.push(problem);
        }
    }
}

#[cfg(test)]
mod tests;
