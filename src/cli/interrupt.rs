//! Ctrl-C: the first asks the run to stop where it can go on later, the second ends the process.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit::Exit;

/// Cancels `cancel` at the first SIGINT or SIGTERM, and ends the process at the second.
pub(super) fn watch(cancel: CancellationToken) {
    let (Ok(mut interrupts), Ok(mut terminations)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::spawn(async move {
        let mut signals = 0;
        loop {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
            }
            signals += 1;
            if signals == 1 {
                crate::ui::note(
                    "interrupted: finishing the write that is under way; once more to stop at once",
                );
                cancel.cancel();
            } else {
                leave();
            }
        }
    });
}

#[expect(clippy::exit, reason = "a second interrupt must end the process whatever it does")]
fn leave() {
    std::process::exit(i32::from(Exit::Interrupted.code()));
}
