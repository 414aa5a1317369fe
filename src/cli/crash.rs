//! A run that is killed at a chosen event, to prove that the next one completes it.
//!
//! In: `HUB_TEST_KILL_AT`, the number of an event counted from 1; only tests set it. Out: a listener that ends the
//! process there as `kill -9` does, without a chance to clean up. Refuses to know: what the event is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::lifecycle::{Event, Listener};

/// The variable that names the event.
pub(super) const KILL_AT: &str = "HUB_TEST_KILL_AT";

/// Passes events on, up to the deadly one.
pub(super) struct Crash {
    listener: Arc<dyn Listener>,
    deadly: u64,
    seen: AtomicU64,
}

impl Crash {
    /// A listener that kills the process once it has passed on the event with this number.
    pub(super) fn new(listener: Arc<dyn Listener>, deadly: u64) -> Self {
        Self { listener, deadly, seen: AtomicU64::new(0) }
    }
}

impl Listener for Crash {
    fn on_event(&self, event: &Event) {
        let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        self.listener.on_event(event);
        if number >= self.deadly {
            // A signal that cannot be caught; it only fails where there is no such process.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            // Nothing more happens on this thread until the signal arrives.
            loop {
                std::thread::park();
            }
        }
    }
}
