//! What to do about fields that another manager owns.
//!
//! In: a refused apply and the object that was sent. Out: which fields are taken, which are left to the other
//! manager, and which stop the plan. Refuses to send anything.
//! Source: apiserver `fieldmanager/internal/conflict.go` for the wording of causes.

use serde_json::Value;

use crate::change::ContestedField;
use crate::error::RequestError;

/// Who is behind a field manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    /// A person's tool: what was changed by hand gives way to what is declared.
    Human,
    /// Another tool that deploys: somebody has to decide.
    DeployTool,
    /// A controller that fills the field in: it is left alone.
    Controller,
}

const HUMAN_PREFIXES: [&str; 9] =
    ["kubectl", "k9s", "rancher", "lens", "freelens", "headlamp", "openlens", "Mozilla", "dashboard"];
const DEPLOY_TOOL_PREFIXES: [&str; 13] = [
    "helm",
    "kustomize-controller",
    "flux",
    "argocd",
    "kapp",
    "kluctl",
    "timoni",
    "pulumi",
    "Terraform",
    "terraform",
    "HashiCorp",
    "tanka",
    "applyset",
];

/// Who is behind a field manager, by its name.
pub(crate) fn party(manager: &str) -> Party {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| manager.starts_with(prefix));
    if starts(&HUMAN_PREFIXES) {
        Party::Human
    } else if starts(&DEPLOY_TOOL_PREFIXES) {
        Party::DeployTool
    } else {
        Party::Controller
    }
}

/// Contested fields, by what is done about them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) taken: Vec<ContestedField>,
    pub(crate) yielded: Vec<ContestedField>,
    pub(crate) refused: Vec<ContestedField>,
}

/// The contested fields of a refused apply; empty where it was refused for another reason.
pub(crate) fn contested(error: &RequestError) -> Vec<ContestedField> {
    let RequestError::Api { status, .. } = error else { return Vec::new() };
    let causes = status.details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
    causes
        .iter()
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| ContestedField { field: cause.field.clone(), manager: manager_of(&cause.message) })
        .collect()
}

/// `conflict with "kubectl-edit" using apps/v1` names `kubectl-edit`.
fn manager_of(message: &str) -> String {
    message.split('"').nth(1).unwrap_or(message).to_string()
}

/// Decides about contested fields. `ignored` ones are left to whoever has them, `force` takes all others.
pub(crate) fn judge(
    fields: Vec<ContestedField>,
    force: bool,
    ignored: impl Fn(&ContestedField) -> bool,
) -> Verdict {
    let mut verdict = Verdict::default();
    for field in fields {
        match party(&field.manager) {
            _ if ignored(&field) => verdict.yielded.push(field),
            _ if force => verdict.taken.push(field),
            Party::Human => verdict.taken.push(field),
            Party::Controller => verdict.yielded.push(field),
            Party::DeployTool => verdict.refused.push(field),
        }
    }
    verdict
}

/// Removes a field from an object that is to be sent. False where the path leads nowhere.
///
/// Paths are as the server prints them, e.g. `.spec.template.spec.containers[name="a"].image`. A key with dots
/// is not told apart there, so keys of the object are tried, the longest first.
pub(crate) fn remove_field(object: &mut Value, path: &str) -> bool {
    if let Some(rest) = path.strip_prefix('[') {
        let Some((key, rest)) = split_item_key(rest) else { return false };
        let Some(list) = object.as_array_mut() else { return false };
        let Some(place) = list.iter().position(|item| item_matches(item, key)) else { return false };
        if rest.is_empty() {
            list.remove(place);
            return true;
        }
        return remove_field(&mut list[place], rest);
    }
    let (Some(path), Some(fields)) = (path.strip_prefix('.'), object.as_object_mut()) else { return false };
    let mut candidates: Vec<String> = fields
        .keys()
        .filter(|key| {
            path.strip_prefix(key.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
        .cloned()
        .collect();
    candidates.sort_by_key(|key| std::cmp::Reverse(key.len()));
    for key in candidates {
        let rest = &path[key.len()..];
        if rest.is_empty() {
            return fields.shift_remove(&key).is_some();
        }
        if remove_field(&mut fields[&key], rest) {
            return true;
        }
    }
    false
}

/// Splits `name="a"].image` after the bracket that closes it, quotes respected.
fn split_item_key(text: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some((&text[..place], &text[place + 1..])),
            _ => {}
        }
    }
    None
}

/// `name="a"`, `containerPort=80,protocol="TCP"`, `="value"` of a set.
fn item_matches(item: &Value, key: &str) -> bool {
    let pairs = key.split(',').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().all(|(name, text)| {
        let Ok(wanted) = serde_json::from_str::<Value>(text) else { return false };
        if name.is_empty() { *item == wanted } else { item.get(name) == Some(&wanted) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn managers_are_known_by_name() {
        assert_eq!(party("kubectl-client-side-apply"), Party::Human);
        assert_eq!(party("argocd-controller"), Party::DeployTool);
        assert_eq!(party("kube-controller-manager"), Party::Controller);
        assert_eq!(party("cert-manager-cainjector"), Party::Controller);
    }

    #[test]
    fn contested_fields_are_read_from_the_answer() {
        let status = json!({"code": 409, "reason": "Conflict", "details": {"causes": [
            {"reason": "FieldManagerConflict", "message": "conflict with \"kubectl-scale\" using apps/v1", "field": ".spec.replicas"},
            {"reason": "FieldManagerConflict", "message": "conflict with \"helm\" using apps/v1", "field": ".spec.paused"}]}});
        let status = Box::new(serde_json::from_value(status).expect("a status"));
        let fields = contested(&RequestError::Api { status, retry_after: None });
        let verdict = judge(fields.clone(), false, |_| false);
        assert_eq!(verdict.taken[0].manager, "kubectl-scale");
        assert_eq!(verdict.refused[0].field, ".spec.paused");
        assert_eq!(judge(fields, true, |_| false).taken.len(), 2);
    }

    #[test]
    fn fields_are_removed_by_the_servers_paths() {
        let mut object = json!({"metadata": {"annotations": {"a.b/c.d": "1", "a": {"b": 1}}},
            "spec": {"containers": [{"name": "x", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "n"}]}], "set": ["a]", "b"]},
            "webhooks": [{"name": "w.x", "clientConfig": {"caBundle": "Cg=="}}]});
        for path in [
            ".metadata.annotations.a.b/c.d",
            ".spec.containers[name=\"x\"].ports[containerPort=80,protocol=\"TCP\"].name",
            ".spec.set[=\"a]\"]",
            ".webhooks[name=\"w.x\"].clientConfig.caBundle",
        ] {
            assert!(remove_field(&mut object, path), "{path}");
        }
        assert_eq!(
            object,
            json!({"metadata": {"annotations": {"a": {"b": 1}}},
            "spec": {"containers": [{"name": "x", "ports": [{"containerPort": 80, "protocol": "TCP"}]}], "set": ["b"]},
            "webhooks": [{"name": "w.x", "clientConfig": {}}]})
        );
        assert!(!remove_field(&mut object, ".spec.nothing"));
    }
}
