//! Reads selectors and replacements.

use hub_yaml::Node;

use super::{
    FieldOptions, Replacement, ReplacementField, ReplacementSource, ReplacementTarget, Selector,
    decode::{Decoder, is_null},
};
use crate::{error::Result, id::Gvk};

const ID_FIELDS: [&str; 5] = ["group", "version", "kind", "name", "namespace"];

#[derive(Default)]
struct IdFields {
    gvk: Gvk,
    name: String,
    namespace: String,
}

impl Decoder<'_> {
    /// Reads one of the fields of an id; false if it is none.
    fn id_field(&self, name: &str, value: &Node, id: &mut IdFields) -> Result<bool> {
        match name.to_ascii_lowercase().as_str() {
            "group" => id.gvk.group = self.text(value, name)?.into(),
            "version" => id.gvk.version = self.text(value, name)?.into(),
            "kind" => id.gvk.kind = self.text(value, name)?.into(),
            "name" => id.name = self.text(value, name)?,
            "namespace" => id.namespace = self.text(value, name)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn selector(&self, node: &Node) -> Result<Selector> {
        let mut selector = Selector::default();
        let mut id = IdFields::default();
        for (name, value) in self.fields(node, "target")? {
            match name.to_ascii_lowercase().as_str() {
                "annotationselector" => selector.annotation_selector = self.text(value, &name)?,
                "labelselector" => selector.label_selector = self.text(value, &name)?,
                _ if self.id_field(&name, value, &mut id)? => {}
                _ => {
                    let known = [&ID_FIELDS[..], &["annotationSelector", "labelSelector"]].concat();
                    self.unknown(node, &name, &known)?;
                }
            }
        }
        selector.gvk = id.gvk;
        selector.name = id.name;
        selector.namespace = id.namespace;
        Ok(selector)
    }

    pub(crate) fn replacement_field(&self, node: &Node) -> Result<ReplacementField> {
        let mut field = ReplacementField::default();
        for (name, value) in self.fields(node, "replacements")? {
            if name.eq_ignore_ascii_case("path") {
                field.path = self.text(value, "replacements.path")?;
            } else if !self.replacement_part(&name, value, &mut field.replacement)? {
                self.unknown(node, &name, &["source", "sourceValue", "targets", "path"])?;
            }
        }
        Ok(field)
    }

    pub(crate) fn replacement(&self, node: &Node) -> Result<Replacement> {
        let mut replacement = Replacement::default();
        for (name, value) in self.fields(node, "replacement")? {
            // A file of replacements is read leniently: fields that are none of these are passed over.
            self.replacement_part(&name, value, &mut replacement)?;
        }
        Ok(replacement)
    }

    fn replacement_part(&self, name: &str, value: &Node, replacement: &mut Replacement) -> Result<bool> {
        match name.to_ascii_lowercase().as_str() {
            _ if is_null(value) => {}
            "source" => replacement.source = Some(self.replacement_source(value)?),
            "sourcevalue" => replacement.source_value = Some(self.text(value, "sourceValue")?),
            "targets" => {
                replacement.targets = Some(self.list(value, "targets", Decoder::replacement_target)?)
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn replacement_source(&self, node: &Node) -> Result<ReplacementSource> {
        let mut source = ReplacementSource::default();
        let mut id = IdFields::default();
        for (name, value) in self.fields(node, "source")? {
            match name.to_ascii_lowercase().as_str() {
                "fieldpath" => source.field_path = self.text(value, "source.fieldPath")?,
                "options" if is_null(value) => {}
                "options" => source.options = Some(self.field_options(value)?),
                _ if self.id_field(&name, value, &mut id)? => {}
                _ => {
                    let known = [&ID_FIELDS[..], &["fieldPath", "options"]].concat();
                    self.unknown(node, &name, &known)?;
                }
            }
        }
        source.gvk = id.gvk;
        source.name = id.name;
        source.namespace = id.namespace;
        Ok(source)
    }

    fn replacement_target(&self, node: &Node) -> Result<ReplacementTarget> {
        let mut target = ReplacementTarget::default();
        for (name, value) in self.fields(node, "targets")? {
            match name.to_ascii_lowercase().as_str() {
                "select" if is_null(value) => {}
                "select" => target.select = Some(self.selector(value)?),
                "reject" => target.reject = self.list(value, "reject", Decoder::selector)?,
                "fieldpaths" => target.field_paths = self.texts(value, "fieldPaths")?,
                "options" if is_null(value) => {}
                "options" => target.options = Some(self.field_options(value)?),
                _ => self.unknown(node, &name, &["select", "reject", "fieldPaths", "options"])?,
            }
        }
        Ok(target)
    }

    fn field_options(&self, node: &Node) -> Result<FieldOptions> {
        let mut options = FieldOptions::default();
        for (name, value) in self.fields(node, "options")? {
            match name.to_ascii_lowercase().as_str() {
                "delimiter" => options.delimiter = self.text(value, "options.delimiter")?,
                "index" => options.index = self.integer(value, "options.index")?,
                "create" => options.create = self.boolean(value, "options.create")?,
                "encoding" => {
                    self.text(value, "options.encoding")?;
                }
                _ => self.unknown(node, &name, &["delimiter", "index", "encoding", "create"])?,
            }
        }
        Ok(options)
    }
}
