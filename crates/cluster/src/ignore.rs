//! Fields that are left to others, whatever they are set to.
//!
//! In: rules, and annotations of objects. Out: whether a field is ignored. Paths are written as plans print them
//! (`spec.template.spec.containers[name=a].image`), as the server does, or as JSON pointers; `*` stands for anything.
//! Refuses to know what ignoring means for a plan.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{GroupKind, ObjectId};

/// On an object: paths of its own fields, separated by commas, that are left to others.
pub(crate) const ANNOTATION: &str = "hub.agilestacks.io/ignore";

/// Fields of some objects that are left to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IgnoreRule {
    /// Only objects of this kind.
    pub kind: Option<GroupKind>,
    /// Only objects in this namespace; `*` stands for anything.
    pub namespace: Option<String>,
    /// Only objects with this name; `*` stands for anything.
    pub name: Option<String>,
    /// Only these fields and what is below them; none means all.
    pub paths: Vec<String>,
    /// Only fields that these managers own; none means any.
    pub managers: Vec<String>,
    /// Why, for people.
    pub because: Option<String>,
}

impl IgnoreRule {
    /// True where the rule is about an object at all.
    pub fn is_about(&self, id: &ObjectId) -> bool {
        let fits = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|w| glob(w, found));
        self.kind.as_ref().is_none_or(|kind| id.is(&kind.group, &kind.kind))
            && fits(&self.namespace, id.namespace.as_deref().unwrap_or_default())
            && fits(&self.name, &id.name)
    }

    fn covers(&self, path: &str, managers: &[String]) -> bool {
        let by_path = self.paths.is_empty() || self.paths.iter().any(|wanted| is_below(wanted, path));
        let by_manager = self.managers.is_empty()
            || managers.iter().any(|name| self.managers.iter().any(|wanted| glob(wanted, name)));
        by_path && by_manager
    }
}

/// True where a field of an object is left to others, by a rule or by the object's own annotation.
pub(crate) fn is_ignored(
    rules: &[IgnoreRule],
    id: &ObjectId,
    object: &Value,
    path: &str,
    managers: &[String],
) -> bool {
    let own = object["metadata"]["annotations"][ANNOTATION].as_str().unwrap_or_default();
    let own = own.split([',', '\n']).map(str::trim).filter(|wanted| !wanted.is_empty());
    own.into_iter().any(|wanted| is_below(wanted, path))
        || rules.iter().any(|rule| rule.is_about(id) && rule.covers(path, managers))
}

/// True where a path is another, or leads below it.
fn is_below(wanted: &str, path: &str) -> bool {
    let (wanted, path) = (canonical(wanted), canonical(path));
    glob(&wanted, &path) || glob(&format!("{wanted}.*"), &path)
}

/// One spelling of all: steps separated by dots, without quotes and brackets.
fn canonical(path: &str) -> String {
    if let Some(pointer) = path.strip_prefix('/') {
        return pointer.replace('/', ".").replace("~1", "/").replace("~0", "~");
    }
    let mut text = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '"' | ']' => {}
            '[' => text.push('.'),
            letter => text.push(letter),
        }
    }
    text.trim_start_matches('.').replace("..", ".")
}

/// Compares with `*` for any text.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(place) => text = &text[place + part.len()..],
            None => return false,
        }
    }
    text.len() >= last.len() && text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_spellings_of_a_path_are_one() {
        for wanted in [
            "spec.template.spec.containers[name=a].image",
            "/spec/template/spec/containers/name=a",
            ".spec.template",
        ] {
            assert!(is_below(wanted, ".spec.template.spec.containers[name=\"a\"].image"), "{wanted}");
        }
        assert!(is_below("metadata.annotations[a.b/c]", ".metadata.annotations.a.b/c"));
        assert!(is_below("/metadata/annotations/a.b~1c", "metadata.annotations[a.b/c]"));
        assert!(is_below("webhooks[*].clientConfig.caBundle", "webhooks[name=x.y].clientConfig.caBundle"));
        assert!(!is_below("spec.replicas", "spec.replicasMax"));
        assert!(!is_below("spec.replicas", "spec"));
    }

    #[test]
    fn rules_are_about_objects_fields_and_managers() {
        let id = ObjectId::new(GroupKind::new("apps", "Deployment"), Some("n"), "server-1");
        let rule = IgnoreRule {
            kind: Some(GroupKind::new("apps", "Deployment")),
            name: Some("server-*".into()),
            managers: vec!["keda*".into()],
            ..IgnoreRule::default()
        };
        let by = |manager: &str| {
            is_ignored(std::slice::from_ref(&rule), &id, &json!({}), "spec.x", &[manager.into()])
        };
        assert!(by("keda-operator") && !by("kubectl"));
        let annotated = json!({"metadata": {"annotations": {ANNOTATION: "spec.replicas, spec.paused"}}});
        assert!(is_ignored(&[], &id, &annotated, ".spec.paused", &[]));
        assert!(!is_ignored(&[], &id, &annotated, ".spec.selector", &[]));
    }
}
