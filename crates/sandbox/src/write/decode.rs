//! Taking in an object that a client sent.

use serde_json::Value;

use super::session::{Session, Validation};
use crate::object;
use crate::schema::builtin::TypeLine;
use crate::status::{Cause, StatusError};

impl Session<'_> {
    /// Checks that the object is of this endpoint's kind and completes what the path says already.
    pub(super) fn take_in(&mut self, value: &mut Value, namespace: Option<&str>) -> Result<(), StatusError> {
        let expected = self.resource.api_version();
        let sent = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let scale = self.subresource.as_deref() == Some("scale");
        if !scale {
            if sent.is_empty() {
                value["apiVersion"] = expected.clone().into();
            }
            if kind.is_empty() {
                value["kind"] = self.resource.kind.clone().into();
            }
            let wrong =
                (!sent.is_empty() && sent != expected) || (!kind.is_empty() && kind != self.resource.kind);
            if let (true, Some(problem)) = (wrong, self.kind_problem(&expected, &sent, &kind)) {
                return Err(StatusError::bad_request(problem));
            }
        }
        object::metadata_mut(value);
        self.settle_namespace(value, namespace)?;
        self.check_fields(value)
    }

    /// Says why an object of another kind is not taken.
    fn kind_problem(&self, expected: &str, sent: &str, kind: &str) -> Option<String> {
        let sent = if sent.is_empty() { expected } else { sent };
        let kind = if kind.is_empty() { &self.resource.kind } else { kind };
        let (group, version) = object::group_version(sent);
        let own = &self.resource.kind;
        if self.resource.custom().is_none() {
            let prefix =
                format!("{kind} in version {:?} cannot be handled as a {own}", self.resource.version);
            if self.state.catalog.by_kind(group, version, kind).is_none() {
                return Some(format!(
                    "{prefix}: no kind {kind:?} is registered for version {sent:?} in scheme \"pkg/runtime/scheme.go:111\""
                ));
            }
            if kind != own {
                let package = match self.resource.group.split('.').next().unwrap_or_default() {
                    "" => "core",
                    first => first,
                };
                return Some(format!(
                    "{prefix}: converting ({version}.{kind}) to ({package}.{own}): unknown conversion"
                ));
            }
        } else if kind != own {
            return Some(format!(
                "{kind} in version {:?} cannot be handled as a {own}: no kind match",
                self.resource.version
            ));
        }
        Some(format!(
            "the API version in the data ({sent}) does not match the expected API version ({expected})"
        ))
    }

    /// Refuses or reports what a patch has added and the type does not have.
    pub(super) fn check_patched(&mut self, value: &Value) -> Result<(), StatusError> {
        self.check_type(value)?;
        let problems = self.unknown(value);
        match self.options.validation {
            Validation::Strict if !problems.is_empty() => {
                let detail = format!("strict decoding error: {}", problems.join(", "));
                let cause = Cause::invalid("patch", &Value::String(value.to_string()), detail);
                Err(StatusError::invalid("", "", "", &[cause]))
            }
            Validation::Warn => {
                self.warnings.extend(problems);
                Ok(())
            }
            _ => Ok(()),
        }
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
    fn check_fields(&mut self, value: &Value) -> Result<(), StatusError> {
        self.check_type(value)?;
        let problems = self.unknown(value);
        match self.options.validation {
            Validation::Strict if !problems.is_empty() => {
                let (kind, version) = (&self.resource.kind, &self.resource.version);
                let problems = problems.join(", ");
                Err(StatusError::bad_request(format!(
                    "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {problems}"
                )))
            }
            Validation::Warn => {
                self.warnings.extend(problems);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refuses what a builtin type cannot hold.
    fn check_type(&self, value: &Value) -> Result<(), StatusError> {
        let Some(line) = self.builtin_type() else { return Ok(()) };
        let kind = &self.resource.kind;
        match crate::typed::mismatch(kind, line.schema(), value) {
            Some(problem) => Err(StatusError::bad_request(format!(
                "{kind} in version {:?} cannot be handled as a {kind}: {problem}",
                self.resource.version
            ))),
            None => Ok(()),
        }
    }

    fn unknown(&self, value: &Value) -> Vec<String> {
        let Some(schema) = self.resource.schema() else { return Vec::new() };
        if self.options.validation == Validation::Ignore {
            return Vec::new();
        }
        let found = crate::typed::unknown_fields(schema, value);
        found.iter().map(|path| format!("unknown field {path:?}")).collect()
    }

    pub(super) fn builtin_type(&self) -> Option<&'static TypeLine> {
        match &self.resource.source {
            crate::catalog::Source::Builtin(line) => *line,
            crate::catalog::Source::Custom(_) => None,
        }
    }
}
