//! `labels` and `commonLabels`
//!
//! Source: api `internal/builtins/LabelTransformer.go`, `filters/labels/labels.go`.

use std::collections::BTreeMap;

use hub_yaml::{Node, Tag};

use super::{Source, Transform};
use crate::{
    error::{Error, Result},
    field_spec::{Create, FieldSpec, set_entry},
    meta,
    resource::Resource,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Adds labels.
pub(crate) struct Labels {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) field_specs: Vec<FieldSpec>,
}

impl Labels {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let (kustomization, config) = (source.kustomization, &source.config);
        let mut made: Vec<Box<dyn Transform>> = Vec::new();
        for set in &kustomization.labels {
            let mut specs = set.fields.clone();
            let mut add = |more: &[FieldSpec]| {
                let mut more = more.iter().cloned();
                more.try_for_each(|spec| spec.merge_into(&mut specs))
                    .map_err(|message| Error::step("labels", message))
            };
            add(&config.labels)?;
            if set.include_selectors {
                add(&config.common_labels)?;
            } else {
                if set.include_templates {
                    add(&config.template_labels)?;
                }
                add(&[FieldSpec::anywhere("metadata/labels", true)])?;
            }
            made.push(Box::new(Labels { labels: set.pairs.clone(), field_specs: specs }));
        }
        // Once there are labels of any sort, the common ones are carried out, even if they are none.
        if !kustomization.common_labels.is_empty() || !made.is_empty() {
            made.push(Box::new(Labels {
                labels: kustomization.common_labels.clone(),
                field_specs: config.common_labels.clone(),
            }));
        }
        Ok(made)
    }
}

impl Transform for Labels {
    fn transform(&self, set: &mut ResourceSet, _schema: &Schema) -> Result<()> {
        for resource in set.contents_mut() {
            add_entries(resource, &self.labels, &self.field_specs, "labels")?;
        }
        Ok(())
    }
}

/// Puts entries into the mappings at some paths.
///
/// An entry that is new in several of them is one node that stands in all: a later change of one changes the others,
/// as in the original.
pub(super) fn add_entries(
    resource: &mut Resource,
    entries: &BTreeMap<String, String>,
    field_specs: &[FieldSpec],
    step: &str,
) -> Result<()> {
    let gvk = resource.gvk();
    let specs: Vec<&FieldSpec> = field_specs.iter().filter(|spec| spec.selects(&gvk)).collect();
    for (key, text) in entries {
        let share = resource.next_share();
        let mut echoes = Vec::new();
        for spec in &specs {
            let mut set = |node: &mut Node| {
                let old_share = node.get(key).map_or(0, Node::share);
                let is_new = set_entry(node, key, Node::scalar(text.as_str(), Tag::Str))?;
                let Some(value) = node.get_mut(key) else { return Ok(()) };
                if is_new {
                    value.set_share(share);
                } else if old_share != 0 {
                    echoes.push((old_share, value.clone()));
                }
                Ok(())
            };
            spec.visit(&mut resource.node, Some(Create::Mapping), &mut set)
                .map_err(|message| Error::step(step, format!("{}: {message}", describe(resource))))?;
        }
        resource.echo(&echoes);
    }
    Ok(())
}

/// A resource in a message.
pub(crate) fn describe(resource: &Resource) -> String {
    let name = meta::name(&resource.node);
    match meta::namespace(&resource.node) {
        "" => format!("{} {name}", resource.kind()),
        namespace => format!("{} {namespace}/{name}", resource.kind()),
    }
}
