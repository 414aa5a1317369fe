//! Copies of git repositories, one commit each, kept in the cache and pinned like downloads.
//!
//! In: an address with a reference. Out: a folder with the files of that commit. Runs `git`, which alone knows how to
//! authenticate with what users have set up; it is never asked to prompt.
//!
//! Source: kustomize's `api/internal/git/cloner.go` for the commands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::pins::RepositoryPin;
use super::source::shown_address;
use super::{FetchError, Fetcher};

/// A commit of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// What `git fetch` takes: a URL, a path, or `host:path`.
    pub address: String,
    /// A branch, a tag or a commit; empty means the branch that the repository shows first.
    pub reference: String,
    /// Whether its submodules are wanted too.
    pub submodules: bool,
    /// How long all of it may take.
    pub timeout: Duration,
}

impl Repository {
    /// How long a copy may take where nobody says.
    pub const TIMEOUT: Duration = Duration::from_secs(120);
}

impl Fetcher {
    /// The folder with a commit's files. Read it, do not change it: others may get the same one.
    ///
    /// Where a lock file is used, the first run pins the commit behind the reference, and later runs get that commit, even
    /// if the reference has moved on; those that find it in the cache need no network.
    ///
    /// # Errors
    /// The address cannot be used, git fails or takes too long, or the reference has moved since it was pinned and the
    /// repository no longer gives the pinned commit.
    pub async fn repository(&self, wanted: &Repository) -> Result<PathBuf, FetchError> {
        check(wanted)?;
        let folder = self.options.cache_dir.join("repositories");
        let pin = if self.options.update {
            None
        } else {
            self.pins.lock().await.repository(&shown_address(&wanted.address), &wanted.reference).cloned()
        };
        if let Some(pin) = &pin {
            let kept = folder.join(name_of(wanted, &pin.commit));
            if kept.is_dir() {
                return Ok(kept);
            }
        }
        if self.options.offline {
            return Err(FetchError::Offline { url: shown_address(&wanted.address) });
        }
        let stored = |source| FetchError::Store { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(stored)?;
        let copy = tempfile::Builder::new().prefix(".part-").tempdir_in(&folder).map_err(stored)?;
        let commit = self.copy(wanted, pin.as_ref(), copy.path()).await?;
        if let Some(pin) = pin.filter(|pin| pin.commit != commit) {
            return Err(FetchError::Moved {
                url: shown_address(&wanted.address),
                reference: wanted.reference.clone(),
                expected: pin.commit,
                found: commit,
            });
        }
        let kept = folder.join(name_of(wanted, &commit));
        // Another process may have kept the same commit meanwhile; either copy will do.
        if !kept.is_dir() {
            std::fs::rename(copy.path(), &kept).map_err(stored)?;
        }
        if let Some(lock_file) = &self.options.lock_file {
            let mut pins = self.pins.lock().await;
            pins.set_repository(RepositoryPin {
                // Without a password: the file is committed.
                url: shown_address(&wanted.address),
                reference: wanted.reference.clone(),
                commit,
                submodules: wanted.submodules,
            });
            pins.save(lock_file)?;
        }
        Ok(kept)
    }

    /// What the lock file says of repositories, as it can be asked for again.
    pub async fn pinned_repositories(&self) -> Vec<Repository> {
        let pins = self.pins.lock().await;
        let again = |pin: &RepositoryPin| Repository {
            address: pin.url.clone(),
            reference: pin.reference.clone(),
            submodules: pin.submodules,
            timeout: Repository::TIMEOUT,
        };
        pins.repositories().map(again).collect()
    }

    /// Copies one commit without its history; gives its digest.
    async fn copy(
        &self,
        wanted: &Repository,
        pin: Option<&RepositoryPin>,
        folder: &Path,
    ) -> Result<String, FetchError> {
        let all = async {
            let reference = if wanted.reference.is_empty() { "HEAD" } else { &wanted.reference };
            let fetch = ["fetch", "--quiet", "--depth=1", &wanted.address];
            git(wanted, folder, &["init", "--quiet"]).await?;
            git(wanted, folder, &["remote", "add", "origin", &wanted.address]).await?;
            let pinned = match pin {
                Some(pin) => git(wanted, folder, &[&fetch[..], &[&pin.commit]].concat()).await.is_ok(),
                None => false,
            };
            if !pinned {
                // Not every server gives commits by their digest, and old ones may be gone.
                git(wanted, folder, &[&fetch[..], &[reference]].concat()).await?;
            }
            git(wanted, folder, &["checkout", "--quiet", "FETCH_HEAD"]).await?;
            if wanted.submodules && folder.join(".gitmodules").exists() {
                git(wanted, folder, &["submodule", "--quiet", "update", "--init", "--recursive"]).await?;
            }
            git(wanted, folder, &["rev-parse", "HEAD"]).await
        };
        let failed = |reason: String| FetchError::Repository { url: shown_address(&wanted.address), reason };
        tokio::select! {
            commit = all => commit.map(|text| text.trim().to_owned()),
            () = tokio::time::sleep(wanted.timeout) => {
                Err(failed(format!("no end within {} s; `?timeout=` gives it more", wanted.timeout.as_secs())))
            }
            () = self.cancel.cancelled() => Err(FetchError::Interrupted { url: shown_address(&wanted.address) }),
        }
    }
}

/// An address or reference that begins with a dash would be an option of git.
fn check(wanted: &Repository) -> Result<(), FetchError> {
    if wanted.reference.starts_with('-') || wanted.address.starts_with('-') {
        return Err(FetchError::Source {
            text: shown_address(&wanted.address),
            reason: "an address or reference of a repository cannot begin with '-'".to_owned(),
        });
    }
    Ok(())
}

fn name_of(wanted: &Repository, commit: &str) -> String {
    if wanted.submodules { format!("{commit}-with-submodules") } else { commit.to_owned() }
}

async fn git(wanted: &Repository, folder: &Path, arguments: &[&str]) -> Result<String, FetchError> {
    let failed = |reason: String| FetchError::Repository { url: shown_address(&wanted.address), reason };
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        // Nobody is there to answer.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(format!("cannot run git: {error}; is it installed?")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said =
        String::from_utf8_lossy(&output.stderr).replace(&wanted.address, &shown_address(&wanted.address));
    Err(failed(format!("git {} failed: {}", arguments[0], said.trim())))
}
