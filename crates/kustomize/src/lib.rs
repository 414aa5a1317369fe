//! A native kustomize engine: the bytes of kustomize v5.8.1, in linear time.
//!
//! [`build`] turns the kustomization of a folder into a [`ResourceSet`]. It reads files only through a [`Loader`], has
//! no state between builds, prints nothing and starts nothing: repositories, charts and programs are had through
//! traits that the caller may implement.

mod accumulate;
mod build;
mod crds;
pub mod edit;
mod error;
mod field_spec;
mod functions;
mod generators;
mod helm;
mod id;
mod json_text;
mod kustomization;
mod loader;
mod meta;
mod origin;
mod patch;
mod path;
mod pattern;
mod plugins;
mod read;
mod references;
mod replacements;
mod resource;
mod resource_set;
mod schema;
mod selector;
mod sort;
mod structured;
mod transformer_config;
mod transformers;

pub use build::{Built, KUSTOMIZE_VERSION, LoadRestrictor, Options, Reorder, build};
pub use error::{Error, Result};
pub use functions::{FunctionRequest, FunctionRunner};
pub use helm::{ChartRenderer, ChartRequest};
pub use id::{Gvk, ResId};
pub use kustomization::{FILE_NAMES, HelmChart, HelmGlobals};
pub use loader::{DiskLoader, Loader, Location, MemoryLoader, RemoteLoader, RepositorySpec};
pub use resource::Resource;
pub use resource_set::ResourceSet;
