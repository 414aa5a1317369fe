//! Identity of kinds and objects on a cluster.
//!
//! In: the identifying fields of a manifest. Out: [`GroupKind`] and [`ObjectId`], which compare, sort and
//! print. Refuses to know versions: one object is served under several, and stays the same object.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Error;

/// A kind of object without its version, e.g. `Deployment.apps`; the core group is the empty string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKind {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind in CamelCase.
    pub kind: String,
}

impl GroupKind {
    /// Names a kind by its group (empty for the core group) and kind.
    pub fn new(group: impl Into<String>, kind: impl Into<String>) -> Self {
        GroupKind { group: group.into(), kind: kind.into() }
    }

    /// True when this is `kind` of `group`.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => f.write_str(&self.kind),
            group => write!(f, "{}.{group}", self.kind),
        }
    }
}

impl FromStr for GroupKind {
    type Err = Error;

    /// Reads `Certificate.cert-manager.io`, `Deployment.apps` or `ConfigMap`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (kind, group) = text.split_once('.').unwrap_or((text, ""));
        let is_name = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
        let is_group = group.is_empty() || group.split('.').all(|part| is_name(&part.replace('-', "")));
        if !is_name(kind) || !is_group || text.ends_with('.') {
            return Err(Error::MalformedKind { text: text.to_string() });
        }
        Ok(GroupKind::new(group, kind))
    }
}

/// One object of a cluster: group, kind, namespace and name, without a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind in CamelCase.
    pub kind: String,
    /// Namespace; `None` for a cluster-scoped object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjectId {
    /// Names an object.
    pub fn new(kind: GroupKind, namespace: Option<&str>, name: &str) -> Self {
        let GroupKind { group, kind } = kind;
        ObjectId { group, kind, namespace: namespace.map(str::to_string), name: name.to_string() }
    }

    /// Reads the identity out of an object as it stands, with the namespace it names itself.
    ///
    /// # Errors
    /// [`Error::InvalidObject`] where `apiVersion`, `kind` or `metadata.name` is missing or no string.
    pub fn of(object: &Value) -> Result<Self, Error> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        for (field, value) in [("apiVersion", version), ("kind", kind), ("metadata.name", name)] {
            if value.is_empty() {
                let subject = if name.is_empty() { kind.to_string() } else { format!("{kind} {name}") };
                return Err(Error::InvalidObject { subject, problem: format!("{field} is missing") });
            }
        }
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let namespace = Some(text("/metadata/namespace")).filter(|name| !name.is_empty());
        Ok(ObjectId::new(GroupKind::new(group, kind), namespace, name))
    }

    /// The kind of the object.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind::new(self.group.clone(), self.kind.clone())
    }

    /// True when the object is a `kind` of `group`.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }

    /// True for a CustomResourceDefinition.
    pub fn is_crd(&self) -> bool {
        self.is("apiextensions.k8s.io", "CustomResourceDefinition")
    }

    /// True for a Namespace.
    pub fn is_namespace(&self) -> bool {
        self.is("", "Namespace")
    }

    /// True for a mutating or validating webhook configuration.
    pub fn is_webhook_configuration(&self) -> bool {
        self.group == "admissionregistration.k8s.io" && self.kind.ends_with("WebhookConfiguration")
    }
}

impl fmt::Display for ObjectId {
    /// `Deployment.apps kserve/controller`, `Namespace kserve`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " {namespace}/{}", self.name),
            None => write!(f, " {}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_print_as_they_parse() {
        for text in ["ConfigMap", "Deployment.apps", "Certificate.cert-manager.io"] {
            assert_eq!(text.parse::<GroupKind>().expect(text).to_string(), text);
        }
        for text in ["", ".apps", "Deployment.", "a b", "Kind..x"] {
            assert!(text.parse::<GroupKind>().is_err(), "{text}");
        }
    }

    #[test]
    fn identity_leaves_the_version_out() {
        let object = |version: &str| json!({"apiVersion": version, "kind": "Cert", "metadata": {"name": "a", "namespace": "n"}});
        let id = ObjectId::of(&object("x.io/v1")).expect("valid");
        assert_eq!(id, ObjectId::of(&object("x.io/v1beta1")).expect("valid"));
        assert_eq!(id.to_string(), "Cert.x.io n/a");
        assert_eq!(
            ObjectId::of(&json!({"kind": "A"})).expect_err("no version").to_string(),
            "A: apiVersion is missing"
        );
    }
}
