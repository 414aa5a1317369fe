//! Refusals in the API's own form: the `Status` object.
//!
//! In: what was asked and why it is refused. Out: code, reason, message and details as the real server words them.
//! Source: apimachinery `pkg/api/errors`.

use serde_json::{Map, Value, json};

/// A refused request.
#[derive(Debug, Clone)]
pub(crate) struct StatusError {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    details: Box<Map<String, Value>>,
    /// Whether details are shown even when there are none.
    detailed: bool,
    /// What the client is told beside the refusal.
    pub(crate) warnings: Vec<String>,
}

/// One thing that is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Cause {
    /// A field that must be set.
    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Cause {
        let message =
            if detail.is_empty() { "Required value".to_owned() } else { format!("Required value: {detail}") };
        Cause { reason: "FieldValueRequired", field: field.into(), message }
    }

    /// A field whose value is not acceptable.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: impl AsRef<str>) -> Cause {
        let message = format!("Invalid value: {}: {}", shown(value), detail.as_ref());
        Cause { reason: "FieldValueInvalid", field: field.into(), message }
    }

    /// A field whose value has the wrong type.
    pub(crate) fn type_invalid(field: impl Into<String>, value: &str, detail: impl AsRef<str>) -> Cause {
        let message = format!("Invalid value: {}: {}", json!(value), detail.as_ref());
        Cause { reason: "FieldValueTypeInvalid", field: field.into(), message }
    }

    /// A field whose value is none of those allowed.
    pub(crate) fn unsupported(field: impl Into<String>, value: &Value, allowed: &[String]) -> Cause {
        let quoted: Vec<String> = allowed.iter().map(|a| json!(a).to_string()).collect();
        let message = format!("Unsupported value: {}: supported values: {}", shown(value), quoted.join(", "));
        Cause { reason: "FieldValueNotSupported", field: field.into(), message }
    }

    /// A field that may not be set or changed.
    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Cause {
        Cause { reason: "FieldValueForbidden", field: field.into(), message: format!("Forbidden: {detail}") }
    }

    /// A field that names what is not there.
    pub(crate) fn not_found(field: impl Into<String>, value: &Value) -> Cause {
        let message = format!("Not found: {}", shown(value));
        Cause { reason: "FieldValueNotFound", field: field.into(), message }
    }

    /// A value that occurs twice.
    pub(crate) fn duplicate(field: impl Into<String>, value: &Value) -> Cause {
        let message = format!("Duplicate value: {}", shown(value));
        Cause { reason: "FieldValueDuplicate", field: field.into(), message }
    }

    /// A list or string that is too long.
    pub(crate) fn too_long(field: impl Into<String>, limit: u64) -> Cause {
        let message = format!("Too long: may not be more than {limit} bytes");
        Cause { reason: "FieldValueTooLong", field: field.into(), message }
    }

    fn text(&self) -> String {
        format!("{}: {}", self.field, self.message)
    }
}

fn shown(value: &Value) -> String {
    value.to_string()
}

/// Names a resource as messages do: `deployments.apps`, or `pods` in the core group.
pub(crate) fn qualified(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

impl StatusError {
    /// A refusal without details.
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> StatusError {
        StatusError {
            code,
            reason,
            message: message.into(),
            details: Box::default(),
            detailed: false,
            warnings: Vec::new(),
        }
    }

    fn about(mut self, group: &str, kind: &str, name: &str) -> StatusError {
        for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
            if !value.is_empty() {
                self.details.insert(key.into(), json!(value));
            }
        }
        self
    }

    fn caused(mut self, causes: &[Cause]) -> StatusError {
        let causes: Vec<Value> = causes
            .iter()
            .map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field}))
            .collect();
        if !causes.is_empty() {
            self.details.insert("causes".into(), Value::Array(causes));
        }
        self
    }

    /// There is no such object.
    pub(crate) fn not_found(group: &str, plural: &str, name: &str) -> StatusError {
        let message = format!("{} {name:?} not found", qualified(group, plural));
        StatusError::new(404, "NotFound", message).about(group, plural, name)
    }

    /// There is no such resource.
    pub(crate) fn no_resource() -> StatusError {
        StatusError::new(404, "NotFound", "the server could not find the requested resource").detailed()
    }

    /// The object exists already.
    pub(crate) fn exists(group: &str, plural: &str, name: &str) -> StatusError {
        let message = format!("{} {name:?} already exists", qualified(group, plural));
        StatusError::new(409, "AlreadyExists", message).about(group, plural, name)
    }

    /// The object is not as the writer believed.
    pub(crate) fn conflict(group: &str, plural: &str, name: &str, why: &str) -> StatusError {
        let message =
            format!("Operation cannot be fulfilled on {} {name:?}: {why}", qualified(group, plural));
        StatusError::new(409, "Conflict", message).about(group, plural, name)
    }

    /// Other managers own what an apply changes; `causes` are messages and fields.
    pub(crate) fn apply_conflict(message: String, causes: Vec<(String, String)>) -> StatusError {
        let causes: Vec<Cause> = causes
            .into_iter()
            .map(|(message, field)| Cause { reason: "FieldManagerConflict", field, message })
            .collect();
        StatusError::new(409, "Conflict", message).caused(&causes)
    }

    /// The object breaks rules of its kind.
    pub(crate) fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> StatusError {
        let mut texts: Vec<String> = Vec::new();
        for cause in causes {
            let text = cause.text();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let list = if let [one] = texts.as_slice() { one.clone() } else { format!("[{}]", texts.join(", ")) };
        let message = format!("{} {name:?} is invalid: {list}", qualified(group, kind));
        StatusError::new(422, "Invalid", message).about(group, kind, name).caused(causes)
    }

    /// The request makes no sense.
    pub(crate) fn bad_request(message: impl Into<String>) -> StatusError {
        StatusError::new(400, "BadRequest", message)
    }

    /// The request is understood and not allowed.
    pub(crate) fn forbidden(group: &str, plural: &str, name: &str, why: &str) -> StatusError {
        let message = format!("{} {name:?} is forbidden: {why}", qualified(group, plural));
        StatusError::new(403, "Forbidden", message).about(group, plural, name)
    }

    /// The namespace is being emptied.
    pub(crate) fn terminating(group: &str, plural: &str, name: &str, namespace: &str) -> StatusError {
        let why =
            format!("unable to create new content in namespace {namespace} because it is being terminated");
        let cause = Cause {
            reason: "NamespaceTerminating",
            field: "metadata.namespace".into(),
            message: format!("namespace {namespace} is being terminated"),
        };
        StatusError::forbidden(group, plural, name, &why).caused(&[cause])
    }

    /// The resource takes no such verb.
    pub(crate) fn method_not_allowed() -> StatusError {
        let message = "the server does not allow this method on the requested resource";
        StatusError::new(405, "MethodNotAllowed", message).detailed()
    }

    /// The body is of a type that the endpoint does not take.
    pub(crate) fn unsupported_media(message: impl Into<String>) -> StatusError {
        StatusError::new(415, "UnsupportedMediaType", message)
    }

    /// The history that was asked for is gone.
    pub(crate) fn expired(message: impl Into<String>) -> StatusError {
        StatusError::new(410, "Expired", message)
    }

    /// The patch does not apply.
    pub(crate) fn unpatchable() -> StatusError {
        let message = "the server rejected our request due to an error in our request";
        StatusError::new(422, "Invalid", message).detailed()
    }

    /// Adds warnings for the client.
    pub(crate) fn warn(mut self, warnings: &[String]) -> StatusError {
        self.warnings.extend_from_slice(warnings);
        self
    }

    /// Shows details even when there are none.
    pub(crate) fn detailed(mut self) -> StatusError {
        self.detailed = true;
        self
    }

    /// Adds the seconds after which to try again.
    pub(crate) fn retry_after(mut self, seconds: u64) -> StatusError {
        self.details.insert("retryAfterSeconds".into(), json!(seconds));
        self
    }

    /// The seconds after which to try again, when the refusal names them.
    pub(crate) fn retry_seconds(&self) -> Option<u64> {
        self.details.get("retryAfterSeconds").and_then(Value::as_u64)
    }

    /// The `Status` object.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
        });
        if !self.reason.is_empty() {
            body["reason"] = json!(self.reason);
        }
        if self.detailed || !self.details.is_empty() {
            body["details"] = Value::Object((*self.details).clone());
        }
        body["code"] = json!(self.code);
        body
    }
}
