//! The built-in tables: merge keys and scopes of Kubernetes 1.21.
//!
//! In: `data/merge-keys.txt`, `data/scopes.txt`. Out: places by kind and field.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Place, Shape, Target};

const MERGE_KEYS: &str = include_str!("../../data/merge-keys.txt");
const SCOPES: &str = include_str!("../../data/scopes.txt");

/// apiVersion and kind to whether it lives in a namespace.
pub(super) fn scopes() -> FxHashMap<(&'static str, &'static str), bool> {
    let rows = SCOPES.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut words = row.split(' ');
        Some(((words.next()?, words.next()?), words.next()? == "yes"))
    })
    .collect()
}

/// The types that lead to merged lists. Lines are cut up only when a type is looked at.
pub(super) struct Builtin {
    types: Vec<&'static str>,
    kinds: FxHashMap<(&'static str, &'static str, &'static str), u16>,
}

impl Builtin {
    pub(super) fn read() -> Self {
        let mut types = Vec::with_capacity(256);
        let mut kinds = FxHashMap::default();
        for line in MERGE_KEYS.lines() {
            if let Some(fields) = line.strip_prefix('T') {
                types.push(fields.trim_start());
            } else if let Some(row) = line.strip_prefix("K ") {
                let mut words = row.split(' ');
                let (Some(group), Some(version), Some(kind), Some(id)) =
                    (words.next(), words.next(), words.next(), words.next())
                else {
                    continue;
                };
                let group = if group == "-" { "" } else { group };
                let id = id.parse().expect("the table numbers its types");
                kinds.insert((group, version, kind), id);
            }
        }
        Builtin { types, kinds }
    }

    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<u16> {
        let (group, version) = crate::id::split_api_version(api_version);
        self.kinds.get(&(group, version, kind)).copied()
    }

    /// A type by the name of its definition; None where no merged list can follow.
    pub(super) fn named(&self, name: &str) -> Option<u16> {
        let name = name.strip_prefix("io.k8s.")?;
        let rows = MERGE_KEYS.lines().filter_map(|line| line.strip_prefix("N "));
        let (_, id) = rows.filter_map(|row| row.split_once(' ')).find(|(known, _)| *known == name)?;
        id.parse().ok()
    }

    /// The place under a field; None where no merged list can follow.
    pub(super) fn field(&self, id: u16, name: &str) -> Option<Place> {
        let fields = self.types[usize::from(id)];
        fields.split(' ').find_map(|field| {
            let rest = field.strip_prefix(name)?;
            if !rest.is_empty() && !rest.starts_with(['*', '=', '!']) {
                return None;
            }
            let (rest, merge) = match rest.split_once('!') {
                Some((rest, "")) => (rest, Some(Rc::from([]))),
                Some((rest, keys)) => (rest, Some(keys.split(',').map(str::to_owned).collect())),
                None => (rest, None),
            };
            let (shape, target) = rest.split_once('=').unwrap_or((rest, ""));
            Some(Place {
                shape: match shape {
                    "*list" => Shape::List,
                    "*map" => Shape::Map,
                    _ => Shape::One,
                },
                target: target.parse().map_or(Target::Unknown, Target::Builtin),
                merge,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_keys_of_containers_are_found() {
        let builtin = Builtin::read();
        let mut at = builtin.kind("apps/v1", "Deployment").expect("known");
        for step in ["spec", "template", "spec"] {
            let Target::Builtin(next) = builtin.field(at, step).expect("known").target else {
                panic!("no type at {step}");
            };
            at = next;
        }
        let containers = builtin.field(at, "containers").expect("known");
        assert_eq!(containers.merge.expect("merged").as_ref(), ["name"]);
        let Target::Builtin(container) = containers.target else {
            panic!("no type of a container");
        };
        let ports = builtin.field(container, "ports").expect("known");
        assert_eq!(ports.merge.expect("merged").as_ref(), ["containerPort", "protocol"]);
        assert!(builtin.field(container, "image").is_none());
    }
}
