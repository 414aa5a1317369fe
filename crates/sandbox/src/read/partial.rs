//! Objects as their metadata only, or as a table.

use serde_json::{Map, Value, json};

use super::table;
use crate::catalog::Resource;
use crate::request::ApiRequest;

/// The form in which a client wants objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    Metadata,
    Table {
        /// What each row carries of its object: `Object`, `Metadata` or `None`.
        include: Include,
    },
}

/// What a table row carries of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Include {
    Object,
    Metadata,
    Nothing,
}

impl Form {
    /// Reads the form from the request's headers and query.
    pub(crate) fn of(request: &ApiRequest) -> Form {
        match request.accept_as() {
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Form::Metadata,
            Some("Table") => Form::Table {
                include: match request.query.get("includeObject") {
                    Some("Object") => Include::Object,
                    Some("None") => Include::Nothing,
                    _ => Include::Metadata,
                },
            },
            _ => Form::Whole,
        }
    }
}

/// Gives an object or list in a form.
pub(crate) fn render(value: Value, form: Form, resource: &Resource) -> Value {
    match form {
        Form::Whole => value,
        _ if value["kind"] == "Status" => value,
        Form::Metadata => match value.get("items") {
            Some(Value::Array(items)) => json!({
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": value["metadata"],
                // an empty list is none to the real server
                "items": (!items.is_empty()).then(|| items.iter().map(partial).collect::<Vec<_>>()),
            }),
            _ => partial(&value),
        },
        Form::Table { include } => table::table(&value, include, resource, true),
    }
}

/// Gives the metadata of an object as an object of its own.
pub(crate) fn partial(value: &Value) -> Value {
    let mut out = Map::new();
    out.insert("kind".into(), json!("PartialObjectMetadata"));
    out.insert("apiVersion".into(), json!("meta.k8s.io/v1"));
    out.insert("metadata".into(), value["metadata"].clone());
    Value::Object(out)
}
