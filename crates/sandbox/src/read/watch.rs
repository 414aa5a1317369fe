//! Watches: the changes of a selection from a revision on, as a stream of events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::partial::{Form, partial};
use super::{Selection, convert, table};
use crate::request::ApiRequest;
use crate::state::State;
use crate::status::StatusError;
use crate::store::Change;

/// How often a quiet watch says how far it is, to clients that allow it.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// How long a watch lasts that asks for no timeout.
const LONGEST: Duration = Duration::from_secs(1800);

/// What a watch asks for.
#[derive(Debug)]
pub(crate) struct WatchRequest {
    selection: Selection,
    form: Form,
    /// The revision to go on from; `None` begins with what is there.
    from: Option<u64>,
    bookmarks: bool,
    initial_events: bool,
    timeout: Duration,
}

impl WatchRequest {
    /// Reads the parameters of a watch.
    pub(crate) fn of(
        request: &ApiRequest,
        selection: Selection,
        form: Form,
    ) -> Result<WatchRequest, StatusError> {
        let version = request.query.get("resourceVersion").unwrap_or_default();
        let from = match version {
            "" | "0" => None,
            text => Some(text.parse().map_err(|_| {
                let problem = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
                StatusError::new(500, "", format!("resourceVersion: Invalid value: {text:?}: {problem}"))
            })?),
        };
        let seconds = request.query.get("timeoutSeconds").and_then(|t| t.parse().ok()).filter(|t| *t > 0);
        let initial_events = request.query.flag("sendInitialEvents");
        Ok(WatchRequest {
            selection,
            form,
            from: if initial_events { None } else { from },
            bookmarks: request.query.flag("allowWatchBookmarks"),
            initial_events,
            timeout: seconds.map_or(LONGEST, Duration::from_secs),
        })
    }
}

/// A watch in progress: lines of JSON, one event each.
pub(crate) struct WatchStream {
    request: WatchRequest,
    state: Arc<Mutex<State>>,
    changed: watch::Receiver<u64>,
    seen: u64,
    ready: VecDeque<Value>,
    end: Instant,
    bookmark: Instant,
    first_table: bool,
    /// Lines to give before the connection is dropped; `None` for all.
    pub(crate) drop_after: Option<u64>,
    ended: bool,
}

impl WatchStream {
    /// Begins a watch.
    pub(crate) fn begin(request: WatchRequest, shared: &Arc<Mutex<State>>, state: &State) -> WatchStream {
        let now = Instant::now();
        let mut stream = WatchStream {
            changed: state.store.subscribe(),
            seen: request.from.unwrap_or_else(|| state.store.revision()),
            ready: VecDeque::new(),
            end: now + request.timeout,
            bookmark: now + BOOKMARKS,
            first_table: true,
            drop_after: None,
            ended: false,
            state: shared.clone(),
            request,
        };
        if stream.request.from.is_none() {
            stream.list(state);
        }
        stream
    }

    fn list(&mut self, state: &State) {
        let selection = &self.request.selection;
        let table = selection.resource.table();
        let found = state.store.list(&table, selection.namespace.as_deref());
        let values: Vec<Value> = found
            .filter(|(key, value)| selection.holds(key, value))
            .map(|(_, value)| convert(value, &selection.resource))
            .collect();
        for value in values {
            self.push("ADDED", value);
        }
        if self.request.initial_events {
            let mark = self.mark(true);
            self.ready.push_back(mark);
        }
    }

    fn mark(&self, initial: bool) -> Value {
        let resource = &self.request.selection.resource;
        let mut metadata = json!({"resourceVersion": self.seen.to_string()});
        if initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let mut object =
            json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata});
        if self.request.form == Form::Metadata {
            object = partial(&object);
        }
        json!({"type": "BOOKMARK", "object": object})
    }

    fn push(&mut self, kind: &str, value: Value) {
        let resource = &self.request.selection.resource;
        let object = match self.request.form {
            Form::Whole => value,
            Form::Metadata => partial(&value),
            Form::Table { include } => {
                let first = std::mem::replace(&mut self.first_table, false);
                table::table(&value, include, resource, first)
            }
        };
        self.ready.push_back(json!({"type": kind, "object": object}));
    }

    /// Takes up what has changed since the last look.
    fn catch_up(&mut self) {
        let shared = self.state.clone();
        let state = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let changes: Vec<Change> = match state.store.changes_after(self.seen) {
            Ok(changes) => {
                let table = self.request.selection.resource.table();
                changes.filter(|change| change.table == table).cloned().collect()
            }
            Err(oldest) => {
                let message = format!("too old resource version: {} ({oldest})", self.seen);
                self.ready
                    .push_back(json!({"type": "ERROR", "object": StatusError::expired(message).body()}));
                self.ended = true;
                return;
            }
        };
        self.seen = self.seen.max(state.store.revision());
        drop(state);
        for change in changes {
            self.tell(&change);
        }
    }

    fn tell(&mut self, change: &Change) {
        let selection = &self.request.selection;
        let held =
            |value: &Option<Arc<Value>>| value.as_ref().is_some_and(|v| selection.holds(&change.key, v));
        let (kind, value) = match (held(&change.before), held(&change.after), &change.before, &change.after) {
            (false, true, _, Some(new)) => ("ADDED", convert(new, &selection.resource)),
            (true, true, _, Some(new)) => ("MODIFIED", convert(new, &selection.resource)),
            (true, false, Some(old), _) => {
                let mut last = convert(old, &selection.resource);
                crate::object::set_meta(&mut last, "resourceVersion", change.revision.to_string());
                ("DELETED", last)
            }
            _ => return,
        };
        self.push(kind, value);
    }

    /// Waits for the next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if self.drop_after == Some(0) {
                return None;
            }
            if let Some(event) = self.ready.pop_front() {
                self.drop_after = self.drop_after.map(|left| left - 1);
                return Some(event);
            }
            if self.ended {
                return None;
            }
            self.changed.mark_unchanged();
            self.catch_up();
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                changed = self.changed.changed() => {
                    if changed.is_err() {
                        return None;
                    }
                }
                () = sleep_until(self.end) => return None,
                () = sleep_until(self.bookmark) => {
                    self.bookmark = Instant::now() + BOOKMARKS;
                    if self.request.bookmarks {
                        self.ready.push_back(self.mark(false));
                    }
                }
            }
        }
    }
}
