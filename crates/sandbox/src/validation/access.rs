//! Roles and bindings.

use serde_json::{Value, json};

use super::{items, text};
use crate::status::Cause;

/// A Role or ClusterRole.
pub(super) fn role(value: &Value, _live: Option<&Value>, causes: &mut Vec<Cause>) {
    for (index, rule) in items(value, "/rules").iter().enumerate() {
        let field = |name: &str| format!("rules[{index}].{name}");
        if items(rule, "/verbs").is_empty() {
            causes.push(Cause::required(field("verbs"), "verbs must contain at least one value"));
        }
        let urls = !items(rule, "/nonResourceURLs").is_empty();
        if urls && !(items(rule, "/apiGroups").is_empty() && items(rule, "/resources").is_empty()) {
            let detail = "rules cannot apply to both regular resources and non-resource URLs";
            causes.push(Cause::invalid(field("nonResourceURLs"), &rule["nonResourceURLs"], detail));
        }
        if urls {
            continue;
        }
        if items(rule, "/apiGroups").is_empty() {
            causes.push(Cause::required(
                field("apiGroups"),
                "resource rules must supply at least one api group",
            ));
        }
        if items(rule, "/resources").is_empty() {
            causes.push(Cause::required(
                field("resources"),
                "resource rules must supply at least one resource",
            ));
        }
    }
}

/// A RoleBinding or ClusterRoleBinding.
pub(super) fn binding(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    if text(value, "/roleRef/name").is_empty() {
        causes.push(Cause::required("roleRef.name", ""));
    }
    for (index, subject) in items(value, "/subjects").iter().enumerate() {
        let field = |name: &str| format!("subjects[{index}].{name}");
        if text(subject, "/name").is_empty() {
            causes.push(Cause::required(field("name"), ""));
        }
        // A RoleBinding has a namespace of its own to look in.
        let needs_namespace = subject["kind"] == "ServiceAccount" && value["kind"] != "RoleBinding";
        if needs_namespace && text(subject, "/namespace").is_empty() {
            causes.push(Cause::required(field("namespace"), ""));
        }
    }
    if let Some(live) = live.filter(|live| live["roleRef"] != value["roleRef"]) {
        let _ = live;
        let role = &value["roleRef"];
        let shown = json!({"APIGroup": role["apiGroup"], "Kind": role["kind"], "Name": role["name"]});
        causes.push(Cause::invalid("roleRef", &shown, "cannot change roleRef"));
    }
}
