//! Tokens to trees.
//!
//! In: the scanner's tokens. Out: documents. Knows the grammar of YAML and nothing of what the nodes mean.
//!
//! Source: libyaml `parser.c` and the node parser of go.yaml.in/yaml/v3 v3.0.4 (`decode.go`).

use std::{borrow::Cow, sync::Arc};

use rustc_hash::FxHashMap;

use crate::{
    alias::expand_aliases,
    error::Error,
    node::{Document, Node, Style, Text, Value},
    resolve::{self, Tag},
    scanner::{Kind, Mark, Scanner},
};

/// Collections inside one another that are read at most: all that work on trees are recursive.
pub const DEPTH_LIMIT: usize = 250;

const YAML_TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// Reads all documents of a text.
///
/// # Errors
/// The first fault of the text, with line, column and offset.
pub fn parse(text: &str) -> Result<Vec<Document>, Error> {
    let mut composer = Composer {
        scanner: Scanner::new(text, 0)?,
        tag_directives: Vec::new(),
        anchors: FxHashMap::default(),
        depth: 0,
        needs_expansion: false,
    };
    let mut documents = Vec::new();
    while let Some(document) = composer.document(documents.is_empty())? {
        documents.push(document);
    }
    Ok(documents)
}

/// Reads the first document of a text, and nothing of what follows it; None if the text has none.
///
/// # Errors
/// The first fault of that document.
pub fn parse_first(text: &str) -> Result<Option<Node>, Error> {
    parse_first_at(text, 0)
}

/// Reads the first document of a text that is a piece of a longer one: `lines` come before it.
///
/// # Errors
/// The first fault of that document.
pub fn parse_first_at(text: &str, lines: u32) -> Result<Option<Node>, Error> {
    let mut composer = Composer {
        scanner: Scanner::new(text, lines)?,
        tag_directives: Vec::new(),
        anchors: FxHashMap::default(),
        depth: 0,
        needs_expansion: false,
    };
    Ok(composer.document(true)?.map(|document| document.root))
}

/// Reads the first document of a piece of a text as [`parse_first_at`] does, with aliases and merge keys written out.
///
/// # Errors
/// The first fault of that document, or those of [`expand_aliases`].
pub fn parse_expanded_at(text: &str, lines: u32) -> Result<Option<Node>, Error> {
    let mut composer = Composer {
        scanner: Scanner::new(text, lines)?,
        tag_directives: Vec::new(),
        anchors: FxHashMap::default(),
        depth: 0,
        needs_expansion: false,
    };
    let Some(mut document) = composer.document(true)? else { return Ok(None) };
    if composer.needs_expansion {
        expand_aliases(&mut document.root)?;
    }
    Ok(Some(document.root))
}

/// An anchor: its node, or None while that is still being read.
type Anchor = Option<Arc<Node>>;

#[derive(Default)]
struct Properties<'a> {
    anchor: Option<&'a str>,
    tag: Option<Cow<'a, str>>,
}

struct Composer<'a> {
    scanner: Scanner<'a>,
    tag_directives: Vec<(&'a str, Cow<'a, str>)>,
    anchors: FxHashMap<&'a str, Anchor>,
    depth: usize,
    /// Whether there are anchors or merge keys.
    needs_expansion: bool,
}

impl<'a> Composer<'a> {
    fn peek(&mut self) -> Result<&Kind<'a>, Error> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn mark(&mut self) -> Result<Mark, Error> {
        Ok(self.scanner.peek()?.mark)
    }

    fn fail<T>(&self, mark: Mark, message: &str) -> Result<T, Error> {
        Err(self.scanner.cursor.error(mark, message))
    }

    fn document(&mut self, first: bool) -> Result<Option<Document>, Error> {
        if !first {
            while *self.peek()? == Kind::DocumentEnd {
                self.scanner.next()?;
            }
        }
        if *self.peek()? == Kind::StreamEnd {
            return Ok(None);
        }
        let begins = matches!(
            self.peek()?,
            Kind::VersionDirective { .. } | Kind::TagDirective { .. } | Kind::DocumentStart
        );
        self.directives()?;
        if begins || !first {
            if *self.peek()? != Kind::DocumentStart {
                let mark = self.mark()?;
                return self.fail(mark, "did not find expected <document start>");
            }
            self.scanner.next()?;
        }
        let mark = self.mark()?;
        let root = match self.peek()? {
            Kind::VersionDirective { .. }
            | Kind::TagDirective { .. }
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd => self.empty(mark),
            _ => self.node(true, false)?,
        };
        if *self.peek()? == Kind::DocumentEnd {
            self.scanner.next()?;
        }
        self.tag_directives.clear();
        Ok(Some(Document { root }))
    }

    fn directives(&mut self) -> Result<(), Error> {
        let mut version = false;
        loop {
            let token = self.scanner.peek()?.clone();
            match token.kind {
                Kind::VersionDirective { major, minor } => {
                    if version {
                        return self.fail(token.mark, "found duplicate %YAML directive");
                    }
                    if (major, minor) != (1, 1) {
                        return self.fail(token.mark, "found incompatible YAML document");
                    }
                    version = true;
                }
                Kind::TagDirective { handle, prefix } => {
                    if self.tag_directives.iter().any(|(h, _)| *h == handle) {
                        return self.fail(token.mark, "found duplicate %TAG directive");
                    }
                    self.tag_directives.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.scanner.next()?;
        }
    }

    fn empty(&self, mark: Mark) -> Node {
        Node::scalar("", Tag::Null).with_span(self.scanner.cursor.span(mark))
    }

    /// Reads the anchor and the tag before a node, in either order.
    fn properties(&mut self) -> Result<Properties<'a>, Error> {
        let mut found = Properties::default();
        let start = self.mark()?;
        loop {
            match self.peek()? {
                Kind::Anchor(name) if found.anchor.is_none() => {
                    found.anchor = Some(name);
                }
                Kind::Tag { handle, suffix } if found.tag.is_none() => {
                    let (handle, suffix) = (*handle, suffix.clone());
                    found.tag = Some(self.full_tag(handle, suffix, start)?);
                }
                _ => return Ok(found),
            }
            self.scanner.next()?;
        }
    }

    fn full_tag(&self, handle: &str, suffix: Cow<'a, str>, start: Mark) -> Result<Cow<'a, str>, Error> {
        if handle.is_empty() {
            return Ok(suffix);
        }
        let declared = self.tag_directives.iter().find(|(h, _)| *h == handle);
        let prefix = match (declared, handle) {
            (Some((_, prefix)), _) => prefix.as_ref(),
            (None, "!") => "!",
            (None, "!!") => YAML_TAG_PREFIX,
            _ => return self.fail(start, "found undefined tag handle"),
        };
        Ok(Cow::Owned(format!("{prefix}{suffix}")))
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<Node, Error> {
        let start = self.mark()?;
        if let Kind::Alias(name) = *self.peek()? {
            self.scanner.next()?;
            return self.alias(name, start);
        }
        let properties = self.properties()?;
        if let Some(name) = properties.anchor {
            self.anchors.insert(name, None);
            self.needs_expansion = true;
        }
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return self.fail(start, &format!("nested deeper than {DEPTH_LIMIT} levels"));
        }
        let content = self.content(block, indentless)?;
        self.depth -= 1;
        let node = match content {
            Some((value, style)) => self.finish(value, style, &properties, start)?,
            None if properties.anchor.is_some() || properties.tag.is_some() => {
                self.finish(Value::Scalar(Text::default()), Style::Plain, &properties, start)?
            }
            None => {
                let mark = self.mark()?;
                return self.fail(mark, "did not find expected node content");
            }
        };
        if let Some(name) = properties.anchor {
            self.anchors.insert(name, Some(Arc::new(node.clone())));
        }
        Ok(node)
    }

    fn alias(&mut self, name: &'a str, start: Mark) -> Result<Node, Error> {
        let target = match self.anchors.get(name) {
            None => return self.fail(start, &format!("unknown anchor '{name}' referenced")),
            Some(None) => return self.fail(start, &format!("anchor '{name}' value contains itself")),
            Some(Some(target)) => Arc::clone(target),
        };
        let span = self.scanner.cursor.span(start);
        Ok(Node::new(Value::Alias(target)).with_span(span))
    }

    /// Reads what a node holds; None if there is nothing that could be a node.
    fn content(&mut self, block: bool, indentless: bool) -> Result<Option<(Value, Style)>, Error> {
        Ok(Some(match self.peek()? {
            Kind::BlockEntry if indentless => (Value::Sequence(self.indentless_sequence()?), Style::Plain),
            Kind::Scalar { .. } => {
                let Kind::Scalar { text, style } = self.scanner.next()?.kind else {
                    unreachable!("a scalar was seen");
                };
                (Value::Scalar(Text::new(text)), style.into())
            }
            Kind::FlowSequenceStart => (Value::Sequence(self.flow_sequence()?), Style::Flow),
            Kind::FlowMappingStart => (Value::Mapping(self.flow_mapping()?), Style::Flow),
            Kind::BlockSequenceStart if block => (Value::Sequence(self.block_sequence()?), Style::Plain),
            Kind::BlockMappingStart if block => (Value::Mapping(self.block_mapping()?), Style::Plain),
            _ => return Ok(None),
        }))
    }

    fn finish(
        &mut self,
        value: Value,
        style: Style,
        properties: &Properties<'a>,
        start: Mark,
    ) -> Result<Node, Error> {
        self.needs_expansion |= matches!(&value, Value::Scalar(text) if text == "<<");
        let mut node = match (&value, style) {
            (Value::Scalar(text), Style::Plain) if text == "<<" => Node::scalar(text.clone(), Tag::Merge),
            (Value::Scalar(text), style) if style != Style::Plain => Node::scalar(text.clone(), Tag::Str),
            _ => Node::new(value),
        }
        .with_span(self.scanner.cursor.span(start))
        .with_style(style);
        if let Some(tag) = properties.tag.as_deref() {
            if tag == "!" {
                // Without a tag of its own a plain scalar is resolved, go-yaml does so for quoted ones as well.
            } else {
                let short = match tag.strip_prefix(YAML_TAG_PREFIX) {
                    Some(name) => Cow::Owned(format!("!!{name}")),
                    None => Cow::Borrowed(tag),
                };
                self.needs_expansion |= short == "!!merge";
                match resolve::Tag::from_short(&short) {
                    Some(known) => node.set_explicit_tag(known, None),
                    None => node.set_explicit_tag(Tag::Custom, Some(Text::new(short))),
                }
            }
        }
        if let Some(anchor) = properties.anchor {
            node.set_anchor(Some(Text::new(anchor)));
        }
        Ok(node)
    }

    fn block_sequence(&mut self) -> Result<Vec<Node>, Error> {
        self.scanner.next()?;
        let mut items = Vec::new();
        loop {
            match self.peek()? {
                Kind::BlockEntry => {
                    let mark = self.scanner.next()?.mark;
                    items.push(match self.peek()? {
                        Kind::BlockEntry | Kind::BlockEnd => self.empty(mark),
                        _ => self.node(true, false)?,
                    });
                }
                Kind::BlockEnd => {
                    self.scanner.next()?;
                    return Ok(items);
                }
                _ => {
                    let mark = self.mark()?;
                    return self.fail(mark, "did not find expected '-' indicator");
                }
            }
        }
    }

    fn indentless_sequence(&mut self) -> Result<Vec<Node>, Error> {
        let mut items = Vec::new();
        while *self.peek()? == Kind::BlockEntry {
            let mark = self.scanner.next()?.mark;
            items.push(match self.peek()? {
                Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(mark),
                _ => self.node(true, false)?,
            });
        }
        Ok(items)
    }

    fn block_mapping(&mut self) -> Result<Vec<(Node, Node)>, Error> {
        self.scanner.next()?;
        let mut entries = Vec::new();
        loop {
            let mark = self.mark()?;
            match self.peek()? {
                Kind::Key => {
                    self.scanner.next()?;
                    let key = match self.peek()? {
                        Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(mark),
                        _ => self.node(true, true)?,
                    };
                    let value = self.block_mapping_value()?;
                    entries.push((key, value));
                }
                Kind::BlockEnd => {
                    self.scanner.next()?;
                    return Ok(entries);
                }
                _ => return self.fail(mark, "did not find expected key"),
            }
        }
    }

    fn block_mapping_value(&mut self) -> Result<Node, Error> {
        let mark = self.mark()?;
        if *self.peek()? != Kind::Value {
            return Ok(self.empty(mark));
        }
        self.scanner.next()?;
        match self.peek()? {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.empty(mark)),
            _ => self.node(true, true),
        }
    }

    fn flow_sequence(&mut self) -> Result<Vec<Node>, Error> {
        self.scanner.next()?;
        let mut items = Vec::new();
        loop {
            if *self.peek()? == Kind::FlowSequenceEnd {
                break;
            }
            if !items.is_empty() {
                self.flow_entry("did not find expected ',' or ']'")?;
                if *self.peek()? == Kind::FlowSequenceEnd {
                    break;
                }
            }
            items.push(if *self.peek()? == Kind::Key {
                self.single_pair()?
            } else {
                self.node(false, false)?
            });
        }
        self.scanner.next()?;
        Ok(items)
    }

    fn flow_entry(&mut self, message: &str) -> Result<(), Error> {
        if *self.peek()? != Kind::FlowEntry {
            let mark = self.mark()?;
            return self.fail(mark, message);
        }
        self.scanner.next()?;
        Ok(())
    }

    /// `[a: b]`: a mapping of one pair.
    fn single_pair(&mut self) -> Result<Node, Error> {
        let mark = self.scanner.next()?.mark;
        let key = match self.peek()? {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => self.empty(mark),
            _ => self.node(false, false)?,
        };
        let value = self.flow_value(&Kind::FlowSequenceEnd)?;
        let span = self.scanner.cursor.span(mark);
        Ok(Node::new(Value::Mapping(vec![(key, value)])).with_span(span).with_style(Style::Flow))
    }

    fn flow_value(&mut self, end: &Kind<'a>) -> Result<Node, Error> {
        let mark = self.mark()?;
        if *self.peek()? != Kind::Value {
            return Ok(self.empty(mark));
        }
        self.scanner.next()?;
        let next = self.peek()?;
        if *next == Kind::FlowEntry || next == end {
            return Ok(self.empty(mark));
        }
        self.node(false, false)
    }

    fn flow_mapping(&mut self) -> Result<Vec<(Node, Node)>, Error> {
        self.scanner.next()?;
        let mut entries = Vec::new();
        loop {
            if *self.peek()? == Kind::FlowMappingEnd {
                break;
            }
            if !entries.is_empty() {
                self.flow_entry("did not find expected ',' or '}'")?;
                if *self.peek()? == Kind::FlowMappingEnd {
                    break;
                }
            }
            let mark = self.mark()?;
            if *self.peek()? == Kind::Key {
                self.scanner.next()?;
                let key = match self.peek()? {
                    Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => self.empty(mark),
                    _ => self.node(false, false)?,
                };
                let value = self.flow_value(&Kind::FlowMappingEnd)?;
                entries.push((key, value));
            } else {
                let key = self.node(false, false)?;
                let value = self.empty(mark);
                entries.push((key, value));
            }
        }
        self.scanner.next()?;
        Ok(entries)
    }
}
