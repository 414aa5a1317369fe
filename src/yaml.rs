//! JSON values as YAML text that every reader understands alike.
//!
//! In: a JSON value. Out: YAML as go-yaml prints it: text that YAML 1.1 takes for a boolean, a number or a date is
//! quoted (`"off"`, `"1e3"`), since kubectl and hubctl read it so. Refuses to know: what the values are for.

use hub_yaml::{Node, Tag};
use serde_json::Value;

/// A value as YAML, with its keys in the order that they have.
///
/// # Errors
/// It cannot be printed, which no value of JSON should cause.
pub fn to_yaml(value: &Value) -> Result<String, hub_yaml::Error> {
    hub_yaml::emit_as_is(&node(value))
}

fn node(value: &Value) -> Node {
    match value {
        Value::Null => Node::null(),
        Value::Bool(value) => Node::scalar(if *value { "true" } else { "false" }, Tag::Bool),
        Value::Number(number) => Node::new(hub_yaml::Value::Scalar(number.to_string().into())),
        Value::String(text) => Node::string(text.as_str()),
        Value::Array(items) => Node::new(hub_yaml::Value::Sequence(items.iter().map(node).collect())),
        Value::Object(entries) => Node::new(hub_yaml::Value::Mapping(
            entries.iter().map(|(key, value)| (Node::string(key.as_str()), node(value))).collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_other_readers_would_misread_is_quoted() {
        let value = json!({"z": "off", "y": "1e3", "n": "yes", "t": "2001-01-01", "s": "plain", "i": 8080, "b": true, "e": ""});
        let text = to_yaml(&value).unwrap();
        assert!(text.starts_with("z: \"off\"\n"), "{text}");
        for line in [
            "\"y\": \"1e3\"\n",
            "\"n\": \"yes\"\n",
            "t: \"2001-01-01\"\n",
            "s: plain\n",
            "i: 8080\n",
            "b: true\n",
            "e: \"\"\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }

    #[test]
    fn text_of_several_lines_and_lists_are_blocks() {
        let text = to_yaml(&json!({"script": "a\nb\n", "list": [{"x": 1}, []], "map": {}})).unwrap();
        assert_eq!(text, "script: |\n  a\n  b\nlist:\n- x: 1\n- []\nmap: {}\n");
    }
}
