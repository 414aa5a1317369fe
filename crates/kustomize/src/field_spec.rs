//! Where in an object a transformer works.
//!
//! In: a path of a [`FieldSpec`] and an object. Out: the fields at that path, made where asked for, each handed to a
//! setter. Refuses to know what is set.
//!
//! Source: api `filters/fieldspec/fieldspec.go`, `types/fieldspec.go`.

use hub_yaml::{Node, Tag, Value};

use crate::{
    id::Gvk,
    meta::{self, text_of},
};

/// A path in objects of some kinds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldSpec {
    /// Which objects; what is empty selects all.
    pub(crate) gvk: Gvk,
    /// The path as written: keys between `/`, with `[]` behind the key of a list.
    pub(crate) path: String,
    parts: Vec<Part>,
    /// Whether the field is made where it is missing.
    pub(crate) create: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    name: String,
    is_list: bool,
}

/// What a setter gives back: an error in words.
pub(crate) type SetResult = Result<(), String>;

/// What kind of field is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Create {
    /// A scalar, of this type where a null stood.
    Scalar(Tag),
    /// A mapping.
    Mapping,
}

impl FieldSpec {
    pub(crate) fn new(gvk: Gvk, path: &str, create: bool) -> Self {
        let parts = split_path(path, '/')
            .into_iter()
            .map(|part| match part.strip_suffix("[]") {
                Some(name) => Part { name: name.to_owned(), is_list: true },
                None => Part { name: part, is_list: false },
            })
            .collect();
        FieldSpec { gvk, path: path.to_owned(), parts, create }
    }

    /// One for objects of every kind.
    pub(crate) fn anywhere(path: &str, create: bool) -> Self {
        FieldSpec::new(Gvk::default(), path, create)
    }

    /// Whether an object is of the kinds that this is for.
    pub(crate) fn selects(&self, gvk: &Gvk) -> bool {
        gvk.is_selected_by(&self.gvk)
    }

    /// Hands each field at the path to `set`, whatever kind the object is of.
    pub(crate) fn visit(
        &self,
        node: &mut Node,
        create: Option<Create>,
        set: &mut dyn FnMut(&mut Node) -> SetResult,
    ) -> SetResult {
        let walk = Walk { creates: if self.create { create } else { None } };
        walk.step(node, &self.parts, set).map_err(|message| format!("field '{}': {message}", self.path))
    }

    /// Whether another field spec would do the same work on what this is for.
    fn covers(&self, other: &FieldSpec) -> bool {
        self.gvk.is_selected_by(&other.gvk) && self.path == other.path
    }

    /// Adds one to a list, unless the list has its like.
    ///
    /// # Errors
    /// The list has its like, but with another `create`.
    pub(crate) fn merge_into(self, list: &mut Vec<FieldSpec>) -> Result<(), String> {
        match list.iter().find(|known| known.covers(&self)) {
            Some(known) if known.create != self.create => {
                Err(format!("conflicting field specs for '{}'", self.path))
            }
            Some(_) => Ok(()),
            None => {
                list.push(self);
                Ok(())
            }
        }
    }
}

struct Walk {
    creates: Option<Create>,
}

impl Walk {
    fn step(&self, node: &mut Node, path: &[Part], set: &mut dyn FnMut(&mut Node) -> SetResult) -> SetResult {
        let Some((part, rest)) = path.split_first() else {
            return set(node);
        };
        if node.tag() == Tag::Null {
            return Ok(());
        }
        match &mut node.value {
            Value::Sequence(items) => {
                for item in items {
                    self.step(item, path, set)?;
                }
                Ok(())
            }
            Value::Mapping(entries) => {
                if part.name.is_empty() {
                    return Err("cannot set or create an empty field name".into());
                }
                part.check_names_a_field()?;
                let made = match self.creates {
                    Some(create) if !part.is_list && rest.is_empty() => Some(create),
                    Some(_) if !part.is_list => Some(Create::Mapping),
                    _ => None,
                };
                let at = match entries.iter().position(|(key, _)| text_of(key) == part.name) {
                    Some(at) => at,
                    None => {
                        let Some(made) = made else { return Ok(()) };
                        entries.push((Node::untyped(part.name.as_str()), made.node("")));
                        entries.len() - 1
                    }
                };
                let child = &mut entries[at].1;
                if child.tag() == Tag::Null {
                    if part.is_list {
                        child.replace(Node::sequence());
                    } else if let Some(made) = made {
                        let style = child.style;
                        let text = text_of(child).to_owned();
                        child.replace(made.node(&text).with_style(style));
                    }
                }
                self.step(child, rest, set)
            }
            _ => Err("expected a list or a mapping on the way".into()),
        }
    }
}

impl Part {
    /// What reads as a place in a list cannot be looked up in a mapping.
    ///
    /// Source: kyaml `yaml/fns.go`, PathGetter.
    fn check_names_a_field(&self) -> SetResult {
        match self.name.as_str() {
            "*" => Err("a wildcard is not supported in this path".into()),
            name if name == "-" || name.parse::<i64>().is_ok() || patterned(name) => {
                Err(format!("'{name}' is a place in a list, but a mapping is there"))
            }
            _ => Ok(()),
        }
    }
}

fn patterned(name: &str) -> bool {
    name.starts_with('[') && name.ends_with(']')
}

impl Create {
    fn node(self, text: &str) -> Node {
        match self {
            Create::Scalar(_) if text.is_empty() => Node::untyped(text),
            Create::Scalar(tag) => Node::scalar(text, tag),
            Create::Mapping => Node::mapping(),
        }
    }
}

/// Splits a path; a backslash before the delimiter makes it part of a key.
///
/// Source: kyaml `utils/pathsplitter.go`, PathSplitter.
pub(crate) fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let mut pieces: Vec<&str> = path.split(delimiter).collect();
    if pieces.len() > 1 && pieces[0].is_empty() {
        pieces.remove(0);
    }
    let mut parts: Vec<String> = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.into_iter().enumerate() {
        match parts.last_mut() {
            Some(last) if at > 0 && last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

/// Splits a path; what stands in brackets is one part even if it has delimiters.
///
/// Source: kyaml `utils/pathsplitter.go`, SmarterPathSplitter.
pub(crate) fn split_bracketed_path(path: &str, delimiter: char) -> Vec<String> {
    let mut parts = Vec::new();
    let mut pieces = split_path(path, delimiter).into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            parts.push(piece);
            continue;
        }
        let mut whole = piece;
        for next in pieces.by_ref() {
            whole.push(delimiter);
            whole.push_str(&next);
            if next.ends_with(']') {
                break;
            }
        }
        if whole.contains('=') {
            parts.push(whole);
        } else {
            parts.push(whole.trim_matches(['[', ']']).to_owned());
        }
    }
    parts
}

/// A setter for scalars: the style of what stood there stays.
///
/// # Errors
/// The field is a mapping or a list.
pub(crate) fn set_scalar(node: &mut Node, text: &str, tag: Tag) -> SetResult {
    if !node.is_scalar() && node.tag() != Tag::Null {
        return Err(wrong_kind("a scalar", node));
    }
    let style = node.style;
    node.replace(Node::scalar(text, tag).with_style(style));
    Ok(())
}

/// A setter for an entry of a mapping; true if the entry is a new one.
///
/// # Errors
/// The field is no mapping.
pub(crate) fn set_entry(node: &mut Node, key: &str, value: Node) -> Result<bool, String> {
    if node.tag() == Tag::Null {
        return Ok(false);
    }
    if !node.is_mapping() {
        return Err(wrong_kind("a mapping", node));
    }
    let is_new = meta::position(node, key).is_none();
    meta::set_field(node, key, value);
    Ok(is_new)
}

pub(crate) fn wrong_kind(expected: &str, found: &Node) -> String {
    format!("expected {expected} but found {}", found.description())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_with_escapes_and_brackets() {
        assert_eq!(split_path("metadata/annotations/a.b\\/c", '/'), ["metadata", "annotations", "a.b/c"]);
        assert_eq!(split_path("/a", '/'), ["a"]);
        assert_eq!(
            split_bracketed_path("spec.containers.[name=a.b].image", '.'),
            ["spec", "containers", "[name=a.b]", "image"]
        );
        assert_eq!(
            split_bracketed_path("metadata.annotations.[a.b/c]", '.'),
            ["metadata", "annotations", "a.b/c"]
        );
    }
}
