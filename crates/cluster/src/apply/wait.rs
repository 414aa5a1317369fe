//! Waiting until an object is ready.
//!
//! In: an object as it was written. Out: the object as it is when ready, or why it is not. Refuses to poll where
//! a watch tells.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::run::Run;
use super::watch::Seen;
use crate::cluster::discovery::{Resource, segment};
use crate::cluster::request::Call;
use crate::directive;
use crate::event::Event;
use crate::id::ObjectId;
use crate::order::phase::is_built_in;
use crate::outcome::NotReady;
use crate::readiness::{Readiness, Status, readiness};

/// How often an object is looked at although its watch is silent.
const LOOK: Duration = Duration::from_secs(10);

/// How long a custom resource that does not say which generation its status is about is given to react to a
/// change, before its old status is believed.
const REACTION: Duration = Duration::from_secs(2);

/// How a wait ended.
pub(super) enum Waited {
    Ready(Arc<Value>),
    NotReady(Arc<Value>, NotReady),
    /// The run was told to stop.
    Stopped(Arc<Value>),
}

/// An object that is waited for.
struct Waiting<'a> {
    id: &'a ObjectId,
    resource: &'a Resource,
    last: Arc<Value>,
    /// What was last told about it.
    told: Option<Readiness>,
    failed_since: Option<Instant>,
    silent_until: Option<Instant>,
    /// The version that was written and until when a status seen at it is not believed.
    doubt: Option<(Value, Instant)>,
    /// For a claim: whether its class binds it only when it is used; `None` while that is not known.
    binds_late: Option<bool>,
}

impl Run<'_> {
    /// Waits until an object is ready, time is up or the run is stopped.
    ///
    /// `changed` tells that the object was there before and was changed now, so its status may be about what
    /// it was before.
    pub(super) async fn until_ready(
        &self,
        id: &ObjectId,
        resource: &Resource,
        written: Value,
        changed: bool,
    ) -> Waited {
        let is_doubtful = changed && !is_built_in(&id.group) && resource.has_status && is_undated(&written);
        let version = written["metadata"]["resourceVersion"].clone();
        let doubt = is_doubtful.then(|| (version, Instant::now() + REACTION));
        let last = Arc::new(written);
        let mut waiting = Waiting {
            id,
            resource,
            last,
            told: None,
            failed_since: None,
            silent_until: None,
            doubt,
            binds_late: None,
        };
        let mut states = None;
        loop {
            if let Some(ending) = self.judge(&mut waiting).await {
                return ending;
            }
            let states = states.get_or_insert_with(|| self.watcher.follow(id, resource));
            let until = [Some(Instant::now() + LOOK), Some(self.deadline), waiting.wake()];
            let until = until.into_iter().flatten().min().unwrap_or(self.deadline);
            tokio::select! {
                () = self.cancel.cancelled() => return Waited::Stopped(waiting.last),
                changed = states.changed() => {
                    let seen = states.borrow_and_update().clone();
                    if let (Ok(()), Seen::Object(object)) = (changed, seen) {
                        waiting.take(object);
                    }
                }
                () = tokio::time::sleep_until(until) => self.look(&mut waiting).await,
            }
        }
    }

    /// Looks at the object itself, in case the watch missed something or is not allowed.
    async fn look(&self, waiting: &mut Waiting<'_>) {
        let path = waiting.resource.object(waiting.id.namespace.as_deref(), &waiting.id.name);
        if let Ok(Some(object)) = self.cluster.find(&Call::get(path)).await {
            waiting.take(Arc::new(object));
        }
    }

    /// `None` where the wait goes on.
    async fn judge(&self, waiting: &mut Waiting<'_>) -> Option<Waited> {
        let now = Instant::now();
        let rule = self.options.readiness.iter().find(|rule| rule.is_about(waiting.id));
        let mut found = rule.map_or_else(|| readiness(&waiting.last), |rule| rule.readiness(&waiting.last));
        if found.is_ready() {
            found = self.second_look(waiting, found, now, rule.is_some()).await;
        }
        if found.status == Status::InProgress && self.waits_for_consumer(waiting).await {
            found = Readiness::current("it waits for its first consumer");
        }
        let is_failed = found.status == Status::Failed;
        waiting.failed_since = if is_failed { waiting.failed_since.or(Some(now)) } else { None };
        let is_terminal = waiting.failed_since.is_some_and(|since| now - since >= self.options.tolerance);
        if found.is_ready() {
            (self.events)(Event::Ready { id: waiting.id.clone() });
            return Some(Waited::Ready(waiting.last.clone()));
        }
        if is_terminal || now >= self.deadline {
            let mut report = self.diagnose(waiting.id, &waiting.last).await;
            report.message = self.mask.text(&found.message);
            report.terminal = is_terminal;
            return Some(Waited::NotReady(waiting.last.clone(), report));
        }
        if waiting.told.as_ref() != Some(&found) {
            let readiness = Readiness { message: self.mask.text(&found.message), ..found.clone() };
            (self.events)(Event::Waiting { id: waiting.id.clone(), readiness });
            waiting.told = Some(found);
        }
        None
    }

    /// Doubts the readiness of a custom resource that should report its status and has not: its controller may
    /// not have seen it yet. After a time of grace it is taken as ready, and said so.
    async fn second_look(
        &self,
        waiting: &mut Waiting<'_>,
        found: Readiness,
        now: Instant,
        by_rule: bool,
    ) -> Readiness {
        if let Some((version, until)) = &waiting.doubt
            && now < *until
            && waiting.last["metadata"]["resourceVersion"] == *version
        {
            return Readiness::in_progress("its controller has not reacted to the change yet");
        }
        let is_silent = waiting
            .last
            .get("status")
            .is_none_or(|status| status.as_object().is_some_and(|map| map.is_empty()));
        if by_rule
            || directive::waived(&waiting.last).is_some()
            || !is_silent
            || is_built_in(&waiting.id.group)
            || !waiting.resource.has_status
        {
            return found;
        }
        let until = match waiting.silent_until {
            Some(until) => until,
            None if self.reports_conditions(waiting.resource).await => now + self.options.status_grace,
            None => now,
        };
        let first = waiting.silent_until.replace(until).is_none();
        if now < until {
            return Readiness::in_progress("no controller has reported its status yet");
        }
        if !first {
            let message = format!(
                "no controller reported a status within {} s: whether it is ready is unknown",
                self.options.status_grace.as_secs()
            );
            self.warn(Some(waiting.id), message);
        }
        found
    }

    /// True for a claim whose class binds it only when a pod uses it: waiting for that could take for ever.
    async fn waits_for_consumer(&self, waiting: &mut Waiting<'_>) -> bool {
        if !waiting.id.is("", "PersistentVolumeClaim") {
            return false;
        }
        let Some(class) = waiting.last.pointer("/spec/storageClassName").and_then(Value::as_str) else {
            return false;
        };
        if let Some(known) = waiting.binds_late {
            return known;
        }
        let path = format!("/apis/storage.k8s.io/v1/storageclasses/{}", segment(class));
        let class = self.cluster.find(&Call::get(path)).await.ok().flatten();
        let binds_late = class.is_some_and(|class| class["volumeBindingMode"] == "WaitForFirstConsumer");
        *waiting.binds_late.insert(binds_late)
    }

    /// True where the kind's definition says that objects have conditions.
    async fn reports_conditions(&self, resource: &Resource) -> bool {
        let name = resource.qualified();
        let known = self.conditions_of_kinds.lock().await.get(&name).copied();
        if let Some(known) = known {
            return known;
        }
        let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
        let crd = self.cluster.find(&Call::get(path)).await.ok().flatten().unwrap_or_default();
        let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
        let version =
            versions.into_iter().flatten().find(|version| version["name"] == resource.version.as_str());
        let pointer = "/schema/openAPIV3Schema/properties/status/properties/conditions";
        let reports = version.is_some_and(|version| version.pointer(pointer).is_some());
        self.conditions_of_kinds.lock().await.insert(name, reports);
        reports
    }
}

impl Waiting<'_> {
    /// Takes over a newer state; an older one than is known (a list from a cache) is left.
    fn take(&mut self, object: Arc<Value>) {
        let version = |object: &Value| object["metadata"]["resourceVersion"].as_str()?.parse::<u64>().ok();
        let is_older =
            matches!((version(&object), version(&self.last)), (Some(new), Some(known)) if new < known);
        if !is_older {
            self.last = object;
        }
    }

    /// When to judge again although nothing changed.
    fn wake(&self) -> Option<Instant> {
        let now = Instant::now();
        match self.failed_since {
            Some(_) => Some(now + Duration::from_secs(1)),
            None => {
                let doubt = self.doubt.as_ref().map(|(_, until)| *until);
                [self.silent_until, doubt].into_iter().flatten().filter(|until| *until > now).min()
            }
        }
    }
}

/// True where a status says nowhere which generation of the object it is about.
fn is_undated(object: &Value) -> bool {
    let dated = |value: &Value| value.get("observedGeneration").is_some();
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    conditions.is_some_and(|list| !list.iter().any(dated)) && !object.get("status").is_some_and(dated)
}
