//! What the components of this repository become: every switch rendered, and the objects compared with what must be so.
//! One module per component. Nothing here needs a cluster or the network.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what it skipped")]

mod support;

#[path = "components/rendered.rs"]
mod rendered;

#[path = "components/kserve.rs"]
mod kserve;

#[path = "components/model_registry.rs"]
mod model_registry;

#[path = "components/listener.rs"]
mod listener;
#[path = "components/mlflow.rs"]
mod mlflow;
#[path = "components/model_registry_ui.rs"]
mod model_registry_ui;

#[path = "components/etcd.rs"]
mod etcd;

#[path = "components/model_mesh.rs"]
mod model_mesh;

#[path = "components/serverless.rs"]
mod serverless;

#[path = "components/documented.rs"]
mod documented;

#[path = "components/cert_manager.rs"]
mod cert_manager;
