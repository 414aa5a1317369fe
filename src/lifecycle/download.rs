//! What a component names to be fetched, put where its kustomization expects it.
//!
//! In: well-known variables of its parameters. Out: files in `./kustomize`, and CRD files.
//!
//! Source: hubctl's `hub-component-kustomize`: a tarball with subpath(s), resources by their base name, CRD lists; all
//! split on any white space. `SUBPATH` wins over `SUBPATHS`; `./kustomize` is wiped by a tarball and not by resources.

use std::path::{Path, PathBuf};

use super::concealment::mask;
use super::run::Run;
use super::{Error, Event};
use crate::fetch::{Content, FetchError, FetchProgress, Fetched, Limits, Source, unpack};
use crate::parameters::ParameterSet;

const TARBALL_URL: &str = "HUB_KUSTOMIZE_TARBALL_URL";
const TARBALL_SUBPATH: &str = "HUB_KUSTOMIZE_TARBALL_SUBPATH";
const TARBALL_SUBPATHS: &str = "HUB_KUSTOMIZE_TARBALL_SUBPATHS";
const RESOURCES: &str = "HUB_KUSTOMIZE_RESOURCES";
const CRDS: &str = "CRD";

/// Fetches everything that a component's parameters name into its scratch copy `dir`; gives the CRD files.
pub(super) async fn download(
    run: &Run,
    component: &str,
    parameters: &ParameterSet,
    dir: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let target = dir.join("kustomize");
    if let Some(url) = parameters.by_env(TARBALL_URL) {
        let archive = fetch(run, component, parameters, &url, dir, Content::Any).await?;
        let layout = Layout::of(parameters);
        let shown = url.clone();
        let (archive, target) = (archive.path, target.clone());
        let scratch = dir.to_path_buf();
        blocking("unpacking", move || layout.unpack(&archive, &shown, &scratch, &target)).await??;
    }
    for word in words(parameters, RESOURCES) {
        let fetched = fetch(run, component, parameters, &word, dir, Content::Manifests).await?;
        copy(&fetched.path, &target.join(&fetched.file_name))?;
    }
    let mut crds = Vec::new();
    for word in words(parameters, CRDS) {
        let fetched = fetch(run, component, parameters, &word, dir, Content::Manifests).await?;
        crds.push(fetched.path);
    }
    crds.extend(crd_folder(dir));
    Ok(crds)
}

/// Everything that a component's parameters name to be fetched.
#[must_use]
pub(super) fn sources(parameters: &ParameterSet) -> Vec<(String, Content)> {
    let resources = words(parameters, RESOURCES).into_iter().chain(words(parameters, CRDS));
    let manifests = resources.map(|word| (word, Content::Manifests));
    parameters.by_env(TARBALL_URL).map(|url| (url, Content::Any)).into_iter().chain(manifests).collect()
}

fn words(parameters: &ParameterSet, variable: &str) -> Vec<String> {
    let declared = parameters.iter().filter(|p| p.env.as_deref() == Some(variable));
    let words = declared.flat_map(|p| match &p.value {
        serde_json::Value::Array(items) => items.iter().map(crate::parameters::text_of).collect::<Vec<_>>(),
        value => vec![crate::parameters::text_of(value)],
    });
    words.flat_map(|text| text.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>()).collect()
}

/// Fetches one thing and tells how it goes.
pub(super) async fn fetch(
    run: &Run,
    component: &str,
    parameters: &ParameterSet,
    word: &str,
    dir: &Path,
    content: Content,
) -> Result<Fetched, Error> {
    let source = Source::parse(word)?;
    let mask = mask(run, parameters);
    let shown = mask.text(&source.to_string());
    let progress = |progress: FetchProgress| {
        let (component, source) = (component.to_owned(), shown.clone());
        run.tell(&match progress {
            FetchProgress::Bytes(bytes, total) => Event::FetchProgress { component, source, bytes, total },
            FetchProgress::Retry(reason) => {
                Event::FetchRetry { component, source, reason: mask.text(&reason) }
            }
        });
    };
    let fetched = run.fetcher.fetch(&source, dir, content, &progress).await;
    let fetched = fetched.map_err(|error| Error::from(error).masked(&mask))?;
    run.tell(&Event::Fetched {
        component: component.to_owned(),
        source: shown,
        bytes: fetched.size,
        cached: fetched.cached,
    });
    Ok(fetched)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let failed = |source| FetchError::Store { path: to.to_path_buf(), source };
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::copy(from, to).map_err(failed)?;
    Ok(())
}

fn crd_folder(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir.join("crds")) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .collect();
    files.sort();
    files
}

/// Which parts of a tarball go where.
enum Layout {
    Whole,
    Subpath(String),
    Pairs(Vec<(String, String)>),
}

impl Layout {
    fn of(parameters: &ParameterSet) -> Self {
        if let Some(subpath) = parameters.by_env(TARBALL_SUBPATH) {
            return Self::Subpath(subpath);
        }
        let pairs = words(parameters, TARBALL_SUBPATHS);
        if pairs.is_empty() {
            return Self::Whole;
        }
        let pair = |word: String| match word.split_once(':') {
            Some((from, to)) => (from.to_owned(), to.to_owned()),
            None => (word.clone(), word),
        };
        Self::Pairs(pairs.into_iter().map(pair).collect())
    }

    fn unpack(&self, archive: &Path, shown: &str, scratch: &Path, target: &Path) -> Result<(), FetchError> {
        let store = |source| FetchError::Store { path: target.to_path_buf(), source };
        let holder = tempfile::Builder::new().prefix(".tarball-").tempdir_in(scratch).map_err(store)?;
        let content = holder.path().join("content");
        unpack(archive, shown, &content, Limits::default())?;
        if target.exists() {
            std::fs::remove_dir_all(target).map_err(store)?;
        }
        let all = [(String::new(), String::new())];
        let one;
        let pairs = match self {
            Self::Whole => &all[..],
            Self::Subpath(subpath) => {
                one = [(subpath.clone(), String::new())];
                &one[..]
            }
            Self::Pairs(pairs) => pairs,
        };
        for (from, to) in pairs {
            let from_dir = content.join(from.trim_matches('/'));
            if !from_dir.is_dir() {
                return Err(missing(shown, from, &content));
            }
            merge_folder(&from_dir, &target.join(to)).map_err(store)?;
        }
        Ok(())
    }
}

fn missing(archive: &str, subpath: &str, content: &Path) -> FetchError {
    let names = std::fs::read_dir(content).into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<String> =
        names.filter(|e| e.path().is_dir()).map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    folders.sort();
    FetchError::Subpath {
        archive: archive.to_owned(),
        subpath: subpath.to_owned(),
        help: format!("folders in it: {}", folders.join(", ")),
    }
}

/// Copies the contents of a folder into another, which may have contents already.
///
/// # Errors
/// A file cannot be read or written.
pub fn merge_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.map_err(std::io::Error::from)?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let target = to.join(relative);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target)?;
        } else if entry.file_type().is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Runs work that blocks.
pub(super) async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal { what, reason: e.to_string() })
}

/// Fetches everything that a component names, into the cache; gives how many.
///
/// # Errors
/// Something cannot be fetched.
pub async fn fetch_all(
    run: &Run,
    component: &crate::stack::Component,
    parameters: &ParameterSet,
) -> Result<usize, Error> {
    let sources = sources(parameters);
    for (word, content) in &sources {
        fetch(run, &component.name, parameters, word, &component.manifest.dir, *content).await?;
    }
    Ok(sources.len())
}
