//! An embedded Kubernetes API server for tests and first steps.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use k8s_openapi::api::core::v1::Namespace;
//!
//! let sandbox = hub_sandbox::Sandbox::in_memory();
//! let namespaces: kube::Api<Namespace> = kube::Api::all(sandbox.client());
//! assert!(namespaces.get("kube-system").await.is_ok());
//! # });
//! ```
//!
//! A request passes `server` (HTTP to verbs), `request` (what is asked), `read` or `write` (what is done), `state` and
//! `store` (what is kept), and then `controllers` (what follows from it). `schema`, `typed`, `fields` and `apply` are
//! server-side apply; `catalog` is what is served; `builtin`, `custom` and `validation` are the rules of the kinds.

mod apply;
mod builtin;
mod catalog;
mod clock;
mod controllers;
mod custom;
mod faults;
mod fields;
mod jsonpath;
mod object;
mod patch;
mod printing;
mod read;
mod request;
mod sandbox;
mod schema;
mod server;
mod state;
mod status;
mod store;
mod typed;
mod validation;
mod write;

pub use controllers::{HOLD, LOG};
pub use faults::{Fault, Faults, Rule};
pub use sandbox::{Sandbox, SandboxOptions, kubeconfig};
pub use server::{Body, SandboxService, Serving};
pub use store::{Holder, StoreError};
