//! What differs between two versions of an object, field by field.

use std::collections::HashMap;

use serde_json::{Map as Object, Value};

use super::{item::path_element, list_of, map_of, views};
use crate::fields::{FieldSet, PathElement};
use crate::schema::{Atom, List, ListKind, Map, Schema, builtin};

/// The fields that were added, changed and removed.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

impl Comparison {
    /// The comparison without the fields below `ignored`.
    pub(crate) fn without(self, ignored: &FieldSet) -> Comparison {
        Comparison {
            added: self.added.difference_below(ignored),
            modified: self.modified.difference_below(ignored),
            removed: self.removed.difference_below(ignored),
        }
    }
}

/// Compares two values of one type.
pub(crate) fn compare(schema: &Schema, lhs: &Value, rhs: &Value) -> Comparison {
    let mut walk = Walk { path: Vec::new(), found: Comparison::default() };
    walk.node(schema, Some(lhs), Some(rhs));
    walk.found
}

/// Tells whether two values are the same to the API, where `1` equals `1.0`.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| equal(a, b)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(name, a)| y.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

struct Walk {
    path: Vec<PathElement>,
    found: Comparison,
}

impl Walk {
    fn node(&mut self, schema: &Schema, lhs: Option<&Value>, rhs: Option<&Value>) {
        let (first, view) = views(schema, lhs, rhs);
        if let Some(first) = first {
            self.view(first, lhs, rhs);
        }
        let leaf = self.view(view, lhs, rhs);
        if !leaf {
            match (lhs, rhs) {
                (None, _) => self.found.added.insert(&self.path),
                (_, None) => self.found.removed.insert(&self.path),
                _ => {}
            }
        }
    }

    /// Walks one view; true when it was a leaf.
    fn view(&mut self, view: Atom<'_>, lhs: Option<&Value>, rhs: Option<&Value>) -> bool {
        match view {
            Atom::Scalar(_) => self.leaf(lhs, rhs),
            Atom::List { list } => {
                let (old, new) = (list_of(lhs), list_of(rhs));
                let empty = old.is_none_or(Vec::is_empty) && new.is_none_or(Vec::is_empty);
                if list.kind == ListKind::Atomic || empty {
                    return self.leaf(lhs, rhs);
                }
                self.list(list, old.map_or(&[], Vec::as_slice), new.map_or(&[], Vec::as_slice));
                false
            }
            Atom::Map { map, atomic } => {
                let (old, new) = (map_of(lhs), map_of(rhs));
                let empty = old.is_none_or(Object::is_empty) && new.is_none_or(Object::is_empty);
                if atomic || empty {
                    return self.leaf(lhs, rhs);
                }
                self.map(map, old, new);
                false
            }
        }
    }

    fn leaf(&mut self, lhs: Option<&Value>, rhs: Option<&Value>) -> bool {
        match (lhs, rhs) {
            (None, _) => self.found.added.insert(&self.path),
            (_, None) => self.found.removed.insert(&self.path),
            (Some(old), Some(new)) if !equal(old, new) => self.found.modified.insert(&self.path),
            _ => {}
        }
        true
    }

    fn below(&mut self, step: PathElement, schema: &Schema, lhs: Option<&Value>, rhs: Option<&Value>) {
        self.path.push(step);
        self.node(schema, lhs, rhs);
        self.path.pop();
    }

    fn map(&mut self, map: &Map, lhs: Option<&Object<String, Value>>, rhs: Option<&Object<String, Value>>) {
        let names = lhs.into_iter().flatten().map(|(name, _)| name);
        let added = rhs.into_iter().flatten().map(|(name, _)| name);
        for name in names.chain(added.filter(|name| lhs.is_none_or(|l| !l.contains_key(*name)))) {
            let child = map.child(name).unwrap_or(&builtin::ANY_NODE);
            let step = PathElement::Field(name.clone());
            self.below(step, child, lhs.and_then(|m| m.get(name)), rhs.and_then(|m| m.get(name)));
        }
    }

    fn list(&mut self, list: &List, lhs: &[Value], rhs: &[Value]) {
        let mut order = Vec::new();
        let mut items: HashMap<PathElement, (Vec<&Value>, Vec<&Value>)> = HashMap::new();
        for (right, values) in [(false, lhs), (true, rhs)] {
            for value in values {
                let Ok(step) = path_element(list, value) else {
                    continue;
                };
                let pair = items.entry(step.clone()).or_insert_with(|| {
                    order.push(step);
                    Default::default()
                });
                if right { pair.1.push(value) } else { pair.0.push(value) }
            }
        }
        for step in order {
            let (old, new) = &items[&step];
            self.items(list, step, old, new);
        }
    }

    fn items(&mut self, list: &List, step: PathElement, old: &[&Value], new: &[&Value]) {
        let whole = |walk: &Self| {
            let mut path = walk.path.clone();
            path.push(step.clone());
            path
        };
        match (old.len(), new.len()) {
            (0 | 1, 0 | 1) => self.below(step, &list.item, old.first().copied(), new.first().copied()),
            (2.., 2..) => {
                if old.len() != new.len() || old.iter().zip(new).any(|(a, b)| !equal(a, b)) {
                    self.found.modified.insert(&whole(self));
                }
            }
            (2.., _) => {
                let path = whole(self);
                if let Some(new) = new.first() {
                    self.below(step, &list.item, None, Some(new));
                }
                self.found.removed.insert(&path);
            }
            _ => {
                let path = whole(self);
                if let Some(old) = old.first() {
                    self.below(step, &list.item, Some(old), None);
                }
                self.found.added.insert(&path);
            }
        }
    }
}
