//! `hub.lock`: which bytes each URL had when it was first fetched.
//!
//! In: the lock file. Out: pins, and the file again, sorted, so that a change is a readable diff.
//! Refuses to know: how bytes are got.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::FetchError;

/// The lock file's name, beside `hub.yaml`.
pub const LOCK_FILE: &str = "hub.lock";

/// What a URL had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The URL.
    pub url: String,
    /// Of the content, in hexadecimal digits.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// Which commit a reference of a repository was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryPin {
    /// The repository's address.
    pub url: String,
    /// The branch, tag or commit asked for; empty for the branch that the repository shows first.
    #[serde(default, rename = "ref", skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// The commit's digest.
    pub commit: String,
    /// Whether its submodules were wanted too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub submodules: bool,
}

/// All pins of a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    by_url: BTreeMap<String, Pin>,
    by_reference: BTreeMap<(String, String), RepositoryPin>,
}

#[derive(Serialize, Deserialize)]
struct LockFile {
    version: u32,
    #[serde(default)]
    downloads: Vec<Pin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repositories: Vec<RepositoryPin>,
}

impl Pins {
    /// Reads a lock file; one that does not exist has no pins.
    ///
    /// # Errors
    /// The file cannot be read or has something else in it.
    pub fn load(path: &Path) -> Result<Self, FetchError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                return Err(FetchError::Store { path: path.to_path_buf(), source });
            }
        };
        let invalid = |reason: String| FetchError::LockFile { path: path.to_path_buf(), reason };
        let file: LockFile = serde_yaml::from_str(&text).map_err(|e| invalid(e.to_string()))?;
        if file.version != 1 {
            return Err(invalid(format!("version {} was written by a newer hub", file.version)));
        }
        let repositories = file.repositories.into_iter();
        Ok(Self {
            by_url: file.downloads.into_iter().map(|pin| (pin.url.clone(), pin)).collect(),
            by_reference: repositories.map(|pin| ((pin.url.clone(), pin.reference.clone()), pin)).collect(),
        })
    }

    /// Writes the lock file anew, whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), FetchError> {
        let failed = |source| FetchError::Store { path: path.to_path_buf(), source };
        let file = LockFile {
            version: 1,
            downloads: self.by_url.values().cloned().collect(),
            repositories: self.by_reference.values().cloned().collect(),
        };
        let text = serde_yaml::to_string(&file).map_err(|e| failed(std::io::Error::other(e)))?;
        let text = format!(
            "# Digests of downloads. Written by `hub fetch` and `hub deploy`; keep it in version control.\n{text}"
        );
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let new = tempfile::NamedTempFile::new_in(parent).map_err(failed)?;
        std::fs::write(new.path(), text).map_err(failed)?;
        readable_by_all(new.path()).map_err(failed)?;
        new.persist(path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    /// The pin of a URL.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<&Pin> {
        self.by_url.get(url)
    }

    /// The pin of a repository's reference.
    #[must_use]
    pub fn repository(&self, url: &str, reference: &str) -> Option<&RepositoryPin> {
        self.by_reference.get(&(url.to_owned(), reference.to_owned()))
    }

    /// The pins of all repositories, sorted.
    pub fn repositories(&self) -> impl Iterator<Item = &RepositoryPin> {
        self.by_reference.values()
    }

    /// Adds or replaces the pin of a repository's reference.
    pub fn set_repository(&mut self, pin: RepositoryPin) {
        self.by_reference.insert((pin.url.clone(), pin.reference.clone()), pin);
    }

    /// Adds the pins of what has none here.
    pub fn add_missing(&mut self, other: Self) {
        for (url, pin) in other.by_url {
            self.by_url.entry(url).or_insert(pin);
        }
        for (reference, pin) in other.by_reference {
            self.by_reference.entry(reference).or_insert(pin);
        }
    }

    /// Adds or replaces the pin of a URL.
    pub fn set(&mut self, pin: Pin) {
        self.by_url.insert(pin.url.clone(), pin);
    }
}

#[cfg(unix)]
fn readable_by_all(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &Path) -> std::io::Result<()> {
    Ok(())
}
