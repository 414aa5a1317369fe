//! Which cluster an environment went to the first time, so that it never goes to another by mistake.
//!
//! In: an environment, a connection. Out: nothing, or both clusters named. Kept in `.hub/clusters.json` beside the stack;
//! who wants the same for everybody pins `cluster: {uid: …}` in the environment.
//! Refuses to know: how a cluster is reached.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Connection, Error};

/// The file of bindings, below the stack's directory.
const FILE: &str = ".hub/clusters.json";

/// The cluster that an environment goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bound {
    /// Uid of its namespace `kube-system`; empty where that may not be read.
    uid: String,
    /// SHA-256 of its certificate authority; empty where the kubeconfig has none.
    ca: String,
    /// How it was reached.
    target: String,
}

impl Bound {
    fn is_same(&self, other: &Self) -> bool {
        let fits = |one: &str, other: &str| one.is_empty() || other.is_empty() || one == other;
        fits(&self.uid, &other.uid) && fits(&self.ca, &other.ca)
    }

    fn shown(&self) -> String {
        let uid = if self.uid.is_empty() { "unknown" } else { &self.uid };
        let ca = if self.ca.is_empty() { "none".to_owned() } else { self.ca.chars().take(12).collect() };
        format!("{} (uid {uid}, certificate authority {ca})", self.target)
    }
}

/// Remembers the cluster of an environment at its first use; later refuses any other, unless `rebind`.
///
/// # Errors
/// It is another cluster; the file cannot be read or written.
pub async fn bind(dir: &Path, environment: &str, connection: &Connection, rebind: bool) -> Result<(), Error> {
    let path = dir.join(FILE);
    let uid = match connection.cluster.identity().await {
        Ok(identity) => identity.uid,
        // Who may not read that namespace is bound by the certificate authority alone.
        Err(hub_cluster::Error::Forbidden { .. }) => String::new(),
        Err(error) => return Err(error.into()),
    };
    let ca = connection.ca.clone().unwrap_or_default();
    let found = Bound { uid, ca, target: connection.name.clone() };
    let mut all = load(&path)?;
    match all.get(environment) {
        Some(known) if *known == found => return Ok(()),
        Some(known) if !rebind && !known.is_same(&found) => {
            return Err(Error::OtherCluster {
                environment: environment.to_owned(),
                known: known.shown(),
                found: found.shown(),
                path,
            });
        }
        _ => {}
    }
    all.insert(environment.to_owned(), found);
    save(&path, &all)
}

fn refuse(path: &Path, reason: impl ToString) -> Error {
    Error::Bindings { path: path.to_path_buf(), reason: reason.to_string() }
}

fn load(path: &Path) -> Result<BTreeMap<String, Bound>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map_err(|e| refuse(path, e)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(refuse(path, error)),
    }
}

/// Replaces the file at once: another run may be reading it.
fn save(path: &Path, all: &BTreeMap<String, Bound>) -> Result<(), Error> {
    use std::io::Write as _;
    let dir = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    std::fs::create_dir_all(&dir).map_err(|e| refuse(path, e))?;
    let mut file = tempfile::NamedTempFile::new_in(&dir).map_err(|e| refuse(path, e))?;
    let text = serde_json::to_string_pretty(all).map_err(|e| refuse(path, e))?;
    file.write_all(text.as_bytes()).map_err(|e| refuse(path, e))?;
    file.persist(path).map(|_| ()).map_err(|e| refuse(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_does_not_tell_clusters_apart() {
        let bound = |uid: &str, ca: &str| Bound { uid: uid.into(), ca: ca.into(), target: "t".into() };
        assert!(bound("a", "x").is_same(&bound("a", "")));
        assert!(bound("", "x").is_same(&bound("a", "x")));
        assert!(!bound("a", "x").is_same(&bound("b", "x")));
        assert!(!bound("a", "x").is_same(&bound("a", "y")));
    }
}
