//! `${name}` and `#{expression}` in values.
//!
//! In: text and something that knows names. Out: text. Refuses to know: layers, scopes, types.
//!
//! Source: hubctl's `parameters/eval.go`: the exact text between the braces is looked up, there is no escape and no
//! default, and the result is text. References don't depend on the order of declarations here; a loop is an error
//! that shows it.

use serde_json::Value;

use super::expression::{ExpressionError, evaluate};
use super::types::printed;

/// Why text could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// No such name.
    Unknown {
        name: String,
        /// Why a name that looks right has no value.
        hint: Option<String>,
    },
    /// The names that lead back to the first of them.
    Loop(Vec<String>),
    /// `${` without `}`, or `#{` without `}`.
    Unclosed(&'static str),
    /// The output of a component that has not run yet, as `component:name`.
    Pending(String),
    /// An expression that has no value.
    Expression { text: String, message: String, column: usize },
}

/// What a name means; `None` where it means nothing.
pub(super) type Lookup<'a> = dyn FnMut(&str) -> Result<Option<Value>, ExpandError> + 'a;

/// Whether text has anything to expand.
pub(super) fn is_expandable(text: &str) -> bool {
    text.contains("${") || text.contains("#{")
}

/// Replaces each `${name}` and `#{expression}` by what it means.
pub(super) fn expand(text: &str, lookup: &mut Lookup<'_>) -> Result<String, ExpandError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, sign)) = next(rest) {
        out.push_str(&rest[..start]);
        let inner = &rest[start + 2..];
        let end = if sign == "${" { inner.find('}') } else { closing(inner) };
        let end = end.ok_or(ExpandError::Unclosed(sign))?;
        let value =
            if sign == "${" { named(&inner[..end], lookup)? } else { calculated(&inner[..end], lookup)? };
        out.push_str(&printed(&value));
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The value of text that is one reference or expression and nothing else; `None` for other text.
pub(super) fn single(text: &str, lookup: &mut Lookup<'_>) -> Result<Option<Value>, ExpandError> {
    let Some(inner) = text.get(2..text.len().saturating_sub(1)).filter(|_| text.ends_with('}')) else {
        return Ok(None);
    };
    if text.starts_with("${") && !inner.contains('}') {
        return named(inner, lookup).map(Some);
    }
    if text.starts_with("#{") && closing(&text[2..]) == Some(inner.len()) {
        return calculated(inner, lookup).map(Some);
    }
    Ok(None)
}

/// The names that text refers to by `${name}`; expressions are not looked into.
pub(super) fn references(text: &str) -> Vec<&str> {
    let parts = text.split("${").skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

fn next(text: &str) -> Option<(usize, &'static str)> {
    let reference = text.find("${").map(|at| (at, "${"));
    let expression = text.find("#{").map(|at| (at, "#{"));
    reference.into_iter().chain(expression).min()
}

/// Where an expression ends: braces inside it come in pairs, those in quotes don't count.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn named(name: &str, lookup: &mut Lookup<'_>) -> Result<Value, ExpandError> {
    lookup(name)?.ok_or_else(|| ExpandError::Unknown { name: name.to_owned(), hint: None })
}

fn calculated(text: &str, lookup: &mut Lookup<'_>) -> Result<Value, ExpandError> {
    let wrong = |message, column| ExpandError::Expression { text: text.to_owned(), message, column };
    evaluate(text, lookup).map_err(|error| match error {
        ExpressionError::Wrong { message, column } => wrong(message, column),
        ExpressionError::Unknown { name, column } => wrong(format!("`{name}` has no value"), column),
        ExpressionError::Name(error) => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lookup(name: &str) -> Result<Option<Value>, ExpandError> {
        Ok(match name {
            "a" => Some(json!("1")),
            "b.c" => Some(json!(["x", true])),
            _ => None,
        })
    }

    #[test]
    fn replaces_names_and_leaves_the_rest() {
        let unknown = |name: &str| Err(ExpandError::Unknown { name: name.into(), hint: None });
        assert_eq!(expand("x${a}-$b {{c}}", &mut lookup), Ok("x1-$b {{c}}".into()));
        assert_eq!(expand("${ a }", &mut lookup), unknown(" a "));
        assert_eq!(expand("${a", &mut lookup), Err(ExpandError::Unclosed("${")));
        assert_eq!(expand("${b.c}", &mut lookup), Ok("[x true]".into()));
    }

    #[test]
    fn expressions_may_hold_braces_and_quotes() {
        assert_eq!(expand("#{size(b.c)}${a}", &mut lookup), Ok("21".into()));
        assert_eq!(expand("#{ {'x': a}['x'] }", &mut lookup), Ok("1".into()));
        assert_eq!(expand("#{'}' + a}!", &mut lookup), Ok("}1!".into()));
        let error = expand("#{a + nothing}", &mut lookup).unwrap_err();
        assert!(matches!(error, ExpandError::Expression { column: 5, .. }), "{error:?}");
    }

    #[test]
    fn one_reference_alone_keeps_its_type() {
        assert_eq!(single("${b.c}", &mut lookup), Ok(Some(json!(["x", true]))));
        assert_eq!(single("#{b.c[1]}", &mut lookup), Ok(Some(json!(true))));
        assert_eq!(single("${a}${a}", &mut lookup), Ok(None));
        assert_eq!(single("}", &mut lookup), Ok(None));
        assert_eq!(references("${a}x${comp:b}"), ["a", "comp:b"]);
    }
}
