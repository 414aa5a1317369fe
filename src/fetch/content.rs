//! What bytes must look like to be taken.
//!
//! In: a file. Out: yes, or why not. It keeps an error page or a download that was cut off from being pinned.

use std::path::Path;

use super::FetchError;

/// The sort of content that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Anything.
    Any,
    /// YAML documents, each a Kubernetes object.
    Manifests,
}

impl Content {
    /// Whether the file is of this sort.
    ///
    /// # Errors
    /// It is not; the message has the line.
    pub(super) fn check(self, path: &Path, name: &str) -> Result<(), FetchError> {
        if self == Self::Any {
            return Ok(());
        }
        let bytes =
            std::fs::read(path).map_err(|source| FetchError::File { path: path.to_path_buf(), source })?;
        manifests(&bytes).map_err(|(reason, help)| FetchError::Content {
            name: name.to_owned(),
            wanted: "a file of Kubernetes manifests",
            reason,
            help,
        })
    }
}

fn manifests(bytes: &[u8]) -> Result<(), (String, &'static str)> {
    const CUT: &str = "was the download cut off? Try again";
    const PAGE: &str = "open the URL in a browser: it may ask for a login, or have moved";
    let text = std::str::from_utf8(bytes).map_err(|_| ("it is not text".to_owned(), PAGE))?;
    if text.trim_start().starts_with('<') {
        return Err(("it looks like a web page".to_owned(), PAGE));
    }
    let documents = hub_yaml::parse(text).map_err(|e| (format!("line {}: {}", e.line, e.message), CUT))?;
    for document in &documents {
        let root = document.root.resolved();
        if root.is_null() {
            continue;
        }
        let line = root.span().line;
        if !root.is_mapping() {
            return Err((format!("line {line}: a manifest is a mapping of keys to values"), PAGE));
        }
        let has = |key: &str| root.get(key).is_some_and(|value| !value.is_null());
        if let Some(missing) = ["apiVersion", "kind"].into_iter().find(|key| !has(key)) {
            return Err((format!("the document at line {line} has no {missing}"), CUT));
        }
    }
    Ok(())
}
