//! Copying a component's files, and clearing what killed runs left behind.

use std::io;
use std::path::Path;

use super::WorkspaceError;

/// The beginning of a scratch folder's name: the process that owns it.
pub(super) fn prefix() -> String {
    format!("{}-", std::process::id())
}

/// Removes the scratch folders of processes that no longer run: rendered files may hold secrets.
pub(super) fn clear_abandoned(area: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(area)? {
        let entry = entry?;
        let name = entry.file_name();
        let owner =
            name.to_str().and_then(|n| n.split_once('-')).and_then(|(pid, _)| pid.parse::<i32>().ok());
        let Some(owner) = owner.and_then(rustix::process::Pid::from_raw) else {
            continue;
        };
        let gone = rustix::process::test_kill_process(owner) == Err(rustix::io::Errno::SRCH);
        if gone {
            match std::fs::remove_dir_all(entry.path()) {
                // Another run may clear the same folder.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Copies a folder. Links inside it stay as they are; one that leads out of it becomes absolute, so that it still
/// leads to the same file. The scratch area is left out, should the component be the stack's own directory.
pub(super) fn copy_dir(source: &Path, target: &Path, area: &Path) -> Result<(), WorkspaceError> {
    let root =
        source.canonicalize().map_err(|e| WorkspaceError::Copy { path: source.to_path_buf(), source: e })?;
    let area = area.canonicalize().unwrap_or_else(|_| area.to_path_buf());
    let entries = walkdir::WalkDir::new(&root).into_iter().filter_entry(|entry| entry.path() != area);
    for entry in entries {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(source).to_path_buf();
            WorkspaceError::Copy { path, source: e.into() }
        })?;
        let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
        let to = target.join(relative);
        copy_entry(&root, &entry, &to)
            .map_err(|source| WorkspaceError::Copy { path: entry.path().to_path_buf(), source })?;
    }
    Ok(())
}

fn copy_entry(root: &Path, entry: &walkdir::DirEntry, to: &Path) -> io::Result<()> {
    let kind = entry.file_type();
    if kind.is_dir() {
        std::fs::create_dir_all(to)
    } else if kind.is_symlink() {
        let link = std::fs::read_link(entry.path())?;
        let from = entry.path().parent().unwrap_or(root);
        let inside = match from.join(&link).canonicalize() {
            Ok(resolved) => resolved.starts_with(root),
            Err(_) => link.is_relative(),
        };
        let link = if inside { link } else { from.join(link).canonicalize()? };
        std::os::unix::fs::symlink(link, to)
    } else if kind.is_file() {
        std::fs::copy(entry.path(), to).map(|_| ())
    } else {
        Ok(())
    }
}
