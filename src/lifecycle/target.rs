//! The cluster that a run goes to.
//!
//! In: what the environment or the command line names. Out: a connection. There is never a silent fallback to another
//! cluster: what is named is used, or the run fails. The only module of the lifecycle that knows kubeconfigs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hub_cluster::Cluster;
use hub_sandbox::{Sandbox, Serving, StoreError};
use kube::config::{KubeConfigOptions, Kubeconfig};
use sha2::Digest as _;

use super::Error;
use super::error::chain;
use crate::manifest::ClusterChoice;

/// The file of a stack's sandbox, below its directory.
pub const SANDBOX_FILE: &str = ".hub/sandbox";

/// What the process's surroundings say about clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeSurroundings {
    /// `--kubeconfig`.
    pub flag_kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub flag_context: Option<String>,
    /// The files of `KUBECONFIG`; empty when it is not set.
    pub variable: Vec<PathBuf>,
    /// The home directory.
    pub home: Option<PathBuf>,
}

/// A cluster to go to, not yet connected.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The embedded API server with its file.
    Sandbox(PathBuf),
    /// The cluster that this process runs in.
    InCluster,
    /// A context of kubeconfig files.
    Kubeconfig {
        /// The files, merged in this order.
        files: Vec<PathBuf>,
        /// The context; `None` means the current one.
        context: Option<String>,
        /// The uid that the cluster must have.
        uid: Option<String>,
    },
}

/// A connected cluster.
pub struct Connection {
    /// The cluster.
    pub cluster: Cluster,
    /// How users know it.
    pub name: String,
    /// SHA-256 of its certificate authority, where the kubeconfig has one.
    pub ca: Option<String>,
    access: Access,
}

/// How other programs get to the same cluster.
enum Access {
    /// They find it themselves: a pod's service account.
    Surroundings,
    /// By one context of a kubeconfig.
    Context(Box<Kubeconfig>),
    /// At an address that needs no credentials.
    Url(String),
    /// Not at all, until it is served.
    Sandbox(Sandbox, tokio::sync::OnceCell<Serving>),
}

impl Connection {
    /// The context that leads to it, as other programs name it.
    pub(super) fn context(&self) -> Option<String> {
        match &self.access {
            Access::Surroundings => None,
            Access::Context(config) => config.current_context.clone(),
            Access::Url(_) | Access::Sandbox(..) => Some("sandbox".to_owned()),
        }
    }

    /// The namespace that its context names.
    #[must_use]
    pub fn namespace(&self) -> Option<String> {
        let Access::Context(config) = &self.access else { return None };
        config.contexts.first()?.context.as_ref()?.namespace.clone().filter(|name| !name.is_empty())
    }

    /// A kubeconfig with this cluster only; serves an embedded sandbox on a free port of loopback.
    ///
    /// # Errors
    /// No port can be had.
    pub(super) async fn kubeconfig(&self) -> Result<Option<Kubeconfig>, Error> {
        let url = match &self.access {
            Access::Surroundings => return Ok(None),
            Access::Context(config) => return Ok(Some(*config.clone())),
            Access::Url(url) => url.clone(),
            Access::Sandbox(sandbox, serving) => {
                let serve = || async {
                    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
                    sandbox.serve(listener)
                };
                let serving = serving.get_or_try_init(serve).await;
                serving.map_err(|e| unservable(&e.to_string()))?.url()
            }
        };
        let config = Kubeconfig::from_yaml(&hub_sandbox::kubeconfig(&url));
        config.map(Some).map_err(|e| unservable(&e.to_string()))
    }
}

fn unservable(reason: &str) -> Error {
    Error::Internal { what: "serving the sandbox to hooks", reason: reason.to_owned() }
}

impl Target {
    /// Decides where to go: flags before the environment, the environment before the usual kubeconfig.
    ///
    /// # Errors
    /// Nothing names a cluster.
    pub fn choose(
        choice: Option<&ClusterChoice>,
        surroundings: &KubeSurroundings,
        stack_dir: &Path,
    ) -> Result<Self, Error> {
        let flags = surroundings.flag_kubeconfig.is_some() || surroundings.flag_context.is_some();
        let (path, context, uid) = match choice {
            Some(ClusterChoice::Sandbox) if !flags => return Ok(Self::Sandbox(stack_dir.join(SANDBOX_FILE))),
            Some(ClusterChoice::InCluster) if !flags => return Ok(Self::InCluster),
            Some(ClusterChoice::Kubeconfig { path, context, uid }) if !flags => {
                (path.clone(), context.clone(), uid.clone())
            }
            _ => (surroundings.flag_kubeconfig.clone(), surroundings.flag_context.clone(), None),
        };
        let files = match path {
            Some(path) => vec![expand_home(path, surroundings.home.as_deref())],
            None => usual_files(surroundings)?,
        };
        Ok(Self::Kubeconfig { files, context, uid })
    }

    /// A kubeconfig with this cluster only, as text; `name` is what its context is called, instead of its own name.
    ///
    /// # Errors
    /// No file can be read, or the sandbox is served nowhere.
    pub fn kubeconfig(&self, name: Option<&str>) -> Result<String, Error> {
        let refused = |reason: String, help: &str| Error::Target {
            target: "the environment's cluster".to_owned(),
            reason,
            help: Some(help.to_owned()),
        };
        let one = match self {
            Self::Sandbox(path) => {
                let holder = match Sandbox::open(path) {
                    Err(StoreError::Held { holder, .. }) => holder.url,
                    _ => None,
                };
                let help = "`hub sandbox serve` serves it for other programs";
                let url =
                    holder.ok_or_else(|| refused("it is a sandbox that nobody serves".to_owned(), help))?;
                let config = Kubeconfig::from_yaml(&hub_sandbox::kubeconfig(&url));
                config.map_err(|e| refused(e.to_string(), help))?
            }
            Self::InCluster => {
                return Err(refused(
                    "it is the cluster around this process".to_owned(),
                    "pods need no kubeconfig",
                ));
            }
            Self::Kubeconfig { files, context, .. } => {
                let merged = merged(files)?;
                let context = context.clone().or_else(|| merged.current_context.clone()).unwrap_or_default();
                super::kubeconfig::one_context(&merged, &context, name.unwrap_or(&context)).ok_or_else(
                    || refused(format!("there is no context `{context}`"), "name one with --context"),
                )?
            }
        };
        serde_yaml::to_string(&one).map_err(|e| refused(e.to_string(), "look at the kubeconfig"))
    }

    /// Connects; waits at most `patience` for another process that uses the sandbox.
    ///
    /// # Errors
    /// The kubeconfig or its context cannot be used, the server cannot be reached or refuses, or it is another
    /// cluster than the environment is bound to.
    pub async fn connect(&self, patience: Duration) -> Result<Connection, Error> {
        match self {
            Self::Sandbox(path) => connect_sandbox(path, patience).await,
            Self::InCluster => {
                let config = kube::Config::incluster().map_err(|e| Error::Target {
                    target: "the cluster around this process".into(),
                    reason: e.to_string(),
                    help: Some("`inCluster: true` works in a pod with a service account".into()),
                })?;
                let cluster = Cluster::connect(client(config, "in-cluster")?).await?;
                Ok(Connection { cluster, name: "in-cluster".into(), ca: None, access: Access::Surroundings })
            }
            Self::Kubeconfig { files, context, uid } => {
                connect_kubeconfig(files, context.as_deref(), uid.as_deref()).await
            }
        }
    }
}

fn usual_files(surroundings: &KubeSurroundings) -> Result<Vec<PathBuf>, Error> {
    let (files, missing) = if surroundings.variable.is_empty() {
        let home = surroundings.home.as_ref().map(|home| home.join(".kube/config"));
        (home.into_iter().collect::<Vec<_>>(), "~/.kube/config is not there")
    } else {
        (surroundings.variable.clone(), "no file that KUBECONFIG names is there")
    };
    let there: Vec<PathBuf> = files.into_iter().filter(|file| file.is_file()).collect();
    if there.is_empty() {
        return Err(Error::NoTarget { reason: format!("no kubeconfig is named, and {missing}") });
    }
    Ok(there)
}

fn expand_home(path: PathBuf, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// Kubeconfig files as one.
fn merged(files: &[PathBuf]) -> Result<Kubeconfig, Error> {
    let mut merged = Kubeconfig::default();
    for file in files {
        let unusable =
            |reason: String| Error::Target { target: file.display().to_string(), reason, help: None };
        let one = Kubeconfig::read_from(file).map_err(|e| unusable(chain(&e)))?;
        merged = merged.merge(one).map_err(|e| unusable(chain(&e)))?;
    }
    Ok(merged)
}

async fn connect_kubeconfig(
    files: &[PathBuf],
    context: Option<&str>,
    uid: Option<&str>,
) -> Result<Connection, Error> {
    let shown = files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", ");
    let unusable =
        |reason: String, help: Option<String>| Error::Target { target: shown.clone(), reason, help };
    let merged = merged(files)?;
    let known: Vec<String> = merged.contexts.iter().map(|c| c.name.clone()).collect();
    let Some(name) = context.map(ToOwned::to_owned).or_else(|| merged.current_context.clone()) else {
        return Err(unusable("it has no current context".into(), Some("name one with --context".into())));
    };
    if !known.contains(&name) {
        let help = crate::diagnostic::did_you_mean(&name, known.iter().map(String::as_str));
        let help = help.unwrap_or_else(|| format!("contexts: {}", known.join(", ")));
        return Err(unusable(format!("it has no context `{name}`"), Some(help)));
    }
    let access = match super::kubeconfig::one_context(&merged, &name, &name) {
        Some(one) => Access::Context(Box::new(one)),
        None => Access::Surroundings,
    };
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let config = kube::Config::from_custom_kubeconfig(merged, &options)
        .await
        .map_err(|e| unusable(chain(&e), None))?;
    let server = config.cluster_url.to_string();
    let ca = config.root_cert.as_ref().map(|certificates| authority(certificates));
    let cluster = Cluster::connect(client(config, &shown)?).await?;
    let name = format!("{name} ({})", server.trim_end_matches('/'));
    if let Some(expected) = uid {
        let found = cluster.identity().await?.uid;
        if found != expected {
            return Err(Error::Identity { target: name, expected: expected.to_owned(), found });
        }
    }
    Ok(Connection { cluster, name, ca, access })
}

/// A digest of certificates, whatever their order.
fn authority(certificates: &[Vec<u8>]) -> String {
    let mut digests: Vec<_> = certificates.iter().map(|der| sha2::Sha256::digest(der).to_vec()).collect();
    digests.sort();
    let all = sha2::Sha256::digest(digests.concat());
    all.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn client(mut config: kube::Config, target: &str) -> Result<kube::Client, Error> {
    config.connect_timeout = Some(Duration::from_secs(10));
    hub_cluster::client(config).map_err(|e| Error::Target {
        target: target.to_owned(),
        reason: chain(&e),
        help: Some("check the user and the certificate authority of the context".into()),
    })
}

/// Opens the sandbox's file; or goes to the process that serves it; or waits for the one that uses it.
async fn connect_sandbox(path: &Path, patience: Duration) -> Result<Connection, Error> {
    let unusable = |reason: String| Error::Sandbox { path: path.to_path_buf(), reason };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|e| unusable(e.to_string()))?;
    }
    let deadline = Instant::now() + patience;
    loop {
        let holder = match Sandbox::open(path) {
            Ok(sandbox) => {
                let cluster = Cluster::connect(sandbox.client()).await?;
                let name = "the sandbox".to_owned();
                return Ok(Connection {
                    cluster,
                    name,
                    ca: None,
                    access: Access::Sandbox(sandbox, tokio::sync::OnceCell::new()),
                });
            }
            Err(StoreError::Held { holder, .. }) => holder,
            Err(error) => return Err(unusable(chain(&error))),
        };
        if let Some(url) = &holder.url {
            let uri = url.parse().map_err(|e| unusable(format!("it is served at {url}: {e}")))?;
            let cluster = Cluster::connect(client(kube::Config::new(uri), url)?).await?;
            let name = format!("the sandbox served at {url}");
            return Ok(Connection { cluster, name, ca: None, access: Access::Url(url.clone()) });
        }
        if Instant::now() >= deadline {
            return Err(Error::Locked {
                holder: format!("process {}", holder.pid),
                command: "hub".into(),
                since: "it opened the sandbox".into(),
            });
        }
        tokio::time::sleep(SANDBOX_LOOK).await;
    }
}

const SANDBOX_LOOK: Duration = Duration::from_millis(100);
