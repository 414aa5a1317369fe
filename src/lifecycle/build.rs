//! A scratch copy's kustomization, built into objects.
//!
//! In: a directory. Out: objects, in the order of the build, CRD files first. Refuses to know: templates, clusters.

use std::path::{Path, PathBuf};

use hub_kustomize::{DiskLoader, FILE_NAMES, Options, RemoteLoader};
use hub_yaml::{Node, Scalar, Tag};
use serde_json::{Map, Number, Value};

use super::Error;

/// What a build gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Built {
    pub(super) objects: Vec<Value>,
    pub(super) warnings: Vec<String>,
}

/// Builds the component `name` in `dir`; the objects of `crds` come first.
///
/// # Errors
/// The engine's, with file and line; or there is nothing to build, and the component is not `bare`.
pub(super) fn build(
    name: &str,
    dir: &Path,
    crds: &[PathBuf],
    bare: bool,
    remote: &dyn RemoteLoader,
) -> Result<Built, Error> {
    let mut built = Built { objects: definitions(name, crds)?, ..Built::default() };
    if !FILE_NAMES.iter().any(|file| dir.join(file).is_file()) {
        let enough = bare || !built.objects.is_empty();
        return if enough { Ok(built) } else { Err(Error::Nothing { component: name.to_owned() }) };
    }
    // Messages name files; without the scratch folder in front they are those of the component.
    let inside = |message: String| message.replace(&format!("{}/", dir.display()), "");
    let options = Options { remote: Some(remote), ..Options::default() };
    let result = hub_kustomize::build(&DiskLoader, &dir.to_string_lossy(), &options);
    let result = result
        .map_err(|error| Error::Build { component: name.to_owned(), message: inside(error.chain()) })?;
    built.objects.extend(result.resources.iter().map(|resource| to_json(resource.node())));
    built.warnings = result.warnings.into_iter().map(inside).collect();
    Ok(built)
}

/// The objects of files that come before everything else.
///
/// # Errors
/// One of them is not YAML.
pub(super) fn definitions(name: &str, files: &[PathBuf]) -> Result<Vec<Value>, Error> {
    let all: Result<Vec<Vec<Value>>, Error> = files.iter().map(|file| read(name, file)).collect();
    Ok(all?.into_iter().flatten().collect())
}

/// The objects of a file of manifests.
fn read(name: &str, file: &Path) -> Result<Vec<Value>, Error> {
    let failed = |message: String| Error::Build { component: name.to_owned(), message };
    let shown = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).map_err(|e| failed(format!("{shown}: {e}")))?;
    parse(name, &shown, &text)
}

/// The objects in a text that errors call `shown`.
pub(super) fn parse(name: &str, shown: &str, text: &str) -> Result<Vec<Value>, Error> {
    let failed = |message: String| Error::Build { component: name.to_owned(), message };
    let documents = hub_yaml::parse(text).map_err(|e| failed(format!("{shown}: {e}")))?;
    Ok(documents.iter().filter(|d| !d.root.is_null()).map(|d| to_json(&d.root)).collect())
}

/// A node as JSON; scalars mean what kustomize's output says they mean.
fn to_json(node: &Node) -> Value {
    let node = node.resolved();
    if node.is_mapping() {
        let entries = node
            .entries()
            .iter()
            .map(|(key, value)| (key.resolved().text().unwrap_or_default().to_owned(), to_json(value)));
        return Value::Object(entries.collect::<Map<_, _>>());
    }
    if node.is_sequence() {
        return Value::Array(node.items().iter().map(to_json).collect());
    }
    let text = node.text().unwrap_or_default();
    let string = || Value::String(text.to_owned());
    match node.tag() {
        Tag::Null => Value::Null,
        Tag::Bool | Tag::Int | Tag::Float | Tag::Unset => match hub_yaml::resolve(text) {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::Number(value.into()),
            Scalar::Uint(value) => Value::Number(value.into()),
            Scalar::Float(value) => Number::from_f64(value).map_or_else(string, Value::Number),
            Scalar::Str | Scalar::Timestamp(_) => string(),
        },
        _ => string(),
    }
}
