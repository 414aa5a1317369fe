//! Findings about text that users wrote: what is wrong, where, and what to do next.
//!
//! In: a message and, where known, a place in a file. Out: values that [`miette`] can draw.
//! Refuses to know: which file format the text has, and how it is printed.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, SourceCode};

/// A file's name and text, shared by everything that points into it.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceText {
    inner: Arc<(String, String)>,
}

impl SourceText {
    /// Keeps `text` under the name shown to users.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { inner: Arc::new((name.into(), text.into())) }
    }

    /// The name shown to users, usually a path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.0
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.inner.1
    }

    /// The place of `length` bytes at a byte offset.
    #[must_use]
    pub fn at(&self, offset: usize, length: usize) -> Place {
        let text = self.text();
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Place { source: self.clone(), offset, length: length.min(text.len() - offset), line, column }
    }
}

impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceText({})", self.name())
    }
}

/// A stretch of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    source: SourceText,
    offset: usize,
    length: usize,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
}

impl Place {
    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.name()
    }
}

impl Place {
    /// The same place in a text in which these texts are stars, as many as they had bytes.
    fn blotted(self, blots: &[String]) -> Self {
        let is_there = |blot: &&String| !blot.is_empty() && self.source.text().contains(blot.as_str());
        let mut found = blots.iter().filter(is_there).peekable();
        if found.peek().is_none() {
            return self;
        }
        let blot = |text: String, blot: &String| text.replace(blot.as_str(), &"*".repeat(blot.len()));
        let text = found.fold(self.source.text().to_owned(), blot);
        Self { source: SourceText::new(self.source.name(), text), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file(), self.line, self.column)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// A stable code such as `hub::parameters::unknown`; docs/errors.md has a section for each.
    pub code: &'static str,
    /// What is wrong, as one phrase.
    pub message: String,
    /// What to do next; `None` where the message says it all.
    pub help: Option<String>,
    /// Where; `None` when no file is to blame (a flag, say).
    pub place: Option<Place>,
}

impl Problem {
    /// A finding without a place yet.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, place: None }
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to do next, if there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Points at the text that is to blame.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        self.place = place.into();
        self
    }
}

impl Problem {
    /// The same with its words rewritten, and with these texts blotted out of the lines that it shows.
    #[must_use]
    pub fn rewritten(self, rewrite: &dyn Fn(&str) -> String, blots: &[String]) -> Self {
        Self {
            message: rewrite(&self.message),
            help: self.help.as_deref().map(rewrite),
            place: self.place.map(|place| place.blotted(blots)),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|p| p as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let span = LabeledSpan::new(Some("here".into()), place.offset, place.length);
        Some(Box::new(std::iter::once(span)))
    }
}

impl SourceCode for Place {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let contents = self.source.text().read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.file().to_owned(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}

/// All findings of one step: a step looks at everything before it gives up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Adds one finding.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` when nothing was found.
    ///
    /// # Errors
    /// The findings, if there are any.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(&one.message),
            many => write!(f, "{} problems found, nothing was changed", many.len()),
        }
    }
}

impl std::error::Error for Problems {}

impl Diagnostic for Problems {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.single()?.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.single()?.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.single()?.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.single()?.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.0.len() < 2 {
            return None;
        }
        Some(Box::new(self.0.iter().map(|p| p as &dyn Diagnostic)))
    }
}

impl Problems {
    fn single(&self) -> Option<&Problem> {
        match self.0.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

/// The names most like `wanted`, best first, at most three; empty when none is near.
///
/// ```
/// assert_eq!(hub::diagnostic::nearest("serverles", ["Serverless", "RawDeployment"]), ["Serverless"]);
/// ```
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(score, name)| *score > 0.82 || tail(name).eq_ignore_ascii_case(tail(wanted)))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `did you mean a or b?`, or `None` when nothing is near.
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names = nearest(wanted, known);
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
}

fn tail(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A path as users know it: relative to `base` where it lies below it.
#[must_use]
pub fn shown(path: &Path, base: &Path) -> String {
    path.strip_prefix(base).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = SourceText::new("a.yaml", "eins: 1\nzwö: 2\n");
        let place = source.at("eins: 1\nzwö".len(), 1);
        assert_eq!((place.line, place.column), (2, 4));
        assert_eq!(place.to_string(), "a.yaml:2:4");
    }

    #[test]
    fn near_names_share_a_prefix_or_the_last_part() {
        let known = ["kserve.deploymentMode", "kserve.namespace", "ingress.hosts"];
        assert_eq!(nearest("kserve.deploymentmode", known)[0], "kserve.deploymentMode");
        assert_eq!(nearest("deploymentMode", known), ["kserve.deploymentMode"]);
        assert!(nearest("zzz", known).is_empty());
    }
}
