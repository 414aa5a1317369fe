//! Which recorded objects are deleted, which stay, and why.
//!
//! In: a record's entry and the live object. Out: [`Action::Delete`] or [`Action::Keep`] with its reason.
//! Refuses to delete anything that is not provably ours.

use serde_json::Value;

use super::UndeployOptions;
use crate::change::{Action, Change, KeptBy, LiveVersion};
use crate::directive;
use crate::id::{GroupKind, ObjectId};
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

/// Keeps namespaces and kinds that would take with them what stays.
///
/// Source: design rule "never deleted unless named by a flag": an object that is kept in a namespace which goes is lost.
pub(super) fn keep_what_holds_kept(changes: &mut [Change]) {
    let kept: Vec<ObjectId> = changes
        .iter()
        .filter(|change| change.action == Action::Keep && change.kept_by != Some(KeptBy::NotOurs))
        .map(|change| change.id.clone())
        .collect();
    for change in changes.iter_mut().filter(|change| change.action == Action::Delete) {
        let holds = |one: &&ObjectId| match defined(change) {
            Some(kind) => one.group_kind() == kind,
            None => change.id.is_namespace() && one.namespace.as_deref() == Some(change.id.name.as_str()),
        };
        let live = change.live_object.as_deref();
        let is_going = live.is_some_and(|live| live.pointer("/metadata/deletionTimestamp").is_some());
        if let Some(one) = kept.iter().find(holds).filter(|_| !is_going) {
            change.reason = Some(format!("{one} stays, and would go with it"));
            change.action = Action::Keep;
            change.kept_by = Some(KeptBy::Contents);
        }
    }
}

/// The kind that a CRD defines; `None` for anything else.
fn defined(change: &Change) -> Option<GroupKind> {
    let crd = change.live_object.as_deref().filter(|_| change.id.is_crd())?;
    let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str);
    Some(GroupKind::new(text("/spec/group")?, text("/spec/names/kind")?))
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
    fn what_holds_something_kept_is_kept() {
        let change = |kind: GroupKind, namespace: Option<&str>, name: &str, action: Action, live: Value| {
            let mut change = Change::bare(ObjectId::new(kind, namespace, name), "v1".into(), action);
            change.live_object = Some(std::sync::Arc::new(live));
            change
        };
        let crd = json!({"spec": {"group": "x.io", "names": {"kind": "Thing"}}});
        let (spaces, claims) = (GroupKind::new("", "Namespace"), GroupKind::new("", "PersistentVolumeClaim"));
        let crds = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
        let mut changes = [
            change(spaces.clone(), None, "full", Action::Delete, json!({})),
            change(spaces, None, "empty", Action::Delete, json!({})),
            change(claims, Some("full"), "data", Action::Keep, json!({})),
            change(crds, None, "things.x.io", Action::Delete, crd),
            change(GroupKind::new("x.io", "Thing"), Some("other"), "a", Action::Keep, json!({})),
        ];
        keep_what_holds_kept(&mut changes);
        let kept: Vec<_> = changes.iter().map(|change| change.kept_by).collect();
        assert_eq!(kept, [Some(KeptBy::Contents), None, None, Some(KeptBy::Contents), None]);
        let reason = changes[0].reason.as_deref().unwrap_or_default();
        assert_eq!(reason, "PersistentVolumeClaim full/data stays, and would go with it");
    }

    #[test]
    fn what_lost_our_label_is_not_ours() {
        let live = json!({"metadata": {"labels": {}}});
        let id = ObjectId::new(GroupKind::new("", "ConfigMap"), None, "a");
        let change = decide(&id, &Entry::default(), &live, "ours", Licence::of_deploy(true, "hub-system"));
        assert_eq!(change.kept_by, Some(KeptBy::NotOurs));
    }
}
