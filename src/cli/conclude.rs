//! The end of a command: what is said last, and the exit code.

use std::time::Instant;

use super::exit::Exit;
use crate::lifecycle::{Error, Event, Report};
use crate::ui::{self, Reporter};

/// Ends a run: tells that it ended, shows each component's error, gives the exit code.
pub(super) fn conclude(
    reporter: &dyn Reporter,
    report: Report,
    start: Instant,
    pending_counts: bool,
) -> Exit {
    let exit = Exit::of_report(&report, pending_counts);
    reporter
        .on_event(&Event::RunFinished { status: report.status(), seconds: start.elapsed().as_secs_f64() });
    let errors = report.components.into_iter().filter_map(|c| c.error);
    let mut interrupted = false;
    for error in errors {
        // One interruption ends several components; it is said once.
        let repeated = interrupted && Exit::of_error(&error) == Exit::Interrupted;
        interrupted |= Exit::of_error(&error) == Exit::Interrupted;
        if !repeated {
            ui::show_error(error);
        }
    }
    exit
}

/// Ends a command that could not begin.
pub(super) fn refuse(reporter: Option<&dyn Reporter>, error: Error) -> Exit {
    if let Some(reporter) = reporter {
        reporter.clear();
    }
    let exit = Exit::of_error(&error);
    ui::show_error(error);
    exit
}
