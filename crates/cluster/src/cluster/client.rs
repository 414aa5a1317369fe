//! The HTTP client to one API server.
//!
//! In: a `kube::Config`. Out: a `kube::Client` that sends small requests at once and leaves retries to the
//! engine. Refuses to read kubeconfigs.

use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt};
use tower::{BoxError, ServiceBuilder};

use crate::Error;

/// Makes a client for a configuration.
///
/// Differs from `kube::Client::try_from`: requests are not held back to be sent in larger packets, which
/// costs 40 ms for each request with a body (Nagle's algorithm and delayed acknowledgements), and nothing is
/// tried again behind the engine's back.
///
/// # Errors
/// [`Error::Configuration`] where certificates, keys or credentials do not read.
pub fn client(mut config: kube::Config) -> Result<kube::Client, Error> {
    config.default_retry = false;
    let refuse = |source: kube::Error| Error::Configuration { source: Box::new(source) };
    if config.proxy_url.is_some() {
        return kube::Client::try_from(config).map_err(refuse);
    }
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(config.connect_timeout);
    let connector = config.rustls_https_connector_with_connector(connector).map_err(refuse)?;
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(refuse)?)
        .layer(config.extra_headers_layer().map_err(refuse)?)
        .map_err(BoxError::from)
        .service(http);
    Ok(kube::Client::new(service, config.default_namespace))
}
