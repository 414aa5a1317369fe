//! Values inside of YAML or JSON that is the text of a field, as config maps have it.
//!
//! Source: api `filters/replacement/replacement.go` (setValueInStructuredData).

use hub_yaml::Node;

use crate::{
    json_text,
    meta::text_of,
    path::{self, Make},
};

/// Sets a value in the document that is the text of a field: the path goes on from the field into the document.
///
/// # Errors
/// In words: no part of the path leads to such a field, or there is nothing at the rest of it. The object is unchanged
/// then.
pub(crate) fn set(root: &mut Node, parts: &[String], value: &Node, make: Make) -> Result<(), String> {
    if parts.len() < 2 {
        return Err("the path does not go into a field's text".into());
    }
    for split in 1..parts.len() {
        let (outer, inner) = parts.split_at(split);
        let Ok(Some(field)) = path::lookup(root, outer) else { continue };
        if !field.is_scalar() {
            continue;
        }
        let text = text_of(field).to_owned();
        let Ok(document) = hub_yaml::parse_first(&text) else { continue };
        let Some(mut document) = document else {
            return Err("the text is empty".into());
        };
        let mut put = |target: &mut Node| {
            if target.is_scalar() {
                target.set_text(text_of(value));
            } else {
                target.replace(value.clone());
            }
            Ok(())
        };
        if path::for_each(&mut document, inner, make, &mut put)? == 0 {
            return Err("there is no such field in the text".into());
        }
        let new = printed(&document, &text)?;
        let mut set = |field: &mut Node| {
            field.set_text(new.as_str());
            Ok(())
        };
        path::for_each(root, outer, Make::Nothing, &mut set)?;
        return Ok(());
    }
    Err("no part of the path leads to a text with a document".into())
}

/// The document as text again: JSON if it was JSON, indented if it was; else YAML.
fn printed(document: &Node, original: &str) -> Result<String, String> {
    let is_json = original.trim_start().starts_with(['{', '[']);
    if !is_json {
        let text = hub_yaml::emit_as_is(document).map_err(|e| e.to_string())?;
        return Ok(text.trim().to_owned());
    }
    let indented = original.contains('\n') && original.contains("  ");
    json_text::write(document, indented)
}
