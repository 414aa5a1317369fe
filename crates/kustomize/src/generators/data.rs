//! Config maps and secrets.
//!
//! Source: api `internal/generators/configmap.go`, `secret.go`, kyaml `yaml/datamap.go`.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use hub_yaml::{Node, Style, Tag};

use super::sources;
use crate::{
    error::{Error, Result},
    kustomization::{GeneratorArgs, GeneratorOptions},
    loader::Root,
    meta,
    resource::{Behavior, Resource, data_value},
};

/// Columns after which base64 goes on in a new line.
const LINE_LENGTH: usize = 70;

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ConfigMap,
    Secret,
}

/// Makes a resource.
///
/// # Errors
/// It has no name, or its sources are faulty.
pub(crate) fn generate(kind: Kind, args: &GeneratorArgs, root: &Root<'_>) -> Result<Resource> {
    let (kind_name, step) = match kind {
        Kind::ConfigMap => ("ConfigMap", "configMapGenerator"),
        Kind::Secret => ("Secret", "secretGenerator"),
    };
    if args.name.is_empty() {
        return Err(Error::step(step, "an entry has no name"));
    }
    let mut node = Node::mapping();
    node.push_entry(Node::string("apiVersion"), Node::string("v1"));
    node.push_entry(Node::string("kind"), Node::string(kind_name));
    let metadata = meta::child_mapping(&mut node, "metadata");
    meta::set_field(metadata, "name", quoted(&args.name));
    if !args.namespace.is_empty() {
        meta::set_field(metadata, "namespace", quoted(&args.namespace));
    }
    let data = sources::load(args, root, step)?;
    match kind {
        Kind::ConfigMap => put_config(&mut node, data),
        Kind::Secret => {
            let secret_type = if args.secret_type.is_empty() { "Opaque" } else { &args.secret_type };
            meta::set_field(&mut node, "type", Node::string(secret_type));
            let values = meta::child_mapping(&mut node, "data");
            for (key, bytes) in data {
                meta::set_field(values, &key, data_value(&base64(&bytes)));
            }
        }
    }
    if let Some(options) = &args.options {
        put_options(&mut node, options);
    }
    let mut resource = Resource::new(node);
    resource.lineage.needs_hash =
        !args.options.as_ref().is_some_and(|options| options.disable_name_suffix_hash);
    resource.lineage.behavior = Some(Behavior::parse(&args.behavior));
    Ok(resource)
}

fn quoted(text: &str) -> Node {
    Node::string(text)
}

/// Text goes to `data`, all else to `binaryData`.
fn put_config(node: &mut Node, data: BTreeMap<String, Vec<u8>>) {
    for (key, bytes) in data {
        match String::from_utf8(bytes) {
            Ok(text) => meta::set_field(meta::child_mapping(node, "data"), &key, data_value(&text)),
            Err(error) => {
                let value = data_value(&base64(error.as_bytes()));
                meta::set_field(meta::child_mapping(node, "binaryData"), &key, value);
            }
        }
    }
}

fn put_options(node: &mut Node, options: &GeneratorOptions) {
    for (field, map) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        for (key, value) in map.iter().flatten() {
            let metadata = meta::child_mapping(node, "metadata");
            let value = Node::string(value.as_str()).with_style(Style::SingleQuoted);
            meta::set_field(meta::child_mapping(metadata, field), key, value);
        }
    }
    if options.immutable {
        meta::set_field(node, "immutable", Node::scalar("true", Tag::Bool));
    }
}

/// Base64, in lines of 70 characters if it is longer than one.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let whole = STANDARD.encode(bytes);
    if whole.len() < LINE_LENGTH {
        return whole;
    }
    let mut lines = String::with_capacity(whole.len() + whole.len() / LINE_LENGTH + 1);
    for (at, c) in whole.chars().enumerate() {
        lines.push(c);
        if (at + 1) % LINE_LENGTH == 0 || at + 1 == whole.len() {
            lines.push('\n');
        }
    }
    lines
}
