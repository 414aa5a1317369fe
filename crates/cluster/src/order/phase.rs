//! A customary order of kinds, for what the graph leaves open.
//!
//! In: an object's identity. Out: its phase on the way up, its stage on the way down. Refuses to look at
//! contents.

use crate::id::ObjectId;

/// Phase of a kind that this program does not know.
const CUSTOM: u8 = 8;

/// When an object is applied where nothing else decides: the lower the earlier.
pub(crate) fn phase(id: &ObjectId) -> u8 {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Namespace") | ("scheduling.k8s.io", "PriorityClass") => 0,
        (group, kind) if is_built_in(group) && kind.ends_with("Class") => 0,
        ("apiextensions.k8s.io", _) => 1,
        ("rbac.authorization.k8s.io", _) | ("", "ServiceAccount") => 2,
        (
            "",
            "ResourceQuota"
            | "LimitRange"
            | "ConfigMap"
            | "Secret"
            | "PersistentVolume"
            | "PersistentVolumeClaim",
        )
        | ("networking.k8s.io", "NetworkPolicy") => 3,
        ("", "Service" | "Endpoints") | ("discovery.k8s.io", _) => 4,
        ("apps", _) | ("", "Pod" | "ReplicationController") => 5,
        ("batch" | "autoscaling" | "policy", _) => 6,
        ("networking.k8s.io" | "gateway.networking.k8s.io", _) => 7,
        ("apiregistration.k8s.io", _) => 9,
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "ValidatingAdmissionPolicyBinding",
        ) => 11,
        ("admissionregistration.k8s.io", _) => 10,
        (group, _) if is_built_in(group) => 7,
        _ => CUSTOM,
    }
}

/// When an object is deleted; a stage begins when all of the one before is gone.
///
/// What intercepts or serves requests goes first, then custom resources while their controllers live, then
/// workloads, then what workloads need, then kinds, then namespaces.
pub(crate) fn deletion_stage(id: &ObjectId) -> u8 {
    match phase(id) {
        9..=11 => 0,
        CUSTOM => 1,
        4..=7 => 2,
        0 if id.is_namespace() => 5,
        1 => 4,
        _ => 3,
    }
}

/// True for a kind that comes with Kubernetes itself.
pub(crate) fn is_built_in(group: &str) -> bool {
    !group.contains('.')
        || group.ends_with(".k8s.io") && group != "gateway.networking.k8s.io" && !group.contains("x-k8s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupKind;

    fn id(text: &str) -> ObjectId {
        ObjectId::new(text.parse::<GroupKind>().expect(text), None, "a")
    }

    #[test]
    fn kinds_come_in_their_customary_order() {
        let order = [
            "Namespace",
            "CustomResourceDefinition.apiextensions.k8s.io",
            "ClusterRoleBinding.rbac.authorization.k8s.io",
            "ConfigMap",
            "Service",
            "Deployment.apps",
            "Job.batch",
            "Ingress.networking.k8s.io",
            "InferenceService.serving.kserve.io",
            "APIService.apiregistration.k8s.io",
            "MutatingWebhookConfiguration.admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
        ];
        assert!(order.iter().map(|text| phase(&id(text))).is_sorted());
        assert_eq!(phase(&id("StorageClass.storage.k8s.io")), 0);
    }

    #[test]
    fn controllers_outlive_their_objects() {
        let stage = |text: &str| deletion_stage(&id(text));
        assert!(stage("ValidatingWebhookConfiguration.admissionregistration.k8s.io") < stage("Thing.x.io"));
        assert!(stage("Thing.x.io") < stage("Deployment.apps"));
        assert!(stage("Deployment.apps") < stage("ClusterRole.rbac.authorization.k8s.io"));
        assert!(stage("ServiceAccount") < stage("CustomResourceDefinition.apiextensions.k8s.io"));
        assert!(stage("CustomResourceDefinition.apiextensions.k8s.io") < stage("Namespace"));
    }
}
