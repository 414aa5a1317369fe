//! What annotations on an object ask of whoever applies it.
//!
//! In: an object as rendered or as live. Out: what is asked, and by which annotation. Our own annotations and those of
//! other tools count alike, so that sets written for them behave as their authors meant. Refuses to set any.
//! Source: documentation of kapp, Flux, timoni, kluctl, cli-utils, Argo CD and Helm.

use serde_json::Value;

/// Annotation, and the values that count; none means that its presence does.
type Row = (&'static str, &'static [&'static str]);

/// Not touched at all, whether it is there or not.
const IGNORE: [Row; 6] = [
    ("hub.agilestacks.io/apply", &["ignore"]),
    ("kapp.k14s.io/noop", &[]),
    ("kapp.k14s.io/exists", &[]),
    ("kustomize.toolkit.fluxcd.io/reconcile", &["disabled"]),
    ("kustomize.toolkit.fluxcd.io/ssa", &["Ignore"]),
    ("kluctl.io/ignore", &["true"]),
];
/// Created where it is missing, never changed.
const CREATE_ONLY: [Row; 5] = [
    ("hub.agilestacks.io/apply", &["create-only"]),
    ("kustomize.toolkit.fluxcd.io/ssa", &["IfNotPresent"]),
    ("kapp.k14s.io/update-strategy", &["skip"]),
    ("action.timoni.sh/one-off", &["enabled"]),
    ("client.lifecycle.config.k8s.io/mutation", &["ignore"]),
];
/// Deleted and made anew where it cannot be changed.
const RECREATE: [Row; 6] = [
    ("hub.agilestacks.io/apply", &["recreate"]),
    ("kustomize.toolkit.fluxcd.io/force", &["enabled", "Enabled"]),
    ("kapp.k14s.io/update-strategy", &["fallback-on-replace", "always-replace"]),
    ("action.timoni.sh/force", &["enabled"]),
    ("argocd.argoproj.io/sync-options", &["Force=true", "Replace=true"]),
    // Helm deletes the former object of a hook before it makes the next one.
    ("helm.sh/hook", &["pre-install", "post-install", "pre-upgrade", "post-upgrade"]),
];
/// Not waited for.
const WAIVED: [Row; 3] = [
    ("hub.agilestacks.io/wait", &["false"]),
    ("kapp.k14s.io/disable-wait", &[]),
    ("action.timoni.sh/wait", &["disabled"]),
];
/// Never deleted.
const KEEP: [Row; 12] = [
    ("hub.agilestacks.io/keep", &["true"]),
    ("helm.sh/resource-policy", &["keep"]),
    ("kustomize.toolkit.fluxcd.io/prune", &["disabled", "Disabled"]),
    ("kapp.k14s.io/delete-strategy", &["orphan"]),
    ("kapp.k14s.io/noop", &[]),
    ("kapp.k14s.io/exists", &[]),
    ("kluctl.io/skip-delete", &["true"]),
    ("kluctl.io/ignore", &["true"]),
    ("client.lifecycle.config.k8s.io/deletion", &["detach"]),
    ("cli-utils.sigs.k8s.io/on-remove", &["keep"]),
    ("action.timoni.sh/prune", &["disabled"]),
    ("argocd.argoproj.io/sync-options", &["Prune=false", "Delete=false"]),
];
/// Hooks of Helm that an installation or an upgrade runs.
const HELM_HOOK: &str = "helm.sh/hook";
const HELM_HOOKS_RUN: [&str; 5] =
    ["pre-install", "post-install", "pre-upgrade", "post-upgrade", "crd-install"];

/// The annotation by which an object is not to be touched.
pub(crate) fn ignored(object: &Value) -> Option<&'static str> {
    asked(object, &IGNORE)
}

/// The annotation by which an object is only to be created.
pub(crate) fn create_only(object: &Value) -> Option<&'static str> {
    asked(object, &CREATE_ONLY)
}

/// The annotation by which an object may be made anew.
pub(crate) fn recreated(object: &Value) -> Option<&'static str> {
    asked(object, &RECREATE)
}

/// The annotation by which an object is not waited for.
pub(crate) fn waived(object: &Value) -> Option<&'static str> {
    asked(object, &WAIVED)
}

/// The annotation by which an object is not to be deleted.
pub(crate) fn kept(object: &Value) -> Option<&'static str> {
    asked(object, &KEEP)
}

/// The hook of Helm that an object is, where it is only for tests, deletions or rollbacks.
pub(crate) fn other_helm_hook(object: &Value) -> Option<&str> {
    let hooks = object["metadata"]["annotations"][HELM_HOOK].as_str()?;
    let runs = hooks.split(',').any(|hook| HELM_HOOKS_RUN.contains(&hook.trim()));
    (!runs).then_some(hooks)
}

fn asked(object: &Value, rows: &[Row]) -> Option<&'static str> {
    let annotations = object.pointer("/metadata/annotations")?;
    rows.iter().find_map(|(name, values)| {
        let value = annotations.get(name)?.as_str()?;
        let asks = values.is_empty() || value.split(',').any(|part| values.contains(&part.trim()));
        asks.then_some(*name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn annotations_of_all_tools_are_read() {
        let with = |name: &str, value: &str| json!({"metadata": {"annotations": {name: value}}});
        for (name, value) in [
            ("helm.sh/resource-policy", "keep"),
            ("argocd.argoproj.io/sync-options", "Validate=false, Delete=false"),
            ("hub.agilestacks.io/keep", "true"),
            ("kapp.k14s.io/noop", ""),
        ] {
            assert_eq!(kept(&with(name, value)), Some(name));
        }
        assert_eq!(kept(&with("helm.sh/resource-policy", "other")), None);
        assert!(ignored(&with("kustomize.toolkit.fluxcd.io/ssa", "Ignore")).is_some());
        assert!(create_only(&with("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent")).is_some());
        assert!(recreated(&with("kapp.k14s.io/update-strategy", "fallback-on-replace")).is_some());
        assert!(waived(&with("kapp.k14s.io/disable-wait", "")).is_some());
        assert_eq!(other_helm_hook(&with("helm.sh/hook", "test")), Some("test"));
        assert_eq!(other_helm_hook(&with("helm.sh/hook", "post-install,post-upgrade")), None);
        assert_eq!(other_helm_hook(&json!({})), None);
    }
}
