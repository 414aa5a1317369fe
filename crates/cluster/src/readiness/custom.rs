//! Readiness by rules that users write for kinds that nobody else knows.
//!
//! In: a rule and one object. Out: its [`Readiness`]. Refuses to ask the cluster.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::conditions::condition;
use super::{Readiness, rules};
use crate::id::{GroupKind, ObjectId};
use crate::ignore::glob;

/// Judges an object; a text says why it cannot.
pub type Expression = Arc<dyn Fn(&Value) -> Result<bool, String> + Send + Sync>;

/// What must be so.
#[derive(Clone)]
#[non_exhaustive]
pub enum ReadinessCheck {
    /// A condition of `status.conditions`.
    Condition {
        /// Its type, e.g. `Ready`.
        name: String,
        /// Its status, mostly `True`.
        status: String,
    },
    /// A field.
    Field {
        /// Where, e.g. `status.phase` or `status.conditions[type=Ready].reason`.
        path: String,
        /// Any of these; none means that the field is there and not empty.
        values: Vec<String>,
    },
    /// An expression over the whole object.
    Expression {
        /// As it is written.
        text: String,
        /// What evaluates it.
        evaluate: Expression,
    },
}

impl fmt::Debug for ReadinessCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Checks that are written alike are alike.
impl PartialEq for ReadinessCheck {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl fmt::Display for ReadinessCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadinessCheck::Condition { name, status } => write!(f, "condition {name} is {status}"),
            ReadinessCheck::Field { path, values } if values.is_empty() => write!(f, "{path} is set"),
            ReadinessCheck::Field { path, values } => write!(f, "{path} is {}", values.join(" or ")),
            ReadinessCheck::Expression { text, .. } => f.write_str(text),
        }
    }
}

/// When objects of a kind are ready.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadinessRule {
    /// The kind.
    pub kind: GroupKind,
    /// Only objects with this name; `*` stands for anything.
    pub name: Option<String>,
    /// All of these must be so.
    pub ready: Vec<ReadinessCheck>,
    /// Any of these means that the object does not become ready by itself.
    pub failed: Vec<ReadinessCheck>,
}

impl ReadinessRule {
    /// True where the rule is about an object.
    pub fn is_about(&self, id: &ObjectId) -> bool {
        id.is(&self.kind.group, &self.kind.kind) && self.name.as_ref().is_none_or(|name| glob(name, &id.name))
    }

    /// How far an object is by this rule.
    pub fn readiness(&self, object: &Value) -> Readiness {
        if let Some(general) = rules::general(object) {
            return general;
        }
        for check in &self.failed {
            match check.holds(object) {
                Ok(true) => return Readiness::failed(format!("{check}{}", found(check, object))),
                Ok(false) => {}
                Err(problem) => {
                    return Readiness::in_progress(format!("`{check}` cannot be judged: {problem}"));
                }
            }
        }
        for check in &self.ready {
            match check.holds(object) {
                Ok(true) => {}
                Ok(false) => {
                    return Readiness::in_progress(format!("waiting until {check}{}", found(check, object)));
                }
                Err(problem) => {
                    return Readiness::in_progress(format!("`{check}` cannot be judged: {problem}"));
                }
            }
        }
        Readiness::current("as its rule wants it")
    }
}

impl ReadinessCheck {
    fn holds(&self, object: &Value) -> Result<bool, String> {
        match self {
            ReadinessCheck::Condition { name, status } => {
                Ok(condition(object, name).is_some_and(|condition| condition.has_status(status)))
            }
            ReadinessCheck::Field { path, values } => Ok(match field(object, path) {
                None | Some(Value::Null) => false,
                Some(value) if values.is_empty() => *value != Value::String(String::new()),
                Some(value) => values.contains(&text(value)),
            }),
            ReadinessCheck::Expression { evaluate, .. } => evaluate(object),
        }
    }
}

/// What is there instead, as far as it can be said in a few words.
fn found(check: &ReadinessCheck, object: &Value) -> String {
    match check {
        ReadinessCheck::Condition { name, .. } => match condition(object, name) {
            Some(condition) => format!(" ({})", condition.explain()),
            None => " (it is not reported yet)".into(),
        },
        ReadinessCheck::Field { path, .. } => match field(object, path) {
            Some(value) => format!(" (it is {})", text(value)),
            None => " (it is not there yet)".into(),
        },
        ReadinessCheck::Expression { .. } => String::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// The value at a path such as `status.conditions[type=Ready].status` or `status.items[0].name`.
fn field<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = object;
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = inside.split_once(']')?;
            value = match key.split_once('=') {
                Some((name, wanted)) => value
                    .as_array()?
                    .iter()
                    .find(|item| item.get(name).map(text).as_deref() == Some(wanted))?,
                None => match key.parse::<usize>() {
                    Ok(index) if value.is_array() => value.get(index)?,
                    _ => value.get(key)?,
                },
            };
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = value.get(&rest[..end])?;
            rest = &rest[end..];
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use serde_json::json;

    fn rule(ready: ReadinessCheck, failed: Option<ReadinessCheck>) -> ReadinessRule {
        ReadinessRule {
            kind: GroupKind::new("x.io", "Thing"),
            name: None,
            ready: vec![ready],
            failed: failed.into_iter().collect(),
        }
    }

    #[test]
    fn fields_and_conditions_decide() {
        let phase = |values: &[&str]| ReadinessCheck::Field {
            path: "status.phase".into(),
            values: values.iter().map(ToString::to_string).collect(),
        };
        let rule_of_phase = rule(phase(&["Bound", "Ready"]), Some(phase(&["Broken"])));
        let judge = |phase: &str| rule_of_phase.readiness(&json!({"status": {"phase": phase}}));
        assert_eq!(judge("Ready").status, Status::Current);
        assert_eq!(judge("Broken").status, Status::Failed);
        assert_eq!(judge("New").message, "waiting until status.phase is Bound or Ready (it is New)");
        let none = rule_of_phase.readiness(&json!({}));
        assert_eq!(none.message, "waiting until status.phase is Bound or Ready (it is not there yet)");

        let synced = rule(ReadinessCheck::Condition { name: "Synced".into(), status: "True".into() }, None);
        let with = |status: &str| {
            synced.readiness(&json!({"status": {"conditions": [{"type": "Synced", "status": status}]}}))
        };
        assert_eq!(with("True").status, Status::Current);
        assert_eq!(with("False").status, Status::InProgress);
        assert_eq!(synced.readiness(&json!({})).status, Status::InProgress);
    }

    #[test]
    fn paths_lead_into_lists() {
        let object = json!({"a": [{"k": "x", "v": 1}, {"k": "y", "v": 2}], "m": {"b.c/d": true}});
        assert_eq!(field(&object, "a[k=y].v"), Some(&json!(2)));
        assert_eq!(field(&object, "a[0].v"), Some(&json!(1)));
        assert_eq!(field(&object, "m[b.c/d]"), Some(&json!(true)));
        assert_eq!(field(&object, "a[k=z].v"), None);
    }

    #[test]
    fn an_expression_that_fails_is_told() {
        let broken =
            ReadinessCheck::Expression { text: "x > 1".into(), evaluate: Arc::new(|_| Err("no x".into())) };
        assert_eq!(rule(broken, None).readiness(&json!({})).message, "`x > 1` cannot be judged: no x");
    }
}
