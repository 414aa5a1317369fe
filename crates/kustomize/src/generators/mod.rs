//! What makes resources out of files and values: `configMapGenerator`, `secretGenerator`.

pub(crate) mod data;
pub(crate) mod sources;
