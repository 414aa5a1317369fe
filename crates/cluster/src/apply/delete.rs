//! Deleting what a plan deletes, in stages.
//!
//! In: a plan. Out: how each deletion ended. A stage begins when everything of the one before is gone; what
//! hangs stops the later stages, so that no controller goes before its objects. Refuses to decide what goes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::time::Instant;

use super::ledger::Ending;
use super::run::Run;
use super::watch::Seen;
use crate::change::{Action, Change};
use crate::cluster::discovery::Resource;
use crate::cluster::request::Call;
use crate::event::Event;
use crate::id::ObjectId;
use crate::order::phase::deletion_stage;
use crate::outcome::{NotReady, ResultStatus};

/// How often an object that is being deleted is looked at although its watch is silent.
const LOOK: std::time::Duration = std::time::Duration::from_secs(2);

/// Who fills aggregated ClusterRoles in. Source: `pkg/controller/clusterroleaggregation`.
const AGGREGATION_CONTROLLER: &str = "clusterrole-aggregation-controller";
/// How often and how long after their deletion aggregated roles are looked for again.
const SWEEPS: u32 = 3;
const SWEEP_PAUSE: std::time::Duration = std::time::Duration::from_millis(150);

/// How the wait for a deletion ended.
enum Gone {
    Yes,
    Held(Option<Arc<Value>>),
    Stopped,
}

/// Whether it is a ClusterRole that a controller fills in from others.
fn is_aggregated(change: &Change) -> bool {
    let has_rule = |live: &Arc<Value>| live.get("aggregationRule").is_some();
    change.id.is("rbac.authorization.k8s.io", "ClusterRole")
        && change.live_object.as_ref().is_some_and(has_rule)
}

impl Run<'_> {
    /// Deletes everything that the plan deletes. Endings come by place in the plan.
    pub(super) async fn clear_away(&self) -> HashMap<usize, Ending> {
        let mut stages: BTreeMap<u8, Vec<(usize, &Change)>> = BTreeMap::new();
        for (place, change) in self.plan.changes.iter().enumerate() {
            if change.action == Action::Delete {
                stages.entry(deletion_stage(&change.id)).or_default().push((place, change));
            }
        }
        let mut endings = HashMap::new();
        let mut hindrance: Option<ObjectId> = None;
        for (_, stage) in stages {
            if let Some(id) = &hindrance {
                let reason = format!("{id} is still there, and may need it to be deleted");
                endings.extend(stage.into_iter().map(|(place, change)| (place, self.skip(change, &reason))));
                continue;
            }
            // Their controller applies a role whose sources go, and would make it anew if it had just gone itself.
            let (first, rest): (Vec<_>, Vec<_>) =
                stage.into_iter().partition(|(_, change)| is_aggregated(change));
            let mut ended = self.delete_together(first).await;
            ended.extend(self.delete_together(rest).await);
            self.sweep_aggregated(&ended).await;
            for (place, change, ending) in ended {
                if !matches!(ending.status, ResultStatus::Done | ResultStatus::Applied) {
                    hindrance.get_or_insert_with(|| change.id.clone());
                }
                endings.insert(place, ending);
            }
        }
        endings
    }

    async fn delete_together<'c>(
        &self,
        changes: Vec<(usize, &'c Change)>,
    ) -> Vec<(usize, &'c Change, Ending)> {
        stream::iter(changes)
            .map(|(place, change)| async move { (place, change, self.delete_in_turn(change).await) })
            .buffer_unordered(self.options.concurrency.max(1) * 8)
            .collect()
            .await
    }

    /// Deletes aggregated ClusterRoles once more that came back: their controller may apply a role in the moment in
    /// which it is deleted, and so makes it anew, without labels and without an owner.
    async fn sweep_aggregated(&self, ended: &[(usize, &Change, Ending)]) {
        let gone: Vec<&Change> = ended
            .iter()
            .filter(|(_, change, ending)| ending.status == ResultStatus::Done && is_aggregated(change))
            .map(|(_, change, _)| *change)
            .collect();
        if gone.is_empty() {
            return;
        }
        // The controller reacts within milliseconds, or not at all.
        for _ in 0..SWEEPS {
            tokio::time::sleep(SWEEP_PAUSE).await;
            for change in &gone {
                let Some(resource) = self.cluster.resource(&change.id) else { continue };
                let path = resource.object(None, &change.id.name);
                let Ok(Some(live)) = self.cluster.find(&Call::get(path.as_str())).await else { continue };
                let managers = crate::managed_fields::entries(&live);
                let by_controller = !managers.is_empty()
                    && managers.iter().all(|entry| entry["manager"] == AGGREGATION_CONTROLLER);
                let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
                if by_controller && let Err(error) = self.delete(&change.id, &path, uid).await {
                    let message =
                        format!("its controller made it anew, and it could not be deleted again: {error}");
                    self.warn(Some(&change.id), self.mask.text(&message));
                }
            }
        }
    }

    fn skip(&self, change: &Change, reason: &str) -> Ending {
        (self.events)(Event::ObjectSkipped { id: change.id.clone(), reason: reason.to_string() });
        Ending::skipped(reason)
    }

    async fn delete_in_turn(&self, change: &Change) -> Ending {
        if self.is_stopped() {
            return self.skip(change, "the run was stopped");
        }
        let id = change.id.clone();
        let (Some(resource), Some(live)) = (self.cluster.resource(&id), &change.live) else {
            // The kind went with its definition, and the object with it.
            return Ending::new(ResultStatus::Done);
        };
        (self.events)(Event::ObjectStarted { id: id.clone(), action: Action::Delete });
        let path = resource.object(id.namespace.as_deref(), &id.name);
        if let Err(error) = self.delete(&id, &path, &live.uid).await {
            let error = self.mask.text(&error.to_string());
            (self.events)(Event::ObjectFailed { id, error: error.clone() });
            return Ending::failed(error);
        }
        (self.events)(Event::ObjectDone { id: id.clone(), action: Action::Delete });
        if !self.options.wait {
            return Ending::new(ResultStatus::Applied);
        }
        match self.until_gone(&id, &resource, &path, &live.uid).await {
            Gone::Yes => {
                (self.events)(Event::Deleted { id });
                Ending::new(ResultStatus::Done)
            }
            Gone::Held(last) => Ending::new(ResultStatus::NotReady(self.explain_held(&id, last).await)),
            Gone::Stopped => Ending::skipped("the run was stopped while it was being deleted"),
        }
    }

    async fn until_gone(&self, id: &ObjectId, resource: &Resource, path: &str, uid: &str) -> Gone {
        let is_there =
            |found: &Option<Value>| found.as_ref().is_some_and(|live| live["metadata"]["uid"] == uid);
        let mut states: Option<tokio::sync::watch::Receiver<Seen>> = None;
        let mut told = Vec::new();
        loop {
            // A watch by label also says goodbye to what only lost the label, so the object itself decides.
            let live = match self.cluster.find(&Call::get(path)).await {
                Ok(found) if is_there(&found) => found,
                Ok(_) => return Gone::Yes,
                Err(_) => None,
            };
            let finalizers = live.as_ref().map(finalizers).unwrap_or_default();
            if !finalizers.is_empty() && finalizers != told {
                (self.events)(Event::Deleting { id: id.clone(), finalizers: finalizers.clone() });
                told = finalizers;
            }
            let now = Instant::now();
            if now >= self.deadline {
                return Gone::Held(live.map(Arc::new));
            }
            let states = states.get_or_insert_with(|| self.watcher.follow(id, resource));
            let until = (now + LOOK).min(self.deadline);
            tokio::select! {
                () = self.cancel.cancelled() => return Gone::Stopped,
                _ = states.changed() => { states.borrow_and_update(); }
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Why an object does not go away.
    async fn explain_held(&self, id: &ObjectId, last: Option<Arc<Value>>) -> NotReady {
        let Some(live) = last else {
            return NotReady {
                message: "it could not be read while it was being deleted".into(),
                ..NotReady::default()
            };
        };
        let mut report = self.diagnose(id, &live).await;
        let finalizers = finalizers(&live);
        report.message = match finalizers.as_slice() {
            [] => "it is still being deleted".into(),
            names => format!("it is held by {}", names.join(", ")),
        };
        if id.is_namespace() {
            report.children.extend(namespace_leftovers(&live));
            report.hint = Some("what is left in the namespace is named above; an APIService that does not answer is the usual cause".into());
        } else if let Some(finalizer) = finalizers.first() {
            let domain = finalizer.split('/').next().unwrap_or(finalizer);
            report.hint = Some(format!(
                "the controller that sets {finalizer} has to finish its work: see whether one for {domain} runs; \
                 remove the finalizer by hand only if it is gone for good"
            ));
        }
        report
    }
}

fn finalizers(object: &Value) -> Vec<String> {
    let list = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_string())).collect()
}

/// What the namespace controller says about what it cannot delete. Source: `pkg/controller/namespace`.
fn namespace_leftovers(namespace: &Value) -> Vec<String> {
    let conditions = namespace.pointer("/status/conditions").and_then(Value::as_array);
    let raised = conditions.into_iter().flatten().filter(|condition| condition["status"] == "True");
    raised.filter_map(|condition| Some(condition["message"].as_str()?.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn namespaces_say_what_is_left_in_them() {
        let namespace = json!({"status": {"conditions": [
            {"type": "NamespaceContentRemaining", "status": "True", "message": "Some resources are remaining: pods. has 1 resource instances"},
            {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "All resources discovered"}]}});
        assert_eq!(
            namespace_leftovers(&namespace),
            ["Some resources are remaining: pods. has 1 resource instances"]
        );
    }
}
