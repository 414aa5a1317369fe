//! Which recorded objects are deleted, which stay, and why.
//!
//! In: a record's entry and the live object. Out: [`Action::Delete`] or [`Action::Keep`] with its reason.
//! Refuses to delete anything that is not provably ours.

use serde_json::Value;

use super::UndeployOptions;
use crate::change::{Action, Change, KeptBy, LiveVersion};
use crate::directive;
use crate::id::ObjectId;
use crate::ignore::glob;
use crate::inventory::Entry;
use crate::owner::PART_OF_LABEL;

/// Namespaces without which a cluster does not work.
/// Source: `NamespaceLifecycle` admission for `default` and `kube-*`; OpenShift keeps its own under the others.
const PROTECTED_NAMESPACES: [&str; 4] = ["default", "kube-*", "openshift", "openshift-*"];

fn is_protected(name: &str) -> bool {
    PROTECTED_NAMESPACES.iter().any(|protected| glob(protected, name))
}

/// Which kinds a run may delete that it keeps by custom.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Licence<'a> {
    pub(super) namespaces: bool,
    pub(super) crds: bool,
    pub(super) claims: bool,
    /// False where pruning is switched off: nothing is deleted.
    pub(super) prune: bool,
    /// Where records are: never deleted.
    pub(super) state_namespace: Option<&'a str>,
}

impl<'a> Licence<'a> {
    /// What a deployment may prune.
    pub(super) fn of_deploy(prune: bool, state_namespace: &'a str) -> Self {
        Licence { prune, state_namespace: Some(state_namespace), ..Licence::default() }
    }

    /// What a removal may delete.
    pub(super) fn of_undeploy(options: &UndeployOptions, state_namespace: &'a str) -> Self {
        let UndeployOptions { delete_namespaces, delete_crds, delete_claims, .. } = *options;
        Licence {
            namespaces: delete_namespaces,
            crds: delete_crds,
            claims: delete_claims,
            prune: true,
            state_namespace: Some(state_namespace),
        }
    }
}

/// Decides about a recorded object that is there and not wanted any more.
pub(super) fn decide(
    id: &ObjectId,
    entry: &Entry,
    live: &Value,
    applyset: &str,
    licence: Licence<'_>,
) -> Change {
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
    licence: Licence<'_>,
) -> Option<(KeptBy, String)> {
    if live.pointer("/metadata/deletionTimestamp").is_some() {
        // Somebody decided already; all that is left is to wait.
        return None;
    }
    if live["metadata"]["labels"][PART_OF_LABEL] != applyset {
        return Some((KeptBy::NotOurs, "it no longer carries the label of this component".into()));
    }
    if id.is_namespace() && is_protected(&id.name) {
        return Some((KeptBy::Protected, "the cluster needs this namespace".into()));
    }
    if id.is_namespace() && licence.state_namespace == Some(id.name.as_str()) {
        return Some((KeptBy::Protected, "the records of all components are in this namespace".into()));
    }
    if let Some(annotation) = directive::kept(live) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupKind;
    use serde_json::json;

    fn decided(
        kind: GroupKind,
        name: &str,
        annotations: Value,
        licence: Licence<'_>,
    ) -> (Action, Option<KeptBy>) {
        let live = json!({"metadata": {"uid": "u", "resourceVersion": "1", "labels": {PART_OF_LABEL: "ours"}, "annotations": annotations}});
        let entry = Entry { created: true, ..Entry::default() };
        let change = decide(&ObjectId::new(kind, None, name), &entry, &live, "ours", licence);
        (change.action, change.kept_by)
    }

    #[test]
    fn what_holds_data_is_kept_unless_named() {
        let (prune, all) = (
            Licence::of_deploy(true, "hub-system"),
            Licence {
                namespaces: true,
                crds: true,
                claims: true,
                prune: true,
                state_namespace: Some("hub-system"),
            },
        );
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
        let licence = Licence::of_deploy(true, "hub-system");
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
        let change = decide(&id, &Entry::default(), &live, "ours", Licence::of_deploy(true, "hub-system"));
        assert_eq!(change.kept_by, Some(KeptBy::NotOurs));
    }
}
