//! The builtin API types, from the recorded table `data/types.txt`.
//!
//! In: a type name. Out: its [`Schema`], parsed at first use, so that opening a sandbox costs nothing.
//! The only process-wide state of the crate: decoded constants.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::{Atom, GoForm, List, ListKind, Map, Scalar, Schema, Shape, parse};

/// One line of the table: a type name and its schema, parsed when asked for.
pub(crate) struct TypeLine {
    name: &'static str,
    text: &'static str,
    schema: OnceLock<Schema>,
}

impl std::fmt::Debug for TypeLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl TypeLine {
    /// The type's short name, e.g. `core.v1.Pod`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The type's OpenAPI v3 schema as recorded, references by short name.
    pub(crate) fn openapi(&self) -> Value {
        serde_json::from_str(self.text).expect("the recorded table is JSON")
    }

    /// The type itself.
    pub(crate) fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| match self.name {
            "pkg.api.resource.Quantity" => scalar(Scalar::Quantity),
            "pkg.util.intstr.IntOrString" => scalar(Scalar::IntOrString),
            "meta.v1.Time" | "meta.v1.MicroTime" => scalar(Scalar::Time),
            "pkg.runtime.RawExtension" => Schema { shape: Shape::Atomic, ..Schema::default() },
            _ => parse::schema(&self.openapi(), parse::Source::Builtin),
        })
    }
}

fn scalar(kind: Scalar) -> Schema {
    Schema { shape: Shape::Scalar(kind), ..Schema::default() }
}

static TYPES: LazyLock<HashMap<&'static str, TypeLine>> = LazyLock::new(|| {
    include_str!("../../data/types.txt")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, text)| (name, TypeLine { name, text, schema: OnceLock::new() }))
        .collect()
});

/// Gives the line of a type by its short name.
pub(crate) fn line(name: &str) -> Option<&'static TypeLine> {
    TYPES.get(name)
}

/// Gives the names of all recorded types.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TYPES.keys().copied()
}

/// Gives a node that stands for a builtin type.
pub(crate) fn named(name: &str) -> Schema {
    let name = line(name).expect("the recorded table has every type that it refers to");
    Schema { shape: Shape::Named { name, atomic: false }, ..Schema::default() }
}

/// Gives the type of a builtin kind.
pub(crate) fn kind(group: &str, version: &str, kind: &str) -> Option<&'static TypeLine> {
    let package = match group {
        "" => "core",
        "apiextensions.k8s.io" => "apiextensions",
        "apiregistration.k8s.io" => "apiregistration",
        "rbac.authorization.k8s.io" => "rbac",
        "flowcontrol.apiserver.k8s.io" => "flowcontrol",
        other => other.split('.').next().unwrap_or(other),
    };
    line(&format!("{package}.{version}.{kind}"))
}

/// A schema that takes any value, viewed by the value's own shape.
pub(crate) struct AnyShape {
    list: List,
    map: Map,
}

impl AnyShape {
    /// The view of this schema for `value`; nothing and null count as maps.
    pub(crate) fn view(&'static self, value: Option<&Value>) -> Atom<'static> {
        match value {
            None | Some(Value::Null | Value::Object(_)) => {
                Atom::Map { map: &self.map, atomic: self.map.atomic }
            }
            Some(Value::Array(_)) => Atom::List { list: &self.list },
            Some(_) => Atom::Scalar(Scalar::Any),
        }
    }

    fn new(shape: Shape, atomic: bool) -> Self {
        let child = || Box::new(Schema { shape: shape.clone(), ..Schema::default() });
        let item = Box::new(Schema { shape: Shape::Atomic, ..Schema::default() });
        AnyShape {
            list: List { kind: ListKind::Atomic, item },
            map: Map { rest: Some(child()), atomic, ..Map::default() },
        }
    }
}

/// Any value, its maps merged key by key.
pub(crate) static ANY: LazyLock<AnyShape> = LazyLock::new(|| AnyShape::new(Shape::Any, false));
/// Any value, replaced whole.
pub(crate) static ATOMIC: LazyLock<AnyShape> = LazyLock::new(|| AnyShape::new(Shape::Atomic, true));
/// The node of [`ANY`].
pub(crate) static ANY_NODE: Schema =
    Schema { shape: Shape::Any, default: None, rules: None, go: GoForm::Plain, patch: None };
/// The node of [`ATOMIC`].
pub(crate) static ATOMIC_NODE: Schema =
    Schema { shape: Shape::Atomic, default: None, rules: None, go: GoForm::Plain, patch: None };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_type_parses() {
        for name in names() {
            line(name).expect("listed").schema();
        }
    }

    #[test]
    fn container_ports_merge_by_port_and_protocol() {
        let container = line("core.v1.Container").expect("recorded").schema();
        let Atom::List { list } = container.field("ports").expect("declared").atom(None) else {
            panic!("a list")
        };
        assert_eq!(list.kind, ListKind::Map(vec!["containerPort".into(), "protocol".into()]));
        let protocol = list.item.field("protocol").expect("declared");
        assert_eq!(protocol.default, Some(Value::from("TCP")));
    }
}
