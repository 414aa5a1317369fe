//! From rendered objects to objects with a path on this cluster.
//!
//! In: JSON objects and what the cluster serves. Out: [`Desired`] objects, each with whether its kind is
//! already served. Refuses to read live objects.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Error;
use crate::change::UnknownKind;
use crate::cluster::discovery::Served;
use crate::desired::{self, Desired};
use crate::id::{GroupKind, ObjectId};
use crate::mask::Mask;

/// An object of the set, in its place.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) desired: Desired,
    /// False where the version of the kind comes only with a CRD of the set or of the run.
    pub(super) served: bool,
}

/// What the objects of a set are resolved with.
pub(super) struct Resolver<'a> {
    pub(super) served: &'a Served,
    pub(super) upcoming: &'a [Value],
    pub(super) default_namespace: Option<&'a str>,
    pub(super) applyset: &'a str,
    pub(super) mask: &'a Mask,
}

impl Resolver<'_> {
    /// Resolves all objects of a set.
    ///
    /// # Errors
    /// [`Error::UnknownKinds`] with all kinds that nobody defines, [`Error::DuplicateObject`],
    /// [`Error::InvalidObject`].
    pub(super) fn resolve(&self, objects: Vec<Value>) -> Result<Vec<Resolved>, Error> {
        let objects = desired::flatten(objects);
        let mut known = self.served.clone();
        for object in
            objects.iter().chain(self.upcoming).filter(|object| object["kind"] == "CustomResourceDefinition")
        {
            known.add_crd(object);
        }
        let mut resolved = Vec::with_capacity(objects.len());
        let mut unknown: BTreeMap<(GroupKind, String), Vec<ObjectId>> = BTreeMap::new();
        for object in objects {
            let id = ObjectId::of(&object)?;
            let api_version = object["apiVersion"].as_str().unwrap_or_default();
            let version = api_version.rsplit('/').next().unwrap_or_default().to_string();
            let kind = id.group_kind();
            let Some(resource) = known.version(&kind, &version).cloned() else {
                unknown.entry((kind, api_version.to_string())).or_default().push(id);
                continue;
            };
            let id = desired::place(&object, resource.namespaced, self.default_namespace)?;
            let served = self.served.version(&kind, &version).is_some();
            let desired = desired::prepare(object, id, resource, self.applyset, self.mask)?;
            resolved.push(Resolved { desired, served });
        }
        if !unknown.is_empty() {
            return Err(Error::UnknownKinds { kinds: self.unknown_kinds(unknown) });
        }
        refuse_duplicates(&resolved)?;
        Ok(resolved)
    }

    fn unknown_kinds(&self, unknown: BTreeMap<(GroupKind, String), Vec<ObjectId>>) -> Vec<UnknownKind> {
        unknown
            .into_iter()
            .map(|((kind, api_version), objects)| {
                let served_versions = self.served.versions(&kind);
                let successors = self.served.namesakes(&kind);
                UnknownKind { kind, api_version, served_versions, successors, objects }
            })
            .collect()
    }
}

fn refuse_duplicates(resolved: &[Resolved]) -> Result<(), Error> {
    let mut counts: BTreeMap<&ObjectId, usize> = BTreeMap::new();
    for one in resolved {
        *counts.entry(&one.desired.id).or_default() += 1;
    }
    match counts.into_iter().find(|(_, count)| *count > 1) {
        Some((id, count)) => Err(Error::DuplicateObject { id: id.clone(), count }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::discovery::Resource;
    use serde_json::json;

    fn resolve(objects: Vec<Value>) -> Result<Vec<Resolved>, Error> {
        let mut served = Served::default();
        for (kind, plural, namespaced) in [
            ("ConfigMap", "configmaps", true),
            ("CustomResourceDefinition", "customresourcedefinitions", false),
        ] {
            let group = if namespaced { "" } else { "apiextensions.k8s.io" };
            let resource = Resource {
                group: group.into(),
                version: "v1".into(),
                plural: plural.into(),
                namespaced,
                watchable: true,
                has_status: false,
            };
            served.add(GroupKind::new(group, kind), resource);
        }
        let mask = Mask::default();
        Resolver { served: &served, upcoming: &[], default_namespace: Some("n"), applyset: "a", mask: &mask }
            .resolve(objects)
    }

    #[test]
    fn kinds_of_the_set_itself_are_known() {
        let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.x.io"},
            "spec": {"group": "x.io", "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"},
                "versions": [{"name": "v1", "served": true}]}});
        let thing = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a"}});
        let resolved = resolve(vec![thing.clone(), crd]).expect("known");
        assert!(!resolved[0].served && resolved[1].served);
        assert_eq!(resolved[0].desired.path(), "/apis/x.io/v1/namespaces/n/things/a");
        let Err(Error::UnknownKinds { kinds }) = resolve(vec![thing]) else { panic!("unknown") };
        assert_eq!((kinds[0].kind.to_string(), kinds[0].objects.len()), ("Thing.x.io".to_string(), 1));
    }

    #[test]
    fn one_object_twice_is_refused() {
        let map = |namespace: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}});
        let twice = resolve(vec![map(json!("n")), map(Value::Null)]);
        assert!(matches!(twice, Err(Error::DuplicateObject { count: 2, .. })));
    }
}
