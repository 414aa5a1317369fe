//! What can go wrong in a build.

use hub_yaml::Span;

/// Why a build gave no resources.
///
/// The text names file, line and field where they are known; [`std::error::Error::source`] leads to the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A folder has no kustomization file.
    #[error(
        "no kustomization file in '{root}': expected one of kustomization.yaml, kustomization.yml, Kustomization"
    )]
    NoKustomization {
        /// The folder.
        root: String,
    },
    /// A folder has more than one kustomization file.
    #[error("several kustomization files in '{root}': keep one")]
    SeveralKustomizations {
        /// The folder.
        root: String,
    },
    /// A file does not say what it should.
    #[error("{file}:{line}:{column}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// Line, counted from 1.
        line: u32,
        /// Column in characters, counted from 1.
        column: u32,
        /// What is wrong.
        message: String,
    },
    /// A file or folder cannot be had.
    #[error("'{path}': {message}")]
    Load {
        /// The path or address.
        path: String,
        /// Why not.
        message: String,
    },
    /// Two resources have the same id.
    #[error("resource {id} exists already")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// A step could not do its work on the resources.
    #[error("{step}: {message}")]
    Step {
        /// The step: a field of the kustomization or the name of a transformer.
        step: String,
        /// What is wrong.
        message: String,
    },
    /// A resource has no printed form.
    #[error("resource {id}{} cannot be printed", of(file.as_deref()))]
    Print {
        /// The resource.
        id: String,
        /// The file it was read from; `None` if it was generated.
        file: Option<String>,
        /// Why not; its line is that of the document the resource came from.
        #[source]
        source: hub_yaml::Error,
    },
    /// Where a fault happened, with the fault.
    #[error("{context}")]
    Within {
        /// What was being done.
        context: String,
        /// The fault.
        #[source]
        source: Box<Error>,
    },
}

impl Error {
    pub(crate) fn step(step: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Step { step: step.into(), message: message.into() }
    }

    pub(crate) fn load(path: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Load { path: path.into(), message: message.into() }
    }

    pub(crate) fn invalid(file: &str, span: Span, message: impl Into<String>) -> Self {
        Error::Invalid {
            file: file.to_owned(),
            line: span.line.max(1),
            column: span.column.max(1),
            message: message.into(),
        }
    }

    pub(crate) fn yaml(file: &str, source: &hub_yaml::Error) -> Self {
        Error::Invalid {
            file: file.to_owned(),
            line: source.line,
            column: source.column,
            message: source.message.clone(),
        }
    }

    pub(crate) fn within(self, context: impl Into<String>) -> Self {
        Error::Within { context: context.into(), source: Box::new(self) }
    }

    /// Adds where a fault happened, unless it says so itself.
    pub(crate) fn within_unless_placed(self, context: impl FnOnce() -> String) -> Self {
        match self {
            Error::Step { .. } | Error::Load { .. } | Error::DuplicateId { .. } => self.within(context()),
            placed => placed,
        }
    }

    /// The whole chain in one text, outermost first.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn of(file: Option<&str>) -> String {
    file.map(|file| format!(" of {file}")).unwrap_or_default()
}
