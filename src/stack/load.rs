//! Reading a stack: its manifest, what that includes and builds on, and the manifests of all its components.
//!
//! In: a file, plain, elaborate, or packed. Out: [`Stack`]. Refuses to know: how repositories are copied ([`Sources`]
//! does) and what parameters mean.

use std::collections::BTreeMap;
use std::path::{Component as Step, Path, PathBuf};

use indexmap::IndexMap;

use super::include::Included;
use super::{Component, Reads, Stack};
use crate::diagnostic::{Problem, Problems, shown};
use crate::manifest::document::Document;
use crate::manifest::{
    COMPONENT_MANIFEST, ComponentManifest, ComponentRef, GitSource, Lifecycle, Located, STACK_MANIFEST,
    StackManifest,
};

/// Gets the git repositories that components come from.
pub trait Sources {
    /// The folder with a repository's files; nobody changes it.
    ///
    /// # Errors
    /// As a phrase: why there is none.
    fn repository(&self, git: &GitSource) -> Result<PathBuf, String>;
}

/// No repositories, only folders.
#[derive(Clone, Copy, Debug)]
pub struct LocalSources;

impl Sources for LocalSources {
    fn repository(&self, _: &GitSource) -> Result<PathBuf, String> {
        Err("repositories are not fetched here".to_owned())
    }
}

/// How a stack is read.
pub struct Loading<'a> {
    /// What directories of components are relative to; `None` means the manifest's own directory.
    pub base: Option<&'a Path>,
    /// Gets repositories.
    pub sources: &'a dyn Sources,
}

impl Stack {
    /// Reads a stack's manifest and those of all its components, which lie in folders.
    ///
    /// # Errors
    /// Everything wrong with any of these files, at once.
    pub fn load(file: &Path) -> Result<Self, Problems> {
        Self::load_as(file, &Loading { base: None, sources: &LocalSources })
    }

    /// Reads a stack's manifest, or an elaborate file, and what belongs to it.
    ///
    /// # Errors
    /// Everything wrong with any of these files, at once.
    pub fn load_as(file: &Path, loading: &Loading<'_>) -> Result<Self, Problems> {
        let mut stack = read(file, loading, &mut Vec::new())?;
        for (name, component) in &mut stack.components {
            component.reads = Reads::of(name, &component.manifest, &stack.parameters);
        }
        let mut problems = Problems::default();
        stack.check_depends(&mut problems);
        stack.check_lifecycle(&mut problems);
        problems.or(stack)
    }
}

fn read(file: &Path, loading: &Loading<'_>, children: &mut Vec<PathBuf>) -> Result<Stack, Problems> {
    let (manifest, documents) = StackManifest::load_all(file, loading.base)?;
    let mut problems = Problems::default();
    let mut included = Included::default();
    let beside = file.parent().unwrap_or(Path::new("."));
    included.add_all(&manifest.includes, beside, &manifest.dir, &mut problems);
    let mut warnings = manifest.warnings;
    warnings.append(&mut included.warnings);
    let mut parameters = vec![manifest.parameters];
    parameters.append(&mut included.parameters);
    let mut outputs = manifest.outputs;
    outputs.append(&mut included.outputs);
    let mut components = IndexMap::new();
    for reference in manifest.components {
        match component(&reference, &manifest.dir, &documents, loading.sources) {
            Ok(mut component) => {
                warnings.append(&mut component.manifest.warnings);
                components.insert(reference.name, component);
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    let stack = problems.or(Stack {
        dir: manifest.dir,
        name: manifest.name,
        components,
        requires: manifest.requires,
        platform_provides: manifest.platform_provides,
        parameters,
        outputs,
        lifecycle: manifest.lifecycle,
        default_environment: manifest.default_environment,
        state_namespace: manifest.state_namespace,
        kept_revisions: manifest.kept_revisions,
        is_elaborate: !documents.is_empty(),
        warnings,
    })?;
    match manifest.from_stack {
        None => Ok(stack),
        Some(parent) => {
            children.push(identity(file));
            Ok(built_on(stack, parent_of(&parent, file, loading, children)?))
        }
    }
}

fn identity(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_path_buf())
}

fn component(
    reference: &ComponentRef,
    base: &Path,
    documents: &BTreeMap<String, Document>,
    sources: &dyn Sources,
) -> Result<Component, Problems> {
    let document = documents.get(&reference.name);
    let dir = locate(reference, base, document.is_some(), sources)?;
    let manifest = match document {
        Some(document) => ComponentManifest::of_document(document, &dir)?,
        None => ComponentManifest::load(&dir, base)?,
    };
    Ok(Component {
        name: reference.name.clone(),
        manifest,
        depends: reference.depends.clone(),
        stack_hooks: reference.hooks.clone(),
        reads: Reads::default(),
        source_dir: reference.source_dir.clone(),
        source_git: reference.source_git.clone(),
        place: Some(reference.place.clone()),
    })
}

/// The directory of a component: that which the stack names, else that in its repository.
fn locate(
    reference: &ComponentRef,
    base: &Path,
    has_manifest: bool,
    sources: &dyn Sources,
) -> Result<PathBuf, Problem> {
    let is_there =
        |dir: &Path| if has_manifest { dir.is_dir() } else { dir.join(COMPONENT_MANIFEST).is_file() };
    let dir = base.join(&reference.source_dir);
    if is_there(&dir) {
        return Ok(dir);
    }
    let Some(git) = &reference.source_git else {
        return Err(Problem::new(
            "hub::stack::source",
            format!("there is no component in {}", shown(&dir, base)),
        )
        .help(format!("`source.dir` is the directory of {COMPONENT_MANIFEST}, relative to hub.yaml"))
        .at(reference.place.clone()));
    };
    let failed = |why: String| {
        let message =
            format!("{} has no source: {} is not there, and {why}", reference.name, shown(&dir, base));
        Problem::new("hub::stack::source", message).at(git.place.clone())
    };
    if git.sub_dir.components().any(|step| !matches!(step, Step::Normal(_) | Step::CurDir)) {
        return Err(failed("`subDir` must lie in the repository".to_owned()));
    }
    let root = sources.repository(git).map_err(&failed)?;
    let dir = root.join(&git.sub_dir);
    if is_there(&dir) {
        return Ok(dir);
    }
    let place = if git.reference.is_empty() { String::new() } else { format!(" at {}", git.reference) };
    Err(failed(format!("{}{place} has no component in `{}`", git.remote, git.sub_dir.display())))
}

/// Reads the stack that another one builds on.
///
/// Source: hubctl's `compose/elaborate.go`: its `params.yaml` counts without being named.
fn parent_of(
    parent: &Located,
    child: &Path,
    loading: &Loading<'_>,
    children: &mut Vec<PathBuf>,
) -> Result<Stack, Problems> {
    let named = child.parent().unwrap_or(Path::new(".")).join(&parent.value);
    let file = if named.is_dir() { named.join(STACK_MANIFEST) } else { named };
    let wrong = |message: String| {
        Problem::new("hub::stack::from_stack", message)
            .help("`meta: {fromStack: …}` is a stack's manifest or its directory, relative to this file")
            .at(parent.place.clone())
    };
    if !file.is_file() {
        return Err(wrong(format!("there is no stack {}", file.display())).into());
    }
    if children.contains(&identity(&file)) {
        return Err(wrong(format!("{} builds on itself", file.display())).into());
    }
    let mut stack = read(&file, &Loading { base: None, sources: loading.sources }, children)?;
    let values = file.with_file_name("params.yaml");
    if values.is_file() {
        let mut included = Included::default();
        let mut problems = Problems::default();
        let place = parent.place.clone();
        included.add_all(
            &[Located { value: "params.yaml".into(), place }],
            &stack.dir,
            &stack.dir,
            &mut problems,
        );
        problems.or(())?;
        stack.parameters.append(&mut included.parameters);
        stack.outputs.append(&mut included.outputs);
    }
    Ok(stack)
}

/// What a stack becomes that builds on another: its own components replace those of the same name, and what it says
/// counts for more.
fn built_on(child: Stack, mut parent: Stack) -> Stack {
    let inherited = std::mem::take(&mut parent.outputs).into_iter();
    let lifecycle = std::mem::take(&mut parent.lifecycle);
    for component in parent.components.values_mut() {
        component.source_dir = relative_to(&child.dir, &component.manifest.dir);
    }
    let mut merged = Stack { outputs: child.outputs, ..parent };
    let known: Vec<String> = merged.outputs.iter().map(|o| o.name.clone()).collect();
    merged.outputs.extend(inherited.filter(|o| !known.contains(&o.name)));
    merged.lifecycle = merged_lifecycle(child.lifecycle, lifecycle, child.components.keys());
    for (name, component) in child.components {
        merged.components.insert(name, component);
    }
    merged.parameters.extend(child.parameters);
    merged.warnings.extend(child.warnings);
    merged.requires.extend(child.requires);
    merged.platform_provides.extend(child.platform_provides);
    Stack {
        dir: child.dir,
        name: child.name,
        default_environment: child.default_environment.or(merged.default_environment),
        state_namespace: child.state_namespace,
        kept_revisions: child.kept_revisions,
        ..merged
    }
}

/// A path as seen from a directory.
fn relative_to(base: &Path, path: &Path) -> PathBuf {
    let (base, path) = (identity(base), identity(path));
    let common = base.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().skip(common).map(|_| Step::ParentDir);
    up.chain(path.components().skip(common)).collect()
}

fn merged_lifecycle<'a>(
    child: Lifecycle,
    parent: Lifecycle,
    components: impl Iterator<Item = &'a String>,
) -> Lifecycle {
    let or = |own: Vec<Located>, inherited: Vec<Located>| if own.is_empty() { inherited } else { own };
    let mut order = child.order;
    if order.is_empty() && !parent.order.is_empty() {
        // New components come after all that they build on.
        let place = parent.order[0].place.clone();
        let new = components.filter(|name| parent.order.iter().all(|n| n.value != **name));
        let new: Vec<Located> = new.map(|n| Located { value: n.clone(), place: place.clone() }).collect();
        order = parent.order;
        order.extend(new);
    }
    Lifecycle {
        order,
        mandatory: or(child.mandatory, parent.mandatory),
        optional: or(child.optional, parent.optional),
        optional_requires: or(child.optional_requires, parent.optional_requires),
        verbs: if child.verbs.is_empty() { parent.verbs } else { child.verbs },
        ready_conditions: parent.ready_conditions.into_iter().chain(child.ready_conditions).collect(),
        ..child
    }
}
