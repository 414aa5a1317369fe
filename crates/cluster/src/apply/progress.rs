//! How far each object of a run is, for those that wait for it.
//!
//! In: reports by place. Out: waiting until a place is far enough. Refuses to know what is reported.

use tokio::sync::watch;

use crate::order::Needs;

/// How far an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Not written yet.
    Open,
    /// Stored by the server.
    Applied,
    /// Ready, or not to be waited for.
    Ready,
    /// Not coming.
    Failed,
}

/// How far each object of a run is.
pub(super) struct Progress {
    steps: Vec<watch::Sender<Step>>,
}

impl Progress {
    pub(super) fn new(places: usize) -> Self {
        Progress { steps: (0..places).map(|_| watch::Sender::new(Step::Open)).collect() }
    }

    /// Reports a step. Steps only go forward.
    pub(super) fn report(&self, place: usize, step: Step) {
        self.steps[place].send_if_modified(|known| {
            let forward = step > *known;
            *known = step.max(*known);
            forward
        });
    }

    /// Waits until a place is far enough; false where it will not be.
    pub(super) async fn reached(&self, place: usize, needs: Needs) -> bool {
        let enough = match needs {
            Needs::Applied => Step::Applied,
            Needs::Ready => Step::Ready,
        };
        let mut steps = self.steps[place].subscribe();
        let reached = steps.wait_for(|step| *step >= enough).await.map(|step| *step);
        // The sender lives as long as this value, so waiting itself does not fail.
        let reached = reached.unwrap_or(Step::Failed);
        reached != Step::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_the_step_is_reached_or_never_will_be() {
        let progress = Progress::new(2);
        progress.report(0, Step::Ready);
        progress.report(0, Step::Applied);
        assert!(progress.reached(0, Needs::Ready).await);
        let wait = progress.reached(1, Needs::Applied);
        progress.report(1, Step::Failed);
        assert!(!wait.await);
    }
}
