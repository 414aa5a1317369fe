//! The tree.
//!
//! In: what the composer reads or code makes. Out: access to scalars, mappings and sequences. Refuses to know
//! about Kubernetes.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::{
    resolve::{self, Tag},
    scanner::ScalarStyle,
    span::Span,
};

/// A text that is cheap to clone: short ones are held in place, long ones are shared.
pub type Text = SmolStr;

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A scalar, as text; the node's tag says how it is to be understood.
    Scalar(Text),
    /// Keys and values in the order of the text. Keys may repeat.
    Mapping(Vec<(Node, Node)>),
    /// Items in order.
    Sequence(Vec<Node>),
    /// `*name`, with the node it stands for.
    Alias(Arc<Node>),
}

/// How a node was written, or is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Style {
    /// Plain scalars, block mappings and sequences.
    #[default]
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `{…}`, `[…]`
    Flow,
}

impl From<ScalarStyle> for Style {
    fn from(style: ScalarStyle) -> Self {
        match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        }
    }
}

/// What few nodes have.
#[derive(Clone, Debug, PartialEq, Default)]
struct Rare {
    anchor: Option<Text>,
    custom_tag: Option<Text>,
}

/// A node of a YAML tree.
///
/// Equality is that of values, tags and styles; where a node came from does not count.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it holds.
    pub value: Value,
    rare: Option<Box<Rare>>,
    span: Span,
    /// Nodes of one tree with the same number (but 0) are one node that stands in several places.
    share: u32,
    tag: Tag,
    /// How it was written.
    pub style: Style,
    /// Whether the tag was written out.
    explicit_tag: bool,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
            && self.tag == other.tag
            && self.style == other.style
            && self.custom_tag() == other.custom_tag()
    }
}

impl Default for Node {
    fn default() -> Self {
        Node::null()
    }
}

impl Node {
    /// A node of a value and the tag that such a value has by itself; plain scalars are resolved.
    pub fn new(value: Value) -> Self {
        let tag = match &value {
            Value::Scalar(text) => resolve::tag(text),
            Value::Mapping(_) => Tag::Map,
            Value::Sequence(_) => Tag::Seq,
            Value::Alias(target) => target.tag,
        };
        Node { value, rare: None, span: Span::NONE, share: 0, tag, style: Style::Plain, explicit_tag: false }
    }

    /// A string, whatever it looks like.
    pub fn string(text: impl Into<Text>) -> Self {
        Node::scalar(text, Tag::Str)
    }

    /// A scalar of a given type.
    pub fn scalar(text: impl Into<Text>, tag: Tag) -> Self {
        Node {
            value: Value::Scalar(text.into()),
            rare: None,
            span: Span::NONE,
            share: 0,
            tag,
            style: Style::Plain,
            explicit_tag: false,
        }
    }

    /// A scalar whose type shows only when it is printed: plain ones are resolved then.
    pub fn untyped(text: impl Into<Text>) -> Self {
        Node::scalar(text, Tag::Unset)
    }

    /// `null`
    pub fn null() -> Self {
        Node::scalar("null", Tag::Null)
    }

    /// An empty mapping.
    pub fn mapping() -> Self {
        Node::new(Value::Mapping(Vec::new()))
    }

    /// An empty sequence.
    pub fn sequence() -> Self {
        Node::new(Value::Sequence(Vec::new()))
    }

    /// Where it was read; [`Span::NONE`] if code made it.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The same node, said to come from a place.
    #[must_use]
    pub fn with_span(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    /// The same node in another style.
    #[must_use]
    pub fn with_style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// The number that it has in common with the other places of the same node; 0 if it stands in one place only.
    pub fn share(&self) -> u32 {
        self.share
    }

    /// Says in which group of one node in several places it is.
    pub fn set_share(&mut self, share: u32) {
        self.share = share;
    }

    /// Takes over all of another node but its share.
    pub fn replace(&mut self, other: Node) {
        let share = self.share;
        *self = other;
        self.share = share;
    }

    /// Changes the text of a scalar; its tag and style stay. Nothing happens to what is no scalar.
    pub fn set_text(&mut self, text: impl Into<Text>) {
        if let Value::Scalar(old) = &mut self.value {
            *old = text.into();
        }
    }

    /// The tag, by which scalars have their type.
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Changes the tag; a custom one is forgotten.
    pub fn set_tag(&mut self, tag: Tag) {
        self.tag = tag;
        self.explicit_tag = false;
        if let Some(rare) = &mut self.rare {
            rare.custom_tag = None;
        }
    }

    /// The tag that was written out and is none of YAML's own, in its short form.
    pub fn custom_tag(&self) -> Option<&str> {
        self.rare.as_ref()?.custom_tag.as_deref()
    }

    /// Whether the tag was written out.
    pub fn has_explicit_tag(&self) -> bool {
        self.explicit_tag
    }

    pub(crate) fn set_explicit_tag(&mut self, tag: Tag, custom: Option<Text>) {
        self.tag = tag;
        self.explicit_tag = true;
        if custom.is_some() {
            self.rare.get_or_insert_default().custom_tag = custom;
        }
    }

    /// The anchor (`&name`) that it carries.
    pub fn anchor(&self) -> Option<&str> {
        self.rare.as_ref()?.anchor.as_deref()
    }

    /// Gives it an anchor, or takes it.
    pub fn set_anchor(&mut self, anchor: Option<Text>) {
        if anchor.is_some() || self.rare.is_some() {
            self.rare.get_or_insert_default().anchor = anchor;
        }
    }

    /// The node itself, or what an alias stands for.
    pub fn resolved(&self) -> &Node {
        match &self.value {
            Value::Alias(target) => target.resolved(),
            _ => self,
        }
    }

    /// Whether it is a scalar of the null type.
    pub fn is_null(&self) -> bool {
        self.tag == Tag::Null && self.is_scalar()
    }

    /// Whether it is a scalar of any type, null as well.
    pub fn is_scalar(&self) -> bool {
        matches!(self.resolved().value, Value::Scalar(_))
    }

    /// Whether it is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.resolved().value, Value::Mapping(_))
    }

    /// Whether it is a sequence.
    pub fn is_sequence(&self) -> bool {
        matches!(self.resolved().value, Value::Sequence(_))
    }

    /// A word for what it is, for messages: `a string`, `an integer`, `a mapping`…
    pub fn description(&self) -> &'static str {
        let node = self.resolved();
        match (&node.value, node.tag) {
            (Value::Mapping(_), _) => "a mapping",
            (Value::Sequence(_), _) => "a list",
            (_, Tag::Null) => "null",
            (_, Tag::Bool) => "a boolean",
            (_, Tag::Int) => "an integer",
            (_, Tag::Float) => "a number",
            (_, Tag::Timestamp) => "a date",
            _ => "a string",
        }
    }

    /// The text of a scalar of any type; None for mappings and sequences. The text of null may be empty.
    pub fn text(&self) -> Option<&str> {
        match &self.resolved().value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string; None for any other type.
    pub fn as_str(&self) -> Option<&str> {
        let node = self.resolved();
        match &node.value {
            Value::Scalar(text) if matches!(node.tag, Tag::Str | Tag::Unset) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean; None for any other type.
    pub fn as_bool(&self) -> Option<bool> {
        let node = self.resolved();
        match &node.value {
            Value::Scalar(text) if node.tag == Tag::Bool => Some(text.eq_ignore_ascii_case("true")),
            _ => None,
        }
    }

    /// The value of an integer that fits; None for any other type.
    pub fn as_i64(&self) -> Option<i64> {
        let node = self.resolved();
        match &node.value {
            Value::Scalar(text) if node.tag == Tag::Int => match resolve::scalar(text) {
                resolve::Scalar::Int(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value of an integer or a float; None for any other type.
    pub fn as_f64(&self) -> Option<f64> {
        let node = self.resolved();
        match &node.value {
            Value::Scalar(text) if matches!(node.tag, Tag::Int | Tag::Float) => match resolve::scalar(text) {
                resolve::Scalar::Int(value) => Some(value as f64),
                resolve::Scalar::Uint(value) => Some(value as f64),
                resolve::Scalar::Float(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// Keys and values of a mapping; empty for anything else.
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.resolved().value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a sequence; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.resolved().value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Keys and values of a mapping, to be changed; None for anything else, aliases as well.
    pub fn entries_mut(&mut self) -> Option<&mut Vec<(Node, Node)>> {
        match &mut self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// Items of a sequence, to be changed; None for anything else, aliases as well.
    pub fn items_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value under a key: the first one, where a key repeats.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key node and the value under a key, for the span of the key.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        self.entries().iter().find(|(k, _)| k.text() == Some(key)).map(|(k, v)| (k, v))
    }

    /// The value under a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries_mut()?.iter_mut().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v)
    }

    /// The value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Puts a value under a key: in place of the first one there, or at the end. Nothing happens to what is no mapping.
    pub fn set(&mut self, key: &str, value: Node) {
        if let Some(old) = self.get_mut(key) {
            *old = value;
        } else if let Some(entries) = self.entries_mut() {
            entries.push((Node::string(key), value));
        }
    }

    /// Adds an entry to the end of a mapping, whether or not it has the key. Nothing happens to what is no mapping.
    pub fn push_entry(&mut self, key: Node, value: Node) {
        if let Some(entries) = self.entries_mut() {
            entries.push((key, value));
        }
    }

    /// Takes a key out of a mapping, in all its repetitions; gives the first value.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let entries = self.entries_mut()?;
        let at = entries.iter().position(|(k, _)| k.text() == Some(key))?;
        let (_, value) = entries.remove(at);
        entries.retain(|(k, _)| k.text() != Some(key));
        Some(value)
    }

    /// Adds to the end of a sequence. Nothing happens to what is no sequence.
    pub fn push(&mut self, item: Node) {
        if let Some(items) = self.items_mut() {
            items.push(item);
        }
    }
}

/// One document of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its content; a null for an empty document.
    pub root: Node,
}
