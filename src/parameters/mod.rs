//! Parameters of one component: every declared name gets a value, and each value knows where it came from.
//!
//! In: declarations and layers of assignments. Out: [`ParameterSet`]. Refuses to know: files, clusters, templates.

mod complaint;
mod expand;
mod expression;
mod layers;
mod missing;
mod provenance;
mod resolve;
mod rules;
mod scope;
mod set;
mod types;

pub use layers::{Assignment, ParameterLayers};
pub use missing::{Missing, Unresolved, Wanted};
pub use provenance::Provenance;
pub use resolve::{Expanded, expand_text, resolve};
pub use scope::{Bindings, GeneratedValue, Scope, VisibleOutput};
pub use set::{ParameterSet, ResolvedParameter};
pub use types::{parse_duration, printed, text_of};

/// What stands for a secret value wherever something is shown.
pub const MASK: &str = "******";

/// Evaluates a CEL expression over names.
///
/// # Errors
/// What is wrong, with its column.
pub fn evaluate_expression(
    text: &str,
    names: &dyn Fn(&str) -> Option<serde_json::Value>,
) -> Result<serde_json::Value, String> {
    use expression::ExpressionError::{Name, Unknown, Wrong};
    let result = expression::evaluate(text, &mut |name| Ok::<_, std::convert::Infallible>(names(name)));
    result.map_err(|error| match error {
        Wrong { message, column } => format!("at column {column}: {message}"),
        Unknown { name, column } => format!("at column {column}: `{name}` has no value"),
        Name(never) => match never {},
    })
}

/// The names that text refers to by `${name}`.
#[must_use]
pub fn references(text: &str) -> Vec<&str> {
    expand::references(text)
}
