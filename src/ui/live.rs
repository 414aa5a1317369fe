//! A line per component that is redrawn while it works.
//!
//! In: what a component does now. Out: spinners on standard error, if it is a terminal; nothing otherwise.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The redrawn part of the screen.
pub(super) struct Live {
    all: MultiProgress,
    bars: Mutex<HashMap<String, ProgressBar>>,
    enabled: bool,
}

impl Live {
    pub(super) fn new(enabled: bool) -> Self {
        let target = if enabled { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { all: MultiProgress::with_draw_target(target), bars: Mutex::default(), enabled }
    }

    /// Says what a component does now.
    pub(super) fn set(&self, component: &str, message: String) {
        if !self.enabled {
            return;
        }
        let mut bars = self.bars();
        let bar = bars.entry(component.to_owned()).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:.bold}  {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(component.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(message);
    }

    /// Takes a component's line away.
    pub(super) fn remove(&self, component: &str) {
        if let Some(bar) = self.bars().remove(component) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    /// Takes every line away.
    pub(super) fn clear(&self) {
        let names: Vec<String> = self.bars().keys().cloned().collect();
        for name in names {
            self.remove(&name);
        }
    }

    /// Prints while nothing is drawn.
    pub(super) fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.enabled { self.all.suspend(work) } else { work() }
    }

    fn bars(&self) -> std::sync::MutexGuard<'_, HashMap<String, ProgressBar>> {
        self.bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
