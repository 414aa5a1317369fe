//! Downloads kept between runs, each under the digest of its bytes.
//!
//! In: a finished download. Out: its file, found again by digest. Refuses to know: URLs.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::FetchError;

/// A folder of files named by sha256.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
}

/// A download that is complete but not yet kept; it vanishes when dropped.
pub(super) struct Downloaded {
    pub(super) path: tempfile::TempPath,
    pub(super) sha256: String,
    pub(super) size: u64,
}

impl Cache {
    /// A cache in `dir`, which need not exist yet.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.join("sha256") }
    }

    /// The file with this digest, if it is there and whole. A damaged one is removed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&self, sha256: &str) -> Result<Option<PathBuf>, FetchError> {
        let path = self.dir.join(sha256);
        match digest_of(&path) {
            Ok(found) if found == sha256 => Ok(Some(path)),
            Ok(_) => {
                std::fs::remove_file(&path).map_err(|source| FetchError::Store { path, source })?;
                Ok(None)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FetchError::Store { path, source }),
        }
    }

    /// A new file in the cache's folder, for a download to go to.
    pub(super) fn new_file(&self) -> Result<tempfile::NamedTempFile, FetchError> {
        let failed = |source| FetchError::Store { path: self.dir.clone(), source };
        std::fs::create_dir_all(&self.dir).map_err(failed)?;
        tempfile::Builder::new().prefix(".part-").tempfile_in(&self.dir).map_err(failed)
    }

    /// Keeps a download; another process may have kept the same one meanwhile.
    pub(super) fn keep(&self, file: Downloaded) -> Result<PathBuf, FetchError> {
        let path = self.dir.join(&file.sha256);
        file.path.persist(&path).map_err(|e| FetchError::Store { path: path.clone(), source: e.error })?;
        Ok(path)
    }
}

fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
