//! Where files come from.
//!
//! In: paths that kustomizations name. Out: texts, within the limits that a build sets. Knows no YAML.
//!
//! Source: api `internal/loader/fileloader.go`, `loadrestrictions.go`.

mod disk;
mod memory;
mod remote;
mod root;

pub use disk::DiskLoader;
pub use memory::MemoryLoader;
pub use remote::{RemoteLoader, RepositorySpec};
pub(crate) use root::Root;

/// What a path leads to, after links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The folder, absolute and without links.
    pub folder: String,
    /// The file in it; None if the path leads to the folder itself.
    pub file: Option<String>,
}

/// Reads files and finds folders.
///
/// Paths are absolute or relative to what the loader takes for the current folder, with `/` between names.
pub trait Loader {
    /// Finds out what a path leads to.
    ///
    /// # Errors
    /// In words, why it leads to nothing.
    fn locate(&self, path: &str) -> Result<Location, String>;

    /// Reads a file.
    ///
    /// # Errors
    /// In words, why it cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// Whether there is a file; links are followed.
    fn is_file(&self, path: &str) -> bool {
        matches!(self.locate(path), Ok(Location { file: Some(_), .. }))
    }
}

/// Puts a path behind a folder and takes `.` and `..` out.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') { normalize(path) } else { normalize(&format!("{folder}/{path}")) }
}

/// Takes `.`, `..` and empty names out of a path.
pub(crate) fn normalize(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => match names.last() {
                Some(last) if *last != ".." => {
                    names.pop();
                }
                _ if absolute => {}
                _ => names.push(".."),
            },
            name => names.push(name),
        }
    }
    let joined = names.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

/// Whether a folder is another one or lies in it.
pub(crate) fn is_within(folder: &str, outer: &str) -> bool {
    outer == "/" || folder == outer || folder.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_normalized() {
        assert_eq!(join("/a/b", "../c/./d"), "/a/c/d");
        assert_eq!(join("/a/b", "/x//y/"), "/x/y");
        assert_eq!(normalize("../.."), "../..");
        assert_eq!(normalize("a/.."), ".");
        assert_eq!(normalize("/.."), "/");
        assert!(is_within("/a/b", "/a") && is_within("/a", "/a") && !is_within("/ab", "/a"));
    }
}
