//! The hash of their content behind the names of generated resources.
//!
//! Source: api `internal/builtins/HashTransformer.go`, `hasher/hasher.go`.

use std::fmt::Write;

use hub_yaml::Node;
use sha2::{Digest, Sha256};

use super::{Transform, labels::describe};
use crate::{
    error::{Error, Result},
    json_text::{write_json, write_text},
    meta,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Adds hashes to the names that want one.
pub(crate) struct Hash;

impl Transform for Hash {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        if !set.iter().any(|resource| resource.lineage.needs_hash) {
            return Ok(());
        }
        for resource in set.list_mut().iter_mut().filter(|resource| resource.lineage.needs_hash) {
            let hash = of(&resource.node).map_err(|message| {
                Error::step("name suffix hash", format!("{}: {message}", describe(resource)))
            })?;
            resource.store_previous_id(schema);
            let name = format!("{}-{hash}", resource.name());
            meta::set_name(&mut resource.node, &name);
        }
        Ok(())
    }
}

/// The hash of an object.
fn of(node: &Node) -> Result<String, String> {
    let mut json = String::new();
    match meta::kind(node) {
        "ConfigMap" => {
            let mut parts = vec![("binaryData", false), ("data", true)];
            parts.retain(|(key, always)| *always || node.get(key).is_some_and(Node::is_mapping));
            json.push('{');
            for (key, _) in parts {
                write_field(node, key, &mut json)?;
            }
            json.push_str("\"kind\":\"ConfigMap\",\"name\":\"\"}");
        }
        "Secret" => {
            json.push('{');
            write_field(node, "data", &mut json)?;
            json.push_str("\"kind\":\"Secret\",\"name\":\"\"");
            if node.get("stringData").is_some_and(Node::is_mapping) {
                json.push(',');
                write_field(node, "stringData", &mut json)?;
                json.pop();
            }
            json.push(',');
            write_field(node, "type", &mut json)?;
            json.pop();
            json.push('}');
        }
        _ => write_json(node, &mut json)?,
    }
    Ok(encode(&json))
}

fn write_field(node: &Node, key: &str, out: &mut String) -> Result<(), String> {
    let _ = write!(out, "\"{key}\":");
    match node.get(key) {
        None => out.push_str("\"\""),
        Some(value) if value.is_scalar() => write_text(meta::text_of(value), out),
        Some(value) => write_json(value, out)?,
    }
    out.push(',');
    Ok(())
}

/// Ten characters of the SHA-256 in which none looks like another or makes a word.
fn encode(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hex = String::with_capacity(10);
    for byte in digest.iter().take(5) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex.chars()
        .map(|c| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            c => c,
        })
        .collect()
}
