//! Positions in a source text.
//!
//! In: offsets found by the scanner. Out: `Span`, which every node carries. Knows nothing of files.

/// Where a node begins in the text it was read from.
///
/// A node that was made by code, not read, has [`Span::NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset in bytes from the beginning of the text.
    pub offset: u32,
    /// Line, counted from 1; 0 where there is no source.
    pub line: u32,
    /// Column in characters, counted from 1; 0 where there is no source.
    pub column: u32,
}

impl Span {
    /// The span of what was never read from a text.
    pub const NONE: Span = Span { offset: 0, line: 0, column: 0 };

    /// Whether this span points into a text.
    pub fn is_known(self) -> bool {
        self.line > 0
    }
}

impl Default for Span {
    fn default() -> Self {
        Span::NONE
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
