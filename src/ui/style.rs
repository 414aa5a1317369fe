//! Colours, where they are wanted.

use console::Style;

/// The few styles that output has.
#[derive(Clone, Debug)]
pub struct Palette {
    /// What comes into being, or went well.
    pub good: Style,
    /// What changes, or deserves a look.
    pub warn: Style,
    /// What goes away, or failed.
    pub bad: Style,
    /// What stays in the background.
    pub dim: Style,
    /// Names.
    pub bold: Style,
}

impl Palette {
    /// Styles, or none.
    #[must_use]
    pub fn new(color: bool) -> Self {
        let style = |style: Style| style.force_styling(color);
        Self {
            good: style(Style::new().green()),
            warn: style(Style::new().yellow()),
            bad: style(Style::new().red()),
            dim: style(Style::new().dim()),
            bold: style(Style::new().bold()),
        }
    }
}

/// Bytes for people: `61 KB`.
pub(super) fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "a size for people is rounded anyway")]
    let value = bytes as f64;
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.0} KB", value / 1e3),
        _ => format!("{:.1} MB", value / 1e6),
    }
}

/// Seconds for people: `0.42 s`, `1 min 5 s`.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.2} s");
    }
    let whole = seconds.round();
    if whole < 60.0 {
        format!("{whole:.0} s")
    } else {
        format!("{:.0} min {:.0} s", (whole / 60.0).floor(), whole % 60.0)
    }
}
