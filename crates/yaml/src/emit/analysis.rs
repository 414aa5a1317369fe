//! In which styles a scalar can be written.
//!
//! Source: libyaml `emitter.c`, yaml_emitter_analyze_scalar.

/// What the characters of a scalar allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) plain_in_block: bool,
    pub(super) single_quoted: bool,
    pub(super) block: bool,
}

/// Whether all characters are ones that need no thought anywhere: most keys and names.
fn is_simple(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
}

/// Length of the line break at the beginning, 0 if there is none.
pub(super) fn break_width(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r' | b'\n', ..] => 1,
        [0xC2, 0x85, ..] => 2,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// Whether a character may be written as it is.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}') && c != '\u{FEFF}'
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn analyze(text: &str) -> Analysis {
    let mut found = Analysis { multiline: false, plain_in_block: true, single_quoted: true, block: true };
    if text.is_empty() {
        found.block = false;
        return found;
    }
    if is_simple(text) {
        return found;
    }
    let mut block_indicators = text.starts_with("---") || text.starts_with("...");
    let mut special_characters = false;
    let (mut break_space, mut space_break) = (false, false);
    let (mut previous_space, mut previous_break) = (false, false);
    let mut preceded_by_whitespace = true;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let followed_by_whitespace = chars.peek().is_none_or(|(_, next)| matches!(next, ' ' | '\t'));
        block_indicators |= match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`'
                if at == 0 =>
            {
                true
            }
            '?' | '-' if at == 0 => followed_by_whitespace,
            ':' => followed_by_whitespace,
            '#' => preceded_by_whitespace,
            _ => false,
        };
        special_characters |= !is_printable(c);
        let breaks = is_break(c);
        found.multiline |= breaks;
        break_space |= c == ' ' && previous_break;
        space_break |= breaks && previous_space;
        previous_space = c == ' ';
        previous_break = breaks;
        preceded_by_whitespace = breaks || matches!(c, ' ' | '\t' | '\0');
    }
    let first = text.chars().next().expect("not empty");
    let last = text.chars().next_back().expect("not empty");
    let edges = [first, last].iter().any(|c| *c == ' ' || is_break(*c));
    let unsafe_breaks = space_break || special_characters;
    found.plain_in_block = !(edges || break_space || unsafe_breaks || found.multiline || block_indicators);
    found.single_quoted = !(break_space || unsafe_breaks);
    found.block = !(last == ' ' || unsafe_breaks);
    found
}
