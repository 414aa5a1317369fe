//! Which recorded objects are deleted, which stay, and why.
//!
//! In: a record's entry and the live object. Out: [`Action::Delete`] or [`Action::Keep`] with its reason.
//! Refuses to delete anything that is not provably ours.

use serde_json::Value;

use super::UndeployOptions;
use crate::change::{Action, Change, KeptBy, LiveVersion};
use crate::id::ObjectId;
use crate::inventory::Entry;
use crate::owner::PART_OF_LABEL;

/// Namespaces without which a cluster does not work.
const PROTECTED_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Annotations with which this and other tools are told to leave an object alone: name, and the value or the
/// values separated by commas among which it must be.
/// Source: documentation of each tool; see also `docs` of Helm, Flux, kapp, kluctl, cli-utils and Argo CD.
const KEEP_ANNOTATIONS: [(&str, &str); 9] = [
    ("hub.agilestacks.io/keep", "true"),
    ("helm.sh/resource-policy", "keep"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("kapp.k14s.io/delete-strategy", "orphan"),
    ("kluctl.io/skip-delete", "true"),
    ("client.lifecycle.config.k8s.io/deletion", "detach"),
    ("cli-utils.sigs.k8s.io/on-remove", "keep"),
    ("action.timoni.sh/prune", "disabled"),
    ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"),
];

/// Which kinds a run may delete that it keeps by custom.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Licence {
    pub(super) namespaces: bool,
    pub(super) crds: bool,
    pub(super) claims: bool,
    /// False where pruning is switched off: nothing is deleted.
    pub(super) prune: bool,
}

impl Licence {
    /// What a deployment may prune.
    pub(super) fn of_deploy(prune: bool) -> Self {
        Licence { prune, ..Licence::default() }
    }

    /// What a removal may delete.
    pub(super) fn of_undeploy(options: &UndeployOptions) -> Self {
        let UndeployOptions { delete_namespaces, delete_crds, delete_claims, .. } = *options;
        Licence { namespaces: delete_namespaces, crds: delete_crds, claims: delete_claims, prune: true }
    }
}

/// Decides about a recorded object that is there and not wanted any more.
pub(super) fn decide(id: &ObjectId, entry: &Entry, live: &Value, applyset: &str, licence: Licence) -> Change {
    let kept = kept(id, entry, live, applyset, licence);
    let (action, kept_by, reason) = match kept {
        Some((kept_by, reason)) => (Action::Keep, Some(kept_by), Some(reason)),
        None => (Action::Delete, None, None),
    };
    let mut change = Change::bare(id.clone(), entry.version.clone(), action);
    change.kept_by = kept_by;
    change.reason = reason;
    change.live = Some(LiveVersion::of(live));
    change.live_object = Some(std::sync::Arc::new(live.clone()));
    change
}

fn kept(
    id: &ObjectId,
    entry: &Entry,
    live: &Value,
    applyset: &str,
    licence: Licence,
) -> Option<(KeptBy, String)> {
    if live.pointer("/metadata/deletionTimestamp").is_some() {
        // Somebody decided already; all that is left is to wait.
        return None;
    }
    if live["metadata"]["labels"][PART_OF_LABEL] != applyset {
        return Some((KeptBy::NotOurs, "it no longer carries the label of this component".into()));
    }
    if id.is_namespace() && PROTECTED_NAMESPACES.contains(&id.name.as_str()) {
        return Some((KeptBy::Protected, "the cluster needs this namespace".into()));
    }
    if let Some(annotation) = keep_annotation(live) {
        return Some((KeptBy::Annotation, format!("its annotation {annotation} asks to keep it")));
    }
    if !licence.prune {
        return Some((KeptBy::PruneDisabled, "pruning is switched off".into()));
    }
    if id.is_namespace() && !(licence.namespaces && entry.created) {
        return Some((
            KeptBy::Namespaces,
            match entry.created {
                true => {
                    "namespaces are kept with what others have in them; --delete-namespaces deletes it".into()
                }
                false => "the namespace was there before this component".into(),
            },
        ));
    }
    if id.is_crd() && !licence.crds {
        let reason = "deleting it would delete all objects of its kind; --delete-crds deletes it";
        return Some((KeptBy::Crds, reason.into()));
    }
    if (id.is("", "PersistentVolumeClaim") || id.is("", "PersistentVolume")) && !licence.claims {
        return Some((KeptBy::Claims, "deleting it may delete its data; --delete-claims deletes it".into()));
    }
    None
}

/// The annotation that asks to keep a live object.
fn keep_annotation(live: &Value) -> Option<&'static str> {
    let annotations = live.pointer("/metadata/annotations")?;
    KEEP_ANNOTATIONS.iter().find_map(|(name, wanted)| {
        let value = annotations.get(name)?.as_str()?;
        let asks = value.split(',').any(|part| wanted.split(',').any(|wanted| part.trim() == wanted));
        asks.then_some(*name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupKind;
    use serde_json::json;

    fn decided(
        kind: GroupKind,
        name: &str,
        annotations: Value,
        licence: Licence,
    ) -> (Action, Option<KeptBy>) {
        let live = json!({"metadata": {"uid": "u", "resourceVersion": "1", "labels": {PART_OF_LABEL: "ours"}, "annotations": annotations}});
        let entry = Entry { created: true, ..Entry::default() };
        let change = decide(&ObjectId::new(kind, None, name), &entry, &live, "ours", licence);
        (change.action, change.kept_by)
    }

    #[test]
    fn what_holds_data_is_kept_unless_named() {
        let (prune, all) =
            (Licence::of_deploy(true), Licence { namespaces: true, crds: true, claims: true, prune: true });
        let crd = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
        for (kind, kept_by) in [
            (GroupKind::new("", "Namespace"), KeptBy::Namespaces),
            (crd, KeptBy::Crds),
            (GroupKind::new("", "PersistentVolumeClaim"), KeptBy::Claims),
        ] {
            assert_eq!(decided(kind.clone(), "a", json!({}), prune), (Action::Keep, Some(kept_by)));
            assert_eq!(decided(kind, "a", json!({}), all), (Action::Delete, None));
        }
        let protected = decided(GroupKind::new("", "Namespace"), "kube-system", json!({}), all);
        assert_eq!(protected, (Action::Keep, Some(KeptBy::Protected)));
    }

    #[test]
    fn annotations_of_all_tools_are_honoured() {
        let map = GroupKind::new("", "ConfigMap");
        let licence = Licence::of_deploy(true);
        for annotations in [
            json!({"helm.sh/resource-policy": "keep"}),
            json!({"argocd.argoproj.io/sync-options": "Validate=false, Delete=false"}),
            json!({"hub.agilestacks.io/keep": "true"}),
        ] {
            assert_eq!(
                decided(map.clone(), "a", annotations, licence),
                (Action::Keep, Some(KeptBy::Annotation))
            );
        }
        assert_eq!(decided(map, "a", json!({"helm.sh/resource-policy": "other"}), licence).0, Action::Delete);
    }

    #[test]
    fn what_lost_our_label_is_not_ours() {
        let live = json!({"metadata": {"labels": {}}});
        let id = ObjectId::new(GroupKind::new("", "ConfigMap"), None, "a");
        let change = decide(&id, &Entry::default(), &live, "ours", Licence::of_deploy(true));
        assert_eq!(change.kept_by, Some(KeptBy::NotOurs));
    }
}
