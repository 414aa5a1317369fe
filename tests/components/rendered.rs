//! A component of this repository, rendered by the program as a user would, and its objects to ask questions of.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::{Ran, Stack};

/// A copy of the repository's stack that components are rendered from.
pub(crate) struct Repository(Stack);

/// The objects of a component, in the order of the build.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Objects(pub(crate) Vec<Value>);

impl Repository {
    /// A fresh copy.
    pub(crate) fn new() -> Self {
        Self(Stack::of_repository())
    }

    /// The stack itself, to write files into or to run other commands on.
    pub(crate) fn stack(&self) -> &Stack {
        &self.0
    }

    /// The objects of a component in the default environment, with these values as `NAME=VALUE`.
    #[track_caller]
    pub(crate) fn render(&self, component: &str, parameters: &[&str]) -> Objects {
        self.render_in("local", component, parameters)
    }

    /// The objects of a component in an environment.
    #[track_caller]
    pub(crate) fn render_in(&self, environment: &str, component: &str, parameters: &[&str]) -> Objects {
        let ran = self.run(environment, component, parameters);
        assert_eq!(ran.code, 0, "{component} with {parameters:?}\n{}", ran.stderr);
        Objects(ran.events())
    }

    /// Rendering is refused with a usage error that says all of this.
    #[track_caller]
    pub(crate) fn refuses(&self, component: &str, parameters: &[&str], said: &[&str]) {
        let ran = self.run("local", component, parameters);
        ran.ends(2, said);
        assert_eq!(ran.stdout, "", "{component} with {parameters:?} was rendered");
    }

    fn run(&self, environment: &str, component: &str, parameters: &[&str]) -> Ran {
        let mut arguments =
            vec!["render", component, "--offline", "--show-secrets", "-e", environment, "-o", "json"];
        arguments.extend(parameters.iter().flat_map(|parameter| ["-p", parameter]));
        self.0.hub(&arguments)
    }
}

impl Objects {
    /// What kustomize itself builds of the upstream manifests under this name (`model-registry/overlays/db`), recorded
    /// beside the checkout. `None`, with a line said, where the records are not there.
    pub(crate) fn upstream(name: &str) -> Option<Self> {
        let file = format!("../shared/corpus/real-open/expected/{}.yaml", name.replace('/', "__"));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped: the recorded upstream manifests are not beside this checkout ({name})");
            return None;
        };
        let documents = text.split("\n---\n").map(|document| serde_yaml::from_str(document).unwrap());
        Some(Self(documents.collect()))
    }

    /// `Kind name` of each, in the order of the alphabet.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.0.iter().map(id).collect()
    }

    /// Whether `Kind name` is among them.
    pub(crate) fn has(&self, wanted: &str) -> bool {
        self.0.iter().any(|object| id(object) == wanted)
    }

    /// The object called `Kind name`.
    #[track_caller]
    pub(crate) fn get(&self, wanted: &str) -> &Value {
        let mut found = self.0.iter().filter(|object| id(object) == wanted);
        let first = found.next().unwrap_or_else(|| panic!("no `{wanted}` among {:?}", self.ids()));
        assert!(found.next().is_none(), "more than one `{wanted}`");
        first
    }

    /// A field of the object called `Kind name`; null when it is not there.
    #[track_caller]
    pub(crate) fn field(&self, wanted: &str, pointer: &str) -> &Value {
        self.get(wanted).pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A container of the workload called `Kind name`.
    #[track_caller]
    pub(crate) fn container(&self, wanted: &str, name: &str) -> &Value {
        let containers = self.field(wanted, "/spec/template/spec/containers").as_array();
        let found = containers.into_iter().flatten().find(|container| container["name"] == name);
        found.unwrap_or_else(|| panic!("`{wanted}` has no container `{name}`"))
    }

    /// The value of an environment variable of a container: what `value` says, or `valueFrom` as it is; null when it is
    /// not set.
    #[track_caller]
    pub(crate) fn variable(&self, wanted: &str, container: &str, name: &str) -> Value {
        let variables = self.container(wanted, container)["env"].as_array();
        let found = variables.into_iter().flatten().find(|variable| variable["name"] == name);
        found.map_or(Value::Null, |v| {
            v.get("value").or_else(|| v.get("valueFrom")).cloned().unwrap_or_default()
        })
    }

    /// `Kind name` of the objects that are not the same in both, there or not.
    pub(crate) fn changed(&self, other: &Self) -> BTreeSet<String> {
        let one_sided = |a: &Self, b: &Self| {
            let different = a.0.iter().filter(|object| !b.0.contains(object)).map(id);
            different.collect::<BTreeSet<_>>()
        };
        &one_sided(self, other) | &one_sided(other, self)
    }

    /// Paths (as JSON pointers) that differ between the objects called `Kind name`, the deepest that say so.
    #[track_caller]
    pub(crate) fn differing(&self, other: &Self, wanted: &str) -> Vec<String> {
        let mut found = Vec::new();
        compare(self.get(wanted), other.get(wanted), "", &mut found);
        found
    }
}

fn id(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

fn compare(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let child = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                compare(&one[key.as_str()], &other[key.as_str()], &child, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (x, y)) in a.iter().zip(b).enumerate() {
                compare(x, y, &format!("{at}/{i}"), found);
            }
        }
        _ if one == other => {}
        _ => found.push(at.to_owned()),
    }
}
