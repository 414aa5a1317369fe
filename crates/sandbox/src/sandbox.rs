//! The sandbox itself: opened, asked for clients, served, emptied.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

use crate::controllers;
use crate::faults::Faults;
use crate::server::{self, SandboxService, Server, Serving};
use crate::state::State;
use crate::store::{Journal, Lock, Store, StoreError};

/// How a sandbox behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxOptions {
    /// Whether stand-ins for the controllers make workloads ready. Without them Deployments stay as they were written;
    /// namespaces, definitions and owner references are looked after in any case.
    pub controllers: bool,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        SandboxOptions { controllers: true }
    }
}

impl SandboxOptions {
    /// Without stand-ins for the controllers of workloads.
    #[must_use]
    pub fn without_controllers(mut self) -> Self {
        self.controllers = false;
        self
    }
}

/// An embedded Kubernetes API server. Clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox {
    server: Arc<Server>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Opens the sandbox kept in a file, or makes the file.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be used, is something else, or another process has it open.
    pub fn open(path: impl AsRef<Path>) -> Result<Sandbox, StoreError> {
        Sandbox::open_with(path, SandboxOptions::default())
    }

    /// Opens the sandbox kept in a file, with options.
    ///
    /// # Errors
    /// As [`Sandbox::open`].
    pub fn open_with(path: impl AsRef<Path>, options: SandboxOptions) -> Result<Sandbox, StoreError> {
        let path = path.as_ref();
        let lock = Lock::take(path)?;
        let (journal, records) = Journal::open(path)?;
        let store = Store::new(Some(journal), records);
        Ok(Sandbox::over(store, Some(lock), &options))
    }

    /// A sandbox that is gone with its last clone.
    #[must_use]
    pub fn in_memory() -> Sandbox {
        Sandbox::in_memory_with(SandboxOptions::default())
    }

    /// A sandbox that is gone with its last clone, with options.
    #[must_use]
    pub fn in_memory_with(options: SandboxOptions) -> Sandbox {
        Sandbox::over(Store::new(None, Vec::new()), None, &options)
    }

    fn over(store: Store, lock: Option<Lock>, options: &SandboxOptions) -> Sandbox {
        let mut state = State::new(store, options.controllers);
        controllers::bootstrap(&mut state);
        let state = Arc::new(Mutex::new(state));
        Sandbox { server: Arc::new(Server { state, faults: Faults::default(), lock: Mutex::new(lock) }) }
    }

    /// The sandbox as a service.
    #[must_use]
    pub fn service(&self) -> SandboxService {
        SandboxService { server: self.server.clone() }
    }

    /// A client of the sandbox, without sockets. Must be called within a tokio runtime.
    #[must_use]
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.service(), "default")
    }

    /// Serves the sandbox on a listener until the result is dropped; says so to processes that want the same file.
    ///
    /// # Errors
    /// The listener has no address, or the lock cannot be written.
    pub fn serve(&self, listener: TcpListener) -> std::io::Result<Serving> {
        let serving = server::serve(self.server.clone(), listener)?;
        let mut lock = self.server.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(lock) = lock.as_mut() {
            lock.announce(Some(&serving.url()))?;
        }
        Ok(serving)
    }

    /// The faults that requests meet; none at first.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.server.faults
    }

    /// Removes all objects and begins anew, with the namespaces that every cluster has.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn reset(&self) -> Result<(), StoreError> {
        let mut state = self.server.state();
        state.clear()?;
        controllers::bootstrap(&mut state);
        Ok(())
    }

    /// Gives the file free; requests of clients that are left are answered with 503. A client's background task may hold
    /// the sandbox for a moment longer than the client itself, so whoever wants to open the file again says so.
    pub fn close(self) {
        self.server.state().closed = true;
        drop(self.server.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
    }

    /// The revision of the latest write; it grows with every change of any object.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.server.state().store.revision()
    }
}

/// A kubeconfig for kubectl and other clients of a served sandbox.
#[must_use]
pub fn kubeconfig(url: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: sandbox\n  cluster:\n    server: {url}\nusers:\n- name: sandbox\n  \
         user: {{}}\ncontexts:\n- name: sandbox\n  context:\n    cluster: sandbox\n    user: sandbox\ncurrent-context: sandbox\n"
    )
}
