//! What a request asks for.
//!
//! In: method, path, query, headers and body. Out: [`Target`], [`Query`] and decoded objects. Knows no objects' rules.

mod body;
mod protobuf;
mod query;
mod selector;
mod target;

pub(crate) use body::decode_object;
pub(crate) use query::Query;
pub(crate) use selector::{FieldSelector, LabelSelector};
pub(crate) use target::Target;

use bytes::Bytes;

/// A request with its body read.
#[derive(Debug, Clone)]
pub(crate) struct ApiRequest {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) accept: String,
    pub(crate) content_type: String,
    pub(crate) user_agent: String,
    pub(crate) body: Bytes,
}

impl ApiRequest {
    /// The name that writes are recorded under: the query's `fieldManager`, else the client's program.
    pub(crate) fn field_manager(&self) -> &str {
        let program =
            || self.user_agent.split('/').next().filter(|name| !name.is_empty()).unwrap_or("unknown");
        self.query.get("fieldManager").filter(|name| !name.is_empty()).unwrap_or_else(program)
    }

    /// The media type of the body, without parameters.
    pub(crate) fn media_type(&self) -> &str {
        self.content_type.split(';').next().unwrap_or_default().trim()
    }

    /// What the client wants objects as: `Table`, `PartialObjectMetadata`, `PartialObjectMetadataList` or nothing.
    pub(crate) fn accept_as(&self) -> Option<&str> {
        let offers = self.accept.split(',').map(str::trim);
        for offer in offers {
            let mut parts = offer.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            if !matches!(media, "application/json" | "*/*" | "application/*" | "") {
                continue;
            }
            let parameters: Vec<&str> = parts.collect();
            let form = parameters.iter().find_map(|p| p.strip_prefix("as="));
            let served = !parameters.iter().any(|p| p.starts_with("v=v1beta1"));
            if form.is_none() || served {
                return form;
            }
        }
        None
    }
}
