//! One process at a time: an exclusive lock on the file `<sandbox>.lock`, which names its holder.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use fs4::FileExt;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// The process that has a sandbox file open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id; 0 when it has not said.
    pub pid: u32,
    /// Where it serves the sandbox; `None` when it does not.
    pub url: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.url, self.pid) {
            (Some(url), pid) => write!(f, "process {pid}, which serves it at {url}"),
            (None, 0) => write!(f, "another process"),
            (None, pid) => write!(f, "process {pid}; try again when it has ended"),
        }
    }
}

/// The held lock; dropping it gives the file free.
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock that belongs to a sandbox file.
    pub(crate) fn take(sandbox: &Path) -> Result<Lock, StoreError> {
        let mut name = sandbox.as_os_str().to_owned();
        name.push(".lock");
        let path = Path::new(&name);
        let fail = |source| StoreError::File { action: "lock", path: sandbox.to_owned(), source };
        if let Some(folder) = sandbox.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(fail)?;
        if FileExt::try_lock(&file).is_err() {
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(fail)?;
            let holder = serde_json::from_str(&text).unwrap_or_default();
            return Err(StoreError::Held { path: sandbox.to_owned(), holder });
        }
        let mut lock = Lock { file };
        lock.announce(None).map_err(fail)?;
        Ok(lock)
    }

    /// Writes into the lock who holds it, and where it serves.
    pub(crate) fn announce(&mut self, url: Option<&str>) -> std::io::Result<()> {
        let holder = Holder { pid: std::process::id(), url: url.map(str::to_owned) };
        self.file.seek(SeekFrom::Start(0))?;
        self.file.set_len(0)?;
        self.file.write_all(serde_json::to_string(&holder)?.as_bytes())
    }
}
