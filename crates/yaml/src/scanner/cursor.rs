//! A place in a text, and what the characters there are to YAML 1.1.
//!
//! In: the text. Out: single characters and their classes. Knows nothing of tokens.

use super::token::Mark;
use crate::{error::Error, span::Span};

/// Reads forward through a text; past its end every byte is 0.
pub(crate) struct Cursor<'a> {
    pub(crate) text: &'a str,
    bytes: &'a [u8],
    pub(crate) mark: Mark,
    ascii: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, lines: u32) -> Self {
        Cursor {
            text,
            bytes: text.as_bytes(),
            mark: Mark { offset: 0, line: lines + 1, line_start: 0 },
            ascii: text.is_ascii(),
        }
    }

    /// Goes past a byte order mark at the beginning of the text; columns do not count it.
    pub(crate) fn skip_byte_order_mark(&mut self) {
        if self.text.starts_with('\u{FEFF}') {
            self.mark.offset = 3;
            self.mark.line_start = 3;
        }
    }

    /// The byte `ahead` places on.
    #[inline]
    pub(crate) fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.mark.offset + ahead).copied().unwrap_or(0)
    }

    /// The byte here.
    #[inline]
    pub(crate) fn byte(&self) -> u8 {
        self.peek(0)
    }

    /// The text from an offset up to here.
    pub(crate) fn since(&self, offset: usize) -> &'a str {
        &self.text[offset..self.mark.offset]
    }

    /// The column here in bytes, counted from 0.
    #[inline]
    pub(crate) fn column(&self) -> usize {
        self.mark.column()
    }

    /// Goes past bytes that are not line breaks.
    #[inline]
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.mark.offset += bytes;
    }

    /// Whether the text is at its end.
    #[inline]
    pub(crate) fn is_end(&self) -> bool {
        self.mark.offset >= self.bytes.len()
    }

    /// Length in bytes of the line break `ahead` places on, 0 if there is none.
    #[inline]
    pub(crate) fn break_width_at(&self, ahead: usize) -> usize {
        match self.peek(ahead) {
            b'\n' => 1,
            b'\r' if self.peek(ahead + 1) == b'\n' => 2,
            b'\r' => 1,
            0xC2 if self.peek(ahead + 1) == 0x85 => 2,
            0xE2 if self.peek(ahead + 1) == 0x80 && matches!(self.peek(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    #[inline]
    pub(crate) fn is_break(&self) -> bool {
        self.break_width_at(0) > 0
    }

    #[inline]
    pub(crate) fn is_blank_at(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), b' ' | b'\t')
    }

    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        self.is_blank_at(0)
    }

    /// Whether a line break or the end is `ahead` places on.
    #[inline]
    pub(crate) fn is_breakz_at(&self, ahead: usize) -> bool {
        self.mark.offset + ahead >= self.bytes.len() || self.break_width_at(ahead) > 0
    }

    /// Whether a space, tab, line break or the end is `ahead` places on.
    #[inline]
    pub(crate) fn is_blankz_at(&self, ahead: usize) -> bool {
        self.is_blank_at(ahead) || self.is_breakz_at(ahead)
    }

    /// Goes past one line break, if there is one.
    pub(crate) fn skip_line(&mut self) {
        let width = self.break_width_at(0);
        if width > 0 {
            self.mark.offset += width;
            self.mark.line += 1;
            self.mark.line_start = self.mark.offset;
        }
    }

    /// Goes past one line break and adds it to `out`: every kind as `\n`, but LS and PS as they are.
    pub(crate) fn read_line(&mut self, out: &mut String) {
        let start = self.mark.offset;
        self.skip_line();
        match self.mark.offset - start {
            0 => {}
            3 => out.push_str(self.since(start)),
            _ => out.push('\n'),
        }
    }

    /// Goes to the end of the line, not past its break.
    pub(crate) fn skip_to_break(&mut self) {
        let rest = &self.bytes[self.mark.offset..];
        let mut at = 0;
        // Only four bytes can begin a line break.
        while at < rest.len() {
            match rest[at] {
                b'\n' | b'\r' => break,
                0xC2 | 0xE2 if self.break_width_at(at) > 0 => break,
                _ => at += 1,
            }
        }
        self.mark.offset += at;
    }

    /// A letter, digit, `_` or `-`.
    #[inline]
    pub(crate) fn is_word(&self) -> bool {
        let b = self.byte();
        b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
    }

    /// Whether `---` or `...` stands alone at the beginning of the line here.
    #[inline]
    pub(crate) fn is_document_indicator(&self, sign: u8) -> bool {
        self.byte() == sign
            && self.column() == 0
            && self.peek(1) == sign
            && self.peek(2) == sign
            && self.is_blankz_at(3)
    }

    /// The span of a mark: its column in characters.
    pub(crate) fn span(&self, mark: Mark) -> Span {
        let column = if self.ascii {
            mark.column()
        } else {
            self.bytes[mark.line_start..mark.offset].iter().filter(|b| **b & 0xC0 != 0x80).count()
        };
        Span { offset: mark.offset as u32, line: mark.line, column: column as u32 + 1 }
    }

    /// The characters between a mark and here, counted only as far as a limit needs it.
    pub(crate) fn is_further_than(&self, mark: Mark, limit: usize) -> bool {
        let bytes = self.mark.offset - mark.offset;
        bytes > limit
            && (self.ascii
                || self.bytes[mark.offset..self.mark.offset].iter().filter(|b| **b & 0xC0 != 0x80).count()
                    > limit)
    }

    pub(crate) fn error(&self, mark: Mark, message: impl Into<String>) -> Error {
        Error::at(self.span(mark), message)
    }

    /// Checks that all characters are ones that YAML allows.
    ///
    /// Source: libyaml `reader.c`, yaml_parser_update_buffer.
    pub(crate) fn check_characters(&self) -> Result<(), Error> {
        let b = self.bytes;
        let mut line = self.mark.line;
        let mut line_start = 0;
        for (at, byte) in b.iter().enumerate() {
            let ahead = |n: usize| b.get(at + n).copied().unwrap_or(0);
            let bad = match byte {
                b'\n' => {
                    line += 1;
                    line_start = at + 1;
                    false
                }
                b'\t' | b'\r' | 0x20..=0x7E => false,
                0..=0x1F | 0x7F => true,
                0xC2 => ahead(1) < 0xA0 && ahead(1) != 0x85,
                0xEF => ahead(1) == 0xBF && ahead(2) >= 0xBE,
                _ => false,
            };
            if bad {
                let mark = Mark { offset: at, line, line_start };
                return Err(self.error(mark, "control characters are not allowed"));
            }
        }
        Ok(())
    }
}
