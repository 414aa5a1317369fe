//! `${name}` in values.
//!
//! In: text and something that knows names. Out: text. Refuses to know: layers, scopes, types.
//!
//! Source: hubctl's `parameters/eval.go`: the exact text between the braces is looked up, there is no escape and no
//! default, and the result is text. References don't depend on the order of declarations here; a loop is an error
//! that shows it.

/// Why text could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// No such name.
    Unknown(String),
    /// The names that lead back to the first of them.
    Loop(Vec<String>),
    /// `${` without `}`.
    Unclosed,
}

/// Replaces each `${name}` by what `lookup` gives for it.
pub(super) fn expand(
    text: &str,
    lookup: &mut dyn FnMut(&str) -> Result<String, ExpandError>,
) -> Result<String, ExpandError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let inner = &rest[start + 2..];
        let end = inner.find('}').ok_or(ExpandError::Unclosed)?;
        out.push_str(&lookup(&inner[..end])?);
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_names_and_leaves_the_rest() {
        let mut lookup = |name: &str| match name {
            "a" => Ok("1".to_owned()),
            other => Err(ExpandError::Unknown(other.to_owned())),
        };
        assert_eq!(expand("x${a}-$b {{c}}", &mut lookup), Ok("x1-$b {{c}}".into()));
        assert_eq!(expand("${ a }", &mut lookup), Err(ExpandError::Unknown(" a ".into())));
        assert_eq!(expand("${a", &mut lookup), Err(ExpandError::Unclosed));
    }
}
