//! A native kustomize engine, byte-identical to v5.8.1.
