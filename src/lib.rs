//! A component lifecycle orchestrator for Kubernetes.
pub mod cli;
pub mod diagnostic;
pub mod environments;
pub mod fetch;
pub mod flavour;
pub mod hooks;
pub mod lifecycle;
pub mod manifest;
pub mod outputs;
pub mod parameters;
pub mod quirks;
pub mod stack;
pub mod state;
pub mod template;
pub mod ui;
pub mod workspace;
pub mod yaml;
