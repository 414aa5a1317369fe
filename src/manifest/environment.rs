//! The manifest of an environment, `environments/<name>.yaml`.
//!
//! In: a file. Out: [`EnvironmentManifest`], as written. Refuses to know: the environment it extends, kubeconfigs.

use std::path::{Path, PathBuf};

use super::document::{Document, Reader};
use super::{ParameterDeclaration, parameters};
use crate::diagnostic::{Place, Problem, Problems};

/// One environment as its file says it.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvironmentManifest {
    /// The file's name without its ending.
    pub name: String,
    /// A line for people.
    pub brief: Option<String>,
    /// The environment that this one builds on.
    pub extends: Option<(String, Place)>,
    /// Where it deploys to; `None` when the file does not say.
    pub cluster: Option<ClusterChoice>,
    /// Ask before changing anything; `None` when the file does not say.
    pub confirm: Option<bool>,
    /// Values for components' parameters.
    pub parameters: Vec<ParameterDeclaration>,
    /// Keys that mean nothing here; a warning each.
    pub warnings: Vec<Problem>,
}

/// Which cluster an environment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterChoice {
    /// The embedded API server.
    Sandbox,
    /// The cluster that this process runs in.
    InCluster,
    /// A kubeconfig's context; `None` means the usual file, the current context.
    Kubeconfig {
        /// The file, `~` not yet expanded.
        path: Option<PathBuf>,
        /// The context's name.
        context: Option<String>,
        /// The uid of the cluster's kube-system namespace, when the environment is bound to one cluster.
        uid: Option<String>,
    },
}

pub(super) const KEYS: [&str; 7] =
    ["version", "kind", "brief", "extends", "cluster", "confirm", "parameters"];
const CLUSTER_KEYS: [&str; 5] = ["context", "kubeconfig", "sandbox", "inCluster", "uid"];

impl EnvironmentManifest {
    /// Reads an environment's file.
    ///
    /// # Errors
    /// Everything wrong with the file, at once.
    pub fn load(path: &Path, base: &Path) -> Result<Self, Problems> {
        let document = Document::load(path, base)?;
        let mut reader = Reader::new(&document);
        let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let manifest = read(&mut reader, name);
        reader.problems.or(manifest)
    }
}

fn read(reader: &mut Reader<'_>, name: String) -> EnvironmentManifest {
    let root = reader.root();
    if let Some(kind) = reader.text(&root, "kind").filter(|k| k != "environment") {
        let place = reader.place_of(&root, "kind");
        reader.problems.push(
            Problem::new(
                "hub::manifest::kind",
                format!("an environment has `kind: environment`, not `{kind}`"),
            )
            .at(place),
        );
    }
    let mut warnings = reader.unknown_keys(&root, &KEYS, "an environment");
    let extends = reader.text(&root, "extends").zip(reader.place_of(&root, "extends"));
    EnvironmentManifest {
        name,
        brief: reader.text(&root, "brief"),
        extends,
        cluster: read_cluster(reader),
        confirm: reader.boolean(&root, "confirm"),
        parameters: parameters::read(reader, &root, &mut warnings),
        warnings,
    }
}

fn read_cluster(reader: &mut Reader<'_>) -> Option<ClusterChoice> {
    let root = reader.root();
    let node = reader.mapping(&root, "cluster")?;
    let place = reader.place(&node);
    for unknown in reader.unknown_keys(&node, &CLUSTER_KEYS, "`cluster`") {
        // A misspelt key here would send a deployment to the wrong cluster: an error, not a warning.
        reader.problems.push(unknown);
    }
    let sandbox = reader.boolean(&node, "sandbox").unwrap_or(false);
    let in_cluster = reader.boolean(&node, "inCluster").unwrap_or(false);
    let path = reader.text(&node, "kubeconfig").map(PathBuf::from);
    let context = reader.text(&node, "context");
    let uid = reader.text(&node, "uid");
    let named =
        usize::from(sandbox) + usize::from(in_cluster) + usize::from(path.is_some() || context.is_some());
    if named > 1 {
        reader.problems.push(
            Problem::new("hub::environment::cluster", "an environment names one cluster")
                .help("keep one of `sandbox`, `inCluster`, or `context` with `kubeconfig`")
                .at(place),
        );
    }
    Some(match (sandbox, in_cluster) {
        (true, _) => ClusterChoice::Sandbox,
        (_, true) => ClusterChoice::InCluster,
        _ => ClusterChoice::Kubeconfig { path, context, uid },
    })
}
