//! The order of resources in output.
//!
//! Source: api `internal/builtins/SortOrderTransformer.go`.

use std::cmp::Ordering;

use crate::{
    id::{Gvk, ResId},
    kustomization::SortOptions,
};

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Where a kind stands in the legacy order: below 0 first, 0 in the middle, above 0 last.
pub(crate) fn kind_order(kind: &str) -> i32 {
    order_in(kind, FIRST.iter().copied(), LAST.iter().copied())
}

/// A kind that is named twice counts where it is named last.
fn order_in<'k>(
    kind: &str,
    first: impl DoubleEndedIterator<Item = &'k str> + ExactSizeIterator,
    last: impl DoubleEndedIterator<Item = &'k str> + ExactSizeIterator,
) -> i32 {
    let count = first.len() as i32;
    if let Some(at) = last.collect::<Vec<_>>().iter().rposition(|k| *k == kind) {
        return 1 + at as i32;
    }
    match first.collect::<Vec<_>>().iter().rposition(|k| *k == kind) {
        Some(at) => at as i32 - count,
        None => 0,
    }
}

/// What the legacy order sorts by.
pub(crate) struct LegacyOrder {
    first: Vec<String>,
    last: Vec<String>,
}

/// A resource's place in the legacy order.
pub(crate) struct LegacyKey {
    order: i32,
    gvk: Gvk,
    gvk_text: String,
    id_text: String,
}

impl LegacyOrder {
    /// The order of the kinds that kustomize knows.
    pub(crate) fn standard() -> Self {
        LegacyOrder { first: FIRST.map(str::to_owned).to_vec(), last: LAST.map(str::to_owned).to_vec() }
    }

    /// The order that a kustomization asks for; None for input order.
    ///
    /// # Errors
    /// The order is neither `legacy` nor `fifo`, or `fifo` comes with options of the other.
    pub(crate) fn of(options: &SortOptions) -> Result<Option<Self>, String> {
        match (options.order.as_str(), &options.legacy) {
            ("legacy", None) => Ok(Some(LegacyOrder::standard())),
            ("legacy", Some(legacy)) => {
                Ok(Some(LegacyOrder { first: legacy.order_first.clone(), last: legacy.order_last.clone() }))
            }
            ("fifo", None) => Ok(None),
            ("fifo", Some(_)) => Err("sortOptions.legacySortOptions is set, but the order is fifo".into()),
            (other, _) => Err(format!("sortOptions.order is '{other}': must be one of fifo, legacy")),
        }
    }

    pub(crate) fn key(&self, id: &ResId) -> LegacyKey {
        let gvk = &id.gvk;
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        LegacyKey {
            order: order_in(
                &gvk.kind,
                self.first.iter().map(String::as_str),
                self.last.iter().map(String::as_str),
            ),
            gvk: gvk.clone(),
            gvk_text: format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K")),
            id_text: format!("{gvk}|{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N")),
        }
    }
}

impl LegacyKey {
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        if self.gvk == other.gvk {
            return self.id_text.cmp(&other.id_text);
        }
        let by_gvk = self.gvk_text.cmp(&other.gvk_text);
        let namespaces = self.gvk.kind == "Namespace" && other.gvk.kind == "Namespace";
        // The core Namespace goes before those of other groups.
        let reversed = namespaces && (self.gvk.group.is_empty() || other.gvk.group.is_empty());
        self.order.cmp(&other.order).then(if reversed { by_gvk.reverse() } else { by_gvk })
    }
}
