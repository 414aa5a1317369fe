//! An embedded Kubernetes API server for tests and first steps.
