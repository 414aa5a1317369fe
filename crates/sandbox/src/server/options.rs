//! What a request says about its write, beyond the object: query parameters and delete options.

use http::Method;
use serde_json::{Value, json};

use crate::request::{ApiRequest, decode_object};
use crate::status::{Cause, StatusError};
use crate::write::{DeleteOptions, PatchKind, Validation, WriteOptions};

/// What a request says about a write.
pub(super) fn options(request: &ApiRequest) -> Result<WriteOptions, StatusError> {
    let mut dry_run = false;
    for value in request.query.all("dryRun").filter(|v| !v.is_empty()) {
        if value != "All" {
            let sent: Vec<&str> = request.query.all("dryRun").collect();
            let cause = Cause::unsupported("dryRun", &json!(sent), &["All".to_owned()]);
            return Err(StatusError::invalid("meta.k8s.io", options_kind(request), "", &[cause]));
        }
        dry_run = true;
    }
    let validation = match request.query.get("fieldValidation").unwrap_or_default() {
        "Strict" => Validation::Strict,
        "Ignore" => Validation::Ignore,
        "" | "Warn" => Validation::Warn,
        other => {
            let allowed = ["", "Ignore", "Strict", "Warn"].map(str::to_owned);
            let cause = Cause::unsupported("fieldValidation", &json!(other), &allowed);
            return Err(StatusError::invalid("meta.k8s.io", options_kind(request), "", &[cause]));
        }
    };
    let force = request.query.flag("force");
    if request.media_type() == "application/apply-patch+yaml" && request.method == Method::PATCH {
        if request.query.get("fieldManager").is_none_or(str::is_empty) {
            let cause = Cause::required("fieldManager", "is required for apply patch");
            return Err(StatusError::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
    } else if force {
        let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
        return Err(StatusError::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
    }
    Ok(WriteOptions { dry_run, manager: request.field_manager().to_owned(), force, validation })
}

fn options_kind(request: &ApiRequest) -> &'static str {
    match request.method {
        Method::POST => "CreateOptions",
        Method::PUT => "UpdateOptions",
        Method::PATCH => "PatchOptions",
        _ => "DeleteOptions",
    }
}

/// The kind of a patch and its document.
pub(super) fn patch_body(request: &ApiRequest) -> Result<(PatchKind, Value), StatusError> {
    let kind = match request.media_type() {
        "application/merge-patch+json" => PatchKind::Merge,
        "application/json-patch+json" => PatchKind::Json,
        "application/strategic-merge-patch+json" => PatchKind::Strategic,
        "application/apply-patch+yaml" => PatchKind::Apply,
        _ => {
            return Err(StatusError::unsupported_media("415: Unsupported Media Type").detailed());
        }
    };
    if kind == PatchKind::Apply {
        return Ok((kind, decode_object(request)?));
    }
    let body = serde_json::from_slice(&request.body)
        .map_err(|error| StatusError::bad_request(format!("error decoding patch: {error}")))?;
    Ok((kind, body))
}

/// What a delete asks for, in its body or query.
pub(super) fn delete_options(request: &ApiRequest) -> Result<DeleteOptions, StatusError> {
    let body = if request.body.is_empty() { json!({}) } else { decode_object(request)? };
    let mut options = DeleteOptions::of_object(&body);
    if let Some(policy) = request.query.get("propagationPolicy") {
        options.propagation = Some(policy.to_owned());
    }
    if let Some(policy) =
        options.propagation.as_deref().filter(|p| !matches!(*p, "Background" | "Foreground" | "Orphan"))
    {
        let allowed = ["Foreground", "Background", "Orphan", "nil"].map(str::to_owned);
        let cause = Cause::unsupported("propagationPolicy", &json!(policy), &allowed);
        return Err(StatusError::invalid("meta.k8s.io", "DeleteOptions", "", &[cause]));
    }
    if let Some(seconds) = request.query.get("gracePeriodSeconds") {
        options.grace_seconds = seconds.parse().ok();
    }
    Ok(options)
}

/// Tells whether a delete's body asks for a dry run.
pub(super) fn body_dry_run(request: &ApiRequest) -> bool {
    let body = if request.body.is_empty() { Value::Null } else { decode_object(request).unwrap_or_default() };
    body["dryRun"].as_array().is_some_and(|d| d.iter().any(|v| v == "All"))
}
