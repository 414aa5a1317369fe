//! Why a kustomize command failed, as it is shown.

use hub_kustomize::edit;
use miette::Diagnostic;

/// Why a kustomize command failed.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(super) enum Failure {
    /// A kustomization file was not edited.
    #[error(transparent)]
    Edit(#[from] edit::Error),
    /// A kustomization was not built.
    #[error(transparent)]
    Build(#[from] hub_kustomize::Error),
    /// Bases elsewhere cannot be had.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fetch(#[from] crate::fetch::FetchError),
    /// A flag that cannot be honoured.
    #[error("{flag} is not possible: {reason}")]
    Unsupported {
        /// The flag.
        flag: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A file cannot be read or written.
    #[error("cannot {verb} '{path}'")]
    File {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}
