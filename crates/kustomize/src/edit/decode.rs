//! Makes the tree of a kustomization file conform to its schema.
//!
//! In: a tree, aliases and scalars settled as YAML 1.1 has them. Out: the same with field names as the schema spells them, scalars of the types it asks for,
//! empty fields left out. Refuses to know what fields mean.
//!
//! Source: Go's `encoding/json` with unknown fields disallowed, and `omitempty`.

use std::collections::BTreeMap;

use hub_yaml::{Node, Span, Style, Tag, Value};

use super::{
    error::{Error, Result},
    schema::{FIELDS, Field, Keep, Shape},
};

/// Text, printed as what it is whatever it looks like.
pub(super) fn text(text: &str) -> Node {
    Node::string(text).with_style(Style::DoubleQuoted)
}

/// A boolean.
pub(super) fn flag(value: bool) -> Node {
    Node::scalar(if value { "true" } else { "false" }, Tag::Bool)
}

/// A whole number.
pub(super) fn integer(value: i64) -> Node {
    Node::scalar(value.to_string(), Tag::Int)
}

/// Reads values out of one file.
pub(super) struct Decoder<'f> {
    /// Its name, for messages.
    pub(super) file: &'f str,
}

impl Decoder<'_> {
    /// Reads the fields of a whole file: those that it has, even empty.
    pub(super) fn root(&self, node: &Node) -> Result<Vec<(&'static str, Node)>> {
        let values = FIELDS.iter().zip(self.fields(node, "", FIELDS)?);
        Ok(values.filter_map(|(field, value)| Some((field.name, value?))).collect())
    }

    /// Reads a record: each field that is kept, in the order of the schema.
    fn record(&self, node: &Node, path: &str, fields: &'static [Field]) -> Result<Vec<(&'static str, Node)>> {
        let values = self.fields(node, path, fields)?;
        let kept = fields.iter().zip(values).filter_map(|(field, value)| {
            let value = match (field.keep, value) {
                (Keep::Filled, Some(value)) => (!is_empty(&value)).then_some(value),
                (_, Some(value)) => Some(value),
                (Keep::Always, None) => Some(empty(&field.shape)),
                (Keep::Null, None) => Some(Node::null()),
                (_, None) => None,
            }?;
            Some((field.name, value))
        });
        Ok(kept.collect())
    }

    /// A value for each field; None for those that are not there.
    fn fields(&self, node: &Node, path: &str, fields: &'static [Field]) -> Result<Vec<Option<Node>>> {
        let entries = self.entries(node, path)?;
        let mut values: Vec<Option<Node>> = fields.iter().map(|_| None).collect();
        for (name, (span, value)) in entries {
            let at = position(fields, name).ok_or_else(|| self.unknown(name, span, path, fields))?;
            let inner = join(path, fields[at].name);
            if value.is_null() {
                continue;
            }
            values[at] = Some(self.value(value, &inner, &fields[at].shape)?);
        }
        Ok(values)
    }

    fn value(&self, node: &Node, path: &str, shape: &'static Shape) -> Result<Node> {
        match shape {
            Shape::Text => self.text(node, path),
            Shape::Bool => match node.as_bool() {
                Some(value) => Ok(flag(value)),
                None => self.wrong(node, path, "a boolean"),
            },
            Shape::Integer => match node.as_i64() {
                Some(value) => Ok(integer(value)),
                None => self.wrong(node, path, "a whole number"),
            },
            Shape::Pairs => self.pairs(node, path),
            Shape::Tree if node.is_mapping() => Ok(self.tree(node)?),
            Shape::Tree => self.wrong(node, path, "a mapping"),
            Shape::List(item) => self.list(node, path, item),
            Shape::Record(fields) => Ok(mapping(self.record(node, path, fields)?)),
        }
    }

    fn text(&self, node: &Node, path: &str) -> Result<Node> {
        match node.as_str() {
            Some(value) => Ok(text(value)),
            None => self.wrong(node, path, "text"),
        }
    }

    fn pairs(&self, node: &Node, path: &str) -> Result<Node> {
        let mut pairs = Vec::new();
        for (name, (_, value)) in self.entries(node, path)? {
            let value = if value.is_null() { text("") } else { self.text(value, &join(path, name))? };
            pairs.push((Node::string(name), value));
        }
        Ok(Node::new(Value::Mapping(pairs)))
    }

    fn list(&self, node: &Node, path: &str, item: &'static Shape) -> Result<Node> {
        if !node.is_sequence() {
            return self.wrong(node, path, "a list");
        }
        let items = node.items().iter().enumerate().map(|(at, value)| {
            if value.is_null() {
                return Ok(empty(item));
            }
            self.value(value, &format!("{path}[{at}]"), item)
        });
        Ok(Node::new(Value::Sequence(items.collect::<Result<_>>()?)))
    }

    /// Anything, with keys that repeat left out. Numbers are as exact as JSON's are in Go: to 53 bits.
    fn tree(&self, node: &Node) -> Result<Node> {
        if node.is_mapping() {
            let entries = self.entries(node, "")?;
            let entries =
                entries.into_iter().map(|(name, (_, value))| Ok((Node::string(name), self.tree(value)?)));
            return Ok(Node::new(Value::Mapping(entries.collect::<Result<_>>()?)));
        }
        if node.is_sequence() {
            let items = node.items().iter().map(|item| self.tree(item));
            return Ok(Node::new(Value::Sequence(items.collect::<Result<_>>()?)));
        }
        Ok(match node.as_f64() {
            Some(value) if node.tag() == Tag::Int => Node::new(Value::Scalar(value.to_string().into())),
            _ => node.clone(),
        })
    }

    /// Names and values of a mapping, sorted by name, with the place of the name. Of a key that repeats, the last one counts.
    fn entries<'n>(&self, node: &'n Node, path: &str) -> Result<BTreeMap<&'n str, (Span, &'n Node)>> {
        if node.is_null() {
            return Ok(BTreeMap::new());
        }
        if !node.is_mapping() {
            return self.wrong(node, path, "a mapping");
        }
        let named = node.entries().iter().map(|(key, value)| match key.text() {
            Some(name) => Ok((name, (key.span(), value))),
            None => Err(Error::invalid(self.file, key.span(), "a key is not a scalar")),
        });
        named.collect()
    }

    fn unknown(&self, name: &str, span: Span, path: &str, fields: &[Field]) -> Error {
        let message = if path.is_empty() {
            format!("unknown field '{name}'")
        } else {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            format!("unknown field '{name}' in '{path}', which has {}", known.join(", "))
        };
        Error::invalid(self.file, span, message)
    }

    fn wrong<T>(&self, node: &Node, path: &str, wanted: &str) -> Result<T> {
        let found = match node.text() {
            Some(text) if !node.is_null() => format!("{} ({text})", node.description()),
            _ => node.description().to_owned(),
        };
        let field = if path.is_empty() { "the kustomization".to_owned() } else { format!("field '{path}'") };
        let hint = if wanted == "text" && node.is_scalar() { ": write it in quotes" } else { "" };
        Err(Error::invalid(self.file, node.span(), format!("{field} must be {wanted}, not {found}{hint}")))
    }
}

/// The field of a name: the same, or else the same in another case.
fn position(fields: &[Field], name: &str) -> Option<usize> {
    let exact = fields.iter().position(|field| field.name == name);
    exact.or_else(|| fields.iter().position(|field| field.name.eq_ignore_ascii_case(name)))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A record as a tree.
pub(super) fn mapping(fields: Vec<(&'static str, Node)>) -> Node {
    Node::new(Value::Mapping(fields.into_iter().map(|(name, value)| (Node::string(name), value)).collect()))
}

/// What a shape is when nothing was said.
pub(super) fn empty(shape: &'static Shape) -> Node {
    match shape {
        Shape::Text => text(""),
        Shape::Bool => flag(false),
        Shape::Integer => integer(0),
        Shape::Pairs | Shape::Tree => Node::mapping(),
        Shape::List(_) => Node::sequence(),
        Shape::Record(fields) => {
            let always = fields.iter().filter_map(|field| match field.keep {
                Keep::Always => Some((field.name, empty(&field.shape))),
                Keep::Null => Some((field.name, Node::null())),
                Keep::Filled | Keep::Present => None,
            });
            mapping(always.collect())
        }
    }
}

/// Whether a value says nothing, and so is left out.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(entries) => entries.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Scalar(value) => match node.tag() {
            Tag::Str => value.is_empty(),
            Tag::Bool => value == "false",
            Tag::Int => value == "0",
            _ => false,
        },
        Value::Alias(_) => false,
    }
}
