//! Files that exist only in memory.

use std::collections::BTreeMap;

use super::{Loader, Location, join, normalize};

/// Reads files of a map; folders exist as far as files are in them.
///
/// ```
/// use hub_kustomize::{MemoryLoader, Options, build};
/// let mut files = MemoryLoader::default();
/// files.insert("app/kustomization.yaml", "resources: [service.yaml]\nnamePrefix: my-\n");
/// files.insert("app/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n");
/// let built = build(&files, "app", &Options::default())?;
/// assert_eq!(built.resources.to_yaml()?, "apiVersion: v1\nkind: Service\nmetadata:\n  name: my-web\n");
/// # Ok::<(), hub_kustomize::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryLoader {
    /// Adds a file, or replaces it. Relative paths begin at `/`.
    pub fn insert(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(join("/", path), content.into());
    }
}

impl Loader for MemoryLoader {
    fn locate(&self, path: &str) -> Result<Location, String> {
        let path = normalize(&join("/", path));
        if self.files.contains_key(&path) {
            let (folder, file) = path.rsplit_once('/').expect("paths are absolute");
            return Ok(Location {
                folder: if folder.is_empty() { "/".into() } else { folder.into() },
                file: Some(file.to_owned()),
            });
        }
        let inside = if path == "/" { path.clone() } else { format!("{path}/") };
        let mut below = self.files.range(inside.clone()..);
        match below.next() {
            Some((file, _)) if file.starts_with(&inside) => Ok(Location { folder: path, file: None }),
            _ => Err("no such file or directory".into()),
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.files.get(&join("/", path)).cloned().ok_or_else(|| "no such file".into())
    }
}
