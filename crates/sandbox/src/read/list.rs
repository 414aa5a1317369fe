//! Lists: what a selection holds, in pages.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::convert;
use crate::catalog::Resource;
use crate::request::{ApiRequest, FieldSelector, LabelSelector};
use crate::state::State;
use crate::status::{Cause, StatusError};
use crate::store::Key;

/// Which objects of a resource are meant.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) resource: Arc<Resource>,
    pub(crate) namespace: Option<String>,
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
}

impl Selection {
    /// Reads the selectors of a request.
    pub(crate) fn of(
        request: &ApiRequest,
        resource: Arc<Resource>,
        namespace: Option<&str>,
    ) -> Result<Selection, StatusError> {
        let text = |name| request.query.get(name).unwrap_or_default();
        let labels = LabelSelector::parse(text("labelSelector"))?;
        let fields = FieldSelector::parse(text("fieldSelector"))?;
        if let Some(field) = fields.unknown(selectable(&resource)) {
            let message = match selectable(&resource) {
                [name, namespace] => {
                    format!("{field:?} is not a known field selector: only {name:?}, {namespace:?}")
                }
                _ => format!("field label not supported: {field}"),
            };
            return Err(StatusError::bad_request(message));
        }
        Ok(Selection { resource, namespace: namespace.map(str::to_owned), labels, fields })
    }

    /// Tells whether an object under a key is meant.
    pub(crate) fn holds(&self, key: &Key, value: &Value) -> bool {
        self.namespace.as_deref().is_none_or(|n| n == key.namespace)
            && (self.labels.is_empty() || self.labels.matches(value))
            && self.fields.matches(value)
    }
}

/// The fields that a kind lets clients select by. Source: kubernetes `pkg/apis/*/v1/conversion.go`.
fn selectable(resource: &Resource) -> &'static [&'static str] {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => &[
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ("" | "events.k8s.io", "events") => &[
            "metadata.name",
            "metadata.namespace",
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
            "regarding.kind",
            "regarding.name",
            "regarding.namespace",
            "regarding.uid",
        ],
        ("", "nodes") => &["metadata.name", "metadata.namespace", "spec.unschedulable"],
        ("", "namespaces") => &["metadata.name", "metadata.namespace", "name", "status.phase"],
        ("", "secrets") => &["metadata.name", "metadata.namespace", "type"],
        ("", "services") => &["metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"],
        ("apps", "replicasets") | ("", "replicationcontrollers") => {
            &["metadata.name", "metadata.namespace", "status.replicas"]
        }
        ("batch", "jobs") => &["metadata.name", "metadata.namespace", "status.successful"],
        _ => &["metadata.name", "metadata.namespace"],
    }
}

/// Gives the list that a request asks for.
pub(crate) fn list(state: &State, selection: &Selection, request: &ApiRequest) -> Result<Value, StatusError> {
    check_version(state, request)?;
    let limit: usize = request.query.get("limit").and_then(|l| l.parse().ok()).unwrap_or_default();
    let (after, revision) = match request.query.get("continue").filter(|c| !c.is_empty()) {
        Some(token) => {
            let (after, revision) = read_token(token).ok_or_else(|| {
                let message = "continue key is not valid: illegal base64 data at input byte 0";
                StatusError::bad_request(message)
            })?;
            (Some(after), revision)
        }
        None => (None, state.store.revision()),
    };
    let mut found = state
        .store
        .list(&selection.resource.table(), selection.namespace.as_deref())
        .skip_while(|(key, _)| after.as_ref().is_some_and(|a| *key <= a))
        .filter(|(key, value)| selection.holds(key, value));
    let mut items = Vec::new();
    let mut last = None;
    for (key, value) in found.by_ref() {
        items.push(convert(value, &selection.resource));
        last = Some(key.clone());
        if limit > 0 && items.len() == limit {
            break;
        }
    }
    let rest = if limit > 0 { found.count() } else { 0 };
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), json!(revision.to_string()));
    if let (Some(last), true) = (last, rest > 0) {
        metadata.insert("continue".into(), json!(write_token(&last, revision)));
        if selection.labels.is_empty() && request.query.get("fieldSelector").is_none_or(str::is_empty) {
            metadata.insert("remainingItemCount".into(), json!(rest));
        }
    }
    if selection.resource.custom().is_some() {
        metadata.entry("continue").or_insert_with(|| json!(""));
    }
    if selection.resource.custom().is_none() {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.shift_remove("kind");
            item.shift_remove("apiVersion");
        }
    }
    Ok(json!({
        "kind": selection.resource.list_kind, "apiVersion": selection.resource.api_version(),
        "metadata": metadata, "items": items,
    }))
}

fn check_version(state: &State, request: &ApiRequest) -> Result<(), StatusError> {
    let text = request.query.get("resourceVersion").unwrap_or_default();
    if text.is_empty() {
        return Ok(());
    }
    let Ok(version) = text.parse::<u64>() else {
        let cause = Cause::invalid("resourceVersion", &json!(text), "strconv.ParseUint: invalid syntax");
        return Err(StatusError::invalid("meta.k8s.io", "ListOptions", "", &[cause]));
    };
    let present = state.store.revision();
    if version > present {
        let message = format!("Too large resource version: {version}, current: {present}");
        return Err(StatusError::new(504, "Timeout", message).retry_after(1));
    }
    let exact = request.query.get("resourceVersionMatch") == Some("Exact");
    if exact && version != present && state.store.changes_after(version).is_err() {
        return Err(StatusError::expired(
            "The provided continue parameter is too old to display a consistent list result.",
        ));
    }
    Ok(())
}

fn write_token(key: &Key, revision: u64) -> String {
    URL_SAFE_NO_PAD.encode(
        json!({"v": "meta.k8s.io/v1", "rv": revision, "ns": key.namespace, "name": key.name}).to_string(),
    )
}

fn read_token(token: &str) -> Option<(Key, u64)> {
    let token: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    Some((Key::new(token["ns"].as_str()?, token["name"].as_str()?), token["rv"].as_u64()?))
}
