//! `fieldsV1`: the JSON form of a field set, e.g. `{"f:spec":{"f:replicas":{}}}`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{FieldSet, KeyValue, PathElement};

impl FieldSet {
    /// Writes the set as `fieldsV1`.
    pub(crate) fn to_fields_v1(&self) -> Value {
        let mut out = Map::new();
        let steps: BTreeSet<&PathElement> = self.members.iter().chain(self.children.keys()).collect();
        for step in steps {
            let below = match self.children.get(step) {
                Some(child) if !child.is_empty() => {
                    let mut below = Map::new();
                    if self.members.contains(step) {
                        below.insert(".".into(), Value::Object(Map::new()));
                    }
                    if let Value::Object(fields) = child.to_fields_v1() {
                        below.extend(fields);
                    }
                    below
                }
                _ if self.members.contains(step) => Map::new(),
                _ => continue,
            };
            out.insert(step_text(step), Value::Object(below));
        }
        Value::Object(out)
    }

    /// Reads `fieldsV1`; `None` when it is malformed.
    pub(crate) fn from_fields_v1(value: &Value) -> Option<FieldSet> {
        let mut set = FieldSet::default();
        for (text, below) in value.as_object()? {
            if text == "." {
                continue;
            }
            let step = parse_step(text)?;
            let below = below.as_object()?;
            if below.is_empty() || below.contains_key(".") {
                set.members.insert(step.clone());
            }
            if below.keys().any(|key| key != ".") {
                let child = FieldSet::from_fields_v1(&Value::Object(below.clone()))?;
                set.children.insert(step, child);
            }
        }
        Some(set)
    }
}

fn step_text(step: &PathElement) -> String {
    match step {
        PathElement::Field(name) => format!("f:{name}"),
        PathElement::Key(keys) => {
            let keys: Map<String, Value> =
                keys.iter().map(|(name, value)| (name.clone(), value.json())).collect();
            format!("k:{}", Value::Object(keys))
        }
        PathElement::Value(value) => format!("v:{}", value.json()),
        PathElement::Index(index) => format!("i:{index}"),
    }
}

fn parse_step(text: &str) -> Option<PathElement> {
    let (kind, rest) = text.split_once(':')?;
    Some(match kind {
        "f" => PathElement::Field(rest.to_owned()),
        "k" => {
            let keys: Map<String, Value> = serde_json::from_str(rest).ok()?;
            let mut keys = keys
                .into_iter()
                .map(|(name, value)| Some((name, KeyValue::of(&value)?)))
                .collect::<Option<Vec<_>>>()?;
            keys.sort();
            PathElement::Key(keys)
        }
        "v" => PathElement::Value(KeyValue::of(&serde_json::from_str(rest).ok()?)?),
        "i" => PathElement::Index(rest.parse().ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form_reads_back() {
        let wire = serde_json::json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:ports": {r#"k:{"port":80,"protocol":"TCP"}"#: {".": {}, "f:port": {}}},
                       "f:finalizers": {r#"v:"a""#: {}}},
        });
        let set = FieldSet::from_fields_v1(&wire).expect("well formed");
        assert_eq!(set.to_fields_v1(), wire);
    }
}
