//! Finds the files that a command line names.
//!
//! In: patterns. Out: paths. Refuses to know which field they go to.
//!
//! Source: `commands/internal/util/util.go`, GlobPatterns and GlobPatternsWithLoader.

use super::{
    Edit,
    error::{Error, Result},
    pattern,
};

/// What patterns match; one that matches nothing is remarked upon.
pub(super) fn existing(patterns: &[String], edit: &mut Edit<'_>) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for pattern in patterns {
        let found = pattern::find(edit.folder, pattern)?;
        if found.is_empty() {
            edit.remarks.push(format!("{pattern} has no match"));
        }
        paths.extend(found);
    }
    Ok(paths)
}

/// What patterns match; addresses stand for themselves, and one that is neither is an error.
pub(super) fn existing_or_remote(patterns: &[String], edit: &mut Edit<'_>) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for pattern in patterns {
        let found = pattern::find(edit.folder, pattern)?;
        if !found.is_empty() {
            paths.extend(found);
        } else if is_remote(pattern) {
            edit.remarks.push(format!("{pattern} is taken as an address, and was not looked up"));
            paths.push(pattern.clone());
        } else {
            return Err(Error::NoMatch { pattern: pattern.clone() });
        }
    }
    Ok(paths)
}

/// Whether a path reads like the address of a repository or a file elsewhere.
///
/// Source: api `internal/git/repospec.go`.
fn is_remote(path: &str) -> bool {
    const BEGINNINGS: [&str; 4] = ["git::", "git@", "github.com/", "github.com:"];
    path.contains("://") || path.contains("_git/") || BEGINNINGS.iter().any(|start| path.starts_with(start))
}
