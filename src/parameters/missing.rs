//! Parameters that nobody gives a value, told once for all components that need them.
//!
//! In: what could not be resolved, component by component. Out: findings that say where each value can be set.
//! Refuses to know: how values are looked for.

use indexmap::IndexMap;

use super::ParameterLayers;
use crate::diagnostic::{Place, Problem, Problems};
use crate::manifest::ParameterDeclaration;

/// Why the parameters of a component have no values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unresolved {
    /// Parameters without a value.
    pub missing: Vec<Missing>,
    /// Everything else.
    pub problems: Problems,
}

/// A parameter of a component that nobody gives a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Who needs it.
    pub component: String,
    /// The variable that the component reads it from.
    pub from_env: Option<String>,
    /// Where it is declared.
    pub place: Option<Place>,
}

/// A parameter that a stack or an environment declares without a value: users are to give it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The one component that it is for.
    pub component: Option<String>,
    /// The variable that gives it.
    pub from_env: Option<String>,
    /// The file that gives it.
    pub from_file: Option<String>,
    /// A line for people.
    pub brief: Option<String>,
    /// Where it is declared.
    pub place: Option<Place>,
}

impl Unresolved {
    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.problems.is_empty()
    }

    /// Takes in what is wrong with another component.
    pub fn add(&mut self, other: Self) {
        self.missing.extend(other.missing);
        self.problems.0.extend(other.problems.0);
    }

    /// Findings: one for each parameter without a value, then the others.
    #[must_use]
    pub fn told(self, layers: &ParameterLayers) -> Problems {
        let mut by_name: IndexMap<String, Vec<Missing>> = IndexMap::new();
        for missing in self.missing {
            by_name.entry(missing.name.clone()).or_default().push(missing);
        }
        let mut problems: Vec<Problem> =
            by_name.values().map(|missing| without_value(missing, layers)).collect();
        problems.extend(self.problems.0);
        Problems(problems)
    }
}

impl Missing {
    pub(super) fn of(declaration: &ParameterDeclaration, component: &str) -> Self {
        Self {
            name: declaration.name.clone(),
            component: component.to_owned(),
            from_env: declaration.from_env.clone(),
            place: declaration.place.clone(),
        }
    }
}

/// One parameter that some components need and nobody gives.
fn without_value(missing: &[Missing], layers: &ParameterLayers) -> Problem {
    let name = missing.first().map_or("", |m| m.name.as_str());
    let mut components: Vec<&str> = missing.iter().map(|m| m.component.as_str()).collect();
    components.dedup();
    let wanted = missing.iter().find_map(|m| layers.wanted(name, &m.component));
    let variable = wanted.and_then(|w| w.from_env.as_deref());
    let variable = variable.or_else(|| missing.iter().find_map(|m| m.from_env.as_deref()));
    let mut ways = Vec::new();
    ways.extend(variable.map(|v| format!("the environment variable {v}")));
    ways.extend(wanted.and_then(|w| w.from_file.as_ref()).map(|file| format!("the file {file}")));
    ways.push(format!("--param {name}=…"));
    ways.push("`parameters:` of the environment or the stack".to_owned());
    let brief = wanted.and_then(|w| w.brief.as_deref()).and_then(|text| text.trim().lines().next());
    let brief = brief.map(|text| format!("{}. ", text.trim_end_matches('.'))).unwrap_or_default();
    let place = wanted.and_then(|w| w.place.clone()).or_else(|| missing.iter().find_map(|m| m.place.clone()));
    let message = format!("{name} of {} has no value", components.join(", "));
    Problem::new("hub::parameters::missing", message)
        .help(format!("{brief}Set it with {}; or declare `empty: allow`", ways.join(", or ")))
        .at(place)
}
