//! One run at a time: a Lease with holder, heartbeat and expiry.
//!
//! In: the name of what is locked and who wants it. Out: a [`Lock`] that renews itself until it is released
//! or lost. Refuses to know what is done under it, and to guess at clocks: times are the server's.

use std::time::Duration;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cluster::Cluster;
use crate::cluster::request::{self, Call, decode};
use crate::cluster::transient::Patience;
use crate::error::{Error, RequestError};
use crate::event::{Event, Events};
use crate::owner::record_name;

const HOLDER_ANNOTATION: &str = "hub.agilestacks.io/holder";
/// Lease without a heartbeat for this long is dead.
const EXPIRY: Duration = Duration::from_secs(15);
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Server times are told to the second, so a smaller difference between clocks means nothing.
const CLOCK_GRAIN: SignedDuration = SignedDuration::from_secs(2);
/// How often a lock held by another is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How often a lock may go or change hands while it is being taken, before something else must be wrong.
const MOST_MOVES: u32 = 40;
const MOVED_PAUSE: Duration = Duration::from_millis(50);

/// Who holds a lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Holder {
    /// A person or job at a host, e.g. `ann@laptop`.
    pub who: String,
    /// The command line, without secrets.
    pub command: String,
    /// Host name; empty where unknown.
    pub host: String,
    /// Process id on that host; 0 where unknown.
    pub pid: u32,
}

/// How to get a lock.
#[derive(Clone, Copy)]
pub struct LockOptions<'a> {
    /// How long to wait for another holder; zero for not at all.
    pub wait: Duration,
    /// Tells that a holder is certainly dead, e.g. because its process on this same host is gone. Without a
    /// certain word the lock is taken over when its heartbeat has been missing for 15 s.
    pub is_dead: &'a (dyn Fn(&Holder) -> bool + Sync),
}

impl Default for LockOptions<'_> {
    fn default() -> Self {
        LockOptions { wait: Duration::ZERO, is_dead: &|_| false }
    }
}

/// A lock that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockStatus {
    /// Who.
    pub holder: Holder,
    /// Since when, by the server's clock.
    pub since: Timestamp,
    /// Seconds since the last heartbeat.
    pub age_seconds: u64,
    /// True where the heartbeat is missing for so long that the lock may be taken over.
    pub expired: bool,
}

/// A held lock. Dropping it without [`Lock::release`] stops the heartbeat and leaves the lock to expire.
#[derive(Debug)]
pub struct Lock {
    lease: Lease,
    uid: String,
    lost: CancellationToken,
    stop: CancellationToken,
    heartbeat: Option<JoinHandle<String>>,
}

impl Lock {
    /// Takes the lock `name` in `namespace`, which is created on need.
    ///
    /// # Errors
    /// [`Error::LockHeld`] where somebody else holds it for longer than `options.wait`; [`Error::LockUnsettled`];
    /// failed requests.
    pub async fn acquire(
        cluster: &Cluster,
        name: &str,
        namespace: &str,
        holder: Holder,
        options: LockOptions<'_>,
        events: Events<'_>,
    ) -> Result<Lock, Error> {
        let lease = Lease::new(cluster, name, namespace, holder);
        let started = tokio::time::Instant::now();
        let mut told = false;
        let mut moved = 0;
        loop {
            if moved > MOST_MOVES {
                return Err(Error::LockUnsettled { name: name.to_string() });
            }
            if let Some(created) = lease.create().await? {
                let server_now = text(&created, "/metadata/creationTimestamp").parse();
                return Ok(lease.keep(created, server_now.unwrap_or_else(|_| Timestamp::now())));
            }
            let Some((live, now)) = lease.read().await? else {
                moved += 1;
                tokio::time::sleep(MOVED_PAUSE).await;
                continue;
            };
            if lease.is_ours(&live) {
                // Our request took effect although its answer was lost.
                return Ok(lease.keep(live, now));
            }
            let status = LockStatus::of(&live, now);
            if status.expired || (options.is_dead)(&status.holder) {
                if let Some(taken) = lease.take_over(&live, now).await? {
                    let Holder { who, command, .. } = status.holder;
                    events(Event::LockTakenOver { holder: who, command });
                    return Ok(lease.keep(taken, now));
                }
                moved += 1;
                tokio::time::sleep(MOVED_PAUSE).await;
                continue;
            }
            if started.elapsed() >= options.wait {
                let LockStatus { holder, since, .. } = status;
                return Err(Error::LockHeld { name: name.to_string(), holder, since });
            }
            if !told {
                let Holder { who, command, .. } = status.holder;
                events(Event::LockAwaited { holder: who, command });
                told = true;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Cancelled when the lock is lost: taken over by another, or not renewed in time. Whoever writes under
    /// the lock stops then.
    pub fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`Error::LockLost`] where it was taken over meanwhile; failed requests.
    pub async fn release(mut self) -> Result<(), Error> {
        self.stop.cancel();
        let Some(heartbeat) = self.heartbeat.take() else {
            return Ok(());
        };
        // The task ends at once: it only ever waits for the token or for one request.
        let resource_version = heartbeat.await.unwrap_or_default();
        self.lease.delete(&self.uid, &resource_version).await
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Who holds the lock `name` in `namespace`; `None` where it is free.
///
/// # Errors
/// Failed requests.
pub async fn lock_status(
    cluster: &Cluster,
    name: &str,
    namespace: &str,
) -> Result<Option<LockStatus>, Error> {
    let lease = Lease::new(cluster, name, namespace, Holder::default());
    Ok(lease.read().await?.map(|(live, now)| LockStatus::of(&live, now)))
}

/// Removes a lock whose holder is dead; with `force` also one whose heartbeat is fresh. Returns whose it was.
///
/// # Errors
/// [`Error::LockAlive`] without `force`; failed requests.
pub async fn unlock(
    cluster: &Cluster,
    name: &str,
    namespace: &str,
    force: bool,
) -> Result<Option<LockStatus>, Error> {
    let lease = Lease::new(cluster, name, namespace, Holder::default());
    let Some((live, now)) = lease.read().await? else {
        return Ok(None);
    };
    let status = LockStatus::of(&live, now);
    if !status.expired && !force {
        let LockStatus { holder, age_seconds, .. } = status;
        return Err(Error::LockAlive { name: name.to_string(), holder, age_seconds });
    }
    lease.delete(text(&live, "/metadata/uid"), text(&live, "/metadata/resourceVersion")).await?;
    Ok(Some(status))
}

impl LockStatus {
    fn of(live: &Value, now: Timestamp) -> Self {
        let time = |field: &str| text(live, field).parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let annotation = live["metadata"]["annotations"][HOLDER_ANNOTATION].as_str().unwrap_or_default();
        let holder = serde_json::from_str(annotation).unwrap_or_else(|_| Holder {
            who: text(live, "/spec/holderIdentity").to_string(),
            ..Holder::default()
        });
        let age = now.duration_since(time("/spec/renewTime"));
        let expiry = live.pointer("/spec/leaseDurationSeconds").and_then(Value::as_i64).unwrap_or(0);
        LockStatus {
            holder,
            since: time("/spec/acquireTime"),
            age_seconds: u64::try_from(age.as_secs()).unwrap_or(0),
            // The server's clock as answers tell it has a grain of one second.
            expired: age > SignedDuration::from_secs(expiry + 1),
        }
    }
}

/// The Lease object behind a lock.
#[derive(Debug, Clone)]
struct Lease {
    cluster: Cluster,
    name: String,
    namespace: String,
    holder: Holder,
    /// Tells this run from every other, also of the same person.
    identity: String,
}

impl Lease {
    fn new(cluster: &Cluster, name: &str, namespace: &str, holder: Holder) -> Self {
        let identity = format!("{}/{:016x}", holder.who, rand::random::<u64>());
        let name = record_name(&["hub", name]);
        Lease { cluster: cluster.clone(), name, namespace: namespace.to_string(), holder, identity }
    }

    fn collection(&self) -> String {
        format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", self.namespace)
    }

    fn path(&self) -> String {
        format!("{}/{}", self.collection(), self.name)
    }

    fn what(&self, verb: &str) -> String {
        format!("{verb} the lock {} in namespace {}", self.name, self.namespace)
    }

    /// True where this very run wrote the lease.
    fn is_ours(&self, live: &Value) -> bool {
        live.pointer("/spec/holderIdentity").is_some_and(|identity| *identity == self.identity)
    }

    /// The object as this run would hold it.
    fn object(
        &self,
        acquired: Timestamp,
        renewed: Timestamp,
        resource_version: Option<&str>,
        transitions: i64,
    ) -> Value {
        let micro = |time: Timestamp| format!("{time:.6}");
        let holder = serde_json::to_string(&self.holder).unwrap_or_default();
        json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "resourceVersion": resource_version,
                "labels": {"app.kubernetes.io/managed-by": "hub"},
                "annotations": {HOLDER_ANNOTATION: holder},
            },
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": EXPIRY.as_secs(),
                "acquireTime": micro(acquired),
                "renewTime": micro(renewed),
                "leaseTransitions": transitions,
            },
        })
    }

    /// `None` where the lease is there already.
    async fn create(&self) -> Result<Option<Value>, Error> {
        let now = Timestamp::now();
        let call = Call::with_json(Method::POST, self.collection(), &self.object(now, now, None, 0));
        // Whether the lease is there or the server is busy, taking the lock looks again.
        match self.cluster.value(&call, Patience::EXACT).await {
            Ok(created) => Ok(Some(created)),
            Err(error) if error.status() == Some(409) => Ok(None),
            Err(error) if error.is_not_found() => {
                crate::inventory::store::create_namespace(&self.cluster, &self.namespace).await?;
                Ok(None)
            }
            Err(error) => Err(Error::request(self.what("create"), error)),
        }
    }

    /// The lease and the server's time; `None` where it is not there.
    async fn read(&self) -> Result<Option<(Value, Timestamp)>, Error> {
        match request::send_dated(self.cluster.client(), &Call::get(self.path())).await {
            Ok((bytes, date)) => {
                let live = decode(&bytes).map_err(|error| Error::request(self.what("read"), error))?;
                Ok(Some((live, date.unwrap_or_else(Timestamp::now))))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(Error::request(self.what("read"), error)),
        }
    }

    /// `None` where somebody else was faster.
    async fn take_over(&self, live: &Value, now: Timestamp) -> Result<Option<Value>, Error> {
        let transitions = live.pointer("/spec/leaseTransitions").and_then(Value::as_i64).unwrap_or(0) + 1;
        let version = text(live, "/metadata/resourceVersion");
        let call =
            Call::with_json(Method::PUT, self.path(), &self.object(now, now, Some(version), transitions));
        match self.cluster.value(&call, Patience::EXACT).await {
            Ok(taken) => Ok(Some(taken)),
            Err(error) if matches!(error.status(), Some(404 | 409)) => Ok(None),
            Err(error) => Err(Error::request(self.what("take over"), error)),
        }
    }

    async fn delete(&self, uid: &str, resource_version: &str) -> Result<(), Error> {
        let preconditions = json!({"preconditions": {"uid": uid, "resourceVersion": resource_version}});
        let call = Call::with_json(Method::DELETE, self.path(), &preconditions);
        match self.cluster.send(&call, Patience::EXACT).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) if error.status() == Some(409) => {
                let by = match self.read().await? {
                    Some((live, now)) => LockStatus::of(&live, now).holder.who,
                    None => return Ok(()),
                };
                Err(Error::LockLost { name: self.name.clone(), by })
            }
            Err(error) => Err(Error::request(self.what("release"), error)),
        }
    }

    /// Starts the heartbeat of a lease that was just written; `server_now` is the server's time of that.
    fn keep(self, written: Value, server_now: Timestamp) -> Lock {
        let (lost, stop) = (CancellationToken::new(), CancellationToken::new());
        let offset = server_now.duration_since(Timestamp::now());
        let offset = if offset.abs() <= CLOCK_GRAIN { SignedDuration::ZERO } else { offset };
        let uid = text(&written, "/metadata/uid").to_string();
        let heartbeat = tokio::spawn(self.clone().beat(written, offset, lost.clone(), stop.clone()));
        Lock { lease: self, uid, lost, stop, heartbeat: Some(heartbeat) }
    }

    /// Renews the lease until it is stopped or lost; returns the last resourceVersion.
    async fn beat(
        self,
        mut live: Value,
        offset: SignedDuration,
        lost: CancellationToken,
        stop: CancellationToken,
    ) -> String {
        let mut renewed = tokio::time::Instant::now();
        // Where our clock is off, the lease that we just wrote says a wrong time: put it right at once.
        let mut rest = if offset.is_zero() { HEARTBEAT } else { Duration::ZERO };
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(rest) => {}
            }
            rest = HEARTBEAT;
            match self.renew(&live, offset).await {
                Ok(written) => {
                    live = written;
                    renewed = tokio::time::Instant::now();
                }
                Err(error) if matches!(error.status(), Some(404 | 409)) => match self.read().await {
                    // The answer to our own renewal was lost.
                    Ok(Some((found, _))) if self.is_ours(&found) => {
                        live = found;
                        renewed = tokio::time::Instant::now();
                    }
                    Ok(_) => {
                        lost.cancel();
                        break;
                    }
                    Err(error) => tracing::debug!(lock = %self.name, %error, "heartbeat failed"),
                },
                Err(error) => {
                    tracing::debug!(lock = %self.name, %error, "heartbeat failed");
                    if renewed.elapsed() > EXPIRY {
                        lost.cancel();
                        break;
                    }
                }
            }
        }
        text(&live, "/metadata/resourceVersion").to_string()
    }

    async fn renew(&self, live: &Value, offset: SignedDuration) -> Result<Value, RequestError> {
        let mut object = live.clone();
        object["spec"]["renewTime"] = json!(format!("{:.6}", Timestamp::now() + offset));
        let call = Call::with_json(Method::PUT, self.path(), &object);
        self.cluster.value(&call, Patience::CONNECT).await
    }
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_judged_by_the_servers_clock() {
        let lease = json!({"metadata": {"annotations": {HOLDER_ANNOTATION: r#"{"who": "ann", "command": "deploy"}"#}},
            "spec": {"acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:10.000000Z",
                "leaseDurationSeconds": 15, "holderIdentity": "ann/1"}});
        let at = |time: &str| LockStatus::of(&lease, time.parse().expect("a time"));
        assert!(!at("2026-01-01T00:00:26Z").expired);
        let late = at("2026-01-01T00:00:27Z");
        assert!(late.expired);
        assert_eq!((late.holder.who.as_str(), late.age_seconds), ("ann", 17));
    }

    #[test]
    fn a_foreign_lease_is_named_by_its_identity() {
        let status = LockStatus::of(&json!({"spec": {"holderIdentity": "other"}}), Timestamp::UNIX_EPOCH);
        assert_eq!(status.holder.who, "other");
    }
}
