//! Labels, annotations and build options on command lines.
//!
//! Source: `commands/internal/util/util.go` (ConvertSliceToMap), `validate.go`, `commands/edit/add/addmetadata.go`.

use hub_yaml::Node;

use super::{
    decode,
    error::{Error, Result},
    kustomization_file::KustomizationFile,
};

const BUILD_OPTIONS: [&str; 3] = ["originAnnotations", "transformerAnnotations", "managedByLabel"];

/// Splits `key:value` arguments; a value may be in double quotes, and is empty without a colon. Of a key that repeats, the
/// last one counts.
///
/// # Errors
/// There are none, or a key is missing.
pub(super) fn pairs(arguments: &[String], what: &'static str) -> Result<Vec<(String, String)>> {
    if arguments.is_empty() {
        return Err(Error::request(format!("must specify {what}")));
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for argument in arguments {
        let (key, value) = argument.split_once(':').unwrap_or((argument, ""));
        if key.is_empty() && !argument.is_empty() {
            let message = format!("invalid {what}: '{argument}' (need k:v pair where v may be quoted)");
            return Err(Error::request(message));
        }
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        pairs.retain(|(known, _)| known != key);
        pairs.push((key.to_owned(), unquoted.unwrap_or(value).to_owned()));
    }
    Ok(pairs)
}

/// Adds pairs to a mapping.
///
/// # Errors
/// A key is there already, and nothing is forced.
pub(super) fn add(
    node: &mut Node,
    pairs: &[(String, String)],
    what: &'static str,
    force: bool,
) -> Result<()> {
    for (key, value) in pairs {
        if !force && node.get(key).is_some() {
            return Err(Error::Already { what, name: key.clone(), hint: ". Use --force to override" });
        }
        node.set(key, decode::text(value));
    }
    Ok(())
}

/// Adds labels to the first entry of `labels` that leaves selectors alone and treats templates the same, or to a new one.
///
/// # Errors
/// A label is there already, and nothing is forced.
pub(super) fn add_labels(
    file: &mut KustomizationFile,
    pairs: &[(String, String)],
    templates: bool,
    force: bool,
) -> Result<()> {
    let is = |entry: &Node, flag: &str| entry.get(flag).and_then(Node::as_bool).unwrap_or(false);
    let fits = |entry: &Node| !is(entry, "includeSelectors") && is(entry, "includeTemplates") == templates;
    let entries = file.items_mut("labels");
    let at = entries.iter().position(fits).unwrap_or(entries.len());
    if at == entries.len() {
        let mut entry = Node::mapping();
        if templates {
            entry.set("includeTemplates", decode::flag(true));
        }
        entries.push(entry);
    }
    let entry = &mut entries[at];
    let mut labels = entry.get("pairs").cloned().unwrap_or_else(Node::mapping);
    add(&mut labels, pairs, "label", force)?;
    entry.set("pairs", labels);
    Ok(())
}

/// # Errors
/// There are no options, or one is unknown.
pub(super) fn check_build_options(options: &[String]) -> Result<()> {
    if options.is_empty() {
        return Err(Error::request("must specify a buildMetadata option"));
    }
    match options.iter().find(|option| !BUILD_OPTIONS.contains(&option.as_str())) {
        Some(option) => Err(Error::request(format!(
            "invalid buildMetadata option: {option}: there are {}",
            BUILD_OPTIONS.join(", ")
        ))),
        None => Ok(()),
    }
}
