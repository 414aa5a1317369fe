//! One request to the API server and its answer.
//!
//! In: a [`Call`]. Out: the answer's bytes or a [`RequestError`] that says in which way it failed. Refuses to
//! retry and to know what the call is for.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use jiff::Timestamp;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;

use crate::error::{RequestError, Unreachable};

/// An object or list as JSON.
pub(crate) const ACCEPT_JSON: &str = "application/json";
/// Anything, as text.
pub(crate) const ACCEPT_ANY: &str = "application/json, */*";
/// Only the metadata of an object. Source: API concepts, "Metadata-only fetches".
pub(crate) const ACCEPT_METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// Only the metadata of each object of a list.
pub(crate) const ACCEPT_METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
/// Body of a server-side apply. The server reads it as YAML, of which JSON is a part.
pub(crate) const APPLY_PATCH: &str = "application/apply-patch+yaml";
/// Body of an RFC 6902 patch.
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";

/// The server gives up on a request after 60 s by itself; a little longer than that nothing comes any more.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(70);

/// One request, to be sent as often as needed.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) accept: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

impl Call {
    /// A GET of JSON.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Call::new(Method::GET, path, ACCEPT_JSON, Bytes::new())
    }

    /// A request with a JSON body.
    pub(crate) fn with_json(method: Method, path: impl Into<String>, body: &serde_json::Value) -> Self {
        Call::new(method, path, ACCEPT_JSON, Bytes::from(body.to_string()))
    }

    /// A request.
    pub(crate) fn new(method: Method, path: impl Into<String>, accept: &'static str, body: Bytes) -> Self {
        Call { method, path: path.into(), accept, content_type: ACCEPT_JSON, body }
    }

    /// The same with another content type.
    pub(crate) fn content_type(self, content_type: &'static str) -> Self {
        Call { content_type, ..self }
    }

    /// The same with another form of answer.
    pub(crate) fn accept(self, accept: &'static str) -> Self {
        Call { accept, ..self }
    }

    fn request(&self) -> Result<Request<Body>, RequestError> {
        let mut builder =
            Request::builder().method(&self.method).uri(&self.path).header(header::ACCEPT, self.accept);
        if !self.body.is_empty() {
            builder = builder.header(header::CONTENT_TYPE, self.content_type);
        }
        builder
            .body(Body::from(self.body.clone()))
            .map_err(|error| RequestError::Malformed { message: format!("{}: {error}", self.path) })
    }
}

/// Sends a call and reads the whole answer.
pub(crate) async fn send(client: &kube::Client, call: &Call) -> Result<Bytes, RequestError> {
    send_dated(client, call).await.map(|(bytes, _)| bytes)
}

/// The same, with the server's time where it tells it (RFC 9110 `Date`, to the second).
pub(crate) async fn send_dated(
    client: &kube::Client,
    call: &Call,
) -> Result<(Bytes, Option<Timestamp>), RequestError> {
    let answer = async {
        let response = client.send(call.request()?).await.map_err(transport)?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect_bytes().await.map_err(transport)?;
        if !parts.status.is_success() {
            return Err(refusal(parts.status, &parts.headers, &bytes));
        }
        let date = parts.headers.get(header::DATE).and_then(|value| value.to_str().ok());
        let date = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|time| time.timestamp());
        Ok((bytes, date))
    };
    tokio::time::timeout(ANSWER_TIMEOUT, answer).await.unwrap_or_else(|elapsed| {
        Err(RequestError::Transport {
            reason: Unreachable::Timeout,
            message: format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()),
            source: Box::new(elapsed),
        })
    })
}

/// Sends a call that opens a stream of lines and returns the stream.
pub(crate) async fn open(
    client: &kube::Client,
    call: &Call,
) -> Result<futures::stream::BoxStream<'static, Result<Bytes, RequestError>>, RequestError> {
    use futures::StreamExt;
    use http_body_util::BodyExt;

    let response = client.send(call.request()?).await.map_err(transport)?;
    let (parts, body) = response.into_parts();
    if !parts.status.is_success() {
        let bytes = body.collect_bytes().await.map_err(transport)?;
        return Err(refusal(parts.status, &parts.headers, &bytes));
    }
    Ok(body.into_data_stream().map(|frame| frame.map_err(transport)).boxed())
}

/// Reads an answer.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RequestError> {
    serde_json::from_slice(bytes).map_err(|error| RequestError::Malformed { message: error.to_string() })
}

fn refusal(code: http::StatusCode, headers: &http::HeaderMap, bytes: &[u8]) -> RequestError {
    let retry_after = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let mut status: Status = serde_json::from_slice(bytes).unwrap_or_else(|_| {
        // Proxies and bare paths answer in text or HTML; its first line is what a person can use.
        let text = String::from_utf8_lossy(bytes);
        let line = text.trim().lines().next().unwrap_or_default();
        let message = if line.is_empty() { code.to_string() } else { line.chars().take(300).collect() };
        Status::failure(&message, "")
    });
    status.code = code.as_u16();
    RequestError::Api { status: Box::new(status), retry_after }
}

/// Finds out in which way a connection failed, from the chain of causes.
fn transport(error: kube::Error) -> RequestError {
    let mut reason =
        if matches!(error, kube::Error::Auth(_)) { Unreachable::Credentials } else { Unreachable::Other };
    let mut message = error.to_string();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(found) = classify(current) {
            reason = found;
        }
        message = current.to_string();
        cause = current.source();
    }
    RequestError::Transport { reason, message, source: Box::new(error) }
}

fn classify(error: &(dyn std::error::Error + 'static)) -> Option<Unreachable> {
    use std::io::ErrorKind;
    let io = error.downcast_ref::<std::io::Error>()?;
    let text = io.to_string();
    match io.kind() {
        ErrorKind::ConnectionRefused => Some(Unreachable::Refused),
        ErrorKind::TimedOut => Some(Unreachable::Timeout),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(Unreachable::Reset),
        // rustls reports through io errors of this kind; nothing else on a connection does.
        ErrorKind::InvalidData => Some(Unreachable::Tls),
        _ if text.contains("lookup address") => Some(Unreachable::Name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_no_status_keep_their_first_line() {
        let mut headers = http::HeaderMap::new();
        headers.insert(header::RETRY_AFTER, http::HeaderValue::from_static("7"));
        let error = refusal(http::StatusCode::BAD_GATEWAY, &headers, b"<h1>upstream gone</h1>\n<p>x");
        assert_eq!(error.to_string(), "<h1>upstream gone</h1>");
        assert_eq!(error.status(), Some(502));
        let RequestError::Api { retry_after, .. } = error else { panic!("an answer") };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn connection_failures_are_told_apart() {
        let io = |kind| kube::Error::ReadEvents(std::io::Error::from(kind));
        for (kind, expected) in [
            (std::io::ErrorKind::ConnectionRefused, Unreachable::Refused),
            (std::io::ErrorKind::TimedOut, Unreachable::Timeout),
            (std::io::ErrorKind::ConnectionReset, Unreachable::Reset),
            (std::io::ErrorKind::InvalidData, Unreachable::Tls),
            (std::io::ErrorKind::Other, Unreachable::Other),
        ] {
            let RequestError::Transport { reason, .. } = transport(io(kind)) else { panic!("no answer") };
            assert_eq!(reason, expected, "{kind:?}");
        }
    }
}
