//! ClusterRoles that are made of others, and those that every cluster has.

use serde_json::{Value, json};

use super::writer::{apply, create};
use crate::request::LabelSelector;
use crate::state::State;
use crate::store::Table;

/// Source: `pkg/controller/clusterroleaggregation`.
const AGGREGATION: &str = "clusterrole-aggregation-controller";

fn roles() -> Table {
    Table::new("rbac.authorization.k8s.io", "clusterroles")
}

/// Gives every aggregated role the rules of those that it selects.
pub(super) fn see(state: &mut State) {
    let all: Vec<Value> = state.store.list(&roles(), None).map(|(_, role)| (**role).clone()).collect();
    for role in &all {
        let Some(selectors) = role.pointer("/aggregationRule/clusterRoleSelectors").and_then(Value::as_array)
        else {
            continue;
        };
        let selectors: Vec<LabelSelector> = selectors.iter().map(LabelSelector::of_object).collect();
        let chosen = all.iter().filter(|other| {
            crate::object::name(other) != crate::object::name(role)
                && selectors.iter().any(|s| s.matches(other))
        });
        let mut rules: Vec<Value> = Vec::new();
        for rule in chosen.flat_map(|other| other["rules"].as_array().cloned().unwrap_or_default()) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        let wanted = if rules.is_empty() { Value::Null } else { json!(rules) };
        if role["rules"] != wanted {
            let applied = json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": {"name": crate::object::name(role)}, "rules": wanted,
            });
            apply(state, &roles(), applied, AGGREGATION);
        }
    }
}

/// Makes the roles that users bind to.
pub(super) fn bootstrap(state: &mut State) {
    let defaults = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    let admin = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "cluster-admin", "labels": defaults,
                     "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"}},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
                  {"nonResourceURLs": ["*"], "verbs": ["*"]}],
    });
    create(state, &roles(), admin, "kube-apiserver");
    for name in ["admin", "edit", "view"] {
        let label = format!("rbac.authorization.k8s.io/aggregate-to-{name}");
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": defaults},
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]},
            "rules": null,
        });
        create(state, &roles(), role, "kube-apiserver");
    }
}
