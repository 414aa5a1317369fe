//! The manifest of a stack, `hub.yaml`.
//!
//! In: a file. Out: [`StackManifest`], as written. Refuses to know: what its components say of themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hub_cluster::KEPT_REVISIONS;

use super::component::Located;
use super::document::{Document, Node, Reader};
use super::{
    HookDeclaration, Lifecycle, OutputDeclaration, ParameterDeclaration, hooks, lifecycle, outputs,
    parameters,
};
use crate::diagnostic::{Place, Problem, Problems};

/// The name of a stack's manifest.
pub const STACK_MANIFEST: &str = "hub.yaml";

/// A stack: components, their parameters, and where it goes by default.
#[derive(Clone, Debug, PartialEq)]
pub struct StackManifest {
    /// The directory that the manifest lies in; all paths in it are relative to this.
    pub dir: PathBuf,
    /// `meta.name`, or the directory's name.
    pub name: String,
    /// In the order written.
    pub components: Vec<ComponentRef>,
    /// `meta.fromStack`: the stack that this one builds on, relative to the directory.
    pub from_stack: Option<Located>,
    /// Capabilities that the stack as a whole needs.
    pub requires: Vec<Located>,
    /// Capabilities that the platform brings, beside those of components.
    pub platform_provides: Vec<String>,
    /// The stack's own values for its components' parameters.
    pub parameters: Vec<ParameterDeclaration>,
    /// Further files of parameters, in the order in which they count; later ones win.
    pub includes: Vec<Located>,
    /// What the stack gives as a whole.
    pub outputs: Vec<OutputDeclaration>,
    /// How its components live together.
    pub lifecycle: Lifecycle,
    /// `environments.default`.
    pub default_environment: Option<String>,
    /// `state.namespace`: where records are kept in the cluster.
    pub state_namespace: String,
    /// `state.revisions`: how many revisions of each component are kept for a rollback.
    pub kept_revisions: usize,
    /// Keys that mean nothing here; a warning each.
    pub warnings: Vec<Problem>,
}

/// A stack's mention of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentRef {
    /// Unique in the stack.
    pub name: String,
    /// `source.dir`, relative to the stack's directory.
    pub source_dir: PathBuf,
    /// Where the component comes from when that directory is not there.
    pub source_git: Option<GitSource>,
    /// Components that go first.
    pub depends: Vec<Located>,
    /// The stack's hooks for it.
    pub hooks: Vec<HookDeclaration>,
    /// Where it is mentioned.
    pub place: Place,
}

/// A component in a git repository.
#[derive(Clone, Debug, PartialEq)]
pub struct GitSource {
    /// What `git fetch` takes.
    pub remote: String,
    /// A branch, a tag or a commit; empty means the branch that the repository shows first.
    pub reference: String,
    /// The component's directory in the repository.
    pub sub_dir: PathBuf,
    /// Where it is written.
    pub place: Place,
}

pub(super) const KEYS: [&str; 13] = [
    "version",
    "kind",
    "meta",
    "components",
    "requires",
    "provides",
    "platform",
    "lifecycle",
    "parameters",
    "outputs",
    "environments",
    "state",
    "extensions",
];

/// The namespace for records where a stack names none.
pub const DEFAULT_STATE_NAMESPACE: &str = "hub-system";

impl StackManifest {
    /// Reads a stack's manifest.
    ///
    /// # Errors
    /// Everything wrong with the file, at once.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::load_all(path, None).map(|(manifest, _)| manifest)
    }

    /// Reads a stack's manifest, or an elaborate file: that has the manifests of components too, by name.
    ///
    /// Directories of components are relative to `base`; `None` means the file's own directory.
    ///
    /// # Errors
    /// Everything wrong with the stack's own manifest, at once.
    pub fn load_all(
        path: &Path,
        base: Option<&Path>,
    ) -> Result<(Self, BTreeMap<String, Document>), Problems> {
        let own = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let dir = base.unwrap_or(own).to_path_buf();
        let mut documents = Document::load_all(path, own)?.into_iter();
        let Some(first) = documents.next() else { return Err(Problems::default()) };
        let mut reader = Reader::new(&first);
        let manifest = read(&mut reader, &dir);
        let manifest = reader.problems.or(manifest)?;
        let components = documents.filter_map(|document| {
            let root = Reader::new(&document).root();
            let is_component = root.get("kind")?.raw() == Some("component");
            let name = root.get("meta")?.get("name")?.raw()?.to_owned();
            is_component.then_some((name, document))
        });
        Ok((manifest, components.collect()))
    }
}

fn read(reader: &mut Reader<'_>, dir: &Path) -> StackManifest {
    let root = reader.root();
    check_kind(reader, &root);
    let mut warnings = reader.unknown_keys(&root, &KEYS, "a stack's manifest");
    let meta = reader.mapping(&root, "meta");
    let from_stack = meta.as_ref().and_then(|m| reader.words(m, "fromStack").into_iter().next());
    let name = meta.and_then(|m| reader.text(&m, "name")).unwrap_or_else(|| directory_name(dir));
    let components = reader.sequence(&root, "components");
    let components: Vec<ComponentRef> = components.iter().filter_map(|c| read_component(reader, c)).collect();
    report_duplicates(reader, &components);
    let platform = reader.mapping(&root, "platform");
    let environments = reader.mapping(&root, "environments");
    let state = reader.mapping(&root, "state");
    let extensions = reader.mapping(&root, "extensions");
    StackManifest {
        dir: dir.to_path_buf(),
        name,
        components,
        from_stack,
        requires: reader.words(&root, "requires"),
        platform_provides: platform
            .map(|p| reader.words(&p, "provides").into_iter().map(|w| w.value).collect())
            .unwrap_or_default(),
        parameters: parameters::of_stack(parameters::read(reader, &root, &mut warnings), &mut warnings),
        includes: extensions.map(|e| reader.words(&e, "include")).unwrap_or_default(),
        outputs: outputs::read(reader, &root, &mut warnings),
        lifecycle: lifecycle::read(reader, &root, &mut warnings),
        default_environment: environments.and_then(|e| reader.text(&e, "default")),
        kept_revisions: state.as_ref().map_or(KEPT_REVISIONS, |s| read_revisions(reader, s)),
        state_namespace: state
            .and_then(|s| reader.text(&s, "namespace"))
            .unwrap_or_else(|| DEFAULT_STATE_NAMESPACE.to_owned()),
        warnings,
    }
}

/// Source: hubctl's kinds; a file of another kind would be a stack without components.
fn check_kind(reader: &mut Reader<'_>, root: &Node) {
    let Some(kind) =
        reader.text(root, "kind").filter(|kind| !["stack", "application"].contains(&kind.as_str()))
    else {
        return;
    };
    let help = match kind.as_str() {
        "component" => "a component by itself is named by its directory: `hub deploy DIR`",
        "state" => "`hub state import FILE` takes over what hubctl knew",
        "environment" => "environments are named without their folder: `-e NAME`",
        _ => "name the stack's hub.yaml, or an elaborate file",
    };
    let place = reader.place_of(root, "kind");
    let message = format!("a stack's manifest has `kind: stack`, not `{kind}`");
    reader.problems.push(Problem::new("hub::manifest::kind", message).help(help).at(place));
}

fn read_revisions(reader: &mut Reader<'_>, state: &Node) -> usize {
    let Some(text) = reader.text(state, "revisions") else { return KEPT_REVISIONS };
    match text.parse() {
        Ok(number) if number > 0 => number,
        _ => {
            let place = reader.place_of(state, "revisions");
            reader.problems.push(
                Problem::new("hub::manifest::state", format!("`revisions: {text}` is no number from 1 up"))
                    .help("state: {namespace: hub-system, revisions: 10}")
                    .at(place),
            );
            KEPT_REVISIONS
        }
    }
}

fn directory_name(dir: &Path) -> String {
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    full.file_name().map_or_else(|| "stack".to_owned(), |n| n.to_string_lossy().into_owned())
}

fn read_component(reader: &mut Reader<'_>, node: &Node) -> Option<ComponentRef> {
    let place = reader.place(node);
    let Some(name) = reader.text(node, "name") else {
        reader.problems.push(
            Problem::new("hub::manifest::component", "a component needs a `name`")
                .help("components: [{name: kserve, source: {dir: components/kserve}}]")
                .at(place),
        );
        return None;
    };
    let source = reader.mapping(node, "source");
    let source_dir = source.as_ref().and_then(|s| reader.text(s, "dir"));
    let git = source.and_then(|s| reader.mapping(&s, "git"));
    Some(ComponentRef {
        source_dir: source_dir.map_or_else(|| Path::new("components").join(&name), PathBuf::from),
        source_git: git.and_then(|git| read_git(reader, &git)),
        depends: reader.words(node, "depends"),
        hooks: hooks::read(reader, node),
        name,
        place,
    })
}

/// Source: hubctl's `source.git`; `localDir` says where its own copies lie, ours lie in the cache.
fn read_git(reader: &mut Reader<'_>, git: &Node) -> Option<GitSource> {
    let place = reader.place(git);
    let Some(remote) = reader.text(git, "remote") else {
        reader.problems.push(
            Problem::new("hub::manifest::component", "`source.git` needs a `remote`")
                .help("git: {remote: https://…, ref: v1.0.0, subDir: kserve}")
                .at(place),
        );
        return None;
    };
    Some(GitSource {
        remote,
        reference: reader.text(git, "ref").unwrap_or_default(),
        sub_dir: reader.text(git, "subDir").map(PathBuf::from).unwrap_or_default(),
        place,
    })
}

fn report_duplicates(reader: &mut Reader<'_>, components: &[ComponentRef]) {
    for (i, component) in components.iter().enumerate() {
        if let Some(first) = components[..i].iter().find(|c| c.name == component.name) {
            reader.problems.push(
                Problem::new(
                    "hub::manifest::component",
                    format!("two components are called `{}`", component.name),
                )
                .help(format!("the first is at {}", first.place))
                .at(component.place.clone()),
            );
        }
    }
}
