//! The fields that an object sets.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::item::path_element;
use crate::fields::{FieldSet, PathElement};
use crate::schema::{Atom, List, ListKind, Map, Schema, builtin};

/// Lists the fields that `value` sets: its leaves, its list items, and its keys that are no declared fields.
pub(crate) fn field_set(schema: &Schema, value: &Value) -> FieldSet {
    let mut walk = Walk { path: Vec::new(), set: FieldSet::default() };
    walk.node(schema, value);
    walk.set
}

struct Walk {
    path: Vec<PathElement>,
    set: FieldSet,
}

impl Walk {
    fn node(&mut self, schema: &Schema, value: &Value) {
        match schema.atom(Some(value)) {
            Atom::Scalar(_) => self.set.insert(&self.path),
            Atom::List { list } => match (&list.kind, value) {
                (ListKind::Atomic, _) => self.set.insert(&self.path),
                (_, Value::Array(items)) => self.list(list, items),
                _ => {}
            },
            Atom::Map { atomic: true, .. } => self.set.insert(&self.path),
            Atom::Map { map, .. } => {
                if let Value::Object(fields) = value {
                    self.map(map, fields);
                }
            }
        }
    }

    fn list(&mut self, list: &List, items: &[Value]) {
        let steps: Vec<Option<PathElement>> =
            items.iter().map(|item| path_element(list, item).ok()).collect();
        let mut counts: HashMap<&PathElement, usize> = HashMap::new();
        for step in steps.iter().flatten() {
            *counts.entry(step).or_default() += 1;
        }
        let repeated: HashSet<&PathElement> =
            counts.iter().filter(|(_, n)| **n > 1).map(|(step, _)| *step).collect();
        for (step, item) in steps.iter().zip(items) {
            let Some(step) = step else { continue };
            self.path.push(step.clone());
            if !repeated.contains(step) {
                self.node(&list.item, item);
            }
            self.set.insert(&self.path);
            self.path.pop();
        }
    }

    fn map(&mut self, map: &Map, fields: &serde_json::Map<String, Value>) {
        for (name, value) in fields {
            self.path.push(PathElement::Field(name.clone()));
            self.node(map.child(name).unwrap_or(&builtin::ANY_NODE), value);
            let empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
            if empty || !map.fields.contains_key(name) {
                self.set.insert(&self.path);
            }
            self.path.pop();
        }
    }
}
