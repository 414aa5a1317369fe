//! `create`: a new kustomization file.
//!
//! Source: `commands/create/create.go`.

use super::{
    Edit, Edited, decode,
    error::{Error, Result},
    folder::Folder,
    kustomization_file::KustomizationFile,
    metadata, pattern, resource_paths, resources,
};
use crate::FILE_NAMES;

/// Folders below each other that are searched.
const DEPTH_LIMIT: usize = 1000;

/// What a new kustomization file has. What is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Create {
    /// Paths, patterns of them, or addresses.
    pub resources: Vec<String>,
    /// `namespace`
    pub namespace: String,
    /// `namePrefix`
    pub name_prefix: String,
    /// `nameSuffix`
    pub name_suffix: String,
    /// `key:value` each.
    pub annotations: Vec<String>,
    /// `key:value` each.
    pub labels: Vec<String>,
    /// Whether resource files in the folder are searched for.
    pub autodetect: bool,
    /// Whether they are searched for in folders below too. A folder that has a kustomization stands for itself.
    pub recursive: bool,
}

/// The text of a new `kustomization.yaml`.
///
/// # Errors
/// There is a kustomization file already, a resource is not there, a label or annotation has no key.
pub fn create(request: &Create, folder: &dyn Folder) -> Result<Edited> {
    let mut edit = Edit { file: FILE_NAMES[0], folder, remarks: Vec::new(), files: Vec::new() };
    let mut paths = resource_paths::existing_or_remote(&request.resources, &mut edit)?;
    if let Some(name) = FILE_NAMES.into_iter().find(|name| folder.exists(name)) {
        return Err(Error::Exists { path: name.to_owned() });
    }
    if request.autodetect {
        let mut found = Vec::new();
        detect(folder, ".", request.recursive, 0, &mut found)?;
        found.retain(|path| !paths.contains(path));
        paths.extend(found);
    }
    let mut file = KustomizationFile::parse("", FILE_NAMES[0])?;
    *file.items_mut("resources") = paths.iter().map(|path| decode::text(path)).collect();
    file.set_text("namespace", &request.namespace);
    file.set_text("namePrefix", &request.name_prefix);
    file.set_text("nameSuffix", &request.name_suffix);
    let pairs = [
        ("commonAnnotations", &request.annotations, "annotation"),
        ("commonLabels", &request.labels, "label"),
    ];
    for (field, arguments, what) in pairs {
        if !arguments.is_empty() {
            metadata::add(file.pairs_mut(field), &metadata::pairs(arguments, what)?, what, true)?;
        }
    }
    Ok(Edited { text: Some(file.print()?), files: edit.files, remarks: edit.remarks })
}

/// Resource files in a folder, sorted by name.
fn detect(
    folder: &dyn Folder,
    path: &str,
    recursive: bool,
    depth: usize,
    found: &mut Vec<String>,
) -> Result<()> {
    for name in folder.names(path) {
        let inner = pattern::join(path, &name);
        if folder.is_folder(&inner) {
            if !recursive || depth > DEPTH_LIMIT {
                continue;
            }
            if FILE_NAMES.iter().any(|name| folder.exists(&pattern::join(&inner, name))) {
                found.push(inner);
            } else {
                detect(folder, &inner, recursive, depth + 1, found)?;
            }
            continue;
        }
        let content = folder.read(&inner).map_err(|source| Error::Read { path: inner.clone(), source })?;
        if std::str::from_utf8(&content).is_ok_and(resources::is_resource_file) {
            found.push(inner);
        }
    }
    Ok(())
}
