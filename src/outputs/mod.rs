//! Outputs: what a component gives to others once it has run.
//!
//! In: declarations, parameters, and what hooks and scripts print. Out: [`Output`]s. Refuses to know: clusters, files
//! other than those that a raw output names, and who reads an output.

mod declared;
mod git;
mod note;
mod protocol;

pub use declared::{Ingredients, Output, OutputError, calculate};
pub use git::git_outputs;
pub use note::{from_note, to_note};
pub use protocol::{RandomPad, RawOutputs, RawSecretsError, encode};
