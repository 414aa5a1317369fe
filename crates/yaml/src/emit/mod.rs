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
    node::{Node, Value},
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
    let mut emitter = Emitter {
        writer: Writer::new(out),
        scratch: Vec::new(),
    };
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
pub(crate) enum Printed<'a> {
    /// A number, boolean or null: never quoted.
    Bare(Cow<'a, str>),
    /// Text, quoted where it must be.
    Text(Cow<'a, str>),
}

/// What a scalar becomes on its way through JSON.
pub(crate) fn printed(node: &Node) -> Result<Printed<'_>, Error> {
    let text = node.text().unwrap_or_default();
    let fail = |message: String| Err(Error::at(node.span(), message));
    let value = match node.tag() {
        Tag::Str | Tag::Merge | Tag::Custom => return Ok(Printed::Text(Cow::Borrowed(text))),
        Tag::Binary => {
            return match scalar::decode_base64(text) {
                Some(decoded) => Ok(Printed::Text(Cow::Owned(decoded))),
                None => fail("!!binary value contains invalid base64 data".into()),
            };
        }
        Tag::Seq | Tag::Map => return Ok(Printed::Text(Cow::Borrowed(text))),
        Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Timestamp => resolve::scalar(text),
    };
    let fits = value.tag() == node.tag() || node.tag() == Tag::Float && value.tag() == Tag::Int;
    if !fits && node.has_explicit_tag() {
        let (is, wanted) = (value.tag().short(), node.tag().short());
        return fail(format!("cannot decode {is} `{text}` as a {wanted}"));
    }
    Ok(match value {
        Scalar::Null => Printed::Bare(Cow::Borrowed("null")),
        Scalar::Bool(value) => Printed::Bare(Cow::Borrowed(if value { "true" } else { "false" })),
        Scalar::Int(value) => Printed::Bare(Cow::Owned(value.to_string())),
        Scalar::Uint(value) => Printed::Bare(Cow::Owned(value.to_string())),
        Scalar::Float(value) if value.is_finite() => Printed::Bare(Cow::Owned(number::format_float(value))),
        Scalar::Float(_) => return fail(format!("the number {text} has no form in JSON")),
        Scalar::Timestamp(time) => Printed::Text(Cow::Owned(time)),
        Scalar::Str => Printed::Text(Cow::Borrowed(text)),
    })
}

struct Emitter<'o> {
    writer: Writer<'o>,
    /// Sort orders of mappings that are being written, so that none needs memory of its own.
    scratch: Vec<u32>,
}

impl Emitter<'_> {
    fn node(&mut self, node: &Node, indent: usize, in_sequence: bool) -> Result<(), Error> {
        let node = node.resolved();
        match &node.value {
            Value::Mapping(entries) if !entries.is_empty() => self.mapping(
                entries,
                if in_sequence { indent + 2 } else { indent },
                in_sequence,
            ),
            Value::Sequence(items) if !items.is_empty() => {
                self.sequence(items, if in_sequence { indent + 2 } else { indent }, in_sequence)
            }
            _ => self.leaf(node, indent),
        }
    }

    /// A scalar or an empty collection, after a `:` or a `-`.
    fn leaf(&mut self, node: &Node, indent: usize) -> Result<(), Error> {
        match &node.value {
            Value::Mapping(_) => self.writer.word("{}"),
            Value::Sequence(_) => self.writer.word("[]"),
            _ => match printed(node)? {
                Printed::Bare(text) => self.writer.word(&text),
                Printed::Text(text) => self.writer.text(&text, indent + 2),
            },
        }
        Ok(())
    }

    /// Writes a mapping; `inline` if its first key stands behind a `-`.
    fn mapping(&mut self, entries: &[(Node, Node)], indent: usize, inline: bool) -> Result<(), Error> {
        let start = self.scratch.len();
        self.scratch.extend(0..entries.len() as u32);
        let key = |at: u32| entries[at as usize].0.text().unwrap_or_default();
        for (node, _) in entries {
            check_key(node)?;
        }
        key_order::sort_positions(&mut self.scratch[start..], key);
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
            self.writer.key(key.text().unwrap_or_default());
            let value = value.resolved();
            match &value.value {
                Value::Mapping(entries) if !entries.is_empty() => self.mapping(entries, indent + 2, false)?,
                // Items of a sequence stand right below its key.
                Value::Sequence(items) if !items.is_empty() => self.sequence(items, indent, false)?,
                _ => self.leaf(value, indent)?,
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
fn check_key(key: &Node) -> Result<(), Error> {
    match (&key.value, key.tag()) {
        (Value::Scalar(_), Tag::Str | Tag::Merge | Tag::Custom | Tag::Binary) => Ok(()),
        (Value::Scalar(text), _) => Err(Error::at(
            key.span(),
            format!(
                "the key {text:?} is {}, not a string: write it in quotes",
                key.description()
            ),
        )),
        _ => Err(Error::at(key.span(), "a key is not a scalar")),
    }
}
