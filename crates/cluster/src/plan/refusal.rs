//! Why the server refuses a dry-run.
//!
//! In: the refusal. Out: a [`Problem`] in the terms of the user. Refuses to decide by wording alone whether a
//! field is immutable: the server names the field, and only known fields or exact words count.
//! Source: Kubernetes API validation (`apimachinery/pkg/api/validation`, `pkg/apis/*/validation`).

use crate::change::Problem;
use crate::error::RequestError;
use crate::id::ObjectId;
use crate::mask::Mask;

/// Words with which validations say that a field never changes. Source: `FieldImmutableErrorMsg`, validations of
/// StatefulSet, Service and PVC, and the usual messages of CEL rules.
const IMMUTABLE_WORDS: [&str; 6] = [
    "field is immutable",
    "is immutable",
    "are forbidden",
    "may not change once set",
    "may not be changed",
    "cannot be changed",
];

/// Fields that never change once set, per kind. Source: `pkg/apis/*/validation`.
const IMMUTABLE_FIELDS: [(&str, &str, &[&str]); 12] = [
    ("apps", "Deployment", &["spec.selector"]),
    ("apps", "ReplicaSet", &["spec.selector"]),
    ("apps", "DaemonSet", &["spec.selector"]),
    ("apps", "StatefulSet", &["spec"]),
    (
        "batch",
        "Job",
        &[
            "spec.template",
            "spec.selector",
            "spec.completions",
            "spec.completionMode",
            "spec.podFailurePolicy",
        ],
    ),
    ("", "Service", &["spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.healthCheckNodePort"]),
    ("", "PersistentVolumeClaim", &["spec"]),
    ("", "PersistentVolume", &["spec.persistentvolumesource", "spec.volumeMode"]),
    ("", "Secret", &["type", "data", "immutable"]),
    ("", "ConfigMap", &["data", "immutable"]),
    ("storage.k8s.io", "StorageClass", &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
];

/// Kinds whose deletion loses data or other objects: never deleted to be made anew.
const PRECIOUS: [(&str, &str); 5] = [
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apps", "StatefulSet"),
];

/// True for what is never deleted to be made anew.
pub(super) fn is_precious(id: &ObjectId) -> bool {
    PRECIOUS.iter().any(|(group, kind)| id.is(group, kind))
}

/// Puts a refused dry-run into the terms of the user.
pub(crate) fn problem(id: &ObjectId, resource: &str, error: &RequestError, mask: &Mask) -> Problem {
    let id = id.clone();
    let RequestError::Api { status, .. } = error else {
        return Problem::Invalid { id, message: mask.text(&error.to_string()) };
    };
    let message = mask.text(&without_preamble(&status.message));
    if status.message.contains("admission webhook") || status.message.contains("failed calling webhook") {
        return Problem::Admission { id, message };
    }
    match status.code {
        403 if is_access_refusal(&status.message) => Problem::Forbidden {
            verb: verb_of(&status.message),
            resource: resource.to_string(),
            namespace: id.namespace.clone(),
            objects: vec![id],
        },
        422 => match immutable_fields(&id, error) {
            fields if fields.is_empty() => Problem::Invalid { id, message },
            fields => Problem::Immutable { precious: is_precious(&id), id, fields, message },
        },
        _ => Problem::Invalid { id, message },
    }
}

/// Fields of a refused change that never change; empty where it was refused for anything else too.
fn immutable_fields(id: &ObjectId, error: &RequestError) -> Vec<String> {
    let RequestError::Api { status, .. } = error else { return Vec::new() };
    let causes = status.details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
    let kind = if id.kind == "ClusterRoleBinding" { "RoleBinding" } else { &id.kind };
    let known: &[&str] = IMMUTABLE_FIELDS
        .iter()
        .find(|(group, known, _)| *group == id.group && *known == kind)
        .map_or(&[], |(_, _, fields)| fields);
    let is_immutable = |cause: &kube::core::response::StatusCause| {
        let says_so = IMMUTABLE_WORDS.iter().any(|words| cause.message.contains(words));
        let is_known = known.iter().any(|field| {
            cause
                .field
                .strip_prefix(field)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        // A custom resource says it in a rule of its own; a built-in kind is known.
        says_so && (is_known || id.group.contains('.') || cause.message.contains("field is immutable"))
    };
    if causes.is_empty() || !causes.iter().all(is_immutable) {
        return Vec::new();
    }
    causes.iter().map(|cause| cause.field.clone()).collect()
}

/// Told by RBAC, not by quota or admission.
fn is_access_refusal(message: &str) -> bool {
    message.contains("cannot ") && message.contains("in API group")
}

/// `User "x" cannot patch resource "pods" in API group` names `patch`.
fn verb_of(message: &str) -> String {
    let verb = message.split("cannot ").nth(1).and_then(|rest| rest.split(' ').next());
    verb.unwrap_or("patch").to_string()
}

/// Drops `Deployment.apps "a" is invalid: `, for the problem names the object itself.
fn without_preamble(message: &str) -> String {
    match message.split_once(" is invalid: ") {
        Some((start, rest)) if start.ends_with('"') => rest.to_string(),
        _ => message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupKind;
    use serde_json::json;

    fn refused(kind: GroupKind, causes: &[(&str, &str)]) -> Problem {
        let id = ObjectId::new(kind, Some("n"), "a");
        let causes: Vec<_> = causes
            .iter()
            .map(
                |(field, message)| json!({"field": field, "message": message, "reason": "FieldValueInvalid"}),
            )
            .collect();
        let status = json!({"code": 422, "reason": "Invalid", "message": "X \"a\" is invalid: words", "details": {"causes": causes}});
        let status = Box::new(serde_json::from_value(status).expect("a status"));
        problem(&id, "xs", &RequestError::Api { status, retry_after: None }, &Mask::default())
    }

    #[test]
    fn immutable_fields_are_told_by_path_and_words() {
        let selector = [("spec.selector", "Invalid value: {}: field is immutable")];
        assert!(matches!(
            refused(GroupKind::new("apps", "Deployment"), &selector),
            Problem::Immutable { .. }
        ));
        let typo = [("spec.template.spec.containers[0].image", "Required value")];
        assert!(matches!(refused(GroupKind::new("apps", "Deployment"), &typo), Problem::Invalid { .. }));
        let both = [selector[0], typo[0]];
        assert!(matches!(refused(GroupKind::new("apps", "Deployment"), &both), Problem::Invalid { .. }));
        let set = [(
            "spec",
            "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
        )];
        assert!(matches!(refused(GroupKind::new("apps", "StatefulSet"), &set), Problem::Immutable { .. }));
        let rule = [("spec.storage", "Invalid value: \"object\": storage is immutable")];
        assert!(matches!(refused(GroupKind::new("x.io", "Thing"), &rule), Problem::Immutable { .. }));
    }

    #[test]
    fn access_is_told_from_quota() {
        let id = ObjectId::new(GroupKind::new("", "Pod"), Some("n"), "a");
        let answer = |message: &str| {
            let status = Box::new(kube::core::Status::failure(message, "Forbidden").with_code(403));
            problem(&id, "pods", &RequestError::Api { status, retry_after: None }, &Mask::default())
        };
        let access = answer(
            "pods \"a\" is forbidden: User \"u\" cannot patch resource \"pods\" in API group \"\" in the namespace \"n\"",
        );
        assert!(matches!(access, Problem::Forbidden { verb, .. } if verb == "patch"));
        assert!(matches!(answer("exceeded quota: q"), Problem::Invalid { .. }));
    }
}
