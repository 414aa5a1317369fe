//! Regular expressions that match whole texts, most of which are plain words.
//!
//! In: a pattern of a selector. Out: whether a text matches. Plain words are compared without a regex engine, which
//! would cost more to set up than a small build takes.

use regex::Regex;

/// A pattern.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// Matches all.
    Any,
    /// Only letters, digits and signs that stand for themselves; a point stands for any character.
    Word(String),
    Regex(Box<Regex>),
}

fn is_word(pattern: &str) -> bool {
    pattern
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b':' | b'@' | b'.' | b'='))
}

/// How much of a text a word matches from its beginning; None if it does not match.
pub(crate) fn word_prefix(word: &str, text: &str) -> Option<usize> {
    if text.starts_with(word) {
        return Some(word.len());
    }
    let mut rest = text.chars();
    for expected in word.chars() {
        let found = rest.next()?;
        if found != expected && (expected != '.' || found == '\n') {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
}

impl Pattern {
    /// A pattern of a selector; nothing matches all.
    ///
    /// # Errors
    /// In words: it is no regular expression.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() {
            return Ok(Pattern::Any);
        }
        if is_word(pattern) {
            return Ok(Pattern::Word(pattern.to_owned()));
        }
        let regex = Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|e| format!("invalid pattern '{pattern}': {e}"))?;
        Ok(Pattern::Regex(Box::new(regex)))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Word(word) => word_prefix(word, text) == Some(text.len()),
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A pattern that is searched for anywhere in a text.
///
/// # Errors
/// In words: it is no regular expression.
pub(crate) fn search(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|e| format!("invalid pattern '{pattern}': {e}"))
}

/// The name of an image, which may be followed by a tag and a digest.
#[derive(Clone, Debug)]
pub(crate) enum ImageName {
    Word(String),
    Regex(Box<Regex>),
}

impl ImageName {
    /// The `name` of an entry of `images`: a regular expression.
    ///
    /// # Errors
    /// In words: it is no regular expression.
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        if is_word(name) {
            return Ok(ImageName::Word(name.to_owned()));
        }
        let whole = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
        let regex = Regex::new(&whole).map_err(|e| format!("invalid image name '{name}': {e}"))?;
        Ok(ImageName::Regex(Box::new(regex)))
    }

    pub(crate) fn matches(&self, image: &str) -> bool {
        match self {
            ImageName::Regex(regex) => regex.is_match(image),
            ImageName::Word(word) => {
                word_prefix(word, image).is_some_and(|length| is_version(&image[length..]))
            }
        }
    }
}

/// Whether a text is an optional tag and an optional digest.
fn is_version(text: &str) -> bool {
    let is_name = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'{' | b'}' | b'-'))
    };
    let (tag, digest) = match text.find('@') {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    };
    let tag_fits = tag.is_empty() || tag.strip_prefix(':').is_some_and(is_name);
    tag_fits && digest.is_none_or(|digest| digest.strip_prefix("@sha256:").is_some_and(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_match_as_regular_expressions_would() {
        for (pattern, text) in [
            ("a.b", "a.b"),
            ("a.b", "axb"),
            ("a.b", "ab"),
            ("web", "web2"),
            ("é", "é"),
            ("", "x"),
            ("a|b", "b"),
            ("a.*", "abc"),
        ] {
            let regex = Regex::new(&format!("^(?:{pattern})$")).expect("good patterns");
            let expected = pattern.is_empty() || regex.is_match(text);
            assert_eq!(Pattern::new(pattern).expect("good").matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn images_match_with_tag_and_digest() {
        let name = ImageName::new("gcr.io/web").expect("good");
        for image in [
            "gcr.io/web",
            "gcr.io/web:1.0",
            "gcr.io/web@sha256:ab",
            "gcr.io/web:{tag}@sha256:ab",
            "gcrxio/web",
        ] {
            assert!(name.matches(image), "{image}");
        }
        for image in ["gcr.io/web2", "gcr.io/web:a b", "gcr.io/web@md5:ab", "x/gcr.io/web"] {
            assert!(!name.matches(image), "{image}");
        }
    }
}
