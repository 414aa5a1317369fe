//! What lies outside: repositories and addresses.
//!
//! In: a path that a kustomization names. Out: whether it names a repository, and which part of it. How to get at one is
//! up to a [`RemoteLoader`].
//!
//! Source: api `internal/git/repospec.go`.

/// Gets what is not on this machine.
pub trait RemoteLoader {
    /// The content behind an `http` or `https` address.
    ///
    /// # Errors
    /// In words, why there is none.
    fn file(&self, url: &str) -> Result<Vec<u8>, String>;

    /// The folder that a repository was copied to, absolute and without links; the build's loader must be able to
    /// read it.
    ///
    /// # Errors
    /// In words, why there is none.
    fn repository(&self, spec: &RepositorySpec) -> Result<String, String>;
}

/// A repository, and the folder in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositorySpec {
    /// What the kustomization says.
    pub raw: String,
    /// What `git` clones.
    pub clone_url: String,
    /// The folder in the repository; empty for its root.
    pub path: String,
    /// The branch, tag or commit; empty for the default branch.
    pub reference: String,
    /// Whether submodules are fetched as well.
    pub submodules: bool,
    /// Seconds that fetching may take.
    pub timeout_seconds: u64,
}

/// Whether a path is an address of a file.
pub(crate) fn is_address(path: &str) -> bool {
    let scheme = path.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

const SEPARATOR: &str = "_git/";

impl RepositorySpec {
    /// Reads a path as a repository; None if it is none.
    pub fn parse(raw: &str) -> Option<Self> {
        if raw.is_empty() || raw.starts_with('/') {
            return None;
        }
        let (text, query) = raw.split_once('?').unwrap_or((raw, ""));
        let mut spec = RepositorySpec {
            raw: raw.to_owned(),
            timeout_seconds: 27,
            submodules: true,
            ..RepositorySpec::default()
        };
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match key {
                "version" if spec.reference.is_empty() => spec.reference = value.to_owned(),
                "ref" => spec.reference = value.to_owned(),
                "timeout" => spec.timeout_seconds = value.trim_end_matches('s').parse().unwrap_or(27),
                "submodules" => spec.submodules = value != "false",
                _ => {}
            }
        }
        let (host, rest) = split_host(text)?;
        let (repository, path) = split_path(&host, rest)?;
        spec.path = path.trim_matches('/').to_owned();
        spec.clone_url = format!("{host}{repository}");
        if spec.path.split('/').any(|name| name == "..") {
            return None;
        }
        Some(spec)
    }
}

/// The part of an address up to the host, as it is cloned from, and the rest.
fn split_host(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix("git::").unwrap_or(text);
    if let Some(rest) = text.strip_prefix("file://") {
        return Some(("file://".into(), rest));
    }
    for (prefix, host) in [("gh:", "https://github.com/"), ("git@github.com:", "git@github.com:")] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return Some((host.into(), rest));
        }
    }
    for scheme in ["https://", "http://", "ssh://", "git://"] {
        let Some(rest) = strip_prefix_any_case(text, scheme) else { continue };
        let (host, rest) = rest.split_once('/')?;
        return Some((format!("{scheme}{host}/"), rest));
    }
    if let Some(rest) =
        strip_prefix_any_case(text, "github.com/").or_else(|| strip_prefix_any_case(text, "www.github.com/"))
    {
        return Some(("https://github.com/".into(), rest));
    }
    let (user, rest) = text.split_once('@')?;
    if !user.is_empty() && user.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)) {
        let (host, path) = rest.split_once(':')?;
        return (!host.contains('/')).then(|| (format!("{user}@{host}:"), path));
    }
    None
}

fn strip_prefix_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The repository behind a host, and the path in it.
fn split_path<'t>(host: &str, rest: &'t str) -> Option<(String, &'t str)> {
    if let Some((repository, path)) = rest.split_once("//") {
        return Some((repository.trim_end_matches('/').to_owned(), path));
    }
    if let Some(at) = rest.find(".git/").or_else(|| rest.ends_with(".git").then(|| rest.len() - 4)) {
        let end = at + ".git".len();
        return Some((rest[..end].to_owned(), &rest[end..]));
    }
    if let Some(at) = rest.find(SEPARATOR) {
        let end = rest[at + SEPARATOR.len()..].find('/').map_or(rest.len(), |i| at + SEPARATOR.len() + i);
        return Some((rest[..end].to_owned(), &rest[end..]));
    }
    if host.starts_with("file://") {
        return Some((rest.to_owned(), ""));
    }
    let mut names = rest.splitn(3, '/');
    let (owner, repository) = (names.next()?, names.next()?);
    if owner.is_empty() || repository.is_empty() {
        return None;
    }
    let path = names.next().unwrap_or_default();
    let suffix = if host.contains("github.com") { ".git" } else { "" };
    Some((format!("{owner}/{repository}{suffix}"), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_told_from_folders() {
        for path in ["../base", "base", "./a.git/b", "service.yaml", "/abs/path"] {
            assert_eq!(RepositorySpec::parse(path), None, "{path}");
        }
        let spec = RepositorySpec::parse("github.com/acme/app//deploy/base?ref=v1").expect("a repository");
        assert_eq!(
            (spec.clone_url.as_str(), spec.path.as_str(), spec.reference.as_str()),
            ("https://github.com/acme/app", "deploy/base", "v1")
        );
        let spec = RepositorySpec::parse("https://example.com/acme/app.git/base").expect("a repository");
        assert_eq!(
            (spec.clone_url.as_str(), spec.path.as_str()),
            ("https://example.com/acme/app.git", "base")
        );
    }
}
