//! The shape of API objects: one tree of types that apply, pruning, defaulting and validation all walk.
//!
//! In: OpenAPI v3 nodes, from the table of builtin types (`builtin`) or from a CustomResourceDefinition (`parse`).
//! Out: [`Schema`] nodes. Knows nothing of objects, requests or storage.

pub(crate) mod builtin;
mod parse;

pub(crate) use parse::custom_resource;

use indexmap::IndexMap;
use serde_json::Value;

/// One node of a type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    pub(crate) shape: Shape,
    /// The value that a missing field gets; `None` when the type declares none.
    pub(crate) default: Option<Value>,
    /// What values must satisfy beyond their shape; `None` when nothing is declared.
    pub(crate) rules: Option<Box<Rules>>,
    /// How Go writes the field.
    pub(crate) go: GoForm,
    /// How strategic merge patch treats the field; `None` means replace.
    pub(crate) patch: Option<PatchHint>,
}

/// What values a node takes.
#[derive(Debug, Clone, Default)]
pub(crate) enum Shape {
    Scalar(Scalar),
    List(List),
    Map(Map),
    /// Any value: its maps are merged key by key, its lists replaced whole.
    #[default]
    Any,
    /// Any value, replaced whole.
    Atomic,
    /// A builtin type by name; `atomic` when this use of it is replaced whole.
    Named {
        name: &'static builtin::TypeLine,
        atomic: bool,
    },
}

/// How the server's own types write a field that is not set or zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum GoForm {
    /// Not when it is unset, nor an empty list or map.
    #[default]
    Plain,
    /// Always: null, zero or empty.
    Always,
    /// Not when it is zero.
    Zero,
    /// Always, as a struct.
    Struct,
}

/// The kinds of scalars that the API distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
    Quantity,
    Time,
    Bytes,
    /// A string with a format that apply does not look into.
    Formatted,
    /// Any scalar.
    Any,
}

/// A list type.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) kind: ListKind,
    pub(crate) item: Box<Schema>,
}

/// How a list merges (`x-kubernetes-list-type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListKind {
    Atomic,
    Set,
    Map(Vec<String>),
}

/// An object type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Map {
    pub(crate) fields: IndexMap<String, Schema>,
    /// The fields with a default that says something: neither empty nor zero.
    pub(crate) defaults: Vec<(String, Value)>,
    /// The fields that Go writes when they are not set.
    pub(crate) written: Vec<String>,
    /// The type of keys that are not fields; `None` means that there may be none.
    pub(crate) rest: Option<Box<Schema>>,
    pub(crate) atomic: bool,
}

/// How strategic merge patch treats a list or map field.
#[derive(Debug, Clone, Default)]
pub(crate) struct PatchHint {
    pub(crate) merge: bool,
    pub(crate) merge_key: Option<String>,
}

/// What a value must satisfy beyond its shape, in the words of JSON Schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) nullable: bool,
    pub(crate) preserve: bool,
    pub(crate) embedded: bool,
    pub(crate) int_or_string: bool,
    pub(crate) format: Option<String>,
    pub(crate) required: Vec<String>,
    pub(crate) allowed: Vec<Value>,
    pub(crate) pattern: Option<String>,
    pub(crate) minimum: Option<(serde_json::Number, bool)>,
    pub(crate) maximum: Option<(serde_json::Number, bool)>,
    pub(crate) multiple_of: Option<f64>,
    pub(crate) length: (Option<u64>, Option<u64>),
    pub(crate) items: (Option<u64>, Option<u64>),
    pub(crate) properties: (Option<u64>, Option<u64>),
    pub(crate) all_of: Vec<Schema>,
    pub(crate) any_of: Vec<Schema>,
    pub(crate) one_of: Vec<Schema>,
    pub(crate) not: Option<Box<Schema>>,
}

/// The view of a node for one value: what a schema that allows several shapes means for it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Atom<'a> {
    Scalar(Scalar),
    List { list: &'a List },
    Map { map: &'a Map, atomic: bool },
}

impl Atom<'_> {
    /// Tells whether both views are of the same shape.
    pub(crate) fn same_shape(&self, other: &Atom<'_>) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Schema {
    /// Gives the type that a name stands for, or the node itself.
    pub(crate) fn target(&self) -> &Schema {
        match &self.shape {
            Shape::Named { name, .. } => name.schema(),
            _ => self,
        }
    }

    /// Gives the view of this node for `value`, as structured-merge-diff deduces it.
    pub(crate) fn atom(&self, value: Option<&Value>) -> Atom<'_> {
        let whole = matches!(self.shape, Shape::Named { atomic: true, .. });
        match &self.target().shape {
            Shape::Scalar(scalar) => Atom::Scalar(*scalar),
            Shape::List(list) => Atom::List { list },
            Shape::Map(map) => Atom::Map { map, atomic: whole || map.atomic },
            Shape::Any => builtin::ANY.view(value),
            Shape::Atomic => builtin::ATOMIC.view(value),
            Shape::Named { .. } => unreachable!("a builtin type is never only a name"),
        }
    }

    /// Gives the object type of this node, when it is one.
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.target().shape {
            Shape::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Gives the node of a field, declared or not; `None` when the object takes no such key.
    pub(crate) fn field(&self, name: &str) -> Option<&Schema> {
        match &self.target().shape {
            Shape::Map(map) => map.child(name),
            Shape::Any => Some(&builtin::ANY_NODE),
            Shape::Atomic => Some(&builtin::ATOMIC_NODE),
            _ => None,
        }
    }
}

impl Map {
    /// Gives the node of a key, declared or not; `None` when the object takes no such key.
    pub(crate) fn child(&self, name: &str) -> Option<&Schema> {
        self.fields.get(name).or(self.rest.as_deref())
    }
}
