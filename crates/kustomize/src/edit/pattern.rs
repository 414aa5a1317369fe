//! Patterns of file names, as Go has them.
//!
//! In: a pattern and a name, or a [`Folder`] to look in. Out: whether it matches; the names that do. `*` and `?` match any
//! characters but `/`, a leading dot too; `[a-z]` and `[^a-z]` one of some.
//!
//! Source: Go `path/filepath/match.go` (Match, Glob), kyaml `filesys/fsondisk.go` (Glob).

use super::{
    error::{Error, Result},
    folder::Folder,
};
use crate::loader::normalize;

/// Whether a name matches a pattern as a whole.
///
/// # Errors
/// The pattern is malformed.
pub(super) fn matches(pattern: &str, name: &str) -> Result<bool> {
    let malformed = || Error::BadPattern { pattern: pattern.to_owned() };
    let tokens = tokens(pattern).ok_or_else(malformed)?;
    let name: Vec<char> = name.chars().collect();
    Ok(matches_from(&tokens, &name))
}

/// What exists and matches a pattern, sorted; hidden files only where the pattern's last part begins with a dot.
///
/// # Errors
/// The pattern is malformed.
pub(super) fn find(folder: &dyn Folder, pattern: &str) -> Result<Vec<String>> {
    let mut found = glob(folder, pattern)?;
    if !is_hidden(pattern) {
        found.retain(|path| !is_hidden(path));
    }
    Ok(found)
}

enum Token {
    Star,
    Any,
    One(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '*' => Token::Star,
            '?' => Token::Any,
            '\\' => Token::One(rest.next()?),
            '[' => class(&mut rest)?,
            c => Token::One(c),
        });
    }
    Some(tokens)
}

fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Token> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.next_if_eq(&']').is_some() {
            return Some(Token::Class { negated, ranges });
        }
        let low = class_char(rest)?;
        let high = if rest.next_if_eq(&'-').is_some() { class_char(rest)? } else { low };
        ranges.push((low, high));
    }
}

fn class_char(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        c => Some(c),
    }
}

fn matches_from(tokens: &[Token], name: &[char]) -> bool {
    // The last star, and how much of the name it has taken so far.
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() || at < tokens.len() {
        let fits = match (tokens.get(at), name.get(place)) {
            (Some(Token::Star), _) => {
                star = Some((at, place));
                at += 1;
                continue;
            }
            (Some(token), Some(c)) => token.fits(*c),
            _ => false,
        };
        if fits {
            at += 1;
            place += 1;
            continue;
        }
        match star {
            Some((token, taken)) if taken < name.len() && name[taken] != '/' => {
                star = Some((token, taken + 1));
                at = token + 1;
                place = taken + 1;
            }
            _ => return false,
        }
    }
    true
}

impl Token {
    fn fits(&self, c: char) -> bool {
        match self {
            Token::Star | Token::Any => c != '/',
            Token::One(wanted) => c == *wanted,
            Token::Class { negated, ranges } => {
                c != '/' && ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

fn glob(folder: &dyn Folder, pattern: &str) -> Result<Vec<String>> {
    matches(pattern, "")?;
    if !pattern.contains(['*', '?', '[', '\\']) {
        return Ok(if folder.exists(pattern) { vec![pattern.to_owned()] } else { Vec::new() });
    }
    let (parent, last) = match pattern.rfind('/') {
        Some(0) => ("/", &pattern[1..]),
        Some(at) => (&pattern[..at], &pattern[at + 1..]),
        None => (".", pattern),
    };
    let parents =
        if parent.contains(['*', '?', '[', '\\']) { glob(folder, parent)? } else { vec![parent.to_owned()] };
    let mut found = Vec::new();
    for parent in parents {
        for name in folder.names(&parent) {
            if matches(last, &name)? {
                found.push(join(&parent, &name));
            }
        }
    }
    Ok(found)
}

/// Puts a folder and a name together, and cleans the path: no `.` and no `x/..` in it.
pub(super) fn join(folder: &str, name: &str) -> String {
    normalize(&format!("{folder}/{name}"))
}

/// Whether the last part of a path begins with a dot.
fn is_hidden(path: &str) -> bool {
    path.trim_end_matches('/').rsplit('/').next().is_some_and(|last| last.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", ".yaml", true),
            ("*.yaml", "d/a.yaml", false),
            ("*/*.yaml", "d/a.yaml", true),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("a\\*", "a*", true),
            ("*a*b*", "xxaxxbxx", true),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name).expect("well formed"), expected, "{pattern} {name}");
        }
        for malformed in ["[", "[]", "[a-]", "a\\"] {
            assert!(matches(malformed, "a").is_err(), "{malformed}");
        }
    }
}
