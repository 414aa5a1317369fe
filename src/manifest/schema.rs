//! JSON Schemas of manifests, for editors.
//!
//! In: a kind of manifest. Out: its schema. Refuses to know: how manifests are read; a test compares the keys.

use serde_json::Value;

/// All schemas, with what they share.
const SCHEMAS: &str = include_str!("schema.json");

/// The files that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestKind {
    /// `hub-component.yaml`.
    Component,
    /// `hub.yaml`.
    Stack,
    /// `environments/NAME.yaml`.
    Environment,
}

impl ManifestKind {
    /// The word in `kind:`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Stack => "stack",
            Self::Environment => "environment",
        }
    }
}

/// The JSON Schema of a kind of manifest.
///
/// # Errors
/// The schemas in the program are no JSON, which a test rules out.
pub fn schema(kind: ManifestKind) -> Result<Value, serde_json::Error> {
    let mut all: Value = serde_json::from_str(SCHEMAS)?;
    all["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    all["$ref"] = format!("#/$defs/{}", kind.name()).into();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{component, environment, lifecycle, outputs, parameters, stack};

    #[test]
    fn the_schemas_have_the_keys_that_are_read() {
        let all = schema(ManifestKind::Stack).unwrap();
        let read: [(&str, &[&str]); 6] = [
            ("component", &component::KEYS),
            ("stack", &stack::KEYS),
            ("environment", &environment::KEYS),
            ("parameter", &parameters::KEYS),
            ("output", &outputs::KEYS),
            ("lifecycle", &lifecycle::KEYS),
        ];
        for (name, keys) in read {
            let properties = all["$defs"][name]["properties"].as_object().unwrap();
            let mut described: Vec<&str> = properties.keys().map(String::as_str).collect();
            let mut keys = keys.to_vec();
            described.sort_unstable();
            keys.sort_unstable();
            assert_eq!(described, keys, "{name}");
        }
    }

    #[test]
    fn every_reference_in_the_schemas_leads_somewhere() {
        let all = schema(ManifestKind::Component).unwrap();
        let mut open = vec![&all];
        while let Some(value) = open.pop() {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                assert!(all.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            }
            open.extend(value.as_object().into_iter().flat_map(|map| map.values()));
            open.extend(value.as_array().into_iter().flatten());
        }
    }
}
