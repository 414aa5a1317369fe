//! Tera templates.
//!
//! In: text and parameters. Out: text. Refuses to know: files; a template cannot include others.
//!
//! Besides tera's own filters there are those of curly templates (`json`, `base64`, `hostname`, …), but for `first`,
//! which tera has for lists.

use serde_json::{Map, Value};

use super::filters;
use crate::diagnostic::{Problem, Problems, SourceText};
use crate::parameters::{ParameterSet, text_of};

/// Renders one template; `a.b-c` is `a.b_c` there, as hubctl's go templates have it.
///
/// # Errors
/// The template's syntax, an unknown name, or a value that a filter refuses.
pub(super) fn render(source: &SourceText, parameters: &ParameterSet) -> Result<String, Problems> {
    let mut tree = Map::new();
    for parameter in parameters.iter() {
        let path: Vec<String> = parameter.name.split('.').map(|part| part.replace('-', "_")).collect();
        insert(&mut tree, &path, parameter.value.clone());
    }
    let context = ::tera::Context::from_serialize(&Value::Object(tree)).map_err(|e| failed(source, &e))?;
    let rendered = engine().render_str(source.text(), &context, false);
    rendered.map_err(|e| failed(source, &e).into())
}

fn engine() -> ::tera::Tera {
    let mut engine = ::tera::Tera::default();
    for name in filters::names().filter(|name| *name != "first") {
        let filter = move |value: ::tera::Value, _: ::tera::Kwargs, _: &::tera::State<'_>| {
            let value = serde_json::to_value(&value).map_err(::tera::Error::message)?;
            let filtered = filters::apply(name, &value).map_err(|p| ::tera::Error::message(p.message))?;
            Ok::<String, ::tera::Error>(text_of(&filtered))
        };
        engine.register_filter(name, filter);
    }
    engine
}

/// A name that is also the beginning of others keeps its own value under `value`.
fn insert(tree: &mut Map<String, Value>, path: &[String], value: Value) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        match tree.get_mut(first) {
            Some(Value::Object(branch)) => {
                branch.insert("value".to_owned(), value);
            }
            _ => {
                tree.insert(first.clone(), value);
            }
        }
        return;
    }
    let slot = tree.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        let own = slot.take();
        *slot = Value::Object(Map::from_iter([("value".to_owned(), own)]));
    }
    if let Value::Object(branch) = slot {
        insert(branch, rest, value);
    }
}

fn failed(source: &SourceText, error: &::tera::Error) -> Problem {
    use ::tera::ErrorKind;
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let span = report.span();
            let range = span.range.clone();
            Problem::new("hub::template::tera", report.message().to_owned())
                .at(source.at(range.start, range.end.saturating_sub(range.start)))
        }
        _ => Problem::new("hub::template::tera", format!("{}: {error}", source.name())),
    }
}
