//! Taking in an object that a client sent.

use serde_json::Value;

use super::session::{Session, Validation};
use crate::object;
use crate::schema::builtin::TypeLine;
use crate::status::StatusError;

impl Session<'_> {
    /// Checks that the object is of this endpoint's kind and completes what the path says already.
    pub(super) fn take_in(&mut self, value: &mut Value, namespace: Option<&str>) -> Result<(), StatusError> {
        let expected = self.resource.api_version();
        let sent = value
            .get("apiVersion")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let kind = value
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let scale = self.subresource.as_deref() == Some("scale");
        if !scale {
            if sent.is_empty() {
                value["apiVersion"] = expected.clone().into();
            } else if sent != expected {
                return Err(StatusError::bad_request(format!(
                    "the API version in the data ({sent}) does not match the expected API version ({expected})"
                )));
            }
            if kind.is_empty() {
                value["kind"] = self.resource.kind.clone().into();
            } else if kind != self.resource.kind {
                return Err(StatusError::bad_request(format!(
                    "{kind} in version {:?} cannot be handled as a {}: no kind match",
                    self.resource.version, self.resource.kind
                )));
            }
        }
        object::metadata_mut(value);
        self.settle_namespace(value, namespace)?;
        self.check_fields(value)
    }

    fn settle_namespace(&self, value: &mut Value, namespace: Option<&str>) -> Result<(), StatusError> {
        match namespace.filter(|_| self.resource.namespaced) {
            Some(wanted) => match object::namespace(value) {
                "" => object::set_meta(value, "namespace", wanted),
                sent if sent == wanted => {}
                _ => {
                    let message = "the namespace of the provided object does not match the namespace sent on the request";
                    return Err(StatusError::bad_request(message));
                }
            },
            None => drop(object::take_meta(value, "namespace")),
        }
        Ok(())
    }

    /// Refuses, reports or ignores what the type does not have, as the request asks.
    pub(super) fn check_fields(&mut self, value: &Value) -> Result<(), StatusError> {
        let Some(schema) = self.resource.schema() else {
            return Ok(());
        };
        if self.resource.custom().is_none() {
            let mismatch = crate::typed::mismatch(schema, value);
            if let Some(problem) = mismatch {
                let kind = &self.resource.kind;
                return Err(StatusError::bad_request(format!(
                    "{kind} in version {:?} cannot be handled as a {kind}: {problem}",
                    self.resource.version
                )));
            }
        }
        if self.options.validation == Validation::Ignore {
            return Ok(());
        }
        let unknown = crate::typed::unknown_fields(schema, value);
        if unknown.is_empty() {
            return Ok(());
        }
        let problems: Vec<String> = unknown
            .iter()
            .map(|path| format!("unknown field {path:?}"))
            .collect();
        if self.options.validation == Validation::Warn {
            self.warnings.extend(problems);
            return Ok(());
        }
        let problems = problems.join(", ");
        let kind = &self.resource.kind;
        Err(StatusError::bad_request(match self.resource.custom() {
            Some(_) => format!(
                "{kind} in version {:?} cannot be handled as a {kind}: strict decoding error: {problems}",
                self.resource.version
            ),
            None => format!(
                "{kind} in version {:?} cannot be handled as a {kind}: strict decoding error: {problems}",
                self.resource.version
            ),
        }))
    }

    pub(super) fn builtin_type(&self) -> Option<&'static TypeLine> {
        match &self.resource.source {
            crate::catalog::Source::Builtin(line) => *line,
            crate::catalog::Source::Custom(_) => None,
        }
    }
}
