//! The server on a socket: plain HTTP/1.1 and HTTP/2 on loopback.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{SandboxService, Server};

/// A sandbox that is being served; dropping it ends that.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Serving {
    /// The address as a URL, e.g. `http://127.0.0.1:6443`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends the serving and its connections, and waits for that.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let task = std::mem::replace(&mut self.task, tokio::spawn(async {}));
        if let Err(error) = task.await {
            tracing::warn!(%error, "the listener of the sandbox failed");
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.task.abort();
    }
}

/// Serves on a listener until the result is dropped.
pub(crate) fn serve(server: Arc<Server>, listener: TcpListener) -> std::io::Result<Serving> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(accept(server, listener, stopped));
    Ok(Serving { address, stop, task })
}

async fn accept(server: Arc<Server>, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
    loop {
        let connection = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        let stream = match connection {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                continue;
            }
        };
        let service = SandboxService { server: server.clone() };
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            let connection =
                builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                },
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        });
    }
}
