//! How objects are printed, and what is waited for, as kubectl's users write it.
//!
//! In: the words of flags, objects. Out: text, or whether a goal is met. Refuses to know: clusters.

use serde_json::Value;

use super::{name_of, problem};
use crate::lifecycle::Error;
use crate::ui;

/// How objects are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Yaml,
    Json,
    Name,
    Path(Vec<String>),
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    Condition(String, String),
    Value(Vec<String>, String),
    Created,
    Deleted,
}

pub(super) fn print(object: &Value, form: &Form) -> Result<(), Error> {
    let text = match form {
        Form::Yaml => crate::yaml::to_yaml(object).map_err(|e| problem(&e.to_string(), "try -o json"))?,
        Form::Json => serde_json::to_string_pretty(object).unwrap_or_default() + "\n",
        Form::Name => name_of(object) + "\n",
        Form::Path(path) => match at(object, path) {
            Some(value) => crate::parameters::text_of(value) + "\n",
            None => {
                return Err(problem(
                    &format!("{} has no {}", name_of(object), path.join(".")),
                    "look at it with -o yaml",
                ));
            }
        },
    };
    ui::bytes(text.as_bytes()).map_err(|e| problem(&e.to_string(), "is the reader gone?"))
}

fn at<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        value => value.get(part),
    })
}

pub(super) fn form(text: &str) -> Result<Form, String> {
    match text {
        "yaml" => Ok(Form::Yaml),
        "json" => Ok(Form::Json),
        "name" => Ok(Form::Name),
        _ => match text.strip_prefix("jsonpath=") {
            Some(path) => simple_path(path).map(Form::Path),
            None => Err("formats are yaml, json, name, jsonpath=.a.b[0]".to_owned()),
        },
    }
}

/// Reads `.a.b[0]['c.d']`, in braces or not; dots in names as `\.`.
fn simple_path(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => part.extend(rest.next()),
            '.' | '[' => {
                if !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                }
                if c == '[' {
                    let inner: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    let inner = inner.trim_matches(['\'', '"']);
                    if inner.contains(['*', '?', ':', '@']) {
                        return Err(format!("`[{inner}]` is not understood; only names and numbers are"));
                    }
                    parts.push(inner.to_owned());
                }
            }
            c => part.push(c),
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}

pub(super) fn goal(text: &str) -> Result<Goal, String> {
    let (what, rest) = text.split_once('=').unwrap_or((text, ""));
    match what {
        "create" => Ok(Goal::Created),
        "delete" => Ok(Goal::Deleted),
        "condition" if !rest.is_empty() => {
            let (name, status) = rest.split_once('=').unwrap_or((rest, "True"));
            Ok(Goal::Condition(name.to_owned(), status.to_owned()))
        }
        "jsonpath" => match rest.rsplit_once('=') {
            Some((path, value)) => Ok(Goal::Value(simple_path(path)?, value.to_owned())),
            None => Err("write jsonpath=.a.b=VALUE".to_owned()),
        },
        _ => Err("wait for condition=NAME, jsonpath=.a.b=VALUE, create or delete".to_owned()),
    }
}

impl Goal {
    pub(super) fn is_met(&self, object: Option<&Value>) -> bool {
        match (self, object) {
            (Self::Deleted, found) => found.is_none(),
            (_, None) => false,
            (Self::Created, Some(_)) => true,
            (Self::Value(path, wanted), Some(object)) => {
                at(object, path).is_some_and(|value| crate::parameters::text_of(value) == *wanted)
            }
            (Self::Condition(name, status), Some(object)) => conditions(object).any(|condition| {
                let text = |key: &str| condition[key].as_str().unwrap_or_default().to_lowercase();
                text("type") == name.to_lowercase() && text("status") == status.to_lowercase()
            }),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Condition(name, status) => format!("condition {name}={status}"),
            Self::Value(path, value) => format!(".{}={value}", path.join(".")),
            Self::Created => "object".to_owned(),
            Self::Deleted => "deletion".to_owned(),
        }
    }
}

fn conditions(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn state(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all: Vec<String> =
        conditions(object).map(|c| format!("{}={}", text(&c["type"]), text(&c["status"]))).collect();
    if all.is_empty() { "it has no conditions".to_owned() } else { format!("it has {}", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_those_of_kubectl_as_far_as_they_name_one_value() {
        let object = json!({"data": {"tls.crt": "x", "a": [{"b": 5}]}});
        let text = |path: &str| at(&object, &simple_path(path).unwrap()).map(crate::parameters::text_of);
        assert_eq!(text("{.data.tls\\.crt}").as_deref(), Some("x"));
        assert_eq!(text(".data['tls.crt']").as_deref(), Some("x"));
        assert_eq!(text("{.data.a[0].b}").as_deref(), Some("5"));
        assert_eq!(text(".none"), None);
        assert!(simple_path(".items[*].name").is_err());
    }

    #[test]
    fn goals_are_met_by_what_the_server_says() {
        let ready =
            json!({"status": {"phase": "Active", "conditions": [{"type": "Ready", "status": "True"}]}});
        assert!(goal("condition=ready").unwrap().is_met(Some(&ready)));
        assert!(!goal("condition=Ready=False").unwrap().is_met(Some(&ready)));
        assert!(goal("jsonpath={.status.phase}=Active").unwrap().is_met(Some(&ready)));
        assert!(goal("delete").unwrap().is_met(None) && !goal("create").unwrap().is_met(None));
        assert!(goal("ready").is_err());
    }
}
