//! Manifests as users write them: components, stacks and environments, read with places and checked for shape.
//!
//! In: YAML files. Out: typed values that keep where they were written. Refuses to know: what values mean together
//! (that is `stack` and `parameters`), and anything outside the files themselves.

mod component;
pub mod document;
mod environment;
mod hooks;
mod lifecycle;
mod outputs;
mod packed;
mod parameter;
mod parameters;
mod readiness;
mod rules;
mod scalar;
mod schema;
mod stack;
mod templates;

pub use component::{COMPONENT_MANIFEST, ComponentManifest, Located};
pub use environment::{ClusterChoice, EnvironmentManifest};
pub use hooks::{HookDeclaration, OnError};
pub use lifecycle::{Lifecycle, ReadyCondition};
pub use outputs::{OutputDeclaration, looks_secret};
pub use packed::{packed, unpacked};
pub use parameter::{GenerateDeclaration, ParameterDeclaration, ParameterType};
pub use parameters::{IncludedFile, load_parameter_file};
pub use rules::RuleDeclaration;
pub use schema::{ManifestKind, schema};
pub use stack::{ComponentRef, DEFAULT_STATE_NAMESPACE, GitSource, STACK_MANIFEST, StackManifest};
pub use templates::{TemplateEngine, TemplateSet};
