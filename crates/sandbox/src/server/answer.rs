//! What a request is answered with, before it is bytes.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::read::WatchStream;
use crate::status::StatusError;

/// An answer.
pub(crate) enum Answer {
    Json {
        code: u16,
        body: Arc<Value>,
        warnings: Vec<String>,
        retry_after: Option<u64>,
        media: &'static str,
    },
    Text {
        code: u16,
        text: Cow<'static, str>,
    },
    /// A document of the OpenAPI v2 protobuf form.
    Bytes(Vec<u8>),
    Watch(Box<WatchStream>),
}

/// The media type of plain answers.
pub(crate) const JSON: &str = "application/json";
/// The media type of aggregated discovery.
pub(crate) const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

impl Answer {
    /// An answer of 200.
    pub(crate) fn ok(body: impl Into<Arc<Value>>) -> Answer {
        Answer::with_code(200, body)
    }

    /// An answer with a code.
    pub(crate) fn with_code(code: u16, body: impl Into<Arc<Value>>) -> Answer {
        let body = body.into();
        Answer::Json { code, body, warnings: Vec::new(), retry_after: None, media: JSON }
    }

    /// A text.
    pub(crate) fn text(text: impl Into<Cow<'static, str>>) -> Answer {
        Answer::Text { code: 200, text: text.into() }
    }

    /// The answer to paths that nobody serves.
    pub(crate) fn nowhere() -> Answer {
        Answer::Text { code: 404, text: "404 page not found\n".into() }
    }

    /// A refusal.
    pub(crate) fn refusal(error: StatusError) -> Answer {
        Answer::Json {
            code: error.code,
            body: error.body().into(),
            retry_after: error.retry_seconds(),
            warnings: error.warnings,
            media: JSON,
        }
    }

    /// Adds warnings for the client.
    pub(crate) fn warn(mut self, found: Vec<String>) -> Answer {
        if let Answer::Json { warnings, .. } = &mut self {
            warnings.extend(found);
        }
        self
    }
}
