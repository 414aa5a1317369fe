//! One run of a plan: every object in its turn, as many at once as may be.
//!
//! In: a plan. Out: how each change ended. An object goes on as soon as what it waits for is far enough;
//! failures stop what depends on them and nothing else. Refuses to write the record.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ApplyOptions;
use super::ledger::Ending;
use super::progress::{Progress, Step};
use super::wait::Waited;
use super::watch::Watcher;
use crate::change::{Action, Change};
use crate::cluster::Cluster;
use crate::cluster::request::Call;
use crate::desired::Desired;
use crate::event::{Event, Events};
use crate::id::ObjectId;
use crate::mask::Mask;
use crate::order::phase::phase;
use crate::order::{Edge, Graph, Needs, Node};
use crate::outcome::ResultStatus;
use crate::plan::Plan;

/// Why nothing more is tried once a run is told to stop.
const STOPPED: &str = "the run was stopped";

/// What the parts of a run share.
pub(super) struct Run<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) plan: &'a Plan,
    pub(super) options: &'a ApplyOptions,
    pub(super) events: Events<'a>,
    pub(super) cancel: &'a CancellationToken,
    pub(super) mask: Mask,
    pub(super) watcher: Watcher,
    pub(super) deadline: Instant,
    /// Whether objects of a custom kind report conditions, by the name of the resource.
    pub(super) conditions_of_kinds: tokio::sync::Mutex<HashMap<String, bool>>,
    permits: Semaphore,
    warnings: std::sync::Mutex<Vec<String>>,
    /// Set at the first failure of a run that stops there.
    halted: CancellationToken,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        cluster: &'a Cluster,
        plan: &'a Plan,
        options: &'a ApplyOptions,
        events: Events<'a>,
        cancel: &'a CancellationToken,
    ) -> Self {
        Run {
            cluster,
            plan,
            options,
            events,
            cancel,
            mask: Mask::new(&[options.sensitive.as_slice(), plan.sensitive.as_slice()].concat()),
            watcher: Watcher::new(cluster, plan.owner.applyset_id()),
            deadline: Instant::now() + options.timeout,
            conditions_of_kinds: tokio::sync::Mutex::default(),
            permits: Semaphore::new(options.concurrency.max(1)),
            warnings: std::sync::Mutex::default(),
            halted: CancellationToken::new(),
        }
    }

    /// Tells and keeps a warning.
    pub(super) fn warn(&self, id: Option<&ObjectId>, message: String) {
        let line = id.map_or(message.clone(), |id| format!("{id}: {message}"));
        (self.events)(Event::Warning { id: id.cloned(), message });
        self.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(line);
    }

    /// All warnings of the run.
    pub(super) fn into_warnings(self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// True once nothing more is to be begun.
    pub(super) fn is_stopped(&self) -> bool {
        self.cancel.is_cancelled() || self.halted.is_cancelled()
    }

    /// Brings everything about that the plan wants to be there. Endings come by place in the plan.
    pub(super) async fn bring_about(&self) -> HashMap<usize, Ending> {
        let mut wanted: Vec<(usize, &Change, &Desired)> = Vec::new();
        for (place, change) in self.plan.changes.iter().enumerate() {
            if let Some(desired) = change.desired.as_deref().filter(|_| change.action.is_desired()) {
                wanted.push((place, change, desired));
            }
        }
        // Where the graph leaves the order open, the customary one decides who gets the first permits.
        wanted.sort_by_key(|(_, change, _)| {
            (phase(&change.id), change.id.namespace.clone(), change.id.name.clone())
        });
        let nodes: Vec<Node<'_>> = wanted
            .iter()
            .map(|(_, change, desired)| Node { id: &change.id, object: &desired.value })
            .collect();
        let graph = Graph::of(&nodes);
        for (waiting, on) in &graph.dropped {
            let message = format!("is applied without waiting for {}, which waits for it", nodes[*on].id);
            self.warn(Some(nodes[*waiting].id), message);
        }
        let progress = Progress::new(nodes.len());
        let turns: FuturesUnordered<_> = wanted
            .iter()
            .enumerate()
            .map(|(node, (place, change, desired))| {
                let turn = Turn {
                    run: self,
                    nodes: &nodes,
                    graph: &graph,
                    progress: &progress,
                    node,
                    change,
                    desired,
                };
                async move { (*place, turn.take().await) }
            })
            .collect();
        turns.collect().await
    }
}

/// One object's turn in a run.
struct Turn<'a> {
    run: &'a Run<'a>,
    nodes: &'a [Node<'a>],
    graph: &'a Graph,
    progress: &'a Progress,
    node: usize,
    change: &'a Change,
    desired: &'a Desired,
}

impl Turn<'_> {
    async fn take(self) -> Ending {
        let ending = match self.change.action {
            Action::Unchanged => self.leave().await,
            _ => self.write_in_turn().await,
        };
        let step = match &ending.status {
            ResultStatus::Done | ResultStatus::Applied => Step::Ready,
            _ => Step::Failed,
        };
        self.progress.report(self.node, step);
        if step == Step::Failed && self.run.options.fail_fast {
            self.run.halted.cancel();
        }
        ending
    }

    /// Has nothing to write, but may have to wait.
    async fn leave(&self) -> Ending {
        self.progress.report(self.node, Step::Applied);
        if self.change.known_ready {
            return Ending::new(ResultStatus::Done);
        }
        let live = match &self.change.live_object {
            Some(live) => Ok(Some(live.as_ref().clone())),
            None => self.run.cluster.find(&Call::get(self.desired.path())).await,
        };
        match live {
            Ok(Some(live)) => self.await_ready(live).await,
            Ok(None) => Ending::failed("it was deleted while the plan was carried out"),
            Err(error) => Ending::failed(self.run.mask.text(&error.to_string())),
        }
    }

    async fn write_in_turn(&self) -> Ending {
        if let Some(reason) = self.blocked().await {
            (self.run.events)(Event::ObjectSkipped { id: self.change.id.clone(), reason: reason.clone() });
            return Ending::skipped(reason);
        }
        let permit = self.run.permits.acquire().await;
        if permit.is_err() || self.run.is_stopped() {
            return Ending::skipped(STOPPED);
        }
        let (id, action) = (self.change.id.clone(), self.change.action);
        (self.run.events)(Event::ObjectStarted { id: id.clone(), action });
        let written = self.run.write(self.change, self.desired).await;
        drop(permit);
        match written {
            Ok(live) => {
                (self.run.events)(Event::ObjectDone { id, action });
                self.progress.report(self.node, Step::Applied);
                self.await_ready(live).await
            }
            Err(error) => {
                let error = self.run.mask.text(&error.to_string());
                (self.run.events)(Event::ObjectFailed { id, error: error.clone() });
                Ending::failed(error)
            }
        }
    }

    /// Waits for what this object waits for; says why it cannot go on.
    async fn blocked(&self) -> Option<String> {
        for Edge { on, needs, hard } in self.graph.waits_for(self.node) {
            let other = self.nodes[*on].id;
            // Without waiting for readiness only kinds are awaited: their objects are refused before.
            let needs = if self.run.options.wait || other.is_crd() { *needs } else { Needs::Applied };
            let reached = tokio::select! {
                reached = self.progress.reached(*on, needs) => reached,
                () = self.run.cancel.cancelled() => return Some(STOPPED.into()),
                () = self.run.halted.cancelled() => return Some(STOPPED.into()),
            };
            if !reached && *hard {
                return Some(format!("it needs {other}, which failed"));
            }
        }
        None
    }

    async fn await_ready(&self, live: Value) -> Ending {
        let is_needed = self.change.id.is_crd() && self.graph.is_awaited_ready(self.node);
        if !self.run.options.wait && !is_needed {
            return Ending::new(ResultStatus::Applied).seen(Arc::new(live));
        }
        let changed = self.change.action == Action::Update;
        match self.run.until_ready(&self.change.id, &self.desired.resource, live, changed).await {
            Waited::Ready(live) => Ending::new(ResultStatus::Done).seen(live),
            Waited::NotReady(live, report) => Ending::new(ResultStatus::NotReady(report)).seen(live),
            Waited::Stopped(live) => Ending::new(ResultStatus::Applied).seen(live),
        }
    }
}
