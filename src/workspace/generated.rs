//! What hooks generate once and need again: the folder `.generated` of a component.
//!
//! In: a scratch copy. Out: the folder, kept below `.hub/generated` for each environment, readable by its owner only.
//! Refuses to know: what is in it.
//!
//! hubctl runs hooks in the sources, so that it stays there. Its components rely on that: they make a certificate only
//! where the cluster has none, and build from the file in any case.

use std::path::{Path, PathBuf};

/// The folder's name in a component.
const FOLDER: &str = ".generated";

/// Where one component's folder is kept for one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    kept: PathBuf,
}

impl Generated {
    /// That of a component, for the stack in `base`.
    #[must_use]
    pub fn new(base: &Path, environment: Option<&str>, component: &str) -> Self {
        let environment = environment.unwrap_or("default").replace('/', "_");
        Self { kept: base.join(".hub/generated").join(environment).join(component.replace('/', "_")) }
    }

    /// Puts what is kept into a scratch copy that has none of its own.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn restore(&self, dir: &Path) -> std::io::Result<()> {
        let folder = dir.join(FOLDER);
        if folder.exists() || !self.kept.is_dir() {
            return Ok(());
        }
        copy(&self.kept, &folder)
    }

    /// Keeps what a scratch copy has; one that has none changes nothing.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn keep(&self, dir: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        let folder = dir.join(FOLDER);
        if !folder.is_dir() {
            return Ok(());
        }
        let parent = self.kept.parent().unwrap_or(&self.kept);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        // A run that is killed here leaves the old one or the new one.
        let new = tempfile::Builder::new().prefix(".new-").tempdir_in(parent)?;
        copy(&folder, &new.path().join("content"))?;
        self.forget()?;
        std::fs::rename(new.path().join("content"), &self.kept)
    }

    /// Drops what is kept.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(&self) -> std::io::Result<()> {
        match std::fs::remove_dir_all(&self.kept) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.map_err(std::io::Error::from)?;
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(target)?;
        } else if entry.file_type().is_file() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_was_generated_is_there_again_until_it_is_forgotten() {
        let base = tempfile::tempdir().unwrap();
        let scratch = |name: &str| {
            let dir = base.path().join(name);
            std::fs::create_dir(&dir).unwrap();
            dir
        };
        let generated = Generated::new(base.path(), Some("prod"), "webhooks");
        let first = scratch("first");
        generated.restore(&first).unwrap();
        generated.keep(&first).unwrap();
        assert!(!first.join(FOLDER).exists());
        std::fs::create_dir_all(first.join(FOLDER).join("sub")).unwrap();
        std::fs::write(first.join(FOLDER).join("sub/tls.crt"), "one").unwrap();
        generated.keep(&first).unwrap();
        let second = scratch("second");
        generated.restore(&second).unwrap();
        assert_eq!(std::fs::read_to_string(second.join(FOLDER).join("sub/tls.crt")).unwrap(), "one");
        let mode = std::fs::metadata(base.path().join(".hub/generated/prod")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let other = scratch("other");
        Generated::new(base.path(), None, "webhooks").restore(&other).unwrap();
        assert!(!other.join(FOLDER).exists());
        generated.forget().unwrap();
        generated.forget().unwrap();
        let third = scratch("third");
        generated.restore(&third).unwrap();
        assert!(!third.join(FOLDER).exists());
    }
}
