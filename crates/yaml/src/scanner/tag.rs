//! Directives, anchors, aliases and tags.
//!
//! Source: libyaml `scanner.c`, yaml_parser_scan_directive, _scan_anchor, _scan_tag.

use std::borrow::Cow;

use super::{
    Scanner,
    token::{Kind, Mark},
};
use crate::error::Error;

impl<'a> Scanner<'a> {
    pub(super) fn scan_directive(&mut self) -> Result<Kind<'a>, Error> {
        let start = self.cursor.mark;
        self.cursor.skip(1);
        let name = self.scan_word();
        if name.is_empty() {
            return Err(self.cursor.error(start, "could not find expected directive name"));
        }
        if !self.cursor.is_blankz_at(0) {
            return Err(self.cursor.error(start, "found unexpected non-alphabetical character"));
        }
        let kind = match name {
            "YAML" => {
                self.skip_blanks();
                let major = self.scan_version_number(start)?;
                if self.cursor.byte() != b'.' {
                    return Err(self.cursor.error(start, "did not find expected digit or '.' character"));
                }
                self.cursor.skip(1);
                let minor = self.scan_version_number(start)?;
                Kind::VersionDirective { major, minor }
            }
            "TAG" => {
                self.skip_blanks();
                let handle = self.scan_tag_handle(true, start)?;
                if !self.cursor.is_blank() {
                    return Err(self.cursor.error(start, "did not find expected whitespace"));
                }
                self.skip_blanks();
                let prefix = self.scan_tag_uri("", start)?;
                if !self.cursor.is_blankz_at(0) {
                    return Err(self.cursor.error(start, "did not find expected whitespace or line break"));
                }
                Kind::TagDirective { handle, prefix }
            }
            _ => return Err(self.cursor.error(start, "found unknown directive name")),
        };
        self.skip_blanks();
        if self.cursor.byte() == b'#' {
            self.cursor.skip_to_break();
        }
        if !self.cursor.is_breakz_at(0) {
            return Err(self.cursor.error(start, "did not find expected comment or line break"));
        }
        self.cursor.skip_line();
        Ok(kind)
    }

    pub(super) fn scan_anchor(&mut self, alias: bool) -> Result<Kind<'a>, Error> {
        let start = self.cursor.mark;
        self.cursor.skip(1);
        let name = self.scan_word();
        let ends = self.cursor.is_blankz_at(0)
            || matches!(self.cursor.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.cursor.error(start, "did not find expected alphabetic or numeric character"));
        }
        Ok(if alias { Kind::Alias(name) } else { Kind::Anchor(name) })
    }

    pub(super) fn scan_tag(&mut self) -> Result<Kind<'a>, Error> {
        let start = self.cursor.mark;
        let kind = if self.cursor.peek(1) == b'<' {
            self.cursor.skip(2);
            let suffix = self.scan_tag_uri("", start)?;
            if self.cursor.byte() != b'>' {
                return Err(self.cursor.error(start, "did not find the expected '>'"));
            }
            self.cursor.skip(1);
            Kind::Tag { handle: "", suffix }
        } else {
            let handle = self.scan_tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_tag_uri("", start)?;
                Kind::Tag { handle, suffix }
            } else {
                let suffix = self.scan_tag_uri(handle, start)?;
                if suffix.is_empty() {
                    // A single `!`.
                    Kind::Tag { handle: "", suffix: Cow::Borrowed("!") }
                } else {
                    Kind::Tag { handle: "!", suffix }
                }
            }
        };
        if !self.cursor.is_blankz_at(0) {
            return Err(self.cursor.error(start, "did not find expected whitespace or line break"));
        }
        Ok(kind)
    }

    fn skip_blanks(&mut self) {
        while self.cursor.is_blank() {
            self.cursor.skip(1);
        }
    }

    fn scan_word(&mut self) -> &'a str {
        let start = self.cursor.mark.offset;
        while self.cursor.is_word() {
            self.cursor.skip(1);
        }
        self.cursor.since(start)
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u8, Error> {
        let from = self.cursor.mark.offset;
        while self.cursor.byte().is_ascii_digit() {
            self.cursor.skip(1);
        }
        let digits = self.cursor.since(from);
        match digits.len() {
            0 => Err(self.cursor.error(start, "did not find expected version number")),
            1 | 2 => Ok(digits.parse().expect("two digits fit")),
            _ => Err(self.cursor.error(start, "found extremely long version number")),
        }
    }

    fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Result<&'a str, Error> {
        let from = self.cursor.mark.offset;
        if self.cursor.byte() != b'!' {
            return Err(self.cursor.error(start, "did not find expected '!'"));
        }
        self.cursor.skip(1);
        self.scan_word();
        if self.cursor.byte() == b'!' {
            self.cursor.skip(1);
        } else if directive && self.cursor.since(from) != "!" {
            return Err(self.cursor.error(start, "did not find expected '!'"));
        }
        Ok(self.cursor.since(from))
    }

    /// Reads a tag URI that goes on from `head` (without its first character).
    fn scan_tag_uri(&mut self, head: &'a str, start: Mark) -> Result<Cow<'a, str>, Error> {
        let mut bytes: Vec<u8> = head.bytes().skip(1).collect();
        let mut has_tag = !head.is_empty();
        loop {
            match self.cursor.byte() {
                b'%' => {
                    let high = (self.cursor.peek(1) as char).to_digit(16);
                    let low = (self.cursor.peek(2) as char).to_digit(16);
                    let (Some(high), Some(low)) = (high, low) else {
                        return Err(self.cursor.error(start, "did not find URI escaped octet"));
                    };
                    bytes.push((high * 16 + low) as u8);
                    self.cursor.skip(3);
                }
                b if self.cursor.is_word() || b";/?:@&=+$,.!~*'()[]".contains(&b) => {
                    bytes.push(b);
                    self.cursor.skip(1);
                }
                _ => break,
            }
            has_tag = true;
        }
        if !has_tag {
            return Err(self.cursor.error(start, "did not find expected tag URI"));
        }
        String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|_| self.cursor.error(start, "found an incorrect leading UTF-8 octet"))
    }
}
