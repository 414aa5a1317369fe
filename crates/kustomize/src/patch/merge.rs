//! Strategic merge of a patch into an object.
//!
//! In: an object, a patch, a schema that tells which lists are merged. Out: the object, changed; or nothing, if the
//! patch deletes it. Knows nothing of ids.
//!
//! What may look odd here is what the original does: a null without text is lost on the way, a new part of a patch is
//! merged with itself, and a value keeps the style of the one it replaces, so that a number put in place of a text in
//! quotes becomes text.
//!
//! Source: kyaml `yaml/merge2/merge2.go`, `yaml/walk`.

use std::fmt;

use hub_yaml::{Node, Tag, Value};

use super::{
    directive::{self, Directive},
    lists,
};
use crate::{
    field_spec::wrong_kind,
    meta::{self, text_of},
    schema::{Place, Schema},
};

/// What becomes of a field.
pub(super) enum Outcome {
    /// The destination stands, perhaps changed.
    Keep,
    /// Another node comes in its place.
    Set(Node),
    /// A null that is to be kept.
    SetNull(Node),
    /// It goes.
    Clear,
}

/// A merge under way.
pub(super) struct Merge<'s> {
    pub(super) schema: &'s Schema,
    /// Changes of nodes that stand in several places.
    pub(super) echoes: Vec<(u32, Node)>,
}

/// What a merge leaves behind.
pub(crate) struct Merged {
    /// False if the patch deletes the object.
    pub(crate) kept: bool,
    /// Changes of nodes that stand in several places.
    pub(crate) echoes: Vec<(u32, Node)>,
}

/// Merges a patch into an object.
///
/// # Errors
/// In words: a patch strategy that is none, or a mapping, list or scalar where another of these is.
pub(crate) fn strategic(object: &mut Node, patch: Node, schema: &Schema) -> Result<Merged, Fault> {
    let place = schema.of_kind(meta::api_version(object), meta::kind(object));
    let place = place.or_else(|| schema.of_kind(meta::api_version(&patch), meta::kind(&patch)));
    let mut merge = Merge { schema, echoes: Vec::new() };
    let mut patch = patch;
    let outcome = merge.walk(Some(object), Some(&mut patch), place.as_ref())?;
    let kept = match outcome {
        Outcome::Keep => true,
        Outcome::Set(node) | Outcome::SetNull(node) => {
            *object = node;
            true
        }
        Outcome::Clear => false,
    };
    Ok(Merged { kept, echoes: merge.echoes })
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Nothing,
    Mapping,
    Sequence,
    Scalar,
}

fn kind_of(node: Option<&Node>) -> Kind {
    match node {
        Some(node) if node.tag() != Tag::Null => match &node.value {
            Value::Mapping(_) => Kind::Mapping,
            Value::Sequence(_) => Kind::Sequence,
            _ => Kind::Scalar,
        },
        _ => Kind::Nothing,
    }
}

impl Merge<'_> {
    /// Merges `origin`, a part of the patch, into `dest`.
    pub(super) fn walk(
        &mut self,
        dest: Option<&mut Node>,
        origin: Option<&mut Node>,
        place: Option<&Place>,
    ) -> Result<Outcome, Fault> {
        let (dest_kind, origin_kind) = (kind_of(dest.as_deref()), kind_of(origin.as_deref()));
        let kind = if dest_kind == Kind::Nothing { origin_kind } else { dest_kind };
        if origin_kind != Kind::Nothing && origin_kind != kind {
            let wanted = match kind {
                Kind::Mapping => "a mapping",
                Kind::Sequence => "a list",
                _ => "a scalar",
            };
            let origin = origin.expect("it has a kind");
            return Err(wrong_kind(wanted, origin).into());
        }
        match kind {
            Kind::Scalar => Ok(match origin {
                Some(origin) => Outcome::Set(origin.clone()),
                None => Outcome::Keep,
            }),
            Kind::Sequence => {
                let merged = place.filter(|place| place.merge.is_some());
                match merged {
                    Some(place) => lists::walk(self, dest, origin, place),
                    None => Ok(match origin {
                        Some(origin) => Outcome::Set(origin.clone()),
                        None => Outcome::Keep,
                    }),
                }
            }
            Kind::Mapping | Kind::Nothing => self.walk_mapping(dest, origin, place),
        }
    }

    fn walk_mapping(
        &mut self,
        dest: Option<&mut Node>,
        origin: Option<&mut Node>,
        place: Option<&Place>,
    ) -> Result<Outcome, Fault> {
        let Some(dest) = dest.filter(|dest| dest.tag() != Tag::Null || origin.is_none()) else {
            return match origin {
                None => Ok(Outcome::Clear),
                Some(origin) => self.new_mapping(origin.clone(), place),
            };
        };
        let Some(origin) = origin else {
            if dest.tag() == Tag::Null {
                // A null is kept if it was written out.
                return Ok(if text_of(dest).is_empty() {
                    Outcome::Clear
                } else {
                    Outcome::SetNull(Node::scalar(text_of(dest), Tag::Null))
                });
            }
            self.fields(dest, None, place)?;
            return Ok(Outcome::Keep);
        };
        if origin.tag() == Tag::Null {
            return Ok(Outcome::Clear);
        }
        match directive::take(origin)? {
            Directive::Delete => Ok(Outcome::Clear),
            Directive::Replace => {
                let mut node = origin.clone();
                self.settle(&mut node, place)?;
                Ok(Outcome::Set(node))
            }
            Directive::Merge => {
                self.fields(dest, Some(origin), place)?;
                Ok(Outcome::Keep)
            }
        }
    }

    /// A part of the patch for which there is nothing to merge it into.
    fn new_mapping(&mut self, mut node: Node, place: Option<&Place>) -> Result<Outcome, Fault> {
        if node.tag() == Tag::Null {
            return Ok(Outcome::Set(node));
        }
        // The directive is taken once, and looked for once more among the fields.
        if directive::take(&mut node) == Ok(Directive::Delete) {
            return Ok(Outcome::Clear);
        }
        self.settle(&mut node, place)?;
        Ok(Outcome::Set(node))
    }

    /// Merges a mapping with itself, as the original does with new parts of a patch: nulls go, directives are carried
    /// out.
    pub(super) fn settle(&mut self, node: &mut Node, place: Option<&Place>) -> Result<(), Fault> {
        let Value::Mapping(entries) = &mut node.value else { return Ok(()) };
        let mut at = 0;
        while at < entries.len() {
            let (key, value) = &mut entries[at];
            let inner = place.and_then(|place| self.schema.field(place, text_of(key)));
            if self.settle_value(value, inner.as_ref())? {
                at += 1;
            } else {
                entries.remove(at);
            }
        }
        Ok(())
    }

    /// Merges a value with itself; false if it goes.
    pub(super) fn settle_value(&mut self, value: &mut Node, place: Option<&Place>) -> Result<bool, Fault> {
        if value.tag() == Tag::Null {
            return Ok(false);
        }
        match &value.value {
            Value::Mapping(_) => {
                if directive::take(value)? == Directive::Delete {
                    return Ok(false);
                }
                self.settle(value, place)?;
                Ok(true)
            }
            Value::Sequence(_) => match place.filter(|place| place.merge.is_some()) {
                Some(place) => lists::settle(self, value, place),
                None => Ok(true),
            },
            _ => Ok(true),
        }
    }

    /// Merges field by field, in the order of the names.
    fn fields(
        &mut self,
        dest: &mut Node,
        mut origin: Option<&mut Node>,
        place: Option<&Place>,
    ) -> Result<(), Fault> {
        let mut names: Vec<String> = dest.entries().iter().map(|(key, _)| text_of(key).to_owned()).collect();
        if let Some(origin) = &origin {
            names.extend(origin.entries().iter().map(|(key, _)| text_of(key).to_owned()));
        }
        names.sort_unstable();
        names.dedup();
        for name in names {
            let inner = place.and_then(|place| self.schema.field(place, &name));
            let at = meta::position(dest, &name);
            let dest_value = at.and_then(|at| dest.entries_mut().map(|entries| &mut entries[at].1));
            let origin_at = origin.as_deref().and_then(|origin| meta::position(origin, &name));
            let origin_entry = origin_at.and_then(|at| origin.as_deref_mut()?.entries_mut()?.get_mut(at));
            if origin_entry.is_none()
                && let Some(value) = dest_value.as_ref()
                && value.is_scalar()
                && value.tag() != Tag::Null
            {
                self.keep_scalar(dest_value);
                continue;
            }
            let key_style = origin_entry.as_ref().map(|(key, _)| key.style).unwrap_or_default();
            let outcome = self
                .walk(dest_value, origin_entry.map(|(_, value)| value), inner.as_ref())
                .map_err(|fault| fault.below(&name))?;
            self.put(dest, &name, at, outcome, key_style);
        }
        Ok(())
    }

    /// A scalar without a type that is left alone is settled as a string on the way.
    fn keep_scalar(&self, value: Option<&mut Node>) {
        if let Some(value) = value.filter(|value| value.tag() == Tag::Unset) {
            let settled = meta::settled(std::mem::take(value));
            *value = settled;
        }
    }

    fn put(
        &mut self,
        dest: &mut Node,
        name: &str,
        at: Option<usize>,
        outcome: Outcome,
        key_style: hub_yaml::Style,
    ) {
        let value = match outcome {
            Outcome::Keep => return,
            Outcome::Set(node) if node.tag() != Tag::Null => node,
            Outcome::SetNull(node) => node,
            Outcome::Set(_) | Outcome::Clear => {
                meta::remove_first(dest, name);
                return;
            }
        };
        let Some(entries) = dest.entries_mut() else { return };
        match at {
            Some(at) => {
                let old = &mut entries[at].1;
                let style = old.style;
                old.replace(value.with_style(style));
                if old.share() != 0 {
                    self.echoes.push((old.share(), old.clone()));
                }
            }
            None => entries.push((Node::untyped(name).with_style(key_style), meta::settled(value))),
        }
    }
}

/// What stops a merge, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// Innermost last.
    path: Vec<String>,
    message: String,
}

impl Fault {
    /// The same fault, seen from one field further out.
    pub(super) fn below(mut self, field: &str) -> Self {
        self.path.insert(0, field.to_owned());
        self
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Fault { path: Vec::new(), message }
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Fault::from(message.to_owned())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "field '{}': ", self.path.join("."))?;
        }
        f.write_str(&self.message)
    }
}
