//! Text to tokens, as libyaml (and so go-yaml v3) cuts it.
//!
//! In: a text. Out: tokens in order, with block structure made explicit. Refuses to know what a document or a
//! node is. Comments are skipped.
//!
//! Source: libyaml `scanner.c` in the form of go.yaml.in/yaml/v3 v3.0.4.

mod block_scalar;
mod cursor;
mod plain_scalar;
mod quoted_scalar;
mod tag;
mod token;

use std::collections::VecDeque;

pub(crate) use cursor::Cursor;
pub(crate) use token::{Kind, Mark, ScalarStyle, Token};

use crate::error::Error;

/// Nesting of flow collections, and of block collections, that is read at most.
const DEPTH_LIMIT: usize = 10_000;
/// Characters that a key without `?` may have.
const SIMPLE_KEY_LIMIT: usize = 1024;

/// A token that may turn out to be a key, once a `:` follows.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token_number: usize,
    mark: Mark,
}

/// Cuts a text into tokens.
pub(crate) struct Scanner<'a> {
    pub(crate) cursor: Cursor<'a>,
    tokens: VecDeque<Token<'a>>,
    /// Tokens handed out so far: what numbers the ones in the queue.
    parsed: usize,
    indent: isize,
    indents: Vec<isize>,
    flow_level: usize,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    ended: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, lines: u32) -> Result<Self, Error> {
        let mut cursor = Cursor::new(text, lines);
        cursor.check_characters()?;
        cursor.skip_byte_order_mark();
        Ok(Scanner {
            cursor,
            tokens: VecDeque::with_capacity(16),
            parsed: 0,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            ended: false,
        })
    }

    /// The next token, left in place.
    pub(crate) fn peek(&mut self) -> Result<&Token<'a>, Error> {
        self.fill()?;
        Ok(self.tokens.front().expect("fill leaves a token"))
    }

    /// The next token, taken.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, Error> {
        self.fill()?;
        let token = self.tokens.pop_front().expect("fill leaves a token");
        self.parsed += 1;
        Ok(token)
    }

    /// Reads on until the first token in the queue can no longer turn out to be preceded by a key.
    fn fill(&mut self) -> Result<(), Error> {
        loop {
            if !self.tokens.is_empty() {
                if self.ended {
                    return Ok(());
                }
                let head = self.parsed;
                let Some(at) =
                    self.simple_keys.iter().rposition(|key| key.possible && key.token_number == head)
                else {
                    return Ok(());
                };
                if !self.is_key_valid(at)? {
                    return Ok(());
                }
            }
            self.fetch()?;
        }
    }

    fn push(&mut self, mark: Mark, kind: Kind<'a>) {
        self.tokens.push_back(Token { kind, mark });
    }

    fn is_key_valid(&mut self, at: usize) -> Result<bool, Error> {
        let key = self.simple_keys[at];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.cursor.mark.line || self.cursor.is_further_than(key.mark, SIMPLE_KEY_LIMIT) {
            if key.required {
                return Err(self.cursor.error(key.mark, "could not find expected ':'"));
            }
            self.simple_keys[at].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn save_simple_key(&mut self) -> Result<(), Error> {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == self.cursor.column() as isize;
            self.remove_simple_key()?;
            let key = SimpleKey {
                possible: true,
                required,
                token_number: self.parsed + self.tokens.len(),
                mark: self.cursor.mark,
            };
            *self.simple_keys.last_mut().expect("one key per level") = key;
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<(), Error> {
        let key = self.simple_keys.last_mut().expect("one key per level");
        if key.possible && key.required {
            let mark = key.mark;
            return Err(self.cursor.error(mark, "could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    /// Begins a block collection here if this column is deeper than the one at hand.
    fn roll_indent(&mut self, mark: Mark, number: Option<usize>, kind: Kind<'a>) -> Result<(), Error> {
        let column = mark.column() as isize;
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > DEPTH_LIMIT {
            return Err(self.cursor.error(mark, format!("exceeded max depth of {DEPTH_LIMIT}")));
        }
        match number {
            Some(number) => self.tokens.insert(number - self.parsed, Token { kind, mark }),
            None => self.push(mark, kind),
        }
        Ok(())
    }

    fn unroll_indent(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(self.cursor.mark, Kind::BlockEnd);
            self.indent = self.indents.pop().expect("one entry per level");
        }
    }

    fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token();
        let mark = self.cursor.mark;
        self.unroll_indent(mark.column() as isize);
        if self.cursor.is_end() {
            return self.fetch_stream_end();
        }
        let byte = self.cursor.byte();
        if mark.column() == 0 {
            if byte == b'%' {
                self.unroll_indent(-1);
                self.remove_simple_key()?;
                self.simple_key_allowed = false;
                let kind = self.scan_directive()?;
                self.push(mark, kind);
                return Ok(());
            }
            if self.cursor.is_document_indicator(b'-') {
                return self.fetch_document_indicator(Kind::DocumentStart);
            }
            if self.cursor.is_document_indicator(b'.') {
                return self.fetch_document_indicator(Kind::DocumentEnd);
            }
        }
        let block = self.flow_level == 0;
        match byte {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.cursor.skip(1);
                self.push(mark, Kind::FlowEntry);
                Ok(())
            }
            b'-' if self.cursor.is_blankz_at(1) => self.fetch_block_entry(),
            b'?' if !block || self.cursor.is_blankz_at(1) => self.fetch_key(),
            b':' if !block || self.cursor.is_blankz_at(1) => self.fetch_value(),
            b'*' | b'&' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let kind = self.scan_anchor(byte == b'*')?;
                self.push(mark, kind);
                Ok(())
            }
            b'!' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let kind = self.scan_tag()?;
                self.push(mark, kind);
                Ok(())
            }
            b'|' | b'>' if block => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                let kind = self.scan_block_scalar(byte == b'|')?;
                self.push(mark, kind);
                Ok(())
            }
            b'\'' | b'"' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let kind = self.scan_quoted_scalar(byte == b'\'')?;
                self.push(mark, kind);
                Ok(())
            }
            b'-' | b'?' | b':' if !self.cursor.is_blank_at(1) => self.fetch_plain(mark),
            b'-' | b'?' | b':' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => {
                Err(self.cursor.error(mark, "found character that cannot start any token"))
            }
            _ => self.fetch_plain(mark),
        }
    }

    fn fetch_plain(&mut self, mark: Mark) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let kind = self.scan_plain_scalar()?;
        self.push(mark, kind);
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(self.cursor.mark, Kind::StreamEnd);
        self.ended = true;
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(self.cursor.mark, kind);
        self.cursor.skip(3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_keys.push(SimpleKey::default());
        self.flow_level += 1;
        if self.flow_level > DEPTH_LIMIT {
            let message = format!("exceeded max depth of {DEPTH_LIMIT}");
            return Err(self.cursor.error(self.cursor.mark, message));
        }
        self.simple_key_allowed = true;
        self.push(self.cursor.mark, kind);
        self.cursor.skip(1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push(self.cursor.mark, kind);
        self.cursor.skip(1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self
                    .cursor
                    .error(mark, "block sequence entries are not allowed in this context"));
            }
            self.roll_indent(mark, None, Kind::BlockSequenceStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.cursor.skip(1);
        self.push(mark, Kind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.cursor.error(mark, "mapping keys are not allowed in this context"));
            }
            self.roll_indent(mark, None, Kind::BlockMappingStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.cursor.skip(1);
        self.push(mark, Kind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let mark = self.cursor.mark;
        let level = self.simple_keys.len() - 1;
        if self.is_key_valid(level)? {
            let key = self.simple_keys[level];
            let token = Token { kind: Kind::Key, mark: key.mark };
            self.tokens.insert(key.token_number - self.parsed, token);
            self.roll_indent(key.mark, Some(key.token_number), Kind::BlockMappingStart)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.cursor.error(mark, "mapping values are not allowed in this context"));
                }
                self.roll_indent(mark, None, Kind::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.cursor.skip(1);
        self.push(mark, Kind::Value);
        Ok(())
    }

    /// Goes past blanks, comments and line breaks. Tabs may not stand where a block key could begin.
    fn skip_to_token(&mut self) {
        loop {
            while self.cursor.byte() == b' '
                || (self.cursor.byte() == b'\t' && (self.flow_level > 0 || !self.simple_key_allowed))
            {
                self.cursor.skip(1);
            }
            if self.cursor.byte() == b'#' {
                self.cursor.skip_to_break();
            }
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }
}
