//! Named overlays of parameters and targets.
//!
//! In: a name and the folder of environments. Out: [`Environment`], with what it extends folded in.
//! Refuses to know: components, kubeconfigs.

use std::path::Path;

use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::manifest::{ClusterChoice, EnvironmentManifest, ParameterDeclaration};

/// The folder of environments beside `hub.yaml`.
pub const ENVIRONMENTS_DIR: &str = "environments";

/// One environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// A line for people.
    pub brief: Option<String>,
    /// Where it deploys to; `None` means the current kubeconfig context.
    pub cluster: Option<ClusterChoice>,
    /// Ask before changing anything.
    pub confirm: bool,
    /// Parameters, each environment's own, the one extended most first.
    pub layers: Vec<(String, Vec<ParameterDeclaration>)>,
    /// Keys that mean nothing; a warning each.
    pub warnings: Vec<Problem>,
}

impl Environment {
    /// Reads an environment and all that it extends.
    ///
    /// # Errors
    /// There is no such environment, one extends itself, or a file is wrong.
    pub fn load(name: &str, base: &Path) -> Result<Self, Problems> {
        let mut chain: Vec<EnvironmentManifest> = Vec::new();
        let mut next = Some((name.to_owned(), None));
        while let Some((name, place)) = next {
            if chain.iter().any(|e| e.name == name) {
                let mut names: Vec<&str> = chain.iter().map(|e| e.name.as_str()).collect();
                names.push(&name);
                let path = names.join(" → ");
                return Err(Problem::new(
                    "hub::environment::loop",
                    format!("an environment extends itself: {path}"),
                )
                .at(place)
                .into());
            }
            let manifest = load_one(&name, base).map_err(|mut problems| {
                for problem in problems.0.iter_mut().filter(|p| p.place.is_none()) {
                    problem.place.clone_from(&place);
                }
                problems
            })?;
            next = manifest.extends.clone().map(|(name, place)| (name, Some(place)));
            chain.push(manifest);
        }
        Ok(fold(chain))
    }

    /// The names of all environments, sorted; empty when there is no folder of them.
    #[must_use]
    pub fn names(base: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(base.join(ENVIRONMENTS_DIR)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
            .filter_map(|path| path.file_stem().map(|s| s.to_string_lossy().into_owned()))
            .collect();
        names.sort();
        names
    }
}

fn load_one(name: &str, base: &Path) -> Result<EnvironmentManifest, Problems> {
    let path = base.join(ENVIRONMENTS_DIR).join(format!("{name}.yaml"));
    if !path.is_file() {
        let names = Environment::names(base);
        let known =
            || format!("environments: {}", if names.is_empty() { "none".into() } else { names.join(", ") });
        let help = did_you_mean(name, names.iter().map(String::as_str)).unwrap_or_else(known);
        return Err(Problem::new("hub::environment::unknown", format!("there is no environment `{name}`"))
            .help(help)
            .into());
    }
    EnvironmentManifest::load(&path, base)
}

/// The first of the chain is the one asked for; what it says wins.
fn fold(chain: Vec<EnvironmentManifest>) -> Environment {
    let mut environment = Environment {
        name: chain.first().map(|e| e.name.clone()).unwrap_or_default(),
        brief: chain.first().and_then(|e| e.brief.clone()),
        cluster: chain.iter().find_map(|e| e.cluster.clone()),
        confirm: chain.iter().find_map(|e| e.confirm).unwrap_or(false),
        layers: Vec::new(),
        warnings: Vec::new(),
    };
    for manifest in chain.into_iter().rev() {
        environment.layers.push((manifest.name, manifest.parameters));
        environment.warnings.extend(manifest.warnings);
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(ENVIRONMENTS_DIR)).unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(ENVIRONMENTS_DIR).join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn an_environment_builds_on_another() {
        let dir = folder(&[
            ("staging.yaml", "kind: environment\ncluster: {context: s}\nparameters: [{name: a, value: 1}]\n"),
            (
                "production.yaml",
                "kind: environment\nextends: staging\nconfirm: true\ncluster: {context: p}\n",
            ),
        ]);
        let production = Environment::load("production", dir.path()).unwrap();
        assert!(production.confirm);
        let names: Vec<&str> = production.layers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["staging", "production"]);
        let Some(ClusterChoice::Kubeconfig { context, .. }) = production.cluster else { panic!() };
        assert_eq!(context.as_deref(), Some("p"));
    }

    #[test]
    fn unknown_and_circular_environments_are_errors() {
        let dir = folder(&[
            ("a.yaml", "extends: b\n"),
            ("b.yaml", "extends: a\n"),
            ("c.yaml", "cluster: {sandbx: true}\n"),
        ]);
        let circular = Environment::load("a", dir.path()).unwrap_err();
        assert_eq!(circular.0[0].message, "an environment extends itself: a → b → a");
        let unknown = Environment::load("x", dir.path()).unwrap_err();
        assert_eq!(unknown.0[0].help.as_deref(), Some("environments: a, b, c"));
        let misspelt = Environment::load("c", dir.path()).unwrap_err();
        assert_eq!(misspelt.0[0].help.as_deref(), Some("did you mean `sandbox`?"));
    }
}
