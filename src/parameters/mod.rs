//! Parameters of one component: every declared name gets a value, and each value knows where it came from.
//!
//! In: declarations and layers of assignments. Out: [`ParameterSet`]. Refuses to know: files, clusters, templates.

mod expand;
mod layers;
mod provenance;
mod resolve;
mod types;

pub use layers::{Assignment, ParameterLayers};
pub use provenance::Provenance;
pub use resolve::{Bindings, ParameterSet, ResolvedParameter, resolve};
pub use types::{parse_duration, text_of};

/// What stands for a secret value wherever something is shown.
pub const MASK: &str = "******";
