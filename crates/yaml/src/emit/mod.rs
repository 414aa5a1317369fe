//! Trees to text, as sigs.k8s.io/yaml prints them.
//!
//! In: a tree. Out: block style YAML with sorted keys, in which quoting is decided anew from the values alone:
//! comments, anchors, tags and styles of the source do not show. Refuses to know about Kubernetes.
//!
//! Source: `emitterc.go` and `encode.go` of go.yaml.in/yaml/v2 v2.4.2, as called by `JSONToYAML`.

mod analysis;
mod key_order;
mod scalar;

use std::borrow::Cow;

pub use key_order::compare as compare_keys;
use scalar::Writer;

use crate::{
    error::Error,
    node::{Node, Style, Value},
    number,
    resolve::{self, Scalar, Tag},
};

/// Columns after which text is folded.
const WIDTH: usize = 80;

/// Prints a tree as sigs.k8s.io/yaml does.
///
/// # Errors
/// A value that JSON has no form for (`.nan`, `.inf`), a key that is neither a string nor a scalar, a key that
/// repeats, a tag that its text does not fit.
pub fn emit(node: &Node) -> Result<String, Error> {
    let mut out = String::new();
    emit_to(node, &mut out)?;
    Ok(out)
}

/// Prints a tree as sigs.k8s.io/yaml does, to the end of a text that is empty or ends with a line break.
///
/// # Errors
/// Those of [`emit`].
pub fn emit_to(node: &Node, out: &mut String) -> Result<(), Error> {
    document(Emitter::new(out, true), node)
}

/// Prints a tree with its keys in the order that they have.
///
/// # Errors
/// Those of [`emit`].
pub fn emit_as_is(node: &Node) -> Result<String, Error> {
    let mut out = String::new();
    document(Emitter::new(&mut out, false), node)?;
    Ok(out)
}

fn document(mut emitter: Emitter<'_>, node: &Node) -> Result<(), Error> {
    let node = node.resolved();
    match &node.value {
        Value::Mapping(entries) if !entries.is_empty() => emitter.mapping(entries, 0, false)?,
        Value::Sequence(items) if !items.is_empty() => emitter.sequence(items, 0, false)?,
        _ => emitter.leaf(node, 0)?,
    }
    emitter.writer.finish();
    Ok(())
}

/// What a scalar is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed<'a> {
    /// A number, boolean or null: never quoted.
    Bare(Cow<'a, str>),
    /// Text, quoted where it must be.
    Text(Cow<'a, str>),
}

/// What a scalar becomes on its way through go-yaml v3's printer and JSON.
///
/// # Errors
/// A number that JSON has no form for; a tag that the text does not fit.
pub fn printed(node: &Node) -> Result<Printed<'_>, Error> {
    printed_within(node, false)
}

/// Whether a null is there by nothing being there, for which go-yaml writes quotes in flow style and in keys.
fn is_left_out(node: &Node) -> bool {
    let is_empty = node.text() == Some("") && node.style == Style::Plain;
    is_empty && matches!(node.tag(), Tag::Null | Tag::Unset) && !node.has_explicit_tag()
}

/// As [`printed`]; inside of a flow collection there are no block scalars, and so none of their faults.
fn printed_within(node: &Node, in_flow: bool) -> Result<Printed<'_>, Error> {
    let reread = |text| {
        if in_flow {
            return Ok(Printed::Text(Cow::Borrowed(text)));
        }
        match scalar::reread(text, node.style) {
            Some(text) => Ok(Printed::Text(text)),
            None => {
                let message =
                    "a block of text begins with a tab, which go-yaml writes and cannot read: quote it";
                Err(Error::at(node.span(), message))
            }
        }
    };
    let text = node.text().unwrap_or_default();
    let plain = node.style == Style::Plain && !text.contains('\n');
    if in_flow && is_left_out(node) {
        return Ok(Printed::Text(Cow::Borrowed("")));
    }
    let value = match node.tag() {
        // Merge keys that were not resolved are kept by their tag.
        Tag::Merge | Tag::Custom => return Ok(Printed::Text(Cow::Borrowed(text))),
        Tag::Str => return reread(text),
        Tag::Unset if !plain => return reread(text),
        Tag::Binary => {
            return match scalar::decode_base64(text) {
                Some(decoded) => Ok(Printed::Text(Cow::Owned(decoded))),
                None => Err(Error::at(node.span(), "!!binary value contains invalid base64 data")),
            };
        }
        _ => resolve::scalar(text),
    };
    let is = value.tag();
    if node.tag() != Tag::Unset {
        let fits = is == node.tag() || node.tag() == Tag::Float && is == Tag::Int;
        if !fits {
            let message = format!("cannot decode {} `{text}` as a {}", is.short(), node.tag().short());
            return Err(Error::at(node.span(), message));
        }
        // The printer leaves out a tag that fits, and so a number in quotes becomes a string.
        if !plain && is == node.tag() && !node.has_explicit_tag() {
            return reread(text);
        }
    }
    Ok(match value {
        Scalar::Null => Printed::Bare(Cow::Borrowed("null")),
        Scalar::Bool(value) => Printed::Bare(Cow::Borrowed(if value { "true" } else { "false" })),
        Scalar::Int(value) => Printed::Bare(number_text(text, value)),
        Scalar::Uint(value) => Printed::Bare(Cow::Owned(value.to_string())),
        Scalar::Float(value) if value.is_finite() => Printed::Bare(Cow::Owned(number::format_float(value))),
        Scalar::Float(_) => {
            return Err(Error::at(node.span(), format!("the number {text} has no form in JSON")));
        }
        Scalar::Timestamp(time) => Printed::Text(Cow::Owned(time)),
        Scalar::Str => Printed::Text(Cow::Borrowed(text)),
    })
}

/// The decimal form of an integer, which most have already.
fn number_text(text: &str, value: i64) -> Cow<'_, str> {
    let decimal = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if decimal { Cow::Borrowed(text) } else { Cow::Owned(value.to_string()) }
}

struct Emitter<'o> {
    writer: Writer<'o>,
    /// Sort orders of mappings that are being written, so that none needs memory of its own.
    scratch: Vec<u32>,
    sorts: bool,
    /// Collections around the node at hand that were written in flow style.
    flow_level: usize,
}

impl<'o> Emitter<'o> {
    fn new(out: &'o mut String, sorts: bool) -> Self {
        Emitter { writer: Writer::new(out), scratch: Vec::new(), sorts, flow_level: 0 }
    }

    fn node(&mut self, node: &Node, indent: usize, in_sequence: bool) -> Result<(), Error> {
        let node = node.resolved();
        let inner = if in_sequence { indent + 2 } else { indent };
        match &node.value {
            Value::Mapping(entries) if !entries.is_empty() => {
                self.within(node, |emitter| emitter.mapping(entries, inner, in_sequence))
            }
            Value::Sequence(items) if !items.is_empty() => {
                self.within(node, |emitter| emitter.sequence(items, inner, in_sequence))
            }
            _ => self.leaf(node, indent),
        }
    }

    /// Writes what is in a collection.
    fn within(
        &mut self,
        node: &Node,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let level = usize::from(node.style == Style::Flow);
        self.flow_level += level;
        write(self)?;
        self.flow_level -= level;
        Ok(())
    }

    /// A scalar or an empty collection, after a `:` or a `-`.
    fn leaf(&mut self, node: &Node, indent: usize) -> Result<(), Error> {
        match &node.value {
            Value::Mapping(_) => self.writer.word("{}"),
            Value::Sequence(_) => self.writer.word("[]"),
            _ => match printed_within(node, self.flow_level > 0)? {
                Printed::Bare(text) => self.writer.word(&text),
                Printed::Text(text) => {
                    let text = scalar::through_json(&text)
                        .ok_or_else(|| Error::at(node.span(), "control characters are not allowed"))?;
                    self.writer.text(&text, indent + 2);
                }
            },
        }
        Ok(())
    }

    /// Writes a mapping; `inline` if its first key stands behind a `-` or a `:`.
    fn mapping(&mut self, entries: &[(Node, Node)], indent: usize, inline: bool) -> Result<(), Error> {
        let start = self.scratch.len();
        self.scratch.extend(0..entries.len() as u32);
        let key = |at: u32| entries[at as usize].0.text().unwrap_or_default();
        // At the outermost level keys of any type but null become strings.
        for (node, _) in entries {
            check_key(node, indent == 0 && !inline)?;
        }
        if self.sorts {
            key_order::sort_positions(&mut self.scratch[start..], key);
        }
        for pair in self.scratch[start..].windows(2) {
            if key(pair[0]) == key(pair[1]) {
                let (first, second) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
                let line = entries[first as usize].0.span().line;
                let message = format!("mapping key {:?} already defined at line {line}", key(first));
                return Err(Error::at(entries[second as usize].0.span(), message));
            }
        }
        for place in 0..entries.len() {
            let (key, value) = &entries[self.scratch[start + place] as usize];
            if !(inline && place == 0) {
                self.writer.indent(indent);
            }
            let took_lines = self.writer.key(key.text().unwrap_or_default());
            let value = value.resolved();
            match &value.value {
                // The value stands behind the `:`, as an item does behind a `-`.
                _ if took_lines => self.node(value, indent, true)?,
                Value::Mapping(_) => self.node(value, indent + 2, false)?,
                // Items of a sequence stand right below its key.
                _ => self.node(value, indent, false)?,
            }
        }
        self.scratch.truncate(start);
        Ok(())
    }

    fn sequence(&mut self, items: &[Node], indent: usize, inline: bool) -> Result<(), Error> {
        for (place, item) in items.iter().enumerate() {
            if !(inline && place == 0) {
                self.writer.indent(indent);
            }
            self.writer.dash();
            self.node(item, indent, true)?;
        }
        Ok(())
    }
}

/// JSON knows only strings for keys, and go-yaml v3 makes an untyped map of any mapping with another key.
fn check_key(key: &Node, outermost: bool) -> Result<(), Error> {
    let key = key.resolved();
    let Value::Scalar(text) = &key.value else {
        return Err(Error::at(key.span(), "a key is not a scalar"));
    };
    let is_string = match key.tag() {
        Tag::Str | Tag::Merge | Tag::Custom | Tag::Binary if !outermost => true,
        _ if is_left_out(key) => true,
        Tag::Null => false,
        _ if outermost => {
            if key.has_explicit_tag() {
                printed(key)?;
            }
            true
        }
        _ => matches!(printed(key)?, Printed::Text(_)) && key.tag() != Tag::Timestamp,
    };
    if is_string {
        return Ok(());
    }
    Err(Error::at(key.span(), format!("the key {text:?} is not a string: write it in quotes")))
}
