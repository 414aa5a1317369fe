//! Label and field selectors.

use serde_json::Value;

use crate::object;
use crate::status::StatusError;

/// Requirements on labels; all must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    /// Reads a selector such as `app=x,tier in (a,b),!legacy`.
    pub(crate) fn parse(text: &str) -> Result<LabelSelector, StatusError> {
        split_outside_brackets(text)
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                requirement(part).ok_or_else(|| {
                    let problem = match part.split_whitespace().nth(1) {
                        Some(second) => format!("found '{second}', expected: in, notin, =, ==, !=, gt, lt"),
                        None => format!("found '{part}', expected: identifier"),
                    };
                    StatusError::bad_request(format!("unable to parse requirement: {problem}"))
                })
            })
            .collect::<Result<_, _>>()
            .map(LabelSelector)
    }

    /// Reads `spec.selector` of a workload: `matchLabels` and `matchExpressions`, or plain labels.
    pub(crate) fn of_object(selector: &Value) -> LabelSelector {
        let mut all = Vec::new();
        let structured = selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some();
        let labels = if structured { &selector["matchLabels"] } else { selector };
        for (key, value) in labels.as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            all.push(Requirement { key: key.clone(), operator: Operator::In(vec![value]) });
        }
        for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
            let values = expression["values"].as_array().into_iter().flatten();
            let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
            let operator = match expression["operator"].as_str() {
                Some("In") => Operator::In(values),
                Some("NotIn") => Operator::NotIn(values),
                Some("DoesNotExist") => Operator::Absent,
                _ => Operator::Exists,
            };
            all.push(Requirement {
                key: expression["key"].as_str().unwrap_or_default().to_owned(),
                operator,
            });
        }
        LabelSelector(all)
    }

    /// Tells whether the object's labels satisfy all requirements.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.matches_labels(object.pointer("/metadata/labels").unwrap_or(&Value::Null))
    }

    /// Tells whether a map of labels satisfies all requirements.
    pub(crate) fn matches_labels(&self, labels: &Value) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key).and_then(Value::as_str);
            let number = || value.and_then(|v| v.parse::<i64>().ok());
            match &requirement.operator {
                Operator::In(values) => value.is_some_and(|v| values.iter().any(|w| w == v)),
                Operator::NotIn(values) => value.is_none_or(|v| !values.iter().any(|w| w == v)),
                Operator::Exists => value.is_some(),
                Operator::Absent => value.is_none(),
                Operator::Above(bound) => number().is_some_and(|n| n > *bound),
                Operator::Below(bound) => number().is_some_and(|n| n < *bound),
            }
        })
    }

    /// Tells whether everything matches.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(part: &str) -> Option<Requirement> {
    let made = |key: &str, operator| {
        let key = key.trim();
        let plain = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || "=!<>()".contains(c));
        plain.then(|| Requirement { key: key.to_owned(), operator })
    };
    if let Some(key) = part.strip_prefix('!') {
        return made(key, Operator::Absent);
    }
    if let Some((key, value)) = part.split_once("!=") {
        return made(key, Operator::NotIn(vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return made(key, Operator::In(vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = part.split_once('>') {
        return made(key, Operator::Above(value.trim().parse().ok()?));
    }
    if let Some((key, value)) = part.split_once('<') {
        return made(key, Operator::Below(value.trim().parse().ok()?));
    }
    if let Some(values) = part.strip_suffix(')') {
        let (head, values) = values.split_once('(')?;
        let values = values.split(',').map(|v| v.trim().to_owned()).collect();
        let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
        return match word {
            "in" => made(key, Operator::In(values)),
            "notin" => made(key, Operator::NotIn(values)),
            _ => None,
        };
    }
    made(part, Operator::Exists)
}

/// Requirements on fields; all must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldSelector(Vec<(String, bool, String)>);

impl FieldSelector {
    /// Reads a selector such as `metadata.name=x,status.phase!=Running`.
    pub(crate) fn parse(text: &str) -> Result<FieldSelector, StatusError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read = parts.map(|part| {
            let (field, equal, value) = match part.split_once("!=") {
                Some((field, value)) => (field, false, value),
                None => {
                    let (field, value) =
                        part.split_once("==").or_else(|| part.split_once('=')).ok_or_else(|| {
                            StatusError::bad_request(format!(
                                "invalid selector: '{text}'; can't understand '{part}'"
                            ))
                        })?;
                    (field, true, value)
                }
            };
            Ok((field.trim().to_owned(), equal, value.trim().to_owned()))
        });
        Ok(FieldSelector(read.collect::<Result<_, StatusError>>()?))
    }

    /// Gives the first field that a kind does not let clients select by.
    pub(crate) fn unknown<'a>(&'a self, known: &[&str]) -> Option<&'a str> {
        self.0.iter().map(|(field, ..)| field.as_str()).find(|field| !known.contains(field))
    }

    /// Tells whether the object satisfies all requirements.
    pub(crate) fn matches(&self, value: &Value) -> bool {
        self.0.iter().all(|(field, equal, wanted)| {
            let found = match field.as_str() {
                "metadata.name" => object::name(value).to_owned(),
                "metadata.namespace" => object::namespace(value).to_owned(),
                path => at(value, path),
            };
            (found == *wanted) == *equal
        })
    }
}

fn at(value: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(value, |node, name| node.get(name));
    match found {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_select() {
        let object = json!({"metadata": {"labels": {"app": "x", "tier": "a", "n": "5"}}});
        for (text, expected) in [
            ("app=x", true),
            ("app==x,tier!=b", true),
            ("tier in (a, b),!legacy", true),
            ("tier notin (a)", false),
            ("app", true),
            ("missing", false),
            ("n>4", true),
            ("n<4", false),
            ("missing!=x", true),
            ("", true),
        ] {
            assert_eq!(LabelSelector::parse(text).expect(text).matches(&object), expected, "{text}");
        }
        assert!(LabelSelector::parse("a b c").is_err());
    }
}
