//! Getting bytes that components name: downloads and files, checked, cached, pinned, unpacked.
//!
//! In: what a component names (`https://…`, `file://…`, a path). Out: a file with known content.
//! Refuses to know: what the bytes are for.

mod answer;
mod archive;
mod cache;
mod content;
mod error;
mod http;
mod pins;
mod repository;
mod source;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use answer::answers;
pub use archive::{Limits, unpack};
pub use cache::Cache;
pub use content::Content;
pub use error::FetchError;
pub use pins::{LOCK_FILE, Pin, Pins, RepositoryPin};
pub use repository::Repository;
pub use source::Source;

/// How downloads behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchOptions {
    /// Where downloads are kept between runs, by their digest.
    pub cache_dir: PathBuf,
    /// The file with the digests of earlier downloads; `None` pins nothing.
    pub lock_file: Option<PathBuf>,
    /// Use only what is in the cache.
    pub offline: bool,
    /// Forget the digests of earlier downloads.
    pub update: bool,
    /// How long to wait for a connection, and for each further piece of an answer.
    pub timeout: Duration,
    /// How often a download that failed for a passing reason is tried again.
    pub retries: u32,
    /// The pause before the first further try; it doubles each time.
    pub backoff: Duration,
    /// Bytes of one download at the most.
    pub max_bytes: u64,
}

impl FetchOptions {
    /// The usual behaviour with a cache in `cache_dir`.
    #[must_use]
    pub fn new(cache_dir: PathBuf) -> Self {
        Self {
            cache_dir,
            lock_file: None,
            offline: false,
            update: false,
            timeout: Duration::from_secs(30),
            retries: 3,
            backoff: Duration::from_millis(500),
            max_bytes: 1 << 30,
        }
    }
}

/// Bytes that were fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// A file with the bytes; read it, do not change it.
    pub path: PathBuf,
    /// The name that the source gives its content: the last part of its path.
    pub file_name: String,
    /// How many bytes.
    pub size: u64,
    /// Whether no network was needed.
    pub cached: bool,
}

/// What happens while something is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchProgress {
    /// Bytes so far, and in all if the server said.
    Bytes(u64, Option<u64>),
    /// A try failed for a passing reason; another follows.
    Retry(String),
}

/// Fetches sources with one cache and one set of pins.
pub struct Fetcher {
    options: FetchOptions,
    cache: Cache,
    pins: tokio::sync::Mutex<Pins>,
    client: tokio::sync::OnceCell<reqwest::Client>,
    cancel: CancellationToken,
}

impl Fetcher {
    /// A fetcher; nothing is opened but the lock file.
    ///
    /// # Errors
    /// The lock file cannot be read.
    pub fn new(options: FetchOptions, cancel: CancellationToken) -> Result<Self, FetchError> {
        let pins = match &options.lock_file {
            Some(path) => Pins::load(path)?,
            None => Pins::default(),
        };
        Ok(Self {
            cache: Cache::new(&options.cache_dir),
            pins: tokio::sync::Mutex::new(pins),
            client: tokio::sync::OnceCell::new(),
            options,
            cancel,
        })
    }

    /// Gets what `source` names. A path is relative to `dir`.
    ///
    /// # Errors
    /// The file or download cannot be had, is not what `content` asks for, or differs from its pin.
    pub async fn fetch(
        &self,
        source: &Source,
        dir: &Path,
        content: Content,
        progress: &(dyn Fn(FetchProgress) + Send + Sync),
    ) -> Result<Fetched, FetchError> {
        match source {
            Source::File(path) => fetch_file(source, &dir.join(path), content),
            Source::Http(url) => self.fetch_http(source, url, content, progress).await,
        }
    }

    async fn fetch_http(
        &self,
        source: &Source,
        url: &url::Url,
        content: Content,
        progress: &(dyn Fn(FetchProgress) + Send + Sync),
    ) -> Result<Fetched, FetchError> {
        let pin = if self.options.update { None } else { self.pins.lock().await.get(url.as_str()).cloned() };
        if let Some(pin) = &pin
            && let Some(path) = self.cache.find(&pin.sha256)?
        {
            return Ok(Fetched { path, file_name: source.file_name(), size: pin.size, cached: true });
        }
        if self.options.offline {
            return Err(FetchError::Offline { url: url.to_string() });
        }
        let client = self.client.get_or_try_init(|| async { http::client(&self.options) }).await?;
        let download = http::Download { client, url, options: &self.options, cancel: &self.cancel, progress };
        let file = download.run(&self.cache).await?;
        content.check(&file.path, url.as_str())?;
        if let Some(pin) = &pin
            && pin.sha256 != file.sha256
        {
            return Err(FetchError::Digest {
                url: url.to_string(),
                expected: pin.sha256.clone(),
                expected_size: pin.size,
                found: file.sha256,
                found_size: file.size,
            });
        }
        let size = file.size;
        let new = Pin { url: url.to_string(), sha256: file.sha256.clone(), size };
        let path = self.cache.keep(file)?;
        let mut pins = self.pins.lock().await;
        pins.set(new);
        if let Some(lock_file) = &self.options.lock_file {
            // A hook of the same run may have written some meanwhile.
            pins.add_missing(Pins::load(lock_file)?);
            pins.save(lock_file)?;
        }
        Ok(Fetched { path, file_name: source.file_name(), size, cached: false })
    }
}

fn fetch_file(source: &Source, path: &Path, content: Content) -> Result<Fetched, FetchError> {
    let metadata = std::fs::metadata(path)
        .map_err(|error| FetchError::File { path: path.to_path_buf(), source: error })?;
    if !metadata.is_file() {
        let error = std::io::Error::other("it is not a file");
        return Err(FetchError::File { path: path.to_path_buf(), source: error });
    }
    content.check(path, &path.display().to_string())?;
    Ok(Fetched {
        path: path.to_path_buf(),
        file_name: source.file_name(),
        size: metadata.len(),
        cached: true,
    })
}

#[cfg(test)]
mod tests;
