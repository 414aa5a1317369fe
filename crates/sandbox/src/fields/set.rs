//! A set of field paths as a tree.

use std::collections::{BTreeMap, BTreeSet};

use super::PathElement;
use crate::schema::{Schema, builtin};

/// A set of paths: the steps that end here, and the sets below further steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    pub(crate) members: BTreeSet<PathElement>,
    pub(crate) children: BTreeMap<PathElement, FieldSet>,
}

impl FieldSet {
    /// Tells whether the set has no path at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(FieldSet::is_empty)
    }

    /// Adds a path; the empty path, which stands for the whole object, is not recorded.
    pub(crate) fn insert(&mut self, path: &[PathElement]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => match self.children.get_mut(first) {
                Some(child) => child.insert(rest),
                None => self.children.entry(first.clone()).or_default().insert(rest),
            },
        }
    }

    /// Builds a set from paths of plain field names.
    pub(crate) fn of_fields(paths: &[&[&str]]) -> FieldSet {
        let mut set = FieldSet::default();
        for path in paths {
            let path: Vec<PathElement> = path.iter().map(|name| PathElement::Field((*name).into())).collect();
            set.insert(&path);
        }
        set
    }

    /// Paths in either set.
    pub(crate) fn union(&self, other: &FieldSet) -> FieldSet {
        let mut out = self.clone();
        out.absorb(other);
        out
    }

    /// Adds all paths of another set.
    pub(crate) fn absorb(&mut self, other: &FieldSet) {
        self.members.extend(other.members.iter().cloned());
        for (step, child) in &other.children {
            self.children.entry(step.clone()).or_default().absorb(child);
        }
    }

    /// Paths in both sets.
    pub(crate) fn intersection(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.intersection(&other.members).cloned().collect();
        let shared =
            self.children.iter().filter_map(|(step, child)| Some((step, child, other.children.get(step)?)));
        let children = shared.map(|(step, a, b)| (step.clone(), a.intersection(b)));
        FieldSet { members, children: children.filter(|(_, c)| !c.is_empty()).collect() }
    }

    /// Paths of this set that are not in the other.
    pub(crate) fn difference(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.difference(&other.members).cloned().collect();
        let children = self.children.iter().map(|(step, child)| match other.children.get(step) {
            Some(theirs) => (step.clone(), child.difference(theirs)),
            None => (step.clone(), child.clone()),
        });
        FieldSet { members, children: children.filter(|(_, c)| !c.is_empty()).collect() }
    }

    /// Paths of this set that are neither in the other nor below one of its paths.
    pub(crate) fn difference_below(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.difference(&other.members).cloned().collect();
        let kept = self.children.iter().filter(|(step, _)| !other.members.contains(*step));
        let children = kept.map(|(step, child)| match other.children.get(step) {
            Some(theirs) => (step.clone(), child.difference_below(theirs)),
            None => (step.clone(), child.clone()),
        });
        FieldSet { members, children: children.filter(|(_, c)| !c.is_empty()).collect() }
    }

    /// Adds every declared field on the way to a path, so that `a.b.c` also holds `a` where `a` is a struct's field.
    pub(crate) fn with_named_fields(&self, schema: &Schema) -> FieldSet {
        let mut members = self.members.clone();
        let map = schema.as_map();
        let mut children = BTreeMap::new();
        for (step, child) in &self.children {
            let below = match step {
                PathElement::Field(name) => {
                    if map.is_some_and(|m| m.fields.contains_key(name)) {
                        members.insert(step.clone());
                    }
                    schema.field(name).unwrap_or(&builtin::ANY_NODE)
                }
                _ => match &schema.target().shape {
                    crate::schema::Shape::List(list) => &list.item,
                    _ => &builtin::ANY_NODE,
                },
            };
            children.insert(step.clone(), child.with_named_fields(below));
        }
        FieldSet { members, children }
    }

    /// Every path: those that end here first, then those below.
    pub(crate) fn paths(&self) -> Vec<Vec<PathElement>> {
        let mut out = Vec::new();
        self.collect(&mut Vec::new(), &mut out);
        out
    }

    fn collect(&self, path: &mut Vec<PathElement>, out: &mut Vec<Vec<PathElement>>) {
        for step in &self.members {
            path.push(step.clone());
            out.push(path.clone());
            path.pop();
        }
        for (step, child) in &self.children {
            path.push(step.clone());
            child.collect(path, out);
            path.pop();
        }
    }
}
