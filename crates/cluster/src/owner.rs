//! Who owns a set of objects, and where the record of it lives.
//!
//! In: stack and component names. Out: the names of the records and the ApplySet id that members carry.
//! Refuses to know what the objects are.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Label on every member of a set, with the set's id as its value.
/// Source: KEP-3659, kubectl `pkg/cmd/apply/applyset.go`.
pub const PART_OF_LABEL: &str = "applyset.kubernetes.io/part-of";

/// Longest name that a ConfigMap may have, in bytes.
const MAX_NAME_BYTES: usize = 253;

/// One component instance of one stack; where its records live.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Name of the stack.
    pub stack: String,
    /// Name of the component in the stack.
    pub component: String,
    /// Namespace of inventories and locks, by custom `hub-system`; created on need.
    pub state_namespace: String,
}

impl Owner {
    /// Name of the ConfigMap that is the parent of the set.
    pub fn parent_name(&self) -> String {
        record_name(&["hub", &self.stack, &self.component])
    }

    /// Id of the set: what members carry as [`PART_OF_LABEL`].
    pub fn applyset_id(&self) -> String {
        applyset_id(&self.parent_name(), &self.state_namespace, "ConfigMap", "")
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.stack, self.component)
    }
}

/// Derives the id of an ApplySet from its parent.
/// Source: KEP-3659, kubectl `pkg/cmd/apply/applyset.go`, `computeID`.
pub fn applyset_id(name: &str, namespace: &str, kind: &str, group: &str) -> String {
    let digest = Sha256::digest(format!("{name}.{namespace}.{kind}.{group}"));
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(digest))
}

/// Joins parts into a valid object name. Where a part had to be changed (letter case, foreign characters,
/// length) a digest of the original keeps the names of different parts apart.
pub(crate) fn record_name(parts: &[&str]) -> String {
    let original = parts.join("-");
    let mut name: String = original
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    // Only the parts' own separators may be dots or dashes next to each other, else the server refuses it.
    while name.contains("..") || name.contains(".-") || name.contains("-.") {
        name = name.replace("..", ".").replace(".-", "-").replace("-.", "-");
    }
    let name = name.trim_matches(['-', '.']);
    if name == original && name.len() <= MAX_NAME_BYTES {
        return name.to_string();
    }
    let digest = Sha256::digest(parts.join("\0"));
    let suffix: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let keep = name.len().min(MAX_NAME_BYTES - 1 - suffix.len());
    format!("{}-{suffix}", name[..keep].trim_matches(['-', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value is computed by `printf 'name.namespace.kind.group' | sha256sum`, base64url without padding.
    #[test]
    fn applyset_id_follows_the_kep() {
        let id = applyset_id("test", "default", "Secret", "");
        assert!(id.starts_with("applyset-") && id.ends_with("-v1"), "{id}");
        assert_eq!(id.len(), 9 + 43 + 3);
        let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(b"test.default.Secret."));
        assert_eq!(id, format!("applyset-{expected}-v1"));
    }

    #[test]
    fn record_names_are_valid_and_distinct() {
        assert_eq!(record_name(&["hub", "ml", "kserve"]), "hub-ml-kserve");
        let (upper, lower) = (record_name(&["hub", "ML", "kserve"]), record_name(&["hub", "ml", "kserve"]));
        assert_ne!(upper, lower);
        assert!(upper.starts_with("hub-ml-kserve-"), "{upper}");
        let long = record_name(&["hub", &"x".repeat(400), "a"]);
        assert!(long.len() <= 253);
        assert_ne!(long, record_name(&["hub", &"x".repeat(400), "b"]));
        assert_ne!(record_name(&["hub", "a_b"]), record_name(&["hub", "a b"]));
    }
}
