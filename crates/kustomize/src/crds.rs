//! `crds`: field specs from the definitions of custom kinds.
//!
//! Source: api `internal/accumulator/loadconfigfromcrds.go`.

use hub_yaml::{Node, Text};

use crate::{
    error::{Error, Result},
    field_spec::FieldSpec,
    id::Gvk,
    loader::Root,
    transformer_config::{NameReference, TransformerConfig},
};

const DEPTH_LIMIT: usize = 64;

/// Reads the definitions in some files.
///
/// # Errors
/// A file is no YAML or JSON, or two field specs contradict each other.
pub(crate) fn load(root: &Root<'_>, paths: &[String]) -> Result<TransformerConfig> {
    let mut config = TransformerConfig::default();
    for path in paths {
        let text = root.load_text(path)?;
        let document = hub_yaml::parse_first(&text).map_err(|e| Error::yaml(path, &e))?;
        let document = document
            .filter(Node::is_mapping)
            .ok_or_else(|| Error::step("crds", format!("{path}: expected definitions by name")))?;
        read(&document, &mut config).map_err(|message| Error::step("crds", format!("{path}: {message}")))?;
    }
    Ok(config)
}

fn properties(definition: &Node) -> &[(Node, Node)] {
    let schema = definition.get("Schema").or_else(|| definition.get("schema"));
    schema.and_then(|schema| schema.get("properties")).map(Node::entries).unwrap_or_default()
}

fn read(document: &Node, config: &mut TransformerConfig) -> Result<(), String> {
    for (name, definition) in document.entries() {
        let properties = properties(definition);
        let has = |key: &str| properties.iter().any(|(k, _)| k.text() == Some(key));
        if !(has("kind") && has("apiVersion") && has("metadata")) {
            continue;
        }
        let name = name.text().unwrap_or_default();
        let kind = Text::new(name.rsplit('.').next().unwrap_or_default());
        let walk = Walk { document, kind };
        walk.definition(config, name, &mut Vec::new())?;
    }
    Ok(())
}

struct Walk<'d> {
    document: &'d Node,
    kind: Text,
}

impl Walk<'_> {
    fn definition(
        &self,
        config: &mut TransformerConfig,
        name: &str,
        path: &mut Vec<String>,
    ) -> Result<(), String> {
        let Some(definition) = self.document.get(name) else { return Ok(()) };
        if path.len() > DEPTH_LIMIT {
            return Err(format!("definition '{name}' refers to itself"));
        }
        for (key, property) in properties(definition) {
            path.push(key.text().unwrap_or_default().to_owned());
            self.property(config, property, path)?;
            path.pop();
        }
        Ok(())
    }

    fn property(
        &self,
        config: &mut TransformerConfig,
        property: &Node,
        path: &mut Vec<String>,
    ) -> Result<(), String> {
        let text = |key: &str| property.get(key).and_then(Node::as_str);
        if text("x-kubernetes-annotation").is_some() {
            self.spec(path).merge_into(&mut config.common_annotations)?;
        }
        if text("x-kubernetes-label-selector").is_some() {
            self.spec(path).merge_into(&mut config.common_labels)?;
        }
        if text("x-kubernetes-identity").is_some() {
            self.spec(path).merge_into(&mut config.name_prefix)?;
        }
        let (version, kind) =
            (text("x-kubernetes-object-ref-api-version"), text("x-kubernetes-object-ref-kind"));
        if let (Some(version), Some(kind)) = (version, kind) {
            path.push(text("x-kubernetes-object-ref-name-key").unwrap_or("name").to_owned());
            let reference = NameReference {
                target: Gvk { group: Text::default(), version: Text::new(version), kind: Text::new(kind) },
                referrers: vec![self.spec(path)],
            };
            path.pop();
            config.merge_reference(reference)?;
        }
        match text("$ref") {
            Some(reference) => self.definition(config, reference, path),
            None => Ok(()),
        }
    }

    fn spec(&self, path: &[String]) -> FieldSpec {
        let gvk = Gvk { kind: self.kind.clone(), ..Gvk::default() };
        FieldSpec::new(gvk, &path.join("/"), false)
    }
}
