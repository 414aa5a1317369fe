//! `vars` to `replacements`.
//!
//! In: a kustomization, and the files of its resources and patches. Out: replacements whose targets are the places where a
//! variable stands, and those files with a placeholder there.
//!
//! What the original does oddly is done the same: replacements that the file has are lost, a file below a base is looked
//! for below the kustomization's own folder too, each place becomes a target of its own.
//!
//! Source: `commands/edit/fix/convert.go`.

use std::collections::BTreeMap;

use hub_yaml::{Node, Style, Value};

use super::{
    Edit, decode,
    error::{Error, Result},
    kustomization_file::KustomizationFile,
    pattern, resources,
};
use crate::{FILE_NAMES, loader::normalize};

/// Kustomizations that may lie below each other.
const DEPTH_LIMIT: usize = 100;

/// # Errors
/// A variable stands in the middle of a text, and what is before and after it differs.
pub(super) fn to_replacements(file: &mut KustomizationFile, edit: &mut Edit<'_>) -> Result<()> {
    let Some(vars) = file.remove("vars") else { return Ok(()) };
    let mut touched = Touched::default();
    let patches: Vec<Node> = file.items("patches").to_vec();
    touched.collect(file.texts("resources"), &patches, "", edit, 0);
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    for path in &touched.files {
        if let Some(text) = edit.folder.read(path).ok().and_then(|content| String::from_utf8(content).ok()) {
            contents.insert(path.clone(), text);
        }
    }
    let mut replacements = Node::sequence();
    for var in vars.items() {
        let name = resources::field(var, &["name"]);
        let mut replacement = decode::mapping(vec![("source", source(var))]);
        let targets = touched.targets(name, &contents)?;
        if !targets.is_empty() {
            replacement.set("targets", Node::new(Value::Sequence(targets)));
        }
        replacements.push(replacement);
        for text in contents.values_mut() {
            *text = text.replace(&format!("$({name})"), &format!("{name}_PLACEHOLDER"));
        }
    }
    file.set("replacements", replacements);
    for (path, text) in contents {
        if edit.folder.read(&path).is_ok_and(|old| old != text.as_bytes()) {
            edit.files.push((path, text.into_bytes()));
        }
    }
    Ok(())
}

fn source(var: &Node) -> Node {
    let (group, version) = split_api_version(resources::field(var, &["objref", "apiVersion"]));
    filled(&[
        ("group", group),
        ("version", version),
        ("kind", resources::field(var, &["objref", "kind"])),
        ("name", resources::field(var, &["objref", "name"])),
        ("namespace", resources::field(var, &["objref", "namespace"])),
        ("fieldPath", resources::field(var, &["fieldref", "fieldPath"])),
    ])
}

fn filled(fields: &[(&'static str, &str)]) -> Node {
    let filled = fields.iter().filter(|(_, value)| !value.is_empty());
    decode::mapping(filled.map(|(name, value)| (*name, decode::text(value))).collect())
}

fn split_api_version(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or(("", text))
}

/// The files that a build would read.
#[derive(Default)]
struct Touched {
    /// In the order of the resources, then of the patches; a path may repeat.
    files: Vec<String>,
    /// Entries of `patches` by the path of their file.
    patches: BTreeMap<String, Node>,
}

impl Touched {
    fn collect<'n>(
        &mut self,
        paths: impl Iterator<Item = &'n str>,
        patches: &[Node],
        parent: &str,
        edit: &Edit<'_>,
        depth: usize,
    ) {
        if depth > DEPTH_LIMIT {
            return;
        }
        for path in paths {
            for name in edit.folder.names(path).iter().filter(|name| FILE_NAMES.contains(&name.as_str())) {
                let content = edit.folder.read(&pattern::join(path, name)).unwrap_or_default();
                let Ok(documents) = hub_yaml::parse(&String::from_utf8_lossy(&content)) else { continue };
                let Some(base) = documents.first() else { continue };
                let list = |field: &str| base.root.get(field).map_or(&[][..], Node::items);
                self.collect(
                    list("resources").iter().filter_map(Node::text),
                    list("patches"),
                    path,
                    edit,
                    depth + 1,
                );
            }
            self.files.push(below(parent, path));
        }
        for patch in patches {
            let path = resources::field(patch, &["path"]);
            if !path.is_empty() {
                let path = below(parent, path);
                self.patches.insert(path.clone(), patch.clone());
                self.files.push(path);
            }
        }
    }

    fn targets(&self, name: &str, contents: &BTreeMap<String, String>) -> Result<Vec<Node>> {
        let mut targets = Vec::new();
        for file in &self.files {
            let objects = contents.get(file).and_then(|text| resources::objects(text));
            for object in objects.unwrap_or_default() {
                let mut places = Vec::new();
                find(&object, &format!("$({name})"), &mut Vec::new(), &mut places)?;
                let selector = match self.patches.get(file).filter(|patch| !allows_all(patch)) {
                    Some(patch) => patch_selector(patch, &object),
                    None => object_selector(&object),
                };
                targets.extend(places.into_iter().map(|place| place.target(&selector)));
            }
        }
        Ok(targets)
    }
}

fn below(parent: &str, path: &str) -> String {
    if parent.is_empty() { normalize(path) } else { pattern::join(parent, path) }
}

fn allows(patch: &Node, what: &str) -> bool {
    patch.at(&["options", what]).and_then(Node::as_bool).unwrap_or(false)
}

fn allows_all(patch: &Node) -> bool {
    allows(patch, "allowNameChange") && allows(patch, "allowKindChange")
}

fn object_selector(object: &Node) -> Node {
    let (group, version) = split_api_version(resources::field(object, &["apiVersion"]));
    filled(&[
        ("group", group),
        ("version", version),
        ("kind", resources::field(object, &["kind"])),
        ("name", resources::field(object, &["metadata", "name"])),
        ("namespace", resources::field(object, &["metadata", "namespace"])),
    ])
}

/// A patch may change several objects, whose ids differ from its own.
fn patch_selector(patch: &Node, object: &Node) -> Node {
    let mut selector = patch.get("target").cloned().unwrap_or_else(Node::mapping);
    let mut set = |field: &str, value: &str| {
        if value.is_empty() {
            selector.remove(field);
        } else {
            selector.set(field, decode::text(value));
        }
    };
    if allows(patch, "allowNameChange") {
        set("name", resources::field(object, &["metadata", "name"]));
    }
    if allows(patch, "allowKindChange") {
        set("kind", resources::field(object, &["kind"]));
    }
    let namespace = resources::field(object, &["metadata", "namespace"]);
    if !namespace.is_empty() {
        set("namespace", namespace);
    }
    selector
}

/// Where a variable stands in an object.
struct Place {
    path: String,
    /// Delimiter and index, if it stands in a longer text.
    piece: Option<(String, usize)>,
}

impl Place {
    fn target(&self, selector: &Node) -> Node {
        let mut paths = Node::sequence();
        paths.push(decode::text(&self.path));
        let mut target = decode::mapping(vec![("select", selector.clone()), ("fieldPaths", paths)]);
        if let Some((delimiter, index)) = &self.piece {
            let mut options = decode::mapping(vec![("delimiter", decode::text(delimiter))]);
            if *index > 0 {
                options.set("index", decode::integer(i64::try_from(*index).unwrap_or(i64::MAX)));
            }
            target.set("options", options);
        }
        target
    }
}

fn find(node: &Node, variable: &str, path: &mut Vec<String>, places: &mut Vec<Place>) -> Result<()> {
    match &node.value {
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                find(item, variable, path, places)?;
                path.pop();
            }
        }
        Value::Mapping(entries) => {
            for (key, value) in entries {
                path.push(path_part(key));
                find(value, variable, path, places)?;
                path.pop();
            }
        }
        Value::Scalar(text) if text.contains(variable) => {
            places.push(Place { path: path.join("."), piece: piece(text, variable)? });
        }
        Value::Scalar(_) | Value::Alias(_) => {}
    }
    Ok(())
}

/// A key as it is written, in brackets if it has a dot.
fn path_part(key: &Node) -> String {
    let text = key.text().unwrap_or_default().trim();
    let text = match key.style {
        Style::SingleQuoted => format!("'{text}'"),
        Style::DoubleQuoted => format!("\"{text}\""),
        _ => text.to_owned(),
    };
    if text.contains('.') { format!("[{text}]") } else { text }
}

/// Which piece of a text a variable is; None if it is all of it.
fn piece(text: &str, variable: &str) -> Result<Option<(String, usize)>> {
    if text == variable {
        return Ok(None);
    }
    let start = text.find(variable).unwrap_or_default();
    let end = start + variable.len();
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let pieces = |delimiter: char| text.split(delimiter).collect::<Vec<_>>();
    let (delimiter, index) = match (before, after) {
        (None, Some(after)) => (after, Some(0)),
        (Some(before), None) => (before, Some(pieces(before).len() - 1)),
        (Some(before), Some(after)) if before == after => {
            (before, pieces(before).iter().position(|piece| *piece == variable))
        }
        _ => (' ', None),
    };
    match index {
        Some(index) => Ok(Some((delimiter.to_string(), index))),
        None => Err(Error::request(format!(
            "cannot convert all vars to replacements; {variable} is not delimited in '{text}'"
        ))),
    }
}
