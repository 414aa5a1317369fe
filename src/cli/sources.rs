//! Git repositories that components come from, when their folders are not there.
//!
//! In: how downloads behave. Out: folders in the cache, pinned in hub.lock. Refuses to know: what lies in them.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::fetch::{FetchOptions, Fetcher, Repository};
use crate::manifest::GitSource;
use crate::stack::Sources;

/// Gets repositories through the cache.
pub(super) struct Repositories {
    /// How downloads behave.
    pub(super) options: FetchOptions,
    /// What paths to repositories are relative to.
    pub(super) base: PathBuf,
}

impl Sources for Repositories {
    fn repository(&self, git: &GitSource) -> Result<PathBuf, String> {
        let wanted = Repository {
            address: address(&git.remote, &self.base),
            reference: git.reference.clone(),
            submodules: false,
            timeout: Repository::TIMEOUT,
        };
        let fetch = async {
            // Whoever interrupts this early interrupts the process.
            Fetcher::new(self.options.clone(), CancellationToken::new())?.repository(&wanted).await
        };
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| runtime.block_on(fetch)).map_err(|error| error.to_string())
    }
}

/// What git is told: a path beside the stack in full, whether anything is there or not. Source: git's own rule, by which
/// a colon before the first slash makes an address of another host.
fn address(remote: &str, base: &Path) -> String {
    let first = remote.split('/').next().unwrap_or_default();
    if first.contains(':') {
        return remote.to_owned();
    }
    let path = std::path::absolute(base.join(remote));
    path.map_or_else(|_| remote.to_owned(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_are_completed() {
        let base = Path::new("/stack");
        for remote in ["https://example.com/x.git", "git@example.com:x/y.git", "file:///x"] {
            assert_eq!(address(remote, base), remote);
        }
        assert_eq!(address("repositories/x", base), "/stack/repositories/x");
        assert_eq!(address("/srv/x.git", base), "/srv/x.git");
    }
}
