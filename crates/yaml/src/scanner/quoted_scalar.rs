//! Scalars in single or double quotes.
//!
//! Source: libyaml `scanner.c`, yaml_parser_scan_flow_scalar.

use std::borrow::Cow;

use super::{
    Scanner,
    token::{Kind, Mark, ScalarStyle},
};
use crate::error::Error;

impl<'a> Scanner<'a> {
    pub(super) fn scan_quoted_scalar(&mut self, single: bool) -> Result<Kind<'a>, Error> {
        let start = self.cursor.mark;
        let quote = if single { b'\'' } else { b'"' };
        let style = if single { ScalarStyle::SingleQuoted } else { ScalarStyle::DoubleQuoted };
        self.cursor.skip(1);
        if let Some(text) = self.scan_simple_quoted(quote) {
            return Ok(Kind::Scalar { text: Cow::Borrowed(text), style });
        }
        let mut text = String::new();
        loop {
            if self.cursor.is_document_indicator(b'-') || self.cursor.is_document_indicator(b'.') {
                return Err(self.cursor.error(start, "found unexpected document indicator"));
            }
            if self.cursor.is_end() {
                return Err(self.cursor.error(start, "found unexpected end of stream"));
            }
            let escaped_break = self.scan_quoted_run(single, start, &mut text)?;
            if self.cursor.byte() == quote && !escaped_break {
                break;
            }
            self.scan_quoted_blanks(escaped_break, &mut text);
        }
        self.cursor.skip(1);
        Ok(Kind::Scalar { text: Cow::Owned(text), style })
    }

    /// The usual case: no escapes, all on one line. None leaves the cursor where it was.
    fn scan_simple_quoted(&mut self, quote: u8) -> Option<&'a str> {
        let start = self.cursor.mark.offset;
        let rest = &self.cursor.text.as_bytes()[start..];
        let at = rest.iter().position(|b| {
            matches!(b, b'\'' | b'"' | b'\\' | b'\n' | b'\r' | 0xC2 | 0xE2)
                && (*b == quote || !matches!(b, b'\'' | b'"'))
        })?;
        // A backslash is an ordinary character between single quotes, but the long way handles it well.
        if rest[at] != quote || (quote == b'\'' && rest.get(at + 1) == Some(&b'\'')) {
            return None;
        }
        self.cursor.skip(at + 1);
        Some(&self.cursor.text[start..start + at])
    }

    /// Reads up to the next blank, break or closing quote. True if it ended with an escaped line break.
    fn scan_quoted_run(&mut self, single: bool, start: Mark, text: &mut String) -> Result<bool, Error> {
        while !self.cursor.is_blankz_at(0) {
            match self.cursor.byte() {
                b'\'' if single && self.cursor.peek(1) == b'\'' => {
                    text.push('\'');
                    self.cursor.skip(2);
                }
                b'\'' if single => break,
                b'"' if !single => break,
                b'\\' if !single && self.cursor.break_width_at(1) > 0 => {
                    self.cursor.skip(1);
                    self.cursor.skip_line();
                    return Ok(true);
                }
                b'\\' if !single => self.scan_escape(start, text)?,
                _ => {
                    let at = self.cursor.mark.offset;
                    let c = self.cursor.text[at..].chars().next().expect("not at the end");
                    text.push(c);
                    self.cursor.skip(c.len_utf8());
                }
            }
        }
        Ok(false)
    }

    fn scan_escape(&mut self, start: Mark, text: &mut String) -> Result<(), Error> {
        let code_length = match self.cursor.peek(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            other => {
                let c = match other {
                    b'0' => '\0',
                    b'a' => '\x07',
                    b'b' => '\x08',
                    b't' | b'\t' => '\t',
                    b'n' => '\n',
                    b'v' => '\x0B',
                    b'f' => '\x0C',
                    b'r' => '\r',
                    b'e' => '\x1B',
                    b' ' => ' ',
                    b'"' => '"',
                    b'\'' => '\'',
                    b'\\' => '\\',
                    // JSON escapes a slash; go-yaml accepts it only since v4, and refuses it here.
                    b'N' => '\u{85}',
                    b'_' => '\u{A0}',
                    b'L' => '\u{2028}',
                    b'P' => '\u{2029}',
                    _ => return Err(self.cursor.error(start, "found unknown escape character")),
                };
                text.push(c);
                self.cursor.skip(2);
                return Ok(());
            }
        };
        self.cursor.skip(2);
        let mut value = 0u32;
        for ahead in 0..code_length {
            let Some(digit) = (self.cursor.peek(ahead) as char).to_digit(16) else {
                return Err(self.cursor.error(start, "did not find expected hexdecimal number"));
            };
            value = (value << 4) + digit;
        }
        let Some(c) = char::from_u32(value) else {
            return Err(self.cursor.error(start, "found invalid Unicode character escape code"));
        };
        text.push(c);
        self.cursor.skip(code_length);
        Ok(())
    }

    /// Goes past blanks and line breaks inside quotes, folding the breaks.
    fn scan_quoted_blanks(&mut self, escaped_break: bool, text: &mut String) {
        let mut leading_blanks = escaped_break;
        let whitespace_start = text.len();
        let mut leading_break = String::new();
        let mut trailing_breaks = String::new();
        while self.cursor.is_blank() || self.cursor.is_break() {
            if self.cursor.is_blank() {
                if !leading_blanks {
                    text.push(self.cursor.byte() as char);
                }
                self.cursor.skip(1);
            } else if leading_blanks {
                self.cursor.read_line(&mut trailing_breaks);
            } else {
                text.truncate(whitespace_start);
                self.cursor.read_line(&mut leading_break);
                leading_blanks = true;
            }
        }
        if leading_blanks {
            join_lines(text, &leading_break, &trailing_breaks);
        }
    }
}

/// Folds the breaks between two lines of a flow scalar.
pub(super) fn join_lines(text: &mut String, leading_break: &str, trailing_breaks: &str) {
    if leading_break == "\n" {
        if trailing_breaks.is_empty() {
            text.push(' ');
        } else {
            text.push_str(trailing_breaks);
        }
    } else {
        text.push_str(leading_break);
        text.push_str(trailing_breaks);
    }
}
