//! A component lifecycle orchestrator for Kubernetes.
