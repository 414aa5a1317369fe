//! What people and programs see.
//!
//! In: events and results. Out: text on standard output and standard error, or JSON lines. The only module that prints.
//! Refuses to know: how anything is done.

mod drift;
mod live;
mod plan;
mod report;
mod style;
mod text;

use std::io::Write as _;
use std::sync::Arc;

use serde::Serialize;

pub use drift::{drift_lines, drift_summary};
pub use plan::{Detail, done as counted, plan_lines};
pub use report::{install_error_style, install_log, show_error};
pub use style::Palette;
pub use text::TextReporter;

use crate::lifecycle::{Event, Listener};

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What the process can draw on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Standard error is a terminal that can be redrawn.
    pub live: bool,
    /// Colours are wanted on standard output.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// Shows a run as it goes.
pub trait Reporter: Listener {
    /// Draws nothing while `work` talks to the user.
    fn suspend(&self, work: &mut dyn FnMut());
    /// Takes everything away that was drawn to be replaced.
    fn clear(&self);
}

/// The reporter for a format.
#[must_use]
pub fn reporter(format: Format, screen: Screen, detail: Detail) -> Arc<dyn Reporter> {
    match format {
        Format::Json => Arc::new(JsonReporter),
        Format::Text => Arc::new(TextReporter::new(screen, detail)),
    }
}

/// One event a line on standard output.
struct JsonReporter;

impl Listener for JsonReporter {
    fn on_event(&self, event: &Event) {
        // How far a download is matters to a person who waits, not to a program that reads the result.
        if !matches!(event, Event::FetchProgress { .. }) {
            json_line(event);
        }
    }
}

impl Reporter for JsonReporter {
    fn suspend(&self, work: &mut dyn FnMut()) {
        work();
    }

    fn clear(&self) {}
}

/// Writes a value as one line of JSON to standard output.
pub fn json_line(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        line(&text);
    }
}

/// Writes a value as JSON for people and programs to standard output.
pub fn json(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string_pretty(value) {
        line(&text);
    }
}

/// Writes a line to standard output. A reader that is gone is no error of ours.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes bytes to standard output.
///
/// # Errors
/// They cannot be written; a result that is cut short must not look like success.
pub fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Writes a line to standard error.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Asks on the terminal; an empty answer when there is none.
#[must_use]
pub fn ask(question: &str) -> String {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{question}").and_then(|()| err.flush());
    drop(err);
    let mut answer = String::new();
    match std::io::stdin().read_line(&mut answer) {
        Ok(_) => answer,
        Err(_) => String::new(),
    }
}
