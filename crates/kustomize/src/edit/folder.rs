//! The folder of a kustomization file, as far as edits look at it.
//!
//! In: paths relative to it. Out: what is there. Refuses to know what is in the files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The folder of a kustomization file. Paths start there; `/` stands between their parts.
pub trait Folder {
    /// Whether there is something.
    fn exists(&self, path: &str) -> bool;
    /// Whether there is a folder.
    fn is_folder(&self, path: &str) -> bool;
    /// Names in a folder, sorted; none if it is no folder.
    fn names(&self, path: &str) -> Vec<String>;
    /// The content of a file.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
    /// Whether a path, links followed, ends up in the folder or below.
    fn is_within(&self, path: &str) -> bool;
}

/// A folder on disk.
#[derive(Clone, Debug)]
pub struct DiskFolder {
    root: PathBuf,
}

impl DiskFolder {
    /// The folder at a path.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl Folder for DiskFolder {
    fn exists(&self, path: &str) -> bool {
        fs::symlink_metadata(self.path(path)).is_ok()
    }

    fn is_folder(&self, path: &str) -> bool {
        self.path(path).is_dir()
    }

    fn names(&self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(path)) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(path))
    }

    fn is_within(&self, path: &str) -> bool {
        let real = |path: &Path| path.canonicalize();
        match (real(&self.root), real(&self.path(path))) {
            (Ok(root), Ok(path)) => path.starts_with(root),
            _ => false,
        }
    }
}
