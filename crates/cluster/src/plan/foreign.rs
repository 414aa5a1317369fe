//! Whether a live object belongs to something else.
//!
//! In: the live object. Out: the name of its owner as a person knows it. Refuses to ask the cluster.

use serde_json::Value;

use crate::owner::PART_OF_LABEL;

/// How a set of which only the id is known is named.
pub(super) const SET_PREFIX: &str = "the set ";

/// Who owns a live object, if not the set with this id; `None` where it is ours or nobody's.
pub(crate) fn foreign_owner(live: &Value, applyset: &str) -> Option<String> {
    let label = |name: &str| live["metadata"]["labels"][name].as_str();
    let annotation = |name: &str| live["metadata"]["annotations"][name].as_str();
    let named = |tool: &str, namespace: Option<&str>, name: &str| {
        format!("{tool} {}{name}", namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default())
    };
    if let Some(other) = label(PART_OF_LABEL) {
        return (other != applyset).then(|| format!("{SET_PREFIX}{other}"));
    }
    if let Some(release) = annotation("meta.helm.sh/release-name") {
        return Some(named("Helm release", annotation("meta.helm.sh/release-namespace"), release));
    }
    for (tool, prefix) in
        [("Flux kustomization", "kustomize.toolkit.fluxcd.io"), ("Flux release", "helm.toolkit.fluxcd.io")]
    {
        if let Some(name) = label(&format!("{prefix}/name")) {
            return Some(named(tool, label(&format!("{prefix}/namespace")), name));
        }
    }
    let by_label = [
        ("Argo CD application", "argocd.argoproj.io/instance"),
        ("kapp app", "kapp.k14s.io/app"),
        ("kluctl deployment", "kluctl.io/discriminator"),
    ];
    let by_annotation = [
        ("Argo CD application", "argocd.argoproj.io/tracking-id"),
        ("inventory", "config.k8s.io/owning-inventory"),
    ];
    let found = by_label.iter().find_map(|(tool, name)| Some(named(tool, None, label(name)?)));
    let found = found
        .or_else(|| by_annotation.iter().find_map(|(tool, name)| Some(named(tool, None, annotation(name)?))));
    found.or_else(|| match label("app.kubernetes.io/managed-by") {
        Some("timoni") => {
            Some(named("timoni instance", None, label("app.kubernetes.io/name").unwrap_or("?")))
        }
        _ => controller(live),
    })
}

/// The object that made this one and will put it right again.
fn controller(live: &Value) -> Option<String> {
    let references = live.pointer("/metadata/ownerReferences").and_then(Value::as_array)?;
    let controller = references.iter().find(|reference| reference["controller"] == true)?;
    Some(format!("{} {}", controller["kind"].as_str()?, controller["name"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn owners_are_named() {
        let owner = |metadata: Value| foreign_owner(&json!({"metadata": metadata}), "ours");
        assert_eq!(owner(json!({})), None);
        assert_eq!(owner(json!({"labels": {PART_OF_LABEL: "ours", "kapp.k14s.io/app": "1"}})), None);
        assert_eq!(owner(json!({"labels": {PART_OF_LABEL: "theirs"}})).as_deref(), Some("the set theirs"));
        let helm =
            json!({"annotations": {"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "n"}});
        assert_eq!(owner(helm).as_deref(), Some("Helm release n/r"));
        let child = json!({"ownerReferences": [{"controller": true, "kind": "ReplicaSet", "name": "a"}]});
        assert_eq!(owner(child).as_deref(), Some("ReplicaSet a"));
    }
}
