//! Why a kustomization file was not edited.

use hub_yaml::Span;

/// Why a kustomization file was not edited, or not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A folder has no kustomization file.
    #[error(
        "no kustomization file here: expected one of kustomization.yaml, kustomization.yml, Kustomization"
    )]
    NoKustomization,
    /// A folder has more than one kustomization file.
    #[error("several kustomization files here: {}; keep one", names.join(", "))]
    SeveralKustomizations {
        /// Their names.
        names: Vec<String>,
    },
    /// The file does not say what it should.
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
    /// What is asked for makes no sense, whatever the file says.
    #[error("{message}")]
    Request {
        /// What is wrong.
        message: String,
    },
    /// No file or folder has the name asked for.
    #[error("'{pattern}' matches no file or folder: check the path, which starts at the kustomization file")]
    NoMatch {
        /// The name or pattern.
        pattern: String,
    },
    /// A pattern of file names is malformed.
    #[error("'{pattern}' is a malformed pattern of file names")]
    BadPattern {
        /// The pattern.
        pattern: String,
    },
    /// The file has it already.
    #[error("{what} {name} already in kustomization file{hint}")]
    Already {
        /// What: `label`, `base`…
        what: &'static str,
        /// Which one.
        name: String,
        /// What to do next; may be empty.
        hint: &'static str,
    },
    /// There is a kustomization file where one was to be made.
    #[error("'{path}' is there already: edit it, or remove it first")]
    Exists {
        /// The file.
        path: String,
    },
    /// The file does not have it.
    #[error("{what} {name} is not in the kustomization file")]
    NotThere {
        /// What: `label`, `configmap`…
        what: &'static str,
        /// Which one.
        name: String,
    },
    /// A generator that the edit leaves could not work.
    #[error("{what} {name}: {message}")]
    Generator {
        /// `configmap` or `secret`.
        what: &'static str,
        /// Its name.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A file cannot be read.
    #[error("'{path}' cannot be read")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A value has no printed form.
    #[error("field '{field}' cannot be written")]
    Write {
        /// The field.
        field: &'static str,
        /// Why not.
        #[source]
        source: hub_yaml::Error,
    },
}

/// The result of this module's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(super) fn request(message: impl Into<String>) -> Self {
        Error::Request { message: message.into() }
    }

    pub(super) fn invalid(file: &str, span: Span, message: impl Into<String>) -> Self {
        Error::Invalid {
            file: file.to_owned(),
            line: span.line.max(1),
            column: span.column.max(1),
            message: message.into(),
        }
    }

    pub(super) fn yaml(file: &str, source: &hub_yaml::Error) -> Self {
        Error::Invalid {
            file: file.to_owned(),
            line: source.line,
            column: source.column,
            message: source.message.clone(),
        }
    }
}
