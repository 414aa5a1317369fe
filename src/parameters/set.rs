//! Parameters of one component that have their values.
//!
//! In: what was resolved. Out: values by name, by variable, and as they may be shown. Refuses to know: how they came about.

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::types::text_of;
use super::{MASK, Provenance};
use crate::diagnostic::Place;
use crate::manifest::{GenerateDeclaration, ParameterDeclaration, ParameterType};

/// One parameter with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedParameter {
    /// The full name.
    pub name: String,
    /// Of the declared type.
    pub value: Value,
    /// What gave the value.
    pub provenance: Provenance,
    /// What would have given one, the strongest first.
    pub overridden: Vec<Provenance>,
    /// The variable that hooks find it under.
    pub env: Option<String>,
    /// Never to be shown.
    pub secret: bool,
    /// Not to be listed or recorded, since its name is that of a secret.
    pub private: bool,
    /// The declared type.
    pub parameter_type: Option<ParameterType>,
    /// A line for people.
    pub brief: Option<String>,
    /// Where it is declared.
    pub place: Option<Place>,
    /// Where its value is to be found or how it is made, expanded, while it is a placeholder.
    pub generate: Option<GenerateDeclaration>,
}

impl ResolvedParameter {
    /// The value as it may be shown.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.hidden() && !text_of(&self.value).is_empty() { MASK.to_owned() } else { text_of(&self.value) }
    }

    /// Whether lists and records leave its value out.
    fn hidden(&self) -> bool {
        self.secret || self.private
    }

    /// The output that must be there before the value is known, as `component:name`.
    #[must_use]
    pub fn pending(&self) -> Option<&str> {
        match &self.provenance {
            Provenance::Pending(output) => Some(output),
            _ => None,
        }
    }
}

impl Serialize for ResolvedParameter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("ResolvedParameter", 6)?;
        s.serialize_field("name", &self.name)?;
        if self.hidden() {
            s.serialize_field("value", MASK)?;
        } else {
            s.serialize_field("value", &self.value)?;
        }
        s.serialize_field("from", &self.provenance)?;
        s.serialize_field("overrides", &self.overridden)?;
        s.serialize_field("type", &self.parameter_type)?;
        s.serialize_field("secret", &self.secret)?;
        s.end()
    }
}

/// All parameters of one component, in the order declared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ParameterSet {
    parameters: IndexMap<String, ResolvedParameter>,
}

impl ParameterSet {
    /// The parameter of a name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&ResolvedParameter> {
        self.parameters.get(name)
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name).map(|p| &p.value)
    }

    /// The text of a name; `None` when it is not declared or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(text_of).filter(|t| !t.is_empty())
    }

    /// The text that hooks find under a variable; `None` when none has it or it is empty.
    #[must_use]
    pub fn by_env(&self, variable: &str) -> Option<String> {
        let declared = self.iter().filter(|p| p.env.as_deref() == Some(variable));
        declared.map(|p| text_of(&p.value)).find(|t| !t.is_empty())
    }

    /// All of them, in the order declared.
    pub fn iter(&self) -> impl Iterator<Item = &ResolvedParameter> {
        self.parameters.values()
    }

    /// The names, in the order declared.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().map(String::as_str)
    }

    /// Outputs that must be there before all values are known, as `component:name`.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(ResolvedParameter::pending)
    }

    /// The texts of all secrets that are not empty.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.iter().filter(|p| p.secret).map(|p| text_of(&p.value)).filter(|t| !t.is_empty()).collect()
    }

    /// Adds what the lifecycle itself knows, such as `hub.provides`.
    pub fn insert_own(&mut self, name: &str, value: Value) {
        let declaration = ParameterDeclaration::named(name);
        self.insert(finish(&declaration, value, Provenance::Hub, Vec::new(), false));
    }

    pub(super) fn insert(&mut self, parameter: ResolvedParameter) {
        self.parameters.insert(parameter.name.clone(), parameter);
    }
}

pub(super) fn finish(
    declaration: &ParameterDeclaration,
    value: Value,
    provenance: Provenance,
    overridden: Vec<Provenance>,
    secret: bool,
) -> ResolvedParameter {
    ResolvedParameter {
        name: declaration.name.clone(),
        value,
        provenance,
        overridden,
        env: declaration.env.clone(),
        secret,
        private: declaration.private,
        parameter_type: declaration.parameter_type,
        brief: declaration.brief.clone(),
        place: declaration.place.clone(),
        generate: None,
    }
}
