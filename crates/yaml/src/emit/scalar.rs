//! Writes single scalars, and keeps count of columns.
//!
//! Source: `emitterc.go` of go.yaml.in/yaml/v2 v2.4.2: yaml_emitter_select_scalar_style and the write functions.

use std::borrow::Cow;

use super::{
    WIDTH,
    analysis::{self, Analysis},
};
use crate::{node, resolve};

/// Characters a key may have before it is written with `?`.
const SIMPLE_KEY_LIMIT: usize = 128;

/// Writes to the end of a text.
pub(super) struct Writer<'o> {
    out: &'o mut String,
    /// Where the line at hand begins in `out`.
    line_start: usize,
    /// Characters of the line at hand that are longer than a byte: bytes less characters.
    extra_bytes: usize,
    /// Whether what comes next needs no space before it.
    whitespace: bool,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: &'o mut String) -> Self {
        let line_start = out.len();
        Writer { out, line_start, extra_bytes: 0, whitespace: true }
    }

    /// Ends the last line.
    pub(super) fn finish(&mut self) {
        if self.out.len() > self.line_start {
            self.line_break();
        }
    }

    fn column(&self) -> usize {
        self.out.len() - self.line_start - self.extra_bytes
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.line_start = self.out.len();
        self.extra_bytes = 0;
    }

    fn push(&mut self, c: char) {
        self.out.push(c);
        self.extra_bytes += c.len_utf8() - 1;
    }

    fn push_str(&mut self, text: &str) {
        self.out.push_str(text);
        if !text.is_ascii() {
            self.extra_bytes += text.len() - text.chars().count();
        }
    }

    /// Begins a line at an indentation, unless the line at hand is still empty.
    pub(super) fn indent(&mut self, indent: usize) {
        if self.out.len() > self.line_start {
            self.line_break();
        }
        for _ in 0..indent {
            self.out.push(' ');
        }
        self.whitespace = true;
    }

    fn space(&mut self) {
        if !self.whitespace {
            self.out.push(' ');
        }
        self.whitespace = false;
    }

    /// `-` before an item.
    pub(super) fn dash(&mut self) {
        self.space();
        self.out.push('-');
        self.whitespace = false;
    }

    /// A key with its `:`; tells whether it took lines of its own behind a `?`.
    pub(super) fn key(&mut self, text: &str) -> bool {
        let analysis = analysis::analyze(text);
        if analysis.multiline || text.len() > SIMPLE_KEY_LIMIT {
            self.space();
            let indent = self.column();
            self.out.push('?');
            self.whitespace = false;
            self.text(text, indent + 2);
            self.indent(indent);
            self.out.push(':');
            self.whitespace = false;
            return true;
        }
        self.space();
        match style(text, analysis, true) {
            Style::Plain => self.push_str(text),
            Style::Single => self.single_quoted(text, None),
            _ => self.double_quoted(text, None),
        }
        self.out.push(':');
        self.whitespace = false;
        false
    }

    /// A word that needs no quotes.
    pub(super) fn word(&mut self, text: &str) {
        self.space();
        self.out.push_str(text);
    }

    /// A string as a value; lines after the first are at `indent`.
    pub(super) fn text(&mut self, text: &str, indent: usize) {
        self.space();
        let analysis = analysis::analyze(text);
        match style(text, analysis, false) {
            Style::Plain => self.plain(text, indent),
            Style::Single => self.single_quoted(text, Some(indent)),
            Style::Double => self.double_quoted(text, Some(indent)),
            Style::Literal => self.literal(text, indent),
        }
        self.whitespace = false;
    }

    fn plain(&mut self, text: &str, indent: usize) {
        if self.column() + text.len() <= WIDTH {
            self.push_str(text);
            return;
        }
        let mut spaces = false;
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            if c != ' ' {
                self.push(c);
                spaces = false;
                continue;
            }
            if !spaces && self.column() > WIDTH && rest.peek() != Some(&' ') {
                self.indent(indent);
            } else {
                self.push(c);
            }
            spaces = true;
        }
    }

    /// Lines are folded only where there is an indentation to go on at.
    fn single_quoted(&mut self, text: &str, indent: Option<usize>) {
        self.out.push('\'');
        let (mut spaces, mut breaks) = (false, false);
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            if c == ' ' {
                let folds =
                    !spaces && self.column() > WIDTH && at > 0 && at < text.len() - 1 && next != Some(' ');
                match indent {
                    Some(indent) if folds => self.indent(indent),
                    _ => self.push(c),
                }
                spaces = true;
                continue;
            }
            if analysis::is_break(c) {
                if !breaks && c == '\n' {
                    self.line_break();
                }
                self.write_break(c);
                breaks = true;
                continue;
            }
            if breaks && let Some(indent) = indent {
                self.indent(indent);
            }
            if c == '\'' {
                self.out.push('\'');
            }
            self.push(c);
            spaces = false;
            breaks = false;
        }
        self.out.push('\'');
    }

    fn double_quoted(&mut self, text: &str, indent: Option<usize>) {
        self.out.push('"');
        let mut spaces = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let escaped = !analysis::is_printable(c) || analysis::is_break(c) || matches!(c, '"' | '\\');
            if escaped {
                self.escape(c);
                spaces = false;
                continue;
            }
            if c != ' ' {
                self.push(c);
                spaces = false;
                continue;
            }
            let folds = !spaces && self.column() > WIDTH && at > 0 && at < text.len() - 1;
            match indent {
                Some(indent) if folds => {
                    self.indent(indent);
                    if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                        self.out.push('\\');
                    }
                }
                _ => self.push(c),
            }
            spaces = true;
        }
        self.out.push('"');
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = c as u32;
                let escaped = match code {
                    0..=0xFF => format!("\\x{code:02X}"),
                    0x100..=0xFFFF => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.out.push_str(&escaped);
                return;
            }
        };
        self.out.push('\\');
        self.out.push(short);
    }

    fn write_break(&mut self, c: char) {
        if c == '\n' {
            self.line_break();
        } else {
            self.out.push(c);
            self.line_start = self.out.len();
            self.extra_bytes = 0;
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        if text.starts_with(' ') || text.starts_with(analysis::is_break) {
            self.out.push('2');
        }
        let mut last = text.chars().rev();
        if !last.next().is_some_and(analysis::is_break) {
            self.out.push('-');
        } else if last.next().is_none_or(analysis::is_break) {
            self.out.push('+');
        }
        self.line_break();
        let mut breaks = true;
        let mut rest = text;
        while !rest.is_empty() {
            let width = analysis::break_width(rest.as_bytes());
            if width > 0 {
                let c = rest.chars().next().expect("not empty");
                self.write_break(c);
                rest = &rest[width..];
                breaks = true;
                continue;
            }
            if breaks {
                for _ in 0..indent {
                    self.out.push(' ');
                }
            }
            let end = rest.find(analysis::is_break).unwrap_or(rest.len());
            self.push_str(&rest[..end]);
            rest = &rest[end..];
            breaks = false;
        }
    }
}

/// What a text is after go-yaml v2 has read it as a string of JSON; None if it refuses to.
///
/// A next-line character stands there as it is, and so is folded like any line break in quotes.
pub(super) fn through_json(text: &str) -> Option<Cow<'_, str>> {
    let is_refused =
        |c| matches!(c, '\u{7F}' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}');
    if text.is_ascii() {
        return (!text.contains('\u{7F}')).then_some(Cow::Borrowed(text));
    }
    if text.contains(is_refused) {
        return None;
    }
    if !text.contains('\u{85}') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut breaks = 0;
    for piece in text.split('\u{85}') {
        let trimmed = if breaks > 0 { piece.trim_start_matches(' ') } else { piece };
        if breaks > 0 && !trimmed.is_empty() {
            push_folded(&mut out, breaks);
            breaks = 0;
        }
        out.push_str(trimmed);
        breaks += 1;
    }
    // What stands before a break loses its blanks; after the last piece there is none.
    if breaks > 1 {
        push_folded(&mut out, breaks - 1);
    }
    Some(Cow::Owned(out))
}

fn push_folded(out: &mut String, breaks: usize) {
    out.truncate(out.trim_end_matches(' ').len());
    if breaks == 1 {
        out.push(' ');
    } else {
        out.extend(std::iter::repeat_n('\n', breaks - 1));
    }
}

/// What a text is after go-yaml v3 has printed and read it once more in the style it has; None if it cannot read what
/// it has printed.
///
/// Its printer doubles a line break of a folded scalar also where the next line is indented further, or where
/// trailing breaks are kept, and so adds to the text.
///
/// Source: `emitterc.go` of go.yaml.in/yaml/v3 v3.0.4, yaml_emitter_write_folded_scalar.
pub(super) fn reread(text: &str, style: node::Style) -> Option<Cow<'_, str>> {
    let is_block = match style {
        node::Style::Literal | node::Style::Folded => true,
        node::Style::Plain => text.contains('\n'),
        _ => false,
    };
    if is_block && text.starts_with('\t') && allows_block(text) {
        return None;
    }
    Some(refolded(text, style))
}

/// Whether go-yaml v3 writes a text as a block: tabs do not keep it from that.
fn allows_block(text: &str) -> bool {
    if text.contains('\t') {
        analysis::analyze(&text.replace('\t', "x")).block
    } else {
        analysis::analyze(text).block
    }
}

fn refolded(text: &str, style: node::Style) -> Cow<'_, str> {
    if style != node::Style::Folded || !text.contains('\n') || !allows_block(text) {
        return Cow::Borrowed(text);
    }
    let first = text.trim_start_matches('\n').chars().next();
    if first.is_none_or(|c| matches!(c, ' ' | '\t')) {
        return Cow::Borrowed(text);
    }
    let body = text.trim_end_matches('\n');
    let trailing = text.len() - body.len();
    let mut out = String::with_capacity(text.len() + 8);
    let mut lines = body.split('\n').peekable();
    let mut previous_indented = true;
    while let Some(line) = lines.next() {
        out.push_str(line);
        let Some(next) = lines.peek() else { break };
        out.push('\n');
        if !line.is_empty() {
            previous_indented = line.starts_with([' ', '\t']);
        }
        if line.is_empty() || previous_indented {
            continue;
        }
        // The first of a run of breaks was doubled; folding takes it back only between unindented lines.
        let follows = if next.is_empty() { lines.clone().find(|line| !line.is_empty()) } else { Some(*next) };
        if follows.is_some_and(|line| line.starts_with([' ', '\t'])) {
            out.push('\n');
        }
    }
    let kept = trailing > 1 && !previous_last_indented(body);
    out.extend(std::iter::repeat_n('\n', trailing + usize::from(kept)));
    Cow::Owned(out)
}

fn previous_last_indented(body: &str) -> bool {
    body.rsplit('\n').next().is_some_and(|line| line.starts_with([' ', '\t']))
}

enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

fn style(text: &str, analysis: Analysis, key: bool) -> Style {
    let wanted = if text.contains('\n') {
        Style::Literal
    } else if resolve::is_plain_string_v2(text) {
        Style::Plain
    } else {
        Style::Double
    };
    match wanted {
        _ if key && analysis.multiline => Style::Double,
        Style::Literal if !analysis.block || key => Style::Double,
        Style::Plain if !analysis.plain_in_block && analysis.single_quoted => Style::Single,
        Style::Plain if !analysis.plain_in_block => Style::Double,
        wanted => wanted,
    }
}

/// Decodes base64; None if it is none. Bytes that are no text are replaced, as Go's JSON does.
pub(super) fn decode_base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = 0u32;
    let mut filled = 0;
    let mut padding = 0;
    for byte in text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                0
            }
            _ => return None,
        };
        if padding > 0 && byte != b'=' {
            return None;
        }
        group = (group << 6) | u32::from(value);
        filled += 1;
        if filled == 4 {
            bytes.extend_from_slice(&group.to_be_bytes()[1..]);
            group = 0;
            filled = 0;
        }
    }
    if filled != 0 || padding > 2 {
        return None;
    }
    bytes.truncate(bytes.len() - padding);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
