//! The connection to one cluster.
//!
//! In: a `kube::Client`. Out: [`Cluster`], which knows the served kinds and sends single requests. Refuses to
//! know plans, records and the order of things.

use std::sync::{Arc, RwLock};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) mod client;
pub(crate) mod discovery;
pub(crate) mod request;
pub(crate) mod transient;

use crate::Error;
use crate::error::RequestError;
use crate::id::{GroupKind, ObjectId};
use discovery::{Resource, Served};
use request::{Call, decode};
use transient::Patience;

/// A connection to one cluster with what it serves; cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    served: Arc<RwLock<Arc<Served>>>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").finish_non_exhaustive()
    }
}

/// Which cluster this is, whatever it is called in a kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Uid of the namespace `kube-system`, which lives as long as the cluster.
    pub uid: String,
}

impl Cluster {
    /// Connects: asks the server what it serves, in two requests where it aggregates its discovery.
    ///
    /// The client is best made by [`crate::client`]; it should not retry by itself: the engine does, and says so.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Unauthorized`], [`Error::Forbidden`] or [`Error::Server`].
    pub async fn connect(client: kube::Client) -> Result<Cluster, Error> {
        let cluster = Cluster { client, served: Arc::default() };
        cluster.refresh().await?;
        Ok(cluster)
    }

    /// Asks again which kinds the server serves.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub async fn refresh(&self) -> Result<(), Error> {
        let mut tries = 0;
        let found = loop {
            match discovery::discover(&self.client).await {
                Ok(found) => break found,
                Err(error) => {
                    tries += 1;
                    let Some(pause) = transient::pause(&error, tries, Patience::CONNECT, rand::random())
                    else {
                        return Err(Error::request("read what the server serves", error));
                    };
                    tokio::time::sleep(pause).await;
                }
            }
        };
        *self.served.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(found);
        Ok(())
    }

    /// Which cluster this is.
    ///
    /// # Errors
    /// A failed request; [`Error::Forbidden`] where the user may not read the namespace `kube-system`.
    pub async fn identity(&self) -> Result<Identity, Error> {
        let call = Call::get("/api/v1/namespaces/kube-system").accept(request::ACCEPT_METADATA);
        let what = "read the namespace kube-system";
        let namespace =
            self.value(&call, Patience::READ).await.map_err(|error| Error::request(what, error))?;
        let uid = namespace.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default().to_string();
        Ok(Identity { uid })
    }

    /// True where the cluster serves a kind in any version, as of the last look.
    pub fn serves(&self, kind: &GroupKind) -> bool {
        self.served().preferred(kind).is_some()
    }

    /// The server's version, e.g. `v1.36.3`.
    ///
    /// # Errors
    /// A failed request.
    pub async fn version(&self) -> Result<String, Error> {
        let version = self.value(&Call::get("/version"), Patience::READ).await;
        let version = version.map_err(|error| Error::request("read the server's version", error))?;
        Ok(version["gitVersion"].as_str().unwrap_or_default().to_owned())
    }

    /// What the server serves, as charts ask for it: `apps/v1`, `apps/v1/Deployment`.
    pub fn api_versions(&self) -> Vec<String> {
        self.served().api_versions()
    }

    /// The client underneath.
    pub fn client(&self) -> &kube::Client {
        &self.client
    }

    /// What the server serves, as of the last look.
    pub(crate) fn served(&self) -> Arc<Served> {
        self.served.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// How an object's kind is served; the preferred version.
    pub(crate) fn resource(&self, id: &ObjectId) -> Option<Resource> {
        self.served().preferred(&id.group_kind()).cloned()
    }

    /// Sends a call and tries again while its failure is one that passes.
    pub(crate) async fn send(&self, call: &Call, patience: Patience) -> Result<Bytes, RequestError> {
        self.send_telling(call, patience, |_, _| ()).await
    }

    /// The same; each failure that is followed by another try is told with the number of that try.
    pub(crate) async fn send_telling(
        &self,
        call: &Call,
        patience: Patience,
        mut tell: impl FnMut(&RequestError, u32),
    ) -> Result<Bytes, RequestError> {
        let mut tries = 0;
        loop {
            let error = match request::send(&self.client, call).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            tries += 1;
            let Some(pause) = transient::pause(&error, tries, patience, rand::random()) else {
                return Err(error);
            };
            tell(&error, tries + 1);
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends a call and reads the answer as a tree.
    pub(crate) async fn value(&self, call: &Call, patience: Patience) -> Result<Value, RequestError> {
        decode(&self.send(call, patience).await?)
    }

    /// Reads something that may not be there.
    pub(crate) async fn find(&self, call: &Call) -> Result<Option<Value>, RequestError> {
        match self.value(call, Patience::READ).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
