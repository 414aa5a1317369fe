//! The server as a `tower` service.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use tower::Service;

use super::Server;
use super::answer::Answer;
use crate::faults::Fault;
use crate::request::{ApiRequest, Query};
use crate::status::StatusError;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// The sandbox as a service: any HTTP server or client stack can stand before it.
#[derive(Clone)]
pub struct SandboxService {
    pub(crate) server: Arc<Server>,
}

impl<B> Service<Request<B>> for SandboxService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.server.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|error| io::Error::other(error.into()))?.to_bytes();
            let request = read(&parts, body);
            respond(&server, request).await
        })
    }
}

fn read(parts: &http::request::Parts, body: Bytes) -> ApiRequest {
    let header = |name| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    ApiRequest {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        accept: header(header::ACCEPT),
        content_type: header(header::CONTENT_TYPE),
        user_agent: header(header::USER_AGENT),
        body,
    }
}

async fn respond(server: &Server, request: ApiRequest) -> io::Result<Response<Body>> {
    let mut drop_after = None;
    let mut reset_after = false;
    for fault in server.faults.of(&request.method, &request.path, request.query.flag("watch")) {
        match fault {
            Fault::Delay(time) => tokio::time::sleep(time).await,
            Fault::Reset => return Err(reset()),
            Fault::ResetAfter => reset_after = true,
            Fault::Refuse { code, retry_after } => {
                return Ok(write(Answer::refusal(refusal(code, retry_after))));
            }
            Fault::Denied => return Ok(write(Answer::refusal(denied()))),
            Fault::DropWatch { after } => drop_after = Some(after),
        }
    }
    let mut answer = server.answer(&request);
    if reset_after {
        return Err(reset());
    }
    if let Answer::Watch(stream) = &mut answer {
        stream.drop_after = drop_after;
    }
    Ok(write(answer))
}

fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by a sandbox fault")
}

/// Source: `ToStatusErr` in `apiserver/pkg/admission/plugin/webhook/errors`.
fn denied() -> StatusError {
    let message = "admission webhook \"fault.sandbox.local\" denied the request: switched on by a test";
    StatusError::new(400, "BadRequest", message)
}

fn refusal(code: u16, retry_after: Option<u64>) -> StatusError {
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden: refused by a sandbox fault"),
        404 => ("NotFound", "the server could not find the requested resource"),
        409 => (
            "Conflict",
            "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again",
        ),
        410 => ("Expired", "too old resource version"),
        422 => ("Invalid", "the object is invalid: refused by a sandbox fault"),
        429 => (
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => ("Timeout", "the request timed out"),
        _ => ("InternalError", "Internal error occurred: a sandbox fault"),
    };
    let error = StatusError::new(code, reason, message);
    match retry_after {
        Some(seconds) => error.retry_after(seconds),
        None => error,
    }
}

fn write(answer: Answer) -> Response<Body> {
    match answer {
        Answer::Text { code, text } => {
            response(code, "text/plain; charset=utf-8", whole(text.into_owned().into()))
        }
        Answer::Bytes(bytes) => {
            response(200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", whole(bytes.into()))
        }
        Answer::Watch(watch) => {
            let lines = stream::unfold(watch, |mut watch| async move {
                let event = watch.next().await?;
                let mut line = event.to_string().into_bytes();
                line.push(b'\n');
                Some((Ok(Frame::data(Bytes::from(line))), watch))
            });
            response(200, "application/json", BodyExt::boxed_unsync(StreamBody::new(lines.boxed())))
        }
        Answer::Json { code, body, warnings, retry_after, media } => {
            let bytes = serde_json::to_vec(&*body).expect("a JSON value is JSON");
            let mut response = response(code, media, whole(bytes.into()));
            let headers = response.headers_mut();
            for warning in warnings {
                let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
                if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
                    headers.append(header::WARNING, value);
                }
            }
            if let Some(seconds) = retry_after {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    }
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn response(code: u16, media: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}
