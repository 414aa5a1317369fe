//! What hooks find in `KUBECONFIG`: the run's cluster, and no other.
//!
//! In: a connection. Out: a kubeconfig with one cluster. A sandbox in this process is served on a free port of loopback,
//! for as long as the connection lasts, so that kubectl, and `hub` itself, reach it from hooks.

use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};

use super::{Connection, Error};

/// One context of a kubeconfig with what it names, under a new name.
#[must_use]
pub(super) fn one_context(all: &Kubeconfig, context: &str, name: &str) -> Option<Kubeconfig> {
    let mut found = all.contexts.iter().find(|c| c.name == context)?.clone();
    let inner = found.context.clone()?;
    let clusters = all.clusters.iter().filter(|c| c.name == inner.cluster).cloned().collect();
    let users = all.auth_infos.iter().filter(|u| Some(&u.name) == inner.user.as_ref()).cloned().collect();
    name.clone_into(&mut found.name);
    Some(Kubeconfig {
        kind: Some("Config".to_owned()),
        api_version: Some("v1".to_owned()),
        current_context: Some(name.to_owned()),
        clusters,
        auth_infos: users,
        contexts: vec![found],
        ..Kubeconfig::default()
    })
}

/// One context of a kubeconfig file, cut out of it.
#[derive(Clone, Debug)]
pub struct CutContext {
    /// What it is called in the file.
    pub context: String,
    /// The cluster that it names.
    pub cluster: String,
    /// The cluster's address.
    pub server: String,
    config: Kubeconfig,
}

impl CutContext {
    /// Cuts a context, by default the current one, out of a file, and calls it `name`, if that is given.
    ///
    /// # Errors
    /// What is wrong with the file, or that it has no such context; in words.
    pub fn read(file: &Path, context: Option<&str>, name: Option<&str>) -> Result<Self, String> {
        let shown = file.display();
        let all = Kubeconfig::read_from(file).map_err(|e| format!("{shown}: {e}"))?;
        let wanted = context.map(ToOwned::to_owned).or_else(|| all.current_context.clone());
        let wanted = wanted.ok_or_else(|| format!("{shown} has no current context"))?;
        let config = one_context(&all, &wanted, name.unwrap_or(&wanted))
            .ok_or_else(|| format!("{shown} has no context {wanted}"))?;
        let cluster = config.clusters.first();
        let server = cluster.and_then(|c| c.cluster.as_ref()).and_then(|c| c.server.clone());
        let cluster = cluster.map_or(String::new(), |c| c.name.clone());
        Ok(Self { context: wanted, cluster, server: server.unwrap_or_default(), config })
    }

    /// A kubeconfig of it alone.
    ///
    /// # Errors
    /// It cannot be written as YAML; in words.
    pub fn text(&self) -> Result<String, String> {
        serde_yaml::to_string(&self.config).map_err(|e| e.to_string())
    }

    /// Asks its server for its version.
    ///
    /// # Errors
    /// It cannot be reached, or refuses; in words.
    pub async fn answers(self) -> Result<(), String> {
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(self.config, &options).await;
        let mut config = config.map_err(|e| e.to_string())?;
        config.connect_timeout = Some(Duration::from_secs(10));
        let client = hub_cluster::client(config).map_err(|e| e.to_string())?;
        client.apiserver_version().await.map_err(|e| e.to_string())?;
        Ok(())
    }
}

/// Writes the kubeconfig of a connection to `path`, readable by its owner only; false when it has none.
///
/// The current context is the run's; with `alias` there is a second one of that name, since hubctl's components name
/// their context after the domain. `namespace` is that of both.
pub(super) async fn write(
    connection: &Connection,
    path: &Path,
    alias: Option<&str>,
    namespace: Option<&str>,
) -> Result<bool, Error> {
    let Some(mut config) = connection.kubeconfig().await? else { return Ok(false) };
    if let (Some(alias), Some(context)) = (alias, config.contexts.first().cloned())
        && alias != context.name
    {
        config.contexts.push(kube::config::NamedContext { name: alias.to_owned(), ..context });
    }
    for context in config.contexts.iter_mut().filter_map(|c| c.context.as_mut()) {
        if let Some(namespace) = namespace {
            context.namespace = Some(namespace.to_owned());
        }
    }
    let failed = |reason: String| Error::Internal { what: "the kubeconfig of hooks", reason };
    let text = serde_yaml::to_string(&config).map_err(|e| failed(e.to_string()))?;
    let written = {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let file = std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
    };
    written.map_err(|e| failed(format!("{}: {e}", path.display())))?;
    Ok(true)
}
