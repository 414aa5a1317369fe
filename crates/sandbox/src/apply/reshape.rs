//! Field sets recorded under an older schema, fitted to the present one.

use crate::fields::{FieldSet, PathElement};
use crate::schema::{ListKind, Schema, Shape};

/// Replaces what is owned below a node that has become atomic by the node itself.
pub(super) fn reshape(set: &mut FieldSet, schema: &Schema) {
    let mut whole = Vec::new();
    for (step, below) in &mut set.children {
        let child = match (step, &schema.target().shape) {
            (PathElement::Field(name), _) => schema.field(name),
            (_, Shape::List(list)) => Some(&*list.item),
            _ => None,
        };
        let Some(child) = child else { continue };
        if atomic(child) && !below.is_empty() {
            whole.push(step.clone());
        } else {
            reshape(below, child);
        }
    }
    for step in whole {
        set.children.remove(&step);
        set.members.insert(step);
    }
}

fn atomic(schema: &Schema) -> bool {
    match &schema.target().shape {
        Shape::List(list) => list.kind == ListKind::Atomic,
        Shape::Map(map) => map.atomic || matches!(schema.shape, Shape::Named { atomic: true, .. }),
        Shape::Atomic => true,
        _ => false,
    }
}
