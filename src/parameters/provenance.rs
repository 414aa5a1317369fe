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
            Self::Variable(_) | Self::Flag | Self::Hub | Self::Empty => None,
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
