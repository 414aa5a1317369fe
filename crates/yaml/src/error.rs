//! What can be wrong with a text.

use crate::span::Span;

/// A text that is not YAML as go-yaml reads it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
#[non_exhaustive]
pub struct Error {
    /// Line of the fault, counted from 1.
    pub line: u32,
    /// Column of the fault in characters, counted from 1.
    pub column: u32,
    /// Offset of the fault in bytes.
    pub offset: u32,
    /// What is wrong, in a lowercase phrase.
    pub message: String,
}

impl Error {
    /// An error at a place.
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Error { line: span.line, column: span.column, offset: span.offset, message: message.into() }
    }
}
