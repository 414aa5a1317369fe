//! Trees as JSON has them.
//!
//! The original writes objects as JSON and reads them again in places; this does to a tree what that does.

use hub_yaml::{Error, Node, Printed, Style, Value};

/// Makes a tree what it is after having been written as JSON and read again.
///
/// # Errors
/// A key that is not a string, or that repeats; a value that JSON has no form for.
pub(crate) fn settle(node: &mut Node) -> Result<(), Error> {
    convert(node, Style::Flow, &|text| Node::new(Value::Scalar(text.into())))
}

/// Makes a tree what it is after having been written as JSON, and read by a reader to which all numbers are floats of
/// 64 bits.
///
/// # Errors
/// Those of [`settle`].
pub(crate) fn settle_floats(node: &mut Node) -> Result<(), Error> {
    convert(node, Style::Plain, &|text| match text.parse::<f64>() {
        Ok(value) if !matches!(text, "null" | "true" | "false") => {
            Node::new(Value::Scalar(hub_yaml::format_go_float(value).into()))
        }
        _ => Node::new(Value::Scalar(text.into())),
    })
}

fn convert(node: &mut Node, style: Style, bare: &dyn Fn(&str) -> Node) -> Result<(), Error> {
    let span = node.span();
    match &mut node.value {
        Value::Mapping(entries) => {
            for at in 0..entries.len() {
                let (before, rest) = entries.split_at_mut(at);
                let (key, value) = &mut rest[0];
                let Printed::Text(text) = hub_yaml::printed(key)? else {
                    let message = format!(
                        "the key {:?} is not a string: write it in quotes",
                        key.text().unwrap_or_default()
                    );
                    return Err(Error::at(key.span(), message));
                };
                if before.iter().any(|(known, _)| known.text() == Some(&*text)) {
                    return Err(Error::at(key.span(), format!("mapping key {text:?} already defined")));
                }
                let quoted = Node::string(text.as_ref()).with_style(Style::DoubleQuoted);
                *key = quoted.with_span(key.span());
                convert(value, style, bare)?;
            }
            node.style = style;
        }
        Value::Sequence(items) => {
            items.iter_mut().try_for_each(|item| convert(item, style, bare))?;
            node.style = style;
        }
        _ => {
            let settled = match hub_yaml::printed(node)? {
                Printed::Bare(text) => bare(&text),
                Printed::Text(text) => Node::string(text.as_ref()).with_style(Style::DoubleQuoted),
            };
            *node = settled.with_span(span);
        }
    }
    Ok(())
}
