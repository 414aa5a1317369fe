//! What objects look like while they are waited for.
//!
//! In: collections that hold objects of the set. Out: the last state of each object, and word when it changes.
//! One list and one watch per collection, however many objects are waited for in it. Refuses to judge states.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::cluster::Cluster;
use crate::cluster::discovery::Resource;
use crate::cluster::request::{self, Call, decode};
use crate::cluster::transient::Patience;
use crate::error::RequestError;
use crate::id::ObjectId;
use crate::owner::PART_OF_LABEL;

/// Pause before a broken watch is opened again, and between looks where there is no watch.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the server keeps a watch open. It is opened again then.
const WATCH_SECONDS: u32 = 290;

/// The last that was seen of an object.
#[derive(Debug, Clone, Default)]
pub(super) enum Seen {
    /// Nothing yet.
    #[default]
    Nothing,
    /// The object.
    Object(Arc<Value>),
    /// The object is gone, or is no member of the set any more.
    Gone,
}

type States = Arc<Mutex<HashMap<String, watch::Sender<Seen>>>>;

struct Collection {
    states: States,
    task: AbortHandle,
}

/// Watches the collections in which objects are waited for, as long as it lives.
pub(super) struct Watcher {
    cluster: Cluster,
    applyset: String,
    collections: Mutex<HashMap<String, Collection>>,
}

impl Watcher {
    pub(super) fn new(cluster: &Cluster, applyset: String) -> Self {
        Watcher { cluster: cluster.clone(), applyset, collections: Mutex::default() }
    }

    /// Follows an object from now on.
    pub(super) fn follow(&self, id: &ObjectId, resource: &Resource) -> watch::Receiver<Seen> {
        let path = resource.collection(id.namespace.as_deref());
        let mut collections = lock(&self.collections);
        let collection =
            collections.entry(path.clone()).or_insert_with(|| self.start(path, resource.watchable));
        let mut state = lock(&collection.states).entry(id.name.clone()).or_default().subscribe();
        // What the collection's watch has told already is news for who follows only now.
        state.mark_changed();
        state
    }

    fn start(&self, path: String, watchable: bool) -> Collection {
        let states = States::default();
        let follow = Follow {
            cluster: self.cluster.clone(),
            query: format!("{path}?labelSelector={PART_OF_LABEL}%3D{}", self.applyset),
            states: states.clone(),
            watchable,
        };
        let task = tokio::spawn(follow.run()).abort_handle();
        Collection { states, task }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        for collection in lock(&self.collections).values() {
            collection.task.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows one collection for ever.
struct Follow {
    cluster: Cluster,
    query: String,
    states: States,
    watchable: bool,
}

impl Follow {
    async fn run(self) {
        loop {
            match self.list().await {
                Ok(version) if self.watchable => {
                    if let Err(error) = self.watch(version).await {
                        tracing::debug!(query = %self.query, %error, "watch ended");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                Ok(_) => tokio::time::sleep(PAUSE).await,
                // Whoever waits also looks at its own object from time to time, so nothing hangs on this.
                Err(error) => {
                    tracing::debug!(query = %self.query, %error, "list failed");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes over the state of the whole collection; returns its version.
    async fn list(&self) -> Result<String, RequestError> {
        let mut list = self.cluster.value(&Call::get(self.query.as_str()), Patience::READ).await?;
        let version = list["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_string();
        let api_version = list["apiVersion"].clone();
        let kind = list["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_string();
        let mut present = HashMap::new();
        if let Some(Value::Array(items)) = list.get_mut("items").map(Value::take) {
            for mut item in items {
                item["apiVersion"] = api_version.clone();
                item["kind"] = Value::String(kind.clone());
                present.insert(name(&item), item);
            }
        }
        let mut states = lock(&self.states);
        for (name, sender) in states.iter() {
            if !present.contains_key(name) && matches!(*sender.borrow(), Seen::Object(_)) {
                sender.send_replace(Seen::Gone);
            }
        }
        for (name, item) in present {
            states.entry(name).or_default().send_replace(Seen::Object(Arc::new(item)));
        }
        Ok(version)
    }

    async fn watch(&self, mut version: String) -> Result<(), RequestError> {
        loop {
            let query = format!(
                "{}&watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}",
                self.query
            );
            let mut stream = request::open(self.cluster.client(), &Call::get(query)).await?;
            let mut rest: Vec<u8> = Vec::new();
            while let Some(frame) = stream.next().await {
                rest.extend_from_slice(&frame?);
                while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = rest.drain(..=end).collect();
                    if let Some(seen) = self.take(decode(&line)?)? {
                        version = seen;
                    }
                }
            }
        }
    }

    /// Takes over one event; returns the version that it brings the watch to.
    fn take(&self, mut event: Value) -> Result<Option<String>, RequestError> {
        let object = event["object"].take();
        let version = object["metadata"]["resourceVersion"].as_str().map(str::to_string);
        let seen = match event["type"].as_str().unwrap_or_default() {
            "ADDED" | "MODIFIED" => Seen::Object(Arc::new(object.clone())),
            "DELETED" => Seen::Gone,
            "BOOKMARK" => return Ok(version),
            // Mostly 410: the version is too old. The caller lists anew.
            _ => return Err(RequestError::Malformed { message: format!("the watch reports {object}") }),
        };
        lock(&self.states).entry(name(&object)).or_default().send_replace(seen);
        Ok(version)
    }
}

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_string()
}
