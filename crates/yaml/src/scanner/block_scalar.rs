//! Literal (`|`) and folded (`>`) scalars.
//!
//! Source: libyaml `scanner.c`, yaml_parser_scan_block_scalar.

use std::borrow::Cow;

use super::{
    Scanner,
    token::{Kind, Mark, ScalarStyle},
};
use crate::error::Error;

#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Kind<'a>, Error> {
        let start = self.cursor.mark;
        self.cursor.skip(1);
        let (chomping, increment) = self.scan_block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            n if self.indent >= 0 => self.indent as usize + n,
            n => n,
        };

        let mut text = String::new();
        let mut leading_break = String::new();
        let mut trailing_breaks = String::new();
        self.scan_block_breaks(&mut indent, &mut trailing_breaks, start)?;
        let mut leading_blank = false;
        while self.cursor.column() == indent && !self.cursor.is_end() {
            let trailing_blank = self.cursor.is_blank();
            let folds = !literal && !leading_blank && !trailing_blank;
            if folds && leading_break == "\n" {
                if trailing_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&leading_break);
            }
            leading_break.clear();
            text.push_str(&trailing_breaks);
            trailing_breaks.clear();
            leading_blank = self.cursor.is_blank();
            let line = self.cursor.mark.offset;
            self.cursor.skip_to_break();
            text.push_str(self.cursor.since(line));
            self.cursor.read_line(&mut leading_break);
            self.scan_block_breaks(&mut indent, &mut trailing_breaks, start)?;
        }
        if chomping != Chomping::Strip {
            text.push_str(&leading_break);
        }
        if chomping == Chomping::Keep {
            text.push_str(&trailing_breaks);
        }
        let style = if literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        Ok(Kind::Scalar { text: Cow::Owned(text), style })
    }

    /// Reads what may follow the indicator on its line: chomping and indentation in either order, and a comment.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, usize), Error> {
        let mut chomping = Chomping::Clip;
        let mut increment = 0;
        let mut seen_chomping = false;
        let mut seen_increment = false;
        loop {
            match self.cursor.byte() {
                sign @ (b'+' | b'-') if !seen_chomping => {
                    chomping = if sign == b'+' { Chomping::Keep } else { Chomping::Strip };
                    seen_chomping = true;
                }
                b'0' if !seen_increment => {
                    return Err(self.cursor.error(start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if !seen_increment => {
                    increment = usize::from(digit - b'0');
                    seen_increment = true;
                }
                _ => break,
            }
            self.cursor.skip(1);
        }
        while self.cursor.is_blank() {
            self.cursor.skip(1);
        }
        if self.cursor.byte() == b'#' {
            self.cursor.skip_to_break();
        }
        if !self.cursor.is_breakz_at(0) {
            return Err(self.cursor.error(start, "did not find expected comment or line break"));
        }
        self.cursor.skip_line();
        Ok((chomping, increment))
    }

    /// Goes past indentation and empty lines; finds the indentation out when it is still 0.
    fn scan_block_breaks(
        &mut self,
        indent: &mut usize,
        breaks: &mut String,
        start: Mark,
    ) -> Result<(), Error> {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.cursor.column() < *indent) && self.cursor.byte() == b' ' {
                self.cursor.skip(1);
            }
            deepest = deepest.max(self.cursor.column());
            if (*indent == 0 || self.cursor.column() < *indent) && self.cursor.byte() == b'\t' {
                return Err(self
                    .cursor
                    .error(start, "found a tab character where an indentation space is expected"));
            }
            if !self.cursor.is_break() {
                break;
            }
            self.cursor.read_line(breaks);
        }
        if *indent == 0 {
            *indent = deepest.max((self.indent + 1) as usize).max(1);
        }
        Ok(())
    }
}
