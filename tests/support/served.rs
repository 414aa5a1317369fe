//! A sandbox served on loopback by the test itself: it outlives runs that are killed, its faults can be switched on,
//! and nothing of it lies in the stack's folder.

use hub_sandbox::{Sandbox, SandboxOptions, Serving};
use serde_json::Value;

/// A served sandbox.
pub(crate) struct Served {
    pub sandbox: Sandbox,
    pub url: String,
    _serving: Serving,
    pub runtime: tokio::runtime::Runtime,
}

impl Served {
    /// One whose workloads become ready.
    pub(crate) fn new() -> Self {
        Self::with(SandboxOptions::default())
    }

    /// One whose workloads never become ready by themselves.
    pub(crate) fn without_controllers() -> Self {
        Self::with(SandboxOptions::default().without_controllers())
    }

    fn with(options: SandboxOptions) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let sandbox = Sandbox::in_memory_with(options);
        let (serving, url) = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let serving = sandbox.serve(listener).unwrap();
            let url = serving.url();
            (serving, url)
        });
        Self { sandbox, url, _serving: serving, runtime }
    }

    /// Sends a request; gives the answer's status and body.
    pub(crate) fn send(&self, method: &str, path: &str, content_type: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = http::Request::builder().method(method).uri(path).header("content-type", content_type);
        let request = request.body(kube::client::Body::from(body)).unwrap();
        self.runtime.block_on(async {
            let answer = self.sandbox.client().send(request).await.unwrap();
            let status = answer.status().as_u16();
            let bytes = answer.into_body().collect_bytes().await.unwrap();
            (status, serde_json::from_slice(&bytes).unwrap_or_default())
        })
    }

    /// An object or list; null where it is not there.
    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, "application/json", &Value::Null);
        if status == 200 { body } else { Value::Null }
    }
}
