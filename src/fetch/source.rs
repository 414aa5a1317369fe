//! What a component names as a thing to fetch.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use super::FetchError;

/// A place to get bytes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An http or https URL.
    Http(Url),
    /// A path, relative to the component's directory.
    File(PathBuf),
}

impl Source {
    /// Reads a word of a component's parameter.
    ///
    /// # Errors
    /// It is a URL of a scheme that cannot be fetched.
    pub fn parse(text: &str) -> Result<Self, FetchError> {
        let Some((scheme, _)) = text.split_once("://") else {
            return Ok(Self::File(PathBuf::from(text)));
        };
        let invalid = |reason: String| FetchError::Source { text: text.to_owned(), reason };
        let url = Url::parse(text).map_err(|e| invalid(e.to_string()))?;
        match scheme {
            "http" | "https" => Ok(Self::Http(url)),
            "file" => {
                let path = url
                    .to_file_path()
                    .map_err(|()| invalid("a file URL has three slashes, file:///path".into()))?;
                Ok(Self::File(path))
            }
            other => Err(invalid(format!("`{other}` is not among http, https, file"))),
        }
    }

    /// The last part of its path, without a query; what a download is called in a component's `./kustomize`.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self {
            Self::Http(url) => {
                let last = url.path_segments().and_then(|mut s| s.next_back()).unwrap_or_default();
                if last.is_empty() { "index".to_owned() } else { last.to_owned() }
            }
            Self::File(path) => {
                path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => f.write_str(&without_password(url)),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// The URL as it may be shown.
pub(super) fn without_password(url: &Url) -> String {
    if url.password().is_none() {
        return url.to_string();
    }
    let mut shown = url.clone();
    // A URL that has a password can have another one.
    let _ = shown.set_password(Some("******"));
    shown.to_string()
}

/// The address of a repository as it may be shown.
pub(super) fn shown_address(address: &str) -> String {
    Url::parse(address).map_or_else(|_| address.to_owned(), |url| without_password(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_paths_or_urls() {
        assert_eq!(Source::parse("local/kserve.yaml").unwrap(), Source::File("local/kserve.yaml".into()));
        assert_eq!(Source::parse("file:///a/b.yaml").unwrap(), Source::File("/a/b.yaml".into()));
        let http = Source::parse("https://h.example/x/kserve.yaml?raw=1").unwrap();
        assert_eq!(http.file_name(), "kserve.yaml");
        assert!(Source::parse("s3://bucket/x").is_err());
        assert!(!Source::parse("https://u:secret@h.example/x").unwrap().to_string().contains("secret"));
    }
}
