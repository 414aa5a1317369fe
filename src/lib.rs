//! A component lifecycle orchestrator for Kubernetes.
pub mod diagnostic;
pub mod fetch;
pub mod manifest;
pub mod parameters;
pub mod template;
pub mod environments;
pub mod hooks;
pub mod workspace;
pub mod stack;
pub mod lifecycle;
pub mod ui;
pub mod cli;
