//! Where a value came from.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::diagnostic::Place;

/// The origin of one value, as `hub explain` prints it.
#[derive(Clone, Debug, PartialEq)]
pub enum Provenance {
    /// The component's manifest.
    Component(Option<Place>),
    /// The stack's manifest.
    Stack(Option<Place>),
    /// An environment's file.
    Environment {
        /// The environment's name.
        name: String,
        /// Where in its file.
        place: Option<Place>,
    },
    /// A file named by `--params-file`.
    File(Option<Place>),
    /// The process's environment.
    Variable(String),
    /// Another component's output, as `component:name`.
    Output(String),
    /// Another component's output that is not known yet, as `component:name`.
    Pending(String),
    /// Read from a live Secret, or made.
    Generated {
        /// The Secret.
        secret: String,
        /// Whether it was there; `None` when nobody looked.
        live: Option<bool>,
    },
    /// `--param` on the command line.
    Flag,
    /// The lifecycle itself (`hub.componentName`).
    Hub,
    /// `empty: allow` and nothing that gave a value.
    Empty,
}

impl Provenance {
    /// The text that is to blame for the value, if a file is.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Component(place)
            | Self::Stack(place)
            | Self::File(place)
            | Self::Environment { place, .. } => place.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, place) = match self {
            Self::Component(place) => ("component default".to_owned(), place.as_ref()),
            Self::Stack(place) => ("stack".to_owned(), place.as_ref()),
            Self::Environment { name, place } => (format!("environment {name}"), place.as_ref()),
            Self::File(place) => ("--params-file".to_owned(), place.as_ref()),
            Self::Variable(name) => (format!("environment variable {name}"), None),
            Self::Output(output) => (format!("output {output}"), None),
            Self::Pending(output) => (format!("output {output}, not known yet"), None),
            Self::Generated { secret, live: Some(true) } => (format!("the live Secret {secret}"), None),
            Self::Generated { secret, live: Some(false) } => {
                (format!("made at random for the Secret {secret}"), None)
            }
            Self::Generated { secret, live: None } => {
                (format!("the Secret {secret} or made at random"), None)
            }
            Self::Flag => ("--param".to_owned(), None),
            Self::Hub => ("hub".to_owned(), None),
            Self::Empty => ("empty: allow".to_owned(), None),
        };
        match place {
            Some(place) => write!(f, "{what} ({}:{})", place.file(), place.line),
            None => f.write_str(&what),
        }
    }
}

impl Serialize for Provenance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
