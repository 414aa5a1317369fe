//! Changes of CustomResourceDefinitions that lose objects.
//!
//! In: the live CRD and the one that is to replace it. Out: what would be lost. Refuses to look at objects.
//! Source: Kubernetes docs "Versions in CustomResourceDefinitions"; kapp's CRD upgrade checks.

use serde_json::Value;

/// What would be lost; `None` where the change is safe.
pub(super) fn loss(live: &Value, desired: &Value) -> Option<String> {
    let text = |crd: &Value, pointer: &str| {
        crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string()
    };
    let (from, to) = (text(live, "/spec/scope"), text(desired, "/spec/scope"));
    if from != to {
        return Some(format!(
            "its scope would change from {from} to {to}, which loses all its objects; use another kind"
        ));
    }
    let versions = desired.pointer("/spec/versions").and_then(Value::as_array)?;
    let stored = live.pointer("/status/storedVersions").and_then(Value::as_array)?;
    let lost: Vec<&str> = stored
        .iter()
        .filter(|version| !versions.iter().any(|kept| kept["name"] == **version))
        .filter_map(Value::as_str)
        .collect();
    if lost.is_empty() {
        return None;
    }
    let lost = lost.join(", ");
    Some(format!(
        "version {lost} goes away while objects are stored in it; migrate them and drop it from status.storedVersions first"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scope_and_stored_versions_stay() {
        let crd = |scope: &str, versions: &[&str]| {
            let versions: Vec<Value> = versions.iter().map(|name| json!({"name": name})).collect();
            json!({"spec": {"scope": scope, "versions": versions}, "status": {"storedVersions": ["v1"]}})
        };
        assert_eq!(loss(&crd("Cluster", &["v1"]), &crd("Cluster", &["v1", "v2"])), None);
        assert!(loss(&crd("Cluster", &["v1"]), &crd("Namespaced", &["v1"])).is_some());
        assert!(loss(&crd("Cluster", &["v1"]), &crd("Cluster", &["v2"])).expect("a loss").contains("v1"));
    }
}
