//! Merging an applied configuration into a live object.

use std::collections::{HashMap, HashSet};

use serde_json::{Map as Object, Value};

use super::{item::path_element, list_of, map_of, views};
use crate::fields::PathElement;
use crate::schema::{Atom, List, ListKind, Map, Schema};

/// Gives `live` with `applied` laid over it; `None` when nothing is left.
///
/// Keyed lists keep the applied order where both sides have an item, and the live place of the others.
pub(crate) fn merge(schema: &Schema, live: Option<&Value>, applied: Option<&Value>) -> Option<Value> {
    let (_, view) = views(schema, live, applied);
    match view {
        Atom::Scalar(_) => leaf(live, applied),
        Atom::List { list } => {
            let (old, new) = (list_of(live), list_of(applied));
            let empty = old.is_none_or(Vec::is_empty) && new.is_none_or(Vec::is_empty);
            if list.kind == ListKind::Atomic || empty {
                return leaf(live, applied);
            }
            merge_list(list, old.map_or(&[], Vec::as_slice), new.map_or(&[], Vec::as_slice))
        }
        Atom::Map { map, atomic } => {
            let (old, new) = (map_of(live), map_of(applied));
            let empty = old.is_none_or(Object::is_empty) && new.is_none_or(Object::is_empty);
            if atomic || empty {
                return leaf(live, applied);
            }
            merge_map(map, old, new)
        }
    }
}

fn leaf(live: Option<&Value>, applied: Option<&Value>) -> Option<Value> {
    applied.or(live).cloned()
}

fn merge_map(
    map: &Map,
    live: Option<&Object<String, Value>>,
    applied: Option<&Object<String, Value>>,
) -> Option<Value> {
    let mut out = Object::new();
    let mut put = |name: &String, old: Option<&Value>, new: Option<&Value>| {
        let child = map.child(name).unwrap_or(&crate::schema::builtin::ANY_NODE);
        if let Some(merged) = merge(child, old, new) {
            out.insert(name.clone(), merged);
        }
    };
    for (name, old) in live.into_iter().flatten() {
        put(name, Some(old), applied.and_then(|a| a.get(name)));
    }
    for (name, new) in applied.into_iter().flatten() {
        if live.is_none_or(|l| !l.contains_key(name)) {
            put(name, None, Some(new));
        }
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

/// The items of one side with their path elements; a repeated item has no value to merge with.
struct Side<'a> {
    steps: Vec<PathElement>,
    items: Vec<&'a Value>,
    by_step: HashMap<PathElement, Option<&'a Value>>,
}

impl<'a> Side<'a> {
    fn of(list: &List, values: &'a [Value]) -> Side<'a> {
        let mut side = Side { steps: Vec::new(), items: Vec::new(), by_step: HashMap::new() };
        for value in values {
            if let Ok(step) = path_element(list, value) {
                side.by_step.entry(step.clone()).and_modify(|v| *v = None).or_insert(Some(value));
                side.steps.push(step);
                side.items.push(value);
            }
        }
        side
    }
}

fn merge_list(list: &List, live: &[Value], applied: &[Value]) -> Option<Value> {
    let (left, right) = (Side::of(list, live), Side::of(list, applied));
    let mut shared = right.steps.iter().filter(|step| left.by_step.contains_key(*step));
    let mut next_shared = shared.next();
    let mut merged: HashSet<&PathElement> = HashSet::new();
    let mut out = Vec::new();
    let (mut l, mut r) = (0, 0);
    let both = |step: &PathElement| {
        let live = left.by_step.get(step).copied().flatten();
        merge(&list.item, live, right.by_step.get(step).copied().flatten())
    };
    while l < left.steps.len() || r < right.steps.len() {
        if l < left.steps.len() && r < right.steps.len() {
            let step = &left.steps[l];
            if *step == right.steps[r] {
                merged.insert(step);
                out.extend(both(step));
                (l, r) = (l + 1, r + 1);
                next_shared = shared.next();
                continue;
            }
            if right.by_step.contains_key(step) && next_shared.is_some_and(|next| next != step) {
                l += 1;
                continue;
            }
        }
        if l < left.steps.len() {
            let step = &left.steps[l];
            if !right.by_step.contains_key(step) {
                out.extend(merge(&list.item, Some(left.items[l]), None));
                l += 1;
                continue;
            } else if merged.contains(step) {
                l += 1;
            }
        }
        if r < right.steps.len() {
            let step = &right.steps[r];
            merged.insert(step);
            out.extend(both(step));
            r += 1;
            if next_shared == Some(step) {
                next_shared = shared.next();
            }
        }
    }
    (!out.is_empty()).then_some(Value::Array(out))
}
