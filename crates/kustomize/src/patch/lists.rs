//! Merging of lists by keys.
//!
//! The elements of both lists live in one pool, and lists are lists of places in it: that is how an element can be in
//! the list that is read and in the one that is built, as in the original. What it loses on the way is lost here too.
//!
//! Source: kyaml `yaml/walk/associative_sequence.go`, `yaml/fns.go` (ElementSetter, ElementMatcher).

use hub_yaml::{Node, Tag, Value};

use super::{
    directive::{self, Directive},
    merge::{Fault, Merge, Outcome},
};
use crate::{
    meta::{self, is_nil_or_empty, text_of},
    schema::Place,
};

type Result<T> = std::result::Result<T, Fault>;

/// A place in the pool.
type Id = usize;

struct Lists {
    pool: Vec<Node>,
    dest: Vec<Id>,
    origin: Vec<Id>,
    /// Whether both are the same list, so that elements are merged with themselves.
    same: bool,
}

fn take_items(list: Option<&mut Node>) -> Vec<Node> {
    match list.map(|list| &mut list.value) {
        Some(Value::Sequence(items)) => std::mem::take(items),
        _ => Vec::new(),
    }
}

/// Merges two lists of which at least one is there.
pub(super) fn walk(
    merge: &mut Merge<'_>,
    dest: Option<&mut Node>,
    origin: Option<&mut Node>,
    place: &Place,
) -> Result<Outcome> {
    let Some(dest) = dest.filter(|dest| dest.tag() != Tag::Null) else {
        let Some(origin) = origin else { return Ok(Outcome::Clear) };
        let mut node = origin.clone();
        combine_with_itself(merge, &mut node, place)?;
        return Ok(Outcome::Set(node));
    };
    let Some(origin) = origin else {
        combine(merge, dest, None, place)?;
        return Ok(Outcome::Keep);
    };
    if origin.tag() == Tag::Null {
        return Ok(Outcome::Clear);
    }
    match directive::take(origin)? {
        Directive::Delete => Ok(Outcome::Clear),
        Directive::Replace => {
            let mut node = origin.clone();
            combine_with_itself(merge, &mut node, place)?;
            Ok(Outcome::Set(node))
        }
        Directive::Merge => {
            if dest.items().is_empty() {
                dest.style = origin.style;
            }
            combine(merge, dest, Some(origin), place)?;
            Ok(Outcome::Keep)
        }
    }
}

/// Merges a list with itself; false if it goes.
pub(super) fn settle(merge: &mut Merge<'_>, list: &mut Node, place: &Place) -> Result<bool> {
    if directive::take(list)? == Directive::Delete {
        return Ok(false);
    }
    combine_with_itself(merge, list, place)?;
    Ok(true)
}

fn combine_with_itself(merge: &mut Merge<'_>, list: &mut Node, place: &Place) -> Result<()> {
    let pool = take_items(Some(list));
    let ids: Vec<Id> = (0..pool.len()).collect();
    let lists = Lists { pool, dest: ids.clone(), origin: ids, same: true };
    list.value = Value::Sequence(lists.run(merge, place)?);
    Ok(())
}

fn combine(merge: &mut Merge<'_>, dest: &mut Node, origin: Option<&mut Node>, place: &Place) -> Result<()> {
    let mut pool = take_items(Some(dest));
    let count = pool.len();
    pool.extend(take_items(origin));
    let lists =
        Lists { dest: (0..count).collect(), origin: (count..pool.len()).collect(), pool, same: false };
    dest.value = Value::Sequence(lists.run(merge, place)?);
    Ok(())
}

/// The text under a key, empty where there is none.
fn key_text<'n>(element: &'n Node, key: &str) -> &'n str {
    match element.get(key) {
        Some(value) if !is_nil_or_empty(value) => text_of(value),
        _ => "",
    }
}

impl Lists {
    fn run(mut self, merge: &mut Merge<'_>, place: &Place) -> Result<Vec<Node>> {
        let keys: Vec<String> = place.merge.as_deref().unwrap_or_default().to_vec();
        let mut values = self.key_values(&keys);
        let keys = if values.is_empty() && keys.is_empty() {
            values = self.primitive_values();
            vec![String::new()]
        } else {
            keys
        };
        if keys.len() > 1 {
            fill_in(&mut values);
        }
        let item_place = merge.schema.items(place);
        let mut added: Vec<Id> = Vec::new();
        let mut valid_keys: Vec<String> = Vec::new();
        for at in 0..values.len() {
            let (used_keys, used_values) = used(&values, &values[at], &keys);
            self.element(merge, item_place.as_ref(), (&used_keys, &used_values), &mut added)?;
            valid_keys = used_keys;
        }
        let result = if values.is_empty() {
            std::mem::take(&mut self.dest)
        } else {
            self.append_all(added, &valid_keys)?
        };
        let mut pool: Vec<Option<Node>> = self.pool.into_iter().map(Some).collect();
        // An element can be there twice, if keys were missing.
        let mut items = Vec::with_capacity(result.len());
        for (at, id) in result.iter().enumerate() {
            let again = result[at + 1..].contains(id);
            let node = if again { pool[*id].clone() } else { pool[*id].take() };
            items.extend(node);
        }
        Ok(items)
    }

    /// Merges the elements that have these values under these keys.
    fn element(
        &mut self,
        merge: &mut Merge<'_>,
        place: Option<&Place>,
        (keys, values): (&[String], &[String]),
        added: &mut Vec<Id>,
    ) -> Result<()> {
        let all = [values.to_vec()];
        let (match_keys, match_values) = used(&all, values, keys);
        let dest = self.find(&self.dest, &match_keys, &match_values);
        let origin = self.find(&self.origin, &match_keys, &match_values);
        let label = || format!("[{}]", match_values.join(","));
        let merged = match (dest, origin) {
            (Some(dest), Some(origin)) if self.same && dest == origin => {
                let mut node = std::mem::take(&mut self.pool[dest]);
                let kept = merge.settle_value(&mut node, place).map_err(|fault| fault.below(&label()))?;
                self.pool[dest] = node;
                kept.then_some(dest)
            }
            (dest, origin) => {
                let mut dest_node = dest.map(|id| std::mem::take(&mut self.pool[id]));
                let mut origin_node = origin.map(|id| std::mem::take(&mut self.pool[id]));
                let outcome = merge
                    .walk(dest_node.as_mut(), origin_node.as_mut(), place)
                    .map_err(|fault| fault.below(&label()))?;
                for (id, node) in [(dest, dest_node), (origin, origin_node)] {
                    if let (Some(id), Some(node)) = (id, node) {
                        self.pool[id] = node;
                    }
                }
                match outcome {
                    Outcome::Clear => None,
                    Outcome::Keep => dest,
                    Outcome::Set(node) | Outcome::SetNull(node) => {
                        self.pool.push(node);
                        Some(self.pool.len() - 1)
                    }
                }
            }
        };
        let merged = merged.filter(|id| {
            let node = &self.pool[*id];
            node.tag() != Tag::Null && !(node.is_mapping() && node.entries().is_empty())
        });
        let Some(merged) = merged else {
            let dest = std::mem::take(&mut self.dest);
            self.dest = self.set_element(dest, None, keys, values)?;
            if self.same {
                self.origin.clone_from(&self.dest);
            }
            return Ok(());
        };
        for (key, value) in keys.iter().zip(values) {
            let node = &mut self.pool[merged];
            if !key.is_empty() && node.is_mapping() && node.get(key).is_none() && !value.is_empty() {
                meta::set_field(node, key, Node::untyped(value.as_str()));
            }
        }
        *added = self.set_element(std::mem::take(added), Some(merged), keys, values)?;
        Ok(())
    }

    /// The values under the keys, without repetitions: those of the patch first.
    fn key_values(&self, keys: &[String]) -> Vec<Vec<String>> {
        let mut found: Vec<Vec<String>> = Vec::new();
        if keys.is_empty() {
            return found;
        }
        let mut seen = rustc_hash::FxHashSet::default();
        for id in self.origin.iter().chain(&self.dest) {
            let element = &self.pool[*id];
            let values: Vec<String> = keys.iter().map(|key| key_text(element, key).to_owned()).collect();
            if seen.insert(values.clone()) {
                found.push(values);
            }
        }
        found
    }

    fn primitive_values(&self) -> Vec<Vec<String>> {
        let mut seen = rustc_hash::FxHashSet::default();
        let ids = self.origin.iter().chain(&self.dest);
        let texts = ids.map(|id| text_of(&self.pool[*id]).to_owned());
        texts.filter(|text| seen.insert(text.clone())).map(|text| vec![text]).collect()
    }

    /// The first element of a list with these values under these keys.
    fn find(&self, list: &[Id], keys: &[String], values: &[String]) -> Option<Id> {
        if keys.first().is_none_or(String::is_empty) {
            let value = values.first().map(String::as_str).unwrap_or_default();
            return list.iter().copied().find(|id| text_of(&self.pool[*id]) == value);
        }
        list.iter().copied().find(|id| {
            let element = &self.pool[*id];
            element.is_mapping()
                && keys.iter().zip(values).all(|(key, value)| {
                    element.get(key).is_some_and(|found| text_of(found) == value.as_str())
                })
        })
    }

    /// Puts an element into a list in place of those with these values, or at the end; takes those out if there is none
    /// to put.
    fn set_element(
        &self,
        list: Vec<Id>,
        element: Option<Id>,
        keys: &[String],
        values: &[String],
    ) -> Result<Vec<Id>> {
        let mut out = Vec::with_capacity(list.len() + 1);
        let mut matched = false;
        let has_values = !values.is_empty();
        let by_key =
            keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|v| !v.is_empty());
        for id in list {
            let node = &self.pool[id];
            if node.tag() == Tag::Null || node.is_mapping() && node.entries().is_empty() {
                continue;
            }
            if !node.is_mapping() && by_key {
                out.push(id);
                continue;
            }
            if !self.matches(node, keys, values)? {
                if has_values {
                    out.push(id);
                }
                continue;
            }
            matched = true;
            out.extend(element);
        }
        if let Some(element) = element.filter(|_| !matched) {
            out.push(element);
        }
        Ok(out)
    }

    /// Whether an element has all of these values; an empty value is had by any element with the key.
    fn matches(&self, node: &Node, keys: &[String], values: &[String]) -> Result<bool> {
        let mut last = false;
        for (at, key) in keys.iter().enumerate() {
            if let Some(value) = values.get(at) {
                last = if key.is_empty() {
                    if !node.is_scalar() {
                        return Err(Fault::from("expected a scalar in a list that is merged by value"));
                    }
                    text_of(node) == value.as_str()
                } else {
                    if !node.is_mapping() {
                        return Err(Fault::from("expected a mapping in a list that is merged by keys"));
                    }
                    node.get(key).is_some_and(|found| value.is_empty() || text_of(found) == value.as_str())
                };
            }
            if !last {
                return Ok(false);
            }
        }
        Ok(last)
    }

    /// Puts the elements of the destination behind the merged ones.
    fn append_all(&mut self, mut list: Vec<Id>, keys: &[String]) -> Result<Vec<Id>> {
        for id in std::mem::take(&mut self.dest) {
            if keys.first().is_some_and(String::is_empty) {
                let value = vec![text_of(&self.pool[id]).to_owned()];
                list = self.set_element(list, Some(id), keys, &value)?;
                continue;
            }
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                let node = &self.pool[id];
                if !node.is_mapping() && node.tag() != Tag::Null {
                    return Err(Fault::from("expected a mapping in a list that is merged by keys"));
                }
                match node.get(key) {
                    Some(value) => values.push(text_of(value).to_owned()),
                    None => list.push(id),
                }
            }
            if keys.len() > 1 {
                list = self.set_element(list, None, keys, &values)?;
            }
            list = self.set_element(list, Some(id), keys, &values)?;
        }
        Ok(list)
    }
}

/// Completes values that agree as far as they are there: a port without protocol is the one with.
fn fill_in(values: &mut [Vec<String>]) {
    for i in 0..values.len() {
        // The original compares with the row as it was when the round began.
        let first = values[i].clone();
        for j in 0..values.len() {
            if let Some(both) = agreed(&first, &values[j]) {
                values[i].clone_from(&both);
                values[j] = both;
            }
        }
    }
}

fn agreed(a: &[String], b: &[String]) -> Option<Vec<String>> {
    let mut common = false;
    let mut both = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        if a == b {
            common = true;
            both.push(a.clone());
        } else if !a.is_empty() && !b.is_empty() {
            return None;
        } else {
            both.push(if a.is_empty() { b.clone() } else { a.clone() });
        }
    }
    common.then_some(both)
}

/// The keys under which any element has a value, and the values for them; all keys if there is none.
fn used(all: &[Vec<String>], values: &[String], keys: &[String]) -> (Vec<String>, Vec<String>) {
    let is_used = |at: usize| all.iter().any(|row| row.get(at).is_some_and(|value| !value.is_empty()));
    let any = (0..keys.len()).any(is_used);
    if !any {
        return (keys.to_vec(), values.to_vec());
    }
    let kept = (0..keys.len()).filter(|at| is_used(*at));
    let valid_keys = kept.map(|at| keys[at].clone()).collect();
    let valid_values = values
        .iter()
        .enumerate()
        .filter(|(at, value)| !value.is_empty() || is_used(*at))
        .map(|(_, value)| value.clone())
        .collect();
    (valid_keys, valid_values)
}
