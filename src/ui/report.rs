//! Errors, as people see them: what, where, why, what to do next, once.

use miette::Diagnostic;

use super::Screen;

/// Sets how errors are drawn. Call it once.
pub fn install_error_style(screen: Screen) {
    let width = screen.width;
    // A second call in one process (tests) keeps the first one's style, which is fine.
    let _ = miette::set_hook(Box::new(move |_| {
        let handler = miette::MietteHandlerOpts::new()
            .terminal_links(false)
            .width(width.max(60))
            .color(screen.color)
            .unicode(screen.color)
            .context_lines(1)
            .break_words(false)
            // A flag or a date that is broken at its hyphens cannot be copied.
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .build();
        Box::new(handler)
    }));
}

/// Shows an error on standard error.
pub fn show_error(error: impl Diagnostic + Send + Sync + 'static) {
    let report = miette::Report::new(error);
    super::note(&format!("{report:?}"));
}

/// Writes what developers want to know to standard error: `HUB_LOG=debug`, or `HUB_LOG=hub_cluster=trace`.
pub fn install_log(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::new(filter);
    // A second call in one process (tests) keeps the first one's log, which is fine.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
