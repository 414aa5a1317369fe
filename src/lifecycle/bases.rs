//! What kustomizations name elsewhere: bases in repositories, files behind URLs.
//!
//! In: an address, from the engine, which waits for the answer. Out: a folder or bytes, through `fetch` with its cache and
//! pins. Refuses to know: what is built of them.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hub_kustomize::{RemoteLoader, RepositorySpec};

use crate::fetch::{Content, Fetcher, Repository, Source};

/// Bases elsewhere.
pub struct Bases {
    fetcher: Arc<Fetcher>,
    /// Made when something is fetched: few builds are in need of it.
    runtime: OnceLock<std::io::Result<tokio::runtime::Runtime>>,
}

impl Bases {
    /// Nothing is opened yet. The engine must ask from a thread that may block.
    #[must_use]
    pub fn new(fetcher: Arc<Fetcher>) -> Self {
        Self { fetcher, runtime: OnceLock::new() }
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, crate::fetch::FetchError>>) -> Result<T, String> {
        let made =
            self.runtime.get_or_init(|| tokio::runtime::Builder::new_current_thread().enable_all().build());
        let runtime = made.as_ref().map_err(ToString::to_string)?;
        runtime.block_on(work).map_err(|error| error.to_string())
    }
}

impl RemoteLoader for Bases {
    fn file(&self, url: &str) -> Result<Vec<u8>, String> {
        let source = Source::parse(url).map_err(|error| error.to_string())?;
        let fetched = self.wait(self.fetcher.fetch(&source, Path::new("."), Content::Any, &|_| {}))?;
        std::fs::read(&fetched.path).map_err(|error| error.to_string())
    }

    fn repository(&self, spec: &RepositorySpec) -> Result<String, String> {
        let wanted = Repository {
            address: spec.clone_url.clone(),
            reference: spec.reference.clone(),
            submodules: spec.submodules,
            timeout: Duration::from_secs(spec.timeout_seconds),
        };
        let folder = self.wait(self.fetcher.repository(&wanted))?;
        let real = folder.canonicalize().map_err(|error| error.to_string())?;
        real.into_os_string().into_string().map_err(|_| "the cache's path is not UTF-8".to_owned())
    }
}
