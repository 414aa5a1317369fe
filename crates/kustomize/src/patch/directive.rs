//! `$patch: delete|replace|merge` in a patch.
//!
//! Source: kyaml `yaml/merge2/smpdirective.go`.

use hub_yaml::{Node, Value};

use crate::meta::{self, text_of};

pub(super) const KEY: &str = "$patch";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

fn parse(text: &str) -> Result<Directive, String> {
    match text {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        other => Err(format!("unknown patch strategy '{other}': must be delete, replace or merge")),
    }
}

/// Takes the directive out of a mapping, or out of a list that has it as an element.
///
/// # Errors
/// The directive is none; or the node is neither a mapping nor a list, and so can have none.
pub(super) fn take(patch: &mut Node) -> Result<Directive, String> {
    match &mut patch.value {
        Value::Mapping(_) => {
            let Some(value) = patch.get(KEY) else { return Ok(Directive::Merge) };
            if value.tag() == hub_yaml::Tag::Null {
                return parse(text_of(value));
            }
            let directive = parse(text_of(value))?;
            meta::remove_first(patch, KEY);
            Ok(directive)
        }
        Value::Sequence(items) => {
            let Some(element) = items.iter().find(|item| item.get(KEY).is_some()) else {
                return Ok(Directive::Merge);
            };
            if element.entries().len() > 1 {
                return Ok(Directive::Merge);
            }
            let value = element.get(KEY).map(text_of).unwrap_or_default().to_owned();
            let directive = parse(&value)?;
            items.retain(|item| {
                let is_directive = item.is_mapping() && item.get(KEY).map(text_of) == Some(value.as_str());
                !is_directive && !meta::is_nil_or_empty(item)
            });
            Ok(directive)
        }
        _ => Err("a scalar can have no patch strategy".into()),
    }
}
