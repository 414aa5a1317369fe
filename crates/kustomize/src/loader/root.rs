//! The folder that a kustomization is in, and what may be read from there.

use super::{
    Loader, Location, is_within, join,
    remote::{RemoteLoader, RepositorySpec, is_address},
};
use crate::error::{Error, Result};

/// A folder of a build.
#[derive(Clone)]
pub(crate) struct Root<'l> {
    loader: &'l dyn Loader,
    remote: Option<&'l dyn RemoteLoader>,
    /// Absolute, without links.
    pub(crate) folder: String,
    /// The folders that led here, outermost first, and this one.
    visited: Vec<String>,
    /// Whether files outside of the folder may not be read.
    restricted: bool,
    /// The copy of a repository that this is in.
    clone: Option<String>,
    /// Repositories on the way here.
    repositories: Vec<String>,
}

impl<'l> Root<'l> {
    /// The folder that a build begins in.
    ///
    /// # Errors
    /// The target is no folder, or a repository that cannot be had.
    pub(crate) fn open(
        loader: &'l dyn Loader,
        remote: Option<&'l dyn RemoteLoader>,
        target: &str,
        restricted: bool,
    ) -> Result<Self> {
        let start = Root {
            loader,
            remote,
            folder: String::new(),
            visited: Vec::new(),
            restricted,
            clone: None,
            repositories: Vec::new(),
        };
        if let Some(spec) = RepositorySpec::parse(target) {
            return start.enter_repository(&spec);
        }
        let folder = start.folder_at(target, target)?;
        Ok(start.moved(folder))
    }

    fn moved(mut self, folder: String) -> Self {
        self.visited.push(folder.clone());
        self.folder = folder;
        self
    }

    fn folder_at(&self, path: &str, shown: &str) -> Result<String> {
        match self.loader.locate(path) {
            Ok(Location { folder, file: None }) => Ok(folder),
            Ok(_) => Err(Error::load(shown, "must be a directory, but is a file")),
            Err(message) => Err(Error::load(shown, message)),
        }
    }

    /// A kustomization's folder that this one names.
    ///
    /// # Errors
    /// It is no folder, outside of the repository, or one that led here.
    pub(crate) fn enter(&self, path: &str) -> Result<Self> {
        if path.is_empty() {
            return Err(Error::load(path, "a folder cannot be named by nothing"));
        }
        if let Some(spec) = RepositorySpec::parse(path) {
            let again = self.repositories.iter().any(|known| known.starts_with(&spec.raw));
            if again {
                return Err(Error::load(path, "cycle: the repository is being read already"));
            }
            return self.clone().enter_repository(&spec);
        }
        if path.starts_with('/') {
            return Err(Error::load(path, "a folder cannot be absolute"));
        }
        let folder = self.folder_at(&join(&self.folder, path), path)?;
        if let Some(clone) = &self.clone
            && !is_within(&folder, clone)
        {
            return Err(Error::load(path, "is outside of the repository that names it"));
        }
        if let Some(outer) = self.visited.iter().find(|visited| is_within(visited, &folder)) {
            return Err(Error::load(
                path,
                format!("cycle: '{folder}' contains '{outer}', which is being read"),
            ));
        }
        Ok(self.clone().moved(folder))
    }

    fn enter_repository(mut self, spec: &RepositorySpec) -> Result<Self> {
        let Some(remote) = self.remote else {
            return Err(Error::load(&spec.raw, "repositories are not fetched here"));
        };
        let clone = remote.repository(spec).map_err(|message| Error::load(&spec.raw, message))?;
        let folder = self.folder_at(&join(&clone, &spec.path), &spec.raw)?;
        if !is_within(&folder, &clone) {
            return Err(Error::load(&spec.raw, "leads outside of the repository"));
        }
        self.restricted = true;
        self.clone = Some(clone);
        self.repositories.push(spec.raw.clone());
        Ok(self.moved(folder))
    }

    /// Reads a file that the kustomization names.
    ///
    /// # Errors
    /// It is not there, no file, not UTF-8 where text is wanted, or outside of the folder.
    pub(crate) fn load(&self, path: &str) -> Result<Vec<u8>> {
        if is_address(path) {
            let Some(remote) = self.remote else {
                return Err(Error::load(path, "addresses are not fetched here"));
            };
            return remote.file(path).map_err(|message| Error::load(path, message));
        }
        let whole = join(&self.folder, path);
        if !self.restricted {
            return self.loader.read(&whole).map_err(|message| Error::load(path, message));
        }
        let location = self.loader.locate(&whole).map_err(|message| Error::load(path, message))?;
        let Some(file) = location.file else {
            return Err(Error::load(path, "is a directory, not a file"));
        };
        if !is_within(&location.folder, &self.folder) {
            let message = format!(
                "is not in or below '{}'; allow it with the load restrictor LoadRestrictionsNone",
                self.folder
            );
            return Err(Error::load(path, message));
        }
        let real = join(&location.folder, &file);
        self.loader.read(&real).map_err(|message| Error::load(path, message))
    }

    /// Reads a text that the kustomization names.
    ///
    /// # Errors
    /// As for [`Root::load`]; or it is not UTF-8.
    pub(crate) fn load_text(&self, path: &str) -> Result<String> {
        String::from_utf8(self.load(path)?).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            Error::load(path, format!("is not UTF-8 from byte {at} on"))
        })
    }

    /// Whether a path leads to a file, wherever that is.
    pub(crate) fn is_file(&self, path: &str) -> bool {
        is_address(path) || self.loader.is_file(&join(&self.folder, path))
    }
}
