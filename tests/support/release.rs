//! The upstream release of KServe, served on loopback, and a stack that takes it from there.

use std::path::{Path, PathBuf};

use super::Stack;
use super::control_plane::ControlPlane;

/// Parameters with which our KServe is what the recorded build has.
pub(crate) const RECORDED: [&str; 6] = [
    "-p",
    "knative.networking.gateway.ingress=istio-system/gw",
    "-p",
    "knative.networking.gateway.local=istio-system/lgw",
    "-p",
    "ingress.hosts=a.example.com",
];

/// The folder of recorded upstream manifests; `None` where it is not beside this checkout.
pub(crate) fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/real-open");
    path.is_dir().then_some(path)
}

/// The repository's stack with an environment `real`: the release from a server on loopback, onto a control plane.
pub(crate) fn stack(corpus: &Path, cluster: &ControlPlane) -> Stack {
    let url = serve(corpus.join("kserve-serverless/kustomize"));
    let stack = Stack::of_repository();
    let environment = format!(
        "kind: environment
cluster: {{kubeconfig: {}}}
parameters:
- {{name: kustomize.resources, component: kserve, value: {url}/kserve.yaml {url}/kserve-runtimes.yaml}}
",
        cluster.kubeconfig
    );
    stack.write("environments/real.yaml", &environment);
    stack
}

/// The kinds of cert-manager without its webhooks, which would have no backend on a control plane without containers.
pub(crate) fn install_cert_manager_kinds(cluster: &ControlPlane) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("components/cert-manager/local/cert-manager.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let documents = text.split("\n---\n").filter(|d| d.contains("\nkind: CustomResourceDefinition\n"));
    let kinds = documents.collect::<Vec<_>>().join("\n---\n");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kinds.yaml");
    std::fs::write(&path, kinds).unwrap();
    let path = path.display().to_string();
    cluster.kubectl(&["apply", "--server-side", "-f", &path]);
    cluster.kubectl(&["wait", "--for=condition=Established", "-f", &path]);
}

/// Serves the files of a folder; gives the address.
fn serve(folder: PathBuf) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let name =
                request.split_whitespace().nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let body = std::fs::read(folder.join(name)).unwrap_or_default();
            let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}
