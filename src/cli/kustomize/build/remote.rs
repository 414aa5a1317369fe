//! Gets what kustomizations name elsewhere: repositories by git, files by `fetch`.
//!
//! In: an address. Out: a folder or bytes. Copies of repositories are there as long as this is; one that is named again is
//! not copied again.
//!
//! Source: api `internal/git/cloner.go`.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hub_kustomize::{RemoteLoader, RepositorySpec};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::fetch::{Content, FetchOptions, Fetcher, Source};

/// How often git is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);

/// What lies elsewhere.
pub(super) struct Elsewhere {
    /// Where downloads are kept between runs; None to keep none.
    cache_dir: Option<PathBuf>,
    copies: RefCell<Vec<(RepositorySpec, TempDir)>>,
}

impl Elsewhere {
    /// Nothing is opened yet.
    pub(super) fn new(cache_dir: Option<PathBuf>) -> Self {
        Self { cache_dir, copies: RefCell::default() }
    }
}

impl RemoteLoader for Elsewhere {
    fn file(&self, url: &str) -> Result<Vec<u8>, String> {
        let passing = tempfile::tempdir().map_err(|error| error.to_string())?;
        let cache = self.cache_dir.clone().unwrap_or_else(|| passing.path().to_path_buf());
        let source = Source::parse(url).map_err(|error| error.to_string())?;
        let fetcher = Fetcher::new(FetchOptions::new(cache), CancellationToken::new())
            .map_err(|error| error.to_string())?;
        // Few builds download anything, so threads for it are only started here.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let fetching = fetcher.fetch(&source, Path::new("."), Content::Any, &|_| {});
        let fetched = runtime.block_on(fetching).map_err(|error| error.to_string())?;
        std::fs::read(&fetched.path).map_err(|error| error.to_string())
    }

    fn repository(&self, spec: &RepositorySpec) -> Result<String, String> {
        let same = |known: &RepositorySpec| {
            (&known.clone_url, &known.reference, known.submodules)
                == (&spec.clone_url, &spec.reference, spec.submodules)
        };
        if let Some((_, folder)) = self.copies.borrow().iter().find(|(known, _)| same(known)) {
            return absolute(folder.path());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        copy(spec, folder.path())?;
        let path = absolute(folder.path())?;
        self.copies.borrow_mut().push((spec.clone(), folder));
        Ok(path)
    }
}

fn absolute(folder: &Path) -> Result<String, String> {
    let real = folder.canonicalize().map_err(|error| error.to_string())?;
    real.into_os_string().into_string().map_err(|_| "the temporary folder's path is not UTF-8".to_owned())
}

/// Copies one commit of a repository, without its history.
fn copy(spec: &RepositorySpec, folder: &Path) -> Result<(), String> {
    let reference = if spec.reference.is_empty() { "HEAD" } else { &spec.reference };
    if reference.starts_with('-') || spec.clone_url.starts_with('-') {
        return Err("an address or reference of a repository cannot begin with '-'".to_owned());
    }
    let deadline = Instant::now() + Duration::from_secs(spec.timeout_seconds);
    let git = |arguments: &[&str]| run(arguments, folder, deadline);
    git(&["init", "--quiet"])?;
    git(&["remote", "add", "origin", &spec.clone_url])?;
    git(&["fetch", "--quiet", "--depth=1", &spec.clone_url, reference])?;
    git(&["checkout", "--quiet", "FETCH_HEAD"])?;
    if spec.submodules && folder.join(".gitmodules").exists() {
        git(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
    }
    Ok(())
}

fn run(arguments: &[&str], folder: &Path, deadline: Instant) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot run git: {error}; is it installed?");
    let handle = duct::cmd("git", arguments)
        .dir(folder)
        // Nobody is there to answer.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin_null()
        .stdout_null()
        .stderr_capture()
        .unchecked()
        .start()
        .map_err(failed)?;
    while handle.try_wait().map_err(failed)?.is_none() {
        if Instant::now() >= deadline {
            handle.kill().map_err(failed)?;
            return Err(format!("git {}: no end in time; give it more with `?timeout=`", arguments[0]));
        }
        std::thread::sleep(POLL);
    }
    let output = handle.wait().map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("git {} failed: {}", arguments[0], said.trim()))
}
