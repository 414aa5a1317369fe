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
            .build();
        Box::new(handler)
    }));
}

/// Shows an error on standard error.
pub fn show_error(error: impl Diagnostic + Send + Sync + 'static) {
    let report = miette::Report::new(error);
    super::note(&format!("{report:?}"));
}
