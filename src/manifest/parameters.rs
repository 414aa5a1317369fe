//! `parameters:` trees, flattened.
//!
//! In: the `parameters` key of a manifest, or a parameter file. Out: [`ParameterDeclaration`]s in the order written.
//! Refuses to know: which component takes what.
//!
//! Source: hubctl's `manifest/flatten.go` (depth first; a node with children is a pure branch; `kind`, `empty` and
//! `component` are inherited; names are joined with dots, nothing is normalised).

use std::path::Path;

use serde_json::Value;

use super::component::Located;
use super::document::{Document, Node, Reader};
use super::outputs::looks_secret;
use super::{GenerateDeclaration, OutputDeclaration, ParameterDeclaration, ParameterType, outputs};
use crate::diagnostic::{Problem, Problems, did_you_mean};

pub(super) const KEYS: [&str; 18] = [
    "name",
    "value",
    "default",
    "empty",
    "env",
    "fromEnv",
    "fromFile",
    "kind",
    "component",
    "brief",
    "description",
    "type",
    "enum",
    "pattern",
    "secret",
    "required",
    "generate",
    "parameters",
];

#[derive(Clone, Default)]
struct Inherited {
    prefix: String,
    kind: Option<String>,
    empty: Option<String>,
    component: Option<String>,
}

/// Reads a file of parameters only (`--params-file`).
///
/// # Errors
/// Everything wrong with the file, at once.
pub fn load_parameter_file(path: &Path, base: &Path) -> Result<Vec<ParameterDeclaration>, Problems> {
    let document = Document::load(path, base)?;
    let mut reader = Reader::new(&document);
    let root = reader.root();
    let mut warnings = reader.unknown_keys(
        &root,
        &["version", "kind", "brief", "meta", "parameters", "outputs"],
        "a file of parameters",
    );
    // Values for nothing at all would be silently lost here, so what is a warning elsewhere is an error.
    reader.problems.0.append(&mut warnings);
    let parameters = read(&mut reader, &root, &mut warnings);
    reader.problems.0.append(&mut warnings);
    reader.problems.or(parameters)
}

/// A file of parameters that a stack includes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncludedFile {
    /// Its parameters.
    pub parameters: Vec<ParameterDeclaration>,
    /// Its outputs.
    pub outputs: Vec<OutputDeclaration>,
    /// Files that it includes in turn.
    pub includes: Vec<Located>,
    /// Keys that mean nothing; a warning each.
    pub warnings: Vec<Problem>,
}

impl IncludedFile {
    /// Reads one.
    ///
    /// # Errors
    /// Everything wrong with the file, at once.
    pub fn load(path: &Path, base: &Path) -> Result<Self, Problems> {
        let document = Document::load(path, base)?;
        let mut reader = Reader::new(&document);
        let root = reader.root();
        let mut warnings = Vec::new();
        let extensions = reader.mapping(&root, "extensions");
        let parameters = read(&mut reader, &root, &mut warnings);
        let file = Self {
            parameters: of_stack(parameters, &mut warnings),
            outputs: outputs::read(&mut reader, &root, &mut warnings),
            includes: extensions.map(|e| reader.words(&e, "include")).unwrap_or_default(),
            warnings,
        };
        reader.problems.or(file)
    }
}

/// Drops from a stack's parameters what counts only in components.
///
/// Source: hubctl's `manifest/validate.go`: `default` counts for parameters that users are asked for, `env` never.
pub(super) fn of_stack(
    mut declarations: Vec<ParameterDeclaration>,
    warnings: &mut Vec<Problem>,
) -> Vec<ParameterDeclaration> {
    for declaration in &mut declarations {
        let asked = declaration.from_env.is_some() || declaration.from_file.is_some();
        let user = declaration.kind.as_deref().map_or(asked, |kind| kind == "user");
        let mut warn = |key: &str, why: &str| {
            let message = format!("`{key}` of {} has no effect in a stack: {why}", declaration.name);
            warnings.push(Problem::new("hub::manifest::no_effect", message).at(declaration.place.clone()));
        };
        if declaration.default.is_some() && !user {
            warn("default", "it counts for `kind: user` only; write `value`");
        }
        if declaration.env.is_some() {
            warn("env", "variables are named by components");
        }
        if !user {
            declaration.default = None;
        }
        declaration.env = None;
    }
    declarations
}

/// Makes one of declarations with the same name: the first value counts, and the last variable.
///
/// Source: hubctl's `manifest/flatten.go`.
pub(super) fn merged(
    declarations: Vec<ParameterDeclaration>,
    warnings: &mut Vec<Problem>,
) -> Vec<ParameterDeclaration> {
    let mut all: Vec<ParameterDeclaration> = Vec::new();
    for declaration in declarations {
        let Some(first) = all.iter_mut().find(|d| d.name == declaration.name) else {
            all.push(declaration);
            continue;
        };
        let message =
            format!("{} is declared twice: the first value counts, and the last variable", first.name);
        warnings.push(Problem::new("hub::manifest::duplicate", message).at(declaration.place.clone()));
        first.env = declaration.env.or(first.env.take());
        if first.value.is_none() {
            (first.value, first.value_place) = (declaration.value, declaration.value_place);
        }
        first.default = first.default.take().or(declaration.default);
        first.secret |= declaration.secret;
    }
    for (at, declaration) in all.iter().enumerate() {
        let Some(env) = &declaration.env else { continue };
        if let Some(first) = all[..at].iter().find(|d| d.env.as_ref() == Some(env)) {
            let message = format!(
                "{} and {} both set the variable {env}: the last one counts",
                first.name, declaration.name
            );
            warnings.push(Problem::new("hub::manifest::duplicate", message).at(declaration.place.clone()));
        }
    }
    all
}

/// Reads the `parameters` key of `root`; unknown keys go to `warnings`.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: &Node,
    warnings: &mut Vec<Problem>,
) -> Vec<ParameterDeclaration> {
    let mut flat = Vec::new();
    for node in reader.sequence(root, "parameters") {
        flatten(reader, &node, &Inherited::default(), warnings, &mut flat);
    }
    flat
}

fn flatten(
    reader: &mut Reader<'_>,
    node: &Node,
    inherited: &Inherited,
    warnings: &mut Vec<Problem>,
    flat: &mut Vec<ParameterDeclaration>,
) {
    let Some(own) = reader.text(node, "name") else {
        let place = reader.place(node);
        reader
            .problems
            .push(Problem::new("hub::manifest::parameter", "a parameter needs a `name`").at(place));
        return;
    };
    warnings.extend(reader.unknown_keys(node, &KEYS, "a parameter"));
    let name = if inherited.prefix.is_empty() { own } else { format!("{}.{own}", inherited.prefix) };
    let scope = Inherited {
        kind: reader.text(node, "kind").or_else(|| inherited.kind.clone()),
        empty: reader.text(node, "empty").or_else(|| inherited.empty.clone()),
        component: reader.text(node, "component").or_else(|| inherited.component.clone()),
        prefix: name,
    };
    let children = reader.sequence(node, "parameters");
    if children.is_empty() {
        flat.push(leaf(reader, node, scope));
        return;
    }
    for key in ["value", "default", "env", "fromEnv", "fromFile"] {
        if let Some(place) = reader.place_of(node, key) {
            let message = format!("`{key}` of {} is lost: it has parameters below it", scope.prefix);
            warnings.push(Problem::new("hub::manifest::branch", message).at(place));
        }
    }
    for child in &children {
        flatten(reader, child, &scope, warnings, flat);
    }
}

fn leaf(reader: &mut Reader<'_>, node: &Node, scope: Inherited) -> ParameterDeclaration {
    let value = |key: &str| node.get(key).map(Node::to_value).filter(|v| !v.is_null());
    let said_secret = reader.boolean(node, "secret");
    let value_key = if node.get("value").is_some() { "value" } else { "default" };
    ParameterDeclaration {
        value: value("value"),
        default: value("default"),
        allow_empty: scope.empty.as_deref() == Some("allow"),
        env: reader.text(node, "env"),
        from_env: reader.text(node, "fromEnv"),
        from_file: reader.text(node, "fromFile"),
        kind: scope.kind,
        component: scope.component,
        brief: reader.text(node, "brief").or_else(|| reader.text(node, "description")),
        parameter_type: read_type(reader, node),
        choices: node.get("enum").map(Node::to_value).map(into_list).unwrap_or_default(),
        pattern: read_pattern(reader, node),
        secret: said_secret.unwrap_or(false),
        // Source: hubctl's `util/util.go` guesses by names what its logs must not show.
        private: said_secret.unwrap_or_else(|| looks_secret(&scope.prefix)),
        required: reader.boolean(node, "required").unwrap_or(false),
        generate: read_generate(reader, node),
        place: Some(reader.place(node)),
        value_place: reader.place_of(node, value_key),
        name: scope.prefix,
    }
}

/// Source: `generate` has no model in hubctl; there, hooks make such values.
fn read_generate(reader: &mut Reader<'_>, node: &Node) -> Option<GenerateDeclaration> {
    let generate = reader.mapping(node, "generate")?;
    let place = reader.place(&generate);
    let known = ["secret", "key", "namespace", "length"];
    let mut unknown = reader.unknown_keys(&generate, &known, "`generate`");
    reader.problems.0.append(&mut unknown);
    let length = reader.text(&generate, "length").map_or(Some(32), |text| text.parse().ok());
    let (secret, key) = (reader.text(&generate, "secret"), reader.text(&generate, "key"));
    match (secret, key, length.filter(|l| (8..=1024).contains(l))) {
        (Some(secret), Some(key), Some(length)) => {
            let namespace = reader.text(&generate, "namespace");
            Some(GenerateDeclaration { secret, key, namespace, length })
        }
        _ => {
            let message = "`generate` needs a `secret`, a `key`, and a `length` between 8 and 1024, if any";
            reader.problems.push(
                Problem::new("hub::manifest::generate", message)
                    .help("generate: {secret: app-session, key: token, length: 32}")
                    .at(place),
            );
            None
        }
    }
}

fn into_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

fn read_type(reader: &mut Reader<'_>, node: &Node) -> Option<ParameterType> {
    let name = reader.text(node, "type")?;
    let parsed = ParameterType::parse(&name);
    if parsed.is_none() {
        let known = ParameterType::NAMES.map(|(n, _)| n);
        let place = reader.place_of(node, "type");
        reader.problems.push(
            Problem::new("hub::manifest::parameter_type", format!("`{name}` is no parameter type"))
                .help(did_you_mean(&name, known).unwrap_or_else(|| format!("types: {}", known.join(", "))))
                .at(place),
        );
    }
    parsed
}

fn read_pattern(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let pattern = reader.text(node, "pattern")?;
    if let Err(error) = regex::Regex::new(&pattern) {
        let place = reader.place_of(node, "pattern");
        reader.problems.push(
            Problem::new(
                "hub::manifest::pattern",
                format!("the pattern `{pattern}` is no regular expression"),
            )
            .help(error.to_string().lines().last().unwrap_or_default().to_owned())
            .at(place),
        );
        return None;
    }
    Some(pattern)
}
