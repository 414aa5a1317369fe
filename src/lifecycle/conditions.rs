//! `readyConditions`: names that must resolve and URLs that must answer before a component, or the stack, counts as
//! ready.
//!
//! In: conditions, with a way to expand their texts. Out: what did not answer in time. Refuses to know: whose they are.
//!
//! Source: hubctl's `lifecycle/ready.go` and `util/http.go`: certificates are not verified, since it only matters that
//! something answers; redirects are not followed, and every status from 100 to 499 is an answer.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::time::Instant;

use super::{Error, Run};
use crate::manifest::ReadyCondition;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(10);
/// Addresses that stand for nobody: the machine itself, and a name that was reserved but not set.
const NOWHERE: [&str; 2] = ["127.0.0.1", "1.0.0.1"];

/// Waits for conditions, one after the other; `who` is whose they are.
///
/// # Errors
/// One is not met in its time, its text refers to something unknown, or the run is interrupted.
pub(super) async fn wait(
    run: &Run,
    who: &str,
    conditions: &[ReadyCondition],
    expand: &(dyn Fn(&str) -> Result<String, Error> + Sync),
) -> Result<(), Error> {
    for condition in conditions {
        let dns = condition.dns.as_deref().map(expand).transpose()?;
        let url = condition.url.as_deref().map(expand).transpose()?;
        pause(run, Duration::from_secs(condition.pause_seconds)).await?;
        let end = Instant::now() + Duration::from_secs(condition.wait_seconds);
        if let Some(name) = &dns {
            until(run, who, end, &format!("the name {name}"), || resolves(name)).await?;
        }
        if let Some(url) = &url {
            until(run, who, end, url, || answers(url)).await?;
        }
    }
    Ok(())
}

async fn until<F, L>(run: &Run, who: &str, end: Instant, what: &str, look: L) -> Result<(), Error>
where
    L: Fn() -> F,
    F: Future<Output = Result<(), String>>,
{
    let mut last = None;
    loop {
        let result = tokio::time::timeout(LOOK, look()).await;
        let why = match result.unwrap_or_else(|_| Err(format!("no answer within {} s", LOOK.as_secs()))) {
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        if Instant::now() + PAUSE > end {
            let waits = vec![format!("{what}: {why}, as its readyConditions ask")];
            return Err(Error::NotReady {
                component: who.to_owned(),
                state: "ready",
                waits,
                help:
                    "everything is applied; `waitSeconds` in the manifest gives it more time, --no-wait none"
                        .to_owned(),
            });
        }
        if last.as_ref() != Some(&why) {
            run.warn(Some(who), format!("waiting for {what}: {why}"));
            last = Some(why);
        }
        pause(run, PAUSE).await?;
    }
}

async fn pause(run: &Run, time: Duration) -> Result<(), Error> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        () = run.cancel.cancelled() => Err(Error::Interrupted),
    }
}

/// Whether a name, maybe with a port, leads somewhere.
async fn resolves(name: &str) -> Result<(), String> {
    let host = name.rsplit_once(':').map_or(name, |(host, _)| host);
    let found = tokio::net::lookup_host((host, 443)).await.map_err(|error| error.to_string())?;
    let addresses: Vec<String> = found.map(|address| address.ip().to_string()).collect();
    match addresses.iter().find(|address| !NOWHERE.contains(&address.as_str()) && *address != "::1") {
        Some(_) => Ok(()),
        None => Err(format!("it leads to {}", addresses.join(", "))),
    }
}

async fn answers(url: &str) -> Result<(), String> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(any_certificate()?)
        .build()
        .map_err(|error| innermost(&error))?;
    let response = client.get(url).send().await.map_err(|error| innermost(&error))?;
    match response.status().as_u16() {
        100..=499 => Ok(()),
        status => Err(format!("it answers {status}")),
    }
}

fn any_certificate() -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let config = config.map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let verifier = Arc::new(AnyCertificate(provider));
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Takes whoever answers: nothing is sent and nothing of the answer is used but that there is one.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The reason at the end of a chain of causes, which says most.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
