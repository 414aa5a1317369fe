//! From HTTP requests to answers.
//!
//! In: requests. Out: responses. The seam between HTTP and the API: what is below knows no HTTP, what is here knows
//! no kinds.

mod access;
mod answer;
mod listener;
mod options;
mod resources;
mod root;
mod service;

pub use listener::Serving;
pub(crate) use listener::serve;
pub use service::{Body, SandboxService};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::faults::Faults;
use crate::state::State;
use crate::status::StatusError;
use crate::store::Lock;
use answer::Answer;

/// What all connections share.
pub(crate) struct Server {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) faults: Faults,
    pub(crate) lock: Mutex<Option<Lock>>,
}

impl Server {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(crate) fn answer(&self, request: &crate::request::ApiRequest) -> Answer {
        let mut state = self.state();
        if state.closed {
            return Answer::refusal(StatusError::new(503, "ServiceUnavailable", "the sandbox is closed"));
        }
        let answer = root::answer(&state, request)
            .unwrap_or_else(|| resources::answer(&self.state, &mut state, request));
        crate::controllers::react(&mut state);
        answer.unwrap_or_else(Answer::refusal)
    }
}
