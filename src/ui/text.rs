//! A run in words: results as lines on standard output, what passes on standard error.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use hub_cluster::{Counts, Event as ObjectEvent, ObjectId};

use super::live::Live;
use super::plan::{Detail, counted, plan_lines};
use super::style::{Palette, seconds, size};
use super::{Reporter, Screen};
use crate::lifecycle::{Event, Listener, Status, Verb};

/// Shows a run to people.
pub struct TextReporter {
    live: Live,
    palette: Palette,
    detail: Detail,
    redrawn: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    verb: Option<Verb>,
    /// Per component: objects done, and in all.
    objects: HashMap<String, (usize, usize)>,
    /// In a log: what is waited for, by component and object.
    awaited: HashMap<(String, String), Awaited>,
}

/// Something that is waited for; said in a log when it takes long.
struct Awaited {
    since: Instant,
    text: String,
    said: bool,
}

/// Shorter waits are not worth a line in a log.
const PATIENCE: Duration = Duration::from_secs(3);

impl TextReporter {
    /// A reporter for a screen.
    #[must_use]
    pub fn new(screen: Screen, detail: Detail) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        if !screen.live {
            say_long_waits(Arc::downgrade(&state));
        }
        Self {
            live: Live::new(screen.live),
            palette: Palette::new(screen.color),
            detail,
            redrawn: screen.live,
            state,
        }
    }

    fn out(&self, text: &str) {
        self.live.suspend(|| super::line(text));
    }

    fn err(&self, text: &str) {
        self.live.suspend(|| super::note(text));
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn named(&self, component: &str, text: &str) -> String {
        format!("{}  {text}", self.palette.bold.apply_to(component))
    }

    fn object(&self, component: &str, happened: &ObjectEvent) {
        match happened {
            ObjectEvent::Ready { id } => self.waited(component, id),
            ObjectEvent::ObjectDone { id, .. } | ObjectEvent::Deleted { id } => {
                self.waited(component, id);
                let mut state = self.state();
                let (done, all) = state.objects.entry(component.to_owned()).or_default();
                *done = (*done + 1).min((*all).max(1));
                let progress = format!("{done} of {all}: {id}");
                drop(state);
                self.live.set(component, progress);
            }
            ObjectEvent::Waiting { id, readiness } => {
                let text = format!("waiting for {id}: {}", readiness.message);
                self.wait(component, id, text);
            }
            ObjectEvent::Deleting { id, finalizers } if !finalizers.is_empty() => {
                let text = format!("waiting until {id} is gone, held by {}", finalizers.join(", "));
                self.wait(component, id, text);
            }
            ObjectEvent::Deleting { id, .. } => {
                self.live.set(component, format!("waiting until {id} is gone"));
            }
            // The second, fourth, eighth try: enough to know, for the reason is the same.
            ObjectEvent::Retry { attempt, .. } if !attempt.is_power_of_two() => {}
            ObjectEvent::Retry { id, reason, attempt } => {
                let text = format!("{id}: {reason}; try {attempt} follows");
                self.err(&self.named(component, &self.palette.warn.apply_to(text).to_string()));
            }
            // Warnings about objects come again with the outcome, all of them once.
            ObjectEvent::Warning { .. } => {}
            _ => {}
        }
    }

    /// On a screen the line is redrawn; in a log it is said when it takes long.
    fn wait(&self, component: &str, id: &ObjectId, text: String) {
        if self.redrawn {
            self.live.set(component, text);
            return;
        }
        let mut state = self.state();
        let key = (component.to_owned(), id.to_string());
        let known = state.awaited.get(&key);
        if known.is_none_or(|awaited| awaited.text != text) {
            let since = known.map_or_else(Instant::now, |awaited| awaited.since);
            state.awaited.insert(key, Awaited { since, text, said: false });
        }
    }

    fn waited(&self, component: &str, id: &ObjectId) {
        self.state().awaited.remove(&(component.to_owned(), id.to_string()));
    }

    fn warn(&self, component: Option<&str>, message: &str) {
        let text = self.palette.warn.apply_to(format!("! {message}")).to_string();
        self.err(&component.map_or_else(|| text.clone(), |c| self.named(c, &text)));
    }

    fn finished(&self, component: &str, status: Status, counts: &Counts, took: f64) {
        self.live.remove(component);
        self.state().awaited.retain(|(of, _), _| of != component);
        let verb = self.state().verb;
        let (mark, text) = match status {
            Status::Done => (self.palette.good.apply_to("✓"), counted(counts, true)),
            Status::Unchanged if verb == Some(Verb::Undeploy) && *counts == Counts::default() => {
                (self.palette.good.apply_to("✓"), "not deployed".to_owned())
            }
            Status::Unchanged => (self.palette.good.apply_to("✓"), counted(counts, true)),
            Status::Pending => (self.palette.warn.apply_to("~"), counted(counts, false)),
            Status::Failed => (self.palette.bad.apply_to("✗"), "failed".to_owned()),
            Status::Skipped => (self.palette.bad.apply_to("-"), "not begun".to_owned()),
            Status::Interrupted => (self.palette.bad.apply_to("✗"), "interrupted".to_owned()),
        };
        let name = self.palette.bold.apply_to(component);
        self.out(&format!("{mark} {name}  {text}  {}", self.palette.dim.apply_to(seconds(took))));
    }
}

/// Says every second what has been waited for too long, as long as the reporter is there.
fn say_long_waits(state: Weak<Mutex<State>>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let Some(state) = state.upgrade() else { return };
            let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for ((component, _), awaited) in &mut state.awaited {
                if !awaited.said && awaited.since.elapsed() > PATIENCE {
                    awaited.said = true;
                    super::note(&format!("{component}  {}", awaited.text));
                }
            }
        }
    });
}

impl Listener for TextReporter {
    fn on_event(&self, event: &Event) {
        match event {
            Event::RunStarted { verb, stack, environment, target, .. } => {
                self.state().verb = Some(*verb);
                let environment =
                    environment.as_ref().map_or_else(String::new, |e| format!(", environment {e}"));
                self.out(&format!("{} {stack} on {target}{environment}", verb.name()));
            }
            Event::ComponentAdded(addition) => {
                let why = match &addition.capability {
                    Some(capability) => format!(
                        "{} requires {capability}, which the cluster does not have",
                        addition.needed_by
                    ),
                    None => format!("{} depends on it", addition.needed_by),
                };
                self.out(&format!(
                    "{} {}",
                    self.palette.good.apply_to(format!("+ {}", addition.component)),
                    self.palette.dim.apply_to(format!("joins: {why}"))
                ));
            }
            Event::LockAwaited { holder, command } => {
                self.err(&format!("waiting for {holder}, who runs `{command}`"));
            }
            Event::PhaseStarted { component, phase } => self.live.set(component, phase.name().to_owned()),
            Event::FetchProgress { component, source, bytes, total } => {
                let total = total.map_or_else(String::new, |t| format!(" of {}", size(t)));
                self.live.set(component, format!("fetching {source}: {}{total}", size(*bytes)));
            }
            Event::FetchRetry { component, reason, .. } => {
                self.warn(Some(component), &format!("{reason}; trying again"))
            }
            Event::Fetched { component, source, bytes, cached: false } => {
                self.err(&self.named(component, &format!("fetched {source} ({})", size(*bytes))));
            }
            Event::HookStarted { component, hook, .. } => self.live.set(component, format!("hook {hook}")),
            Event::HookLine { component, hook, line, .. } => {
                self.err(
                    &self.named(
                        component,
                        &format!("{} {line}", self.palette.dim.apply_to(format!("{hook} |"))),
                    ),
                );
            }
            Event::GoingBack { component, revision, at, command } => {
                let text = format!("back to revision {revision} of {at} (`{command}`)");
                self.out(&self.named(component, &text));
            }
            Event::Planned { component, plan } => {
                self.state().objects.insert(
                    component.clone(),
                    (0, plan.changes.iter().filter(|c| c.action.writes()).count()),
                );
                for line in plan_lines(plan, self.detail, &self.palette) {
                    self.out(&self.named(component, &line));
                }
            }
            Event::Object { component, happened } => self.object(component, happened),
            Event::Warning { component, message } => self.warn(component.as_deref(), message),
            Event::ComponentFinished { component, status, counts, seconds, .. } => {
                self.finished(component, *status, counts, *seconds);
            }
            Event::RunFinished { .. } => self.live.clear(),
            Event::Fetched { .. } | Event::HookFinished { .. } | Event::Built { .. } => {}
        }
    }
}

impl Reporter for TextReporter {
    fn suspend(&self, work: &mut dyn FnMut()) {
        self.live.suspend(work);
    }

    fn clear(&self) {
        self.live.clear();
    }
}
