//! Scalars without quotes.
//!
//! Source: libyaml `scanner.c`, yaml_parser_scan_plain_scalar.

use std::borrow::Cow;

use super::{
    Scanner,
    quoted_scalar::join_lines,
    token::{Kind, ScalarStyle},
};
use crate::error::Error;

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain_scalar(&mut self) -> Result<Kind<'a>, Error> {
        let start = self.cursor.mark;
        let indent = (self.indent + 1) as usize;
        let mut end = start.offset;
        // What has been read of the scalar before the line at hand, once there is more than one line.
        let mut folded: Option<String> = None;
        let mut run_start = start.offset;
        let mut leading_break = String::new();
        let mut trailing_breaks = String::new();
        let mut leading_blanks = false;
        loop {
            if self.cursor.is_document_indicator(b'-')
                || self.cursor.is_document_indicator(b'.')
                || self.cursor.byte() == b'#'
            {
                break;
            }
            let run = self.cursor.mark.offset;
            self.skip_plain_run();
            if self.cursor.mark.offset > run {
                if leading_blanks {
                    let text = folded.get_or_insert_with(String::new);
                    text.push_str(&self.cursor.text[run_start..end]);
                    join_lines(text, &leading_break, &trailing_breaks);
                    leading_break.clear();
                    trailing_breaks.clear();
                    leading_blanks = false;
                    run_start = run;
                }
                end = self.cursor.mark.offset;
            }
            if !self.cursor.is_blank() && !self.cursor.is_break() {
                break;
            }
            while self.cursor.is_blank() || self.cursor.is_break() {
                if self.cursor.is_blank() {
                    if leading_blanks && self.cursor.column() < indent && self.cursor.byte() == b'\t' {
                        return Err(self
                            .cursor
                            .error(start, "found a tab character that violates indentation"));
                    }
                    self.cursor.skip(1);
                } else if leading_blanks {
                    self.cursor.read_line(&mut trailing_breaks);
                } else {
                    self.cursor.read_line(&mut leading_break);
                    leading_blanks = true;
                }
            }
            if self.flow_level == 0 && self.cursor.column() < indent {
                break;
            }
        }
        if leading_blanks {
            self.simple_key_allowed = true;
        }
        let last = &self.cursor.text[run_start..end];
        let text = match folded {
            None => Cow::Borrowed(last),
            Some(mut text) => {
                text.push_str(last);
                Cow::Owned(text)
            }
        };
        Ok(Kind::Scalar { text, style: ScalarStyle::Plain })
    }

    /// Goes past the characters of a plain scalar up to a blank, a break, or what ends the scalar.
    fn skip_plain_run(&mut self) {
        loop {
            match self.cursor.byte() {
                b' ' | b'\t' | b'\n' | b'\r' => return,
                0 if self.cursor.is_end() => return,
                b':' if self.cursor.is_blankz_at(1) => return,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if self.flow_level > 0 => return,
                0xC2 | 0xE2 if self.cursor.is_break() => return,
                _ => self.cursor.skip(1),
            }
        }
    }
}
