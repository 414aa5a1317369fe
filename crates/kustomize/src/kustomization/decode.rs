//! Reads typed values out of a tree, the way kustomize reads its own files.
//!
//! Scalars are understood as YAML 1.1 has them (`yes` is a boolean), field names match in any case, and a value of the
//! wrong type is an error at its place.
//!
//! Source: sigs.k8s.io/yaml v1.5.0 (YAMLToJSON), Go's `encoding/json`.

use std::{borrow::Cow, collections::BTreeMap};

use hub_yaml::{Node, Scalar, Style, Tag, Text, Value};

use crate::{
    error::{Error, Result},
    field_spec::FieldSpec,
    id::Gvk,
};

/// Reads one file's values.
#[derive(Clone, Copy)]
pub(crate) struct Decoder<'f> {
    file: &'f str,
    /// Whether unknown fields are passed over, and numbers and booleans taken for text.
    lenient: bool,
}

/// A scalar as YAML 1.1 has it.
enum Read<'n> {
    Null,
    Bool(bool),
    Number(String),
    Text(&'n str),
}

fn read(node: &Node) -> Read<'_> {
    let text = node.text().unwrap_or_default();
    if node.style != Style::Plain && !node.has_explicit_tag()
        || matches!(node.tag(), Tag::Custom | Tag::Binary)
    {
        return Read::Text(text);
    }
    if node.has_explicit_tag() && node.tag() == Tag::Str {
        return Read::Text(text);
    }
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Read::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Read::Bool(false),
        _ => {}
    }
    match hub_yaml::resolve(text) {
        Scalar::Null => Read::Null,
        Scalar::Bool(value) => Read::Bool(value),
        Scalar::Int(value) => Read::Number(value.to_string()),
        Scalar::Uint(value) => Read::Number(value.to_string()),
        Scalar::Float(value) => Read::Number(hub_yaml::format_float(value)),
        Scalar::Timestamp(_) | Scalar::Str => Read::Text(text),
    }
}

/// Whether a value is null, and so leaves a field as it was.
pub(crate) fn is_null(node: &Node) -> bool {
    node.is_scalar() && matches!(read(node), Read::Null)
}

/// Makes a tree what it is after having been read as YAML 1.1 and written as JSON.
pub(crate) fn settle_1_1(node: &mut Node) {
    match &mut node.value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                settle_1_1(key);
                if key.tag() != Tag::Str {
                    *key = Node::string(key.text().unwrap_or_default()).with_span(key.span());
                }
                settle_1_1(value);
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(settle_1_1),
        _ => {
            let settled = match read(node) {
                Read::Null => Node::null(),
                Read::Bool(value) => Node::scalar(if value { "true" } else { "false" }, Tag::Bool),
                Read::Number(text) => Node::new(Value::Scalar(text.into())),
                Read::Text(text) => Node::string(text).with_style(Style::DoubleQuoted),
            };
            *node = settled.with_span(node.span());
        }
    }
}

impl<'f> Decoder<'f> {
    pub(crate) fn new(file: &'f str) -> Self {
        Decoder { file, lenient: false }
    }

    /// One that passes over unknown fields, and takes numbers and booleans for text: the original reads what is not a
    /// kustomization file so.
    pub(crate) fn lenient(file: &'f str) -> Self {
        Decoder { file, lenient: true }
    }

    pub(crate) fn fail<T>(&self, node: &Node, message: impl Into<String>) -> Result<T> {
        Err(Error::invalid(self.file, node.span(), message))
    }

    fn wrong<T>(&self, node: &Node, field: &str, wanted: &str) -> Result<T> {
        let found = match node.is_scalar().then(|| read(node)) {
            None => node.description().to_owned(),
            Some(Read::Null) => "null".into(),
            Some(Read::Bool(_)) => format!("the boolean {}", node.text().unwrap_or_default()),
            Some(Read::Number(_)) => format!("the number {}", node.text().unwrap_or_default()),
            Some(Read::Text(text)) => format!("the text {text:?}"),
        };
        let hint = match wanted {
            "text" if node.is_scalar() => ": write it in quotes",
            _ => "",
        };
        self.fail(node, format!("field '{field}' must be {wanted}, not {found}{hint}"))
    }

    /// Names and values of a mapping; nothing for null. Of a key that repeats, the last one counts.
    pub(crate) fn fields<'n>(&self, node: &'n Node, field: &str) -> Result<Vec<(Cow<'n, str>, &'n Node)>> {
        if node.is_scalar() && matches!(read(node), Read::Null) {
            return Ok(Vec::new());
        }
        if !node.is_mapping() {
            return self.wrong(node, field, "a mapping");
        }
        let mut found: Vec<(Cow<'n, str>, &'n Node)> = Vec::new();
        for (key, value) in node.entries() {
            let name = self.key(key)?;
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => found.push((name, value)),
            }
        }
        // The original sorts keys on its way through JSON, which shows where names differ only in case.
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    fn key<'n>(&self, key: &'n Node) -> Result<Cow<'n, str>> {
        if !key.is_scalar() {
            return self.fail(key, "a key must be a scalar");
        }
        match read(key) {
            Read::Text(text) => Ok(Cow::Borrowed(text)),
            Read::Number(text) => Ok(Cow::Owned(text)),
            Read::Bool(value) => Ok(Cow::Borrowed(if value { "true" } else { "false" })),
            Read::Null => self.fail(key, "a key must not be null"),
        }
    }

    /// Items of a list; nothing for null.
    pub(crate) fn items<'n>(&self, node: &'n Node, field: &str) -> Result<&'n [Node]> {
        match &node.resolved().value {
            Value::Sequence(items) => Ok(items),
            Value::Scalar(_) if matches!(read(node), Read::Null) => Ok(&[]),
            _ => self.wrong(node, field, "a list"),
        }
    }

    /// Text; empty for null.
    pub(crate) fn text(&self, node: &Node, field: &str) -> Result<String> {
        match node.is_scalar().then(|| read(node)) {
            Some(Read::Text(text)) => Ok(text.to_owned()),
            Some(Read::Null) => Ok(String::new()),
            Some(Read::Bool(value)) if self.lenient => Ok(value.to_string()),
            Some(Read::Number(text)) if self.lenient => Ok(text),
            _ => self.wrong(node, field, "text"),
        }
    }

    pub(crate) fn boolean(&self, node: &Node, field: &str) -> Result<bool> {
        match node.is_scalar().then(|| read(node)) {
            Some(Read::Bool(value)) => Ok(value),
            Some(Read::Null) => Ok(false),
            _ => self.wrong(node, field, "a boolean"),
        }
    }

    pub(crate) fn integer(&self, node: &Node, field: &str) -> Result<i64> {
        match node.is_scalar().then(|| read(node)) {
            Some(Read::Number(text)) => match text.parse() {
                Ok(value) => Ok(value),
                Err(_) => self.wrong(node, field, "an integer"),
            },
            Some(Read::Null) => Ok(0),
            _ => self.wrong(node, field, "an integer"),
        }
    }

    pub(crate) fn texts(&self, node: &Node, field: &str) -> Result<Vec<String>> {
        let items = self.items(node, field)?.iter();
        items.map(|item| self.text(item, field)).collect()
    }

    pub(crate) fn text_map(&self, node: &Node, field: &str) -> Result<BTreeMap<String, String>> {
        let fields = self.fields(node, field)?.into_iter();
        fields
            .map(|(key, value)| Ok((key.clone().into_owned(), self.text(value, &format!("{field}.{key}"))?)))
            .collect()
    }

    /// A field that is none of the known ones.
    pub(crate) fn unknown(&self, parent: &Node, name: &str, known: &[&str]) -> Result<()> {
        if self.lenient {
            return Ok(());
        }
        let key = parent.entries().iter().map(|(key, _)| key).find(|key| key.text() == Some(name));
        let near = known
            .iter()
            .map(|k| (distance(&name.to_ascii_lowercase(), &k.to_ascii_lowercase()), k))
            .min()
            .filter(|(distance, k)| *distance <= 1 + k.len() / 4);
        let hint = near.map(|(_, k)| format!(": did you mean '{k}'?")).unwrap_or_default();
        self.fail(key.unwrap_or(parent), format!("unknown field '{name}'{hint}"))
    }

    /// A field spec; its group, version and kind stand beside the path.
    pub(crate) fn field_spec(&self, node: &Node) -> Result<FieldSpec> {
        let (mut gvk, mut path, mut create) = (Gvk::default(), String::new(), false);
        for (name, value) in self.fields(node, "fieldSpec")? {
            match name.to_ascii_lowercase().as_str() {
                "group" => gvk.group = Text::new(self.text(value, "group")?),
                "version" => gvk.version = Text::new(self.text(value, "version")?),
                "kind" => gvk.kind = Text::new(self.text(value, "kind")?),
                "path" => path = self.text(value, "path")?,
                "create" => create = self.boolean(value, "create")?,
                _ => self.unknown(node, &name, &["group", "version", "kind", "path", "create"])?,
            }
        }
        Ok(FieldSpec::new(gvk, &path, create))
    }

    pub(crate) fn field_specs(&self, node: &Node, field: &str) -> Result<Vec<FieldSpec>> {
        let items = self.items(node, field)?.iter();
        items.map(|item| self.field_spec(item)).collect()
    }

    /// An entry of `nameReference`: what is referred to, and where.
    pub(crate) fn name_reference(&self, node: &Node) -> Result<(Gvk, Vec<FieldSpec>)> {
        let (mut gvk, mut specs) = (Gvk::default(), Vec::new());
        for (name, value) in self.fields(node, "nameReference")? {
            match name.to_ascii_lowercase().as_str() {
                "group" => gvk.group = Text::new(self.text(value, "group")?),
                "version" => gvk.version = Text::new(self.text(value, "version")?),
                "kind" => gvk.kind = Text::new(self.text(value, "kind")?),
                "fieldspecs" => specs = self.field_specs(value, "fieldSpecs")?,
                _ => self.unknown(node, &name, &["group", "version", "kind", "fieldSpecs"])?,
            }
        }
        Ok((gvk, specs))
    }
}

/// The edit distance of two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = if x == *y { diagonal } else { 1 + diagonal.min(row[j]).min(row[j + 1]) };
            diagonal = row[j + 1];
            row[j + 1] = cost;
        }
    }
    row[b.len()]
}
