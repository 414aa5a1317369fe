//! A scratch copy of a component, where templates are rendered and hooks edit.
//!
//! In: a component's directory. Out: a copy below `.hub/`, at the same depth, so that relative `..` paths stay inside
//! the scratch area; modes and links are kept. It vanishes when dropped, since rendered files may hold secrets.
//! Refuses to know: what is done in it.

mod copy;
mod generated;

use std::path::{Component, Path, PathBuf};

use thiserror::Error;

pub use generated::Generated;

/// Where scratch copies lie, relative to the stack's directory.
const AREA: &str = ".hub/work";

/// A component's scratch copy.
#[derive(Debug)]
pub struct Workspace {
    /// The copied component.
    dir: PathBuf,
    _root: tempfile::TempDir,
    root: PathBuf,
}

/// Why there is no scratch copy.
#[derive(Debug, Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// The scratch area cannot be made.
    #[error("cannot make the scratch folder {}: {source}", path.display())]
    #[diagnostic(
        code(hub::workspace::create),
        help("hub works in .hub/ beside hub.yaml, which must be writable")
    )]
    Create {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of the component cannot be copied.
    #[error("cannot copy {}: {source}", path.display())]
    #[diagnostic(code(hub::workspace::copy))]
    Copy {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Workspace {
    /// Copies the component in `source` for the stack in `base`.
    ///
    /// # Errors
    /// The scratch area is not writable, or the component not readable.
    pub fn create(base: &Path, source: &Path) -> Result<Self, WorkspaceError> {
        let area = base.join(AREA);
        let failed = |source| WorkspaceError::Create { path: area.clone(), source };
        std::fs::create_dir_all(&area).map_err(failed)?;
        copy::clear_abandoned(&area).map_err(failed)?;
        let held = tempfile::Builder::new().prefix(&copy::prefix()).tempdir_in(&area).map_err(failed)?;
        let root = held.path().canonicalize().map_err(failed)?;
        let dir = root.join("stack").join(below(base, source));
        copy::copy_dir(source, &dir, &area)?;
        Ok(Self { dir, _root: held, root })
    }

    /// Removes what killed runs left behind below `base`: rendered files may hold secrets.
    ///
    /// # Errors
    /// Something is there and cannot be removed.
    pub fn clear_abandoned(base: &Path) -> Result<(), WorkspaceError> {
        let area = base.join(AREA);
        match copy::clear_abandoned(&area) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(WorkspaceError::Create { path: area, source })
            }
            _ => Ok(()),
        }
    }

    /// The copied component's directory, absolute.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file of the scratch area that is not the component's.
    #[must_use]
    pub fn outside(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A folder of the scratch area for programs that hooks call.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn bin(&self) -> Result<PathBuf, WorkspaceError> {
        let path = self.root.join("bin");
        std::fs::create_dir_all(&path)
            .map_err(|source| WorkspaceError::Create { path: path.clone(), source })?;
        Ok(path)
    }
}

/// Writes a file that its owner only may read.
///
/// # Errors
/// It cannot be written.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
}

/// The component's path as seen from the stack; a component outside of it lies in a folder of its own name.
fn below(base: &Path, source: &Path) -> PathBuf {
    let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let (base, source) = (absolute(base), absolute(source));
    let relative =
        source.strip_prefix(&base).unwrap_or_else(|_| Path::new(source.file_name().unwrap_or_default()));
    relative.components().filter(|c| matches!(c, Component::Normal(_))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_modes_and_links_and_vanishes() {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().unwrap();
        let source = base.path().join("components/x");
        std::fs::create_dir_all(source.join("sub")).unwrap();
        std::fs::create_dir_all(base.path().join("hooks")).unwrap();
        std::fs::write(base.path().join("hooks/shared"), "#!/bin/sh\n").unwrap();
        std::fs::write(source.join("pre-deploy"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(source.join("pre-deploy"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("pre-deploy", source.join("post-undeploy")).unwrap();
        std::os::unix::fs::symlink("../../hooks/shared", source.join("post-deploy")).unwrap();
        let workspace = Workspace::create(base.path(), &source).unwrap();
        let dir = workspace.dir().to_path_buf();
        assert!(dir.ends_with("components/x"));
        assert_eq!(std::fs::metadata(dir.join("pre-deploy")).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(std::fs::read_link(dir.join("post-undeploy")).unwrap(), Path::new("pre-deploy"));
        assert_eq!(std::fs::read_to_string(dir.join("post-deploy")).unwrap(), "#!/bin/sh\n");
        std::fs::write(dir.join("new"), "x").unwrap();
        assert!(!source.join("new").exists());
        drop(workspace);
        assert!(!dir.exists());
    }

    #[test]
    fn what_a_dead_run_left_is_cleared() {
        let base = tempfile::tempdir().unwrap();
        let source = base.path().join("c");
        std::fs::create_dir(&source).unwrap();
        // No process has this number: it is above the kernel's limit.
        let abandoned = base.path().join(AREA).join("4194305-abc");
        std::fs::create_dir_all(&abandoned).unwrap();
        let workspace = Workspace::create(base.path(), &source).unwrap();
        assert!(!abandoned.exists());
        let other = Workspace::create(base.path(), &source).unwrap();
        assert!(workspace.dir().exists() && other.dir().exists());
    }
}
