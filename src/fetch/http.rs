//! Downloads over http and https.
//!
//! In: a URL. Out: a complete file with its digest. Tries again where a fault may pass: connection faults, time-outs,
//! 408, 429, 5xx, answers that break off. Refuses to know: pins, what the bytes are for.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use rustls_platform_verifier::BuilderVerifierExt as _;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::cache::{Cache, Downloaded, hex};
use super::source::without_password;
use super::{FetchError, FetchOptions, FetchProgress};

const REDIRECTS: usize = 10;
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A client with the system's trust roots and proxies. Redirects from https to http are refused.
pub(super) fn client(options: &FetchOptions) -> Result<reqwest::Client, FetchError> {
    let failed = |reason: String| FetchError::Network { url: "anything".into(), reason, tries: 0 };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map(|builder| builder.with_no_client_auth())
        .map_err(|e| failed(format!("TLS cannot be set up: {e}")))?;
    let redirects = reqwest::redirect::Policy::custom(|attempt| {
        let downgrade =
            attempt.url().scheme() == "http" && attempt.previous().iter().any(|u| u.scheme() == "https");
        if downgrade {
            let target = attempt.url().to_string();
            attempt.error(Downgraded(target))
        } else if attempt.previous().len() > REDIRECTS {
            attempt.error("too many redirects")
        } else {
            attempt.follow()
        }
    });
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirects)
        .connect_timeout(options.timeout)
        .read_timeout(options.timeout)
        .user_agent(concat!("hub/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| failed(cause_of(&e)))
}

#[derive(Debug, thiserror::Error)]
#[error("redirected to plain http, {0}")]
struct Downgraded(String);

/// One download with all its tries.
pub(super) struct Download<'a> {
    pub(super) client: &'a reqwest::Client,
    pub(super) url: &'a Url,
    pub(super) options: &'a FetchOptions,
    pub(super) cancel: &'a CancellationToken,
    pub(super) progress: &'a (dyn Fn(FetchProgress) + Send + Sync),
}

/// A try that failed: for good, or perhaps not the next time.
enum Failure {
    Final(FetchError),
    Passing { error: FetchError, pause: Option<Duration> },
}

impl Download<'_> {
    pub(super) async fn run(&self, cache: &Cache) -> Result<Downloaded, FetchError> {
        let mut pause = self.options.backoff;
        let mut tries = 1;
        loop {
            let attempt = tokio::select! {
                () = self.cancel.cancelled() => return Err(FetchError::Interrupted { url: self.shown() }),
                attempt = self.attempt(cache, tries) => attempt,
            };
            let (error, asked) = match attempt {
                Ok(file) => return Ok(file),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing { error, pause }) => (error, pause),
            };
            if tries > self.options.retries {
                return Err(error);
            }
            (self.progress)(FetchProgress::Retry(error.to_string()));
            tokio::select! {
                () = self.cancel.cancelled() => return Err(FetchError::Interrupted { url: self.shown() }),
                () = tokio::time::sleep(asked.unwrap_or(pause).min(LONGEST_PAUSE)) => {}
            }
            pause *= 2;
            tries += 1;
        }
    }

    async fn attempt(&self, cache: &Cache, tries: u32) -> Result<Downloaded, Failure> {
        let answer = self.client.get(self.url.clone()).send().await.map_err(|e| self.network(&e, tries))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(self.refused(status, answer.headers().get(RETRY_AFTER), tries));
        }
        let total = answer.content_length();
        if total.is_some_and(|t| t > self.options.max_bytes) {
            return Err(Failure::Final(self.too_large()));
        }
        let mut file = cache.new_file().map_err(Failure::Final)?;
        let mut hasher = Sha256::new();
        let mut size = 0;
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|e| self.network(&e, tries))?;
            size += piece.len() as u64;
            if size > self.options.max_bytes {
                return Err(Failure::Final(self.too_large()));
            }
            hasher.update(&piece);
            let path = file.path().to_path_buf();
            file.write_all(&piece).map_err(|source| Failure::Final(FetchError::Store { path, source }))?;
            (self.progress)(FetchProgress::Bytes(size, total));
        }
        Ok(Downloaded { path: file.into_temp_path(), sha256: hex(&hasher.finalize()), size })
    }

    fn refused(
        &self,
        status: StatusCode,
        retry_after: Option<&reqwest::header::HeaderValue>,
        tries: u32,
    ) -> Failure {
        let help = match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                "check the version and the address in the component's parameters"
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "the address needs a login",
            _ => "the server may be overloaded or broken; try again later",
        };
        let error = FetchError::Status { url: self.shown(), status: status.to_string(), tries, help };
        let passing = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        if !passing {
            return Failure::Final(error);
        }
        let seconds = retry_after.and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        Failure::Passing { error, pause: seconds.map(Duration::from_secs) }
    }

    fn network(&self, error: &reqwest::Error, tries: u32) -> Failure {
        if error.is_redirect() {
            if let Some(Downgraded(target)) = find::<Downgraded>(error) {
                return Failure::Final(FetchError::Downgrade { url: self.shown(), target: target.clone() });
            }
            return Failure::Final(FetchError::Network { url: self.shown(), reason: cause_of(error), tries });
        }
        let error = if error.is_timeout() {
            FetchError::Timeout { url: self.shown(), timeout: self.options.timeout, tries }
        } else {
            FetchError::Network { url: self.shown(), reason: cause_of(error), tries }
        };
        Failure::Passing { error, pause: None }
    }

    fn too_large(&self) -> FetchError {
        FetchError::TooLarge { url: self.shown(), limit: self.options.max_bytes }
    }

    fn shown(&self) -> String {
        without_password(self.url)
    }
}

fn find<'e, E: std::error::Error + 'static>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e E> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        current = error.source();
    }
    None
}

/// The innermost cause, which says most: `Connection refused`, not `error sending request`.
fn cause_of(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
