//! `namePrefix` and `nameSuffix`
//!
//! Source: api `internal/builtins/PrefixTransformer.go`, `SuffixTransformer.go`.

use hub_yaml::{Node, Tag, Text};

use super::{Source, Transform, labels::describe};
use crate::{
    error::{Error, Result},
    field_spec::{Create, FieldSpec, set_scalar},
    id::Gvk,
    meta::text_of,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// Puts a text before or after names.
pub(crate) struct Affix {
    pub(crate) side: Side,
    pub(crate) text: String,
    pub(crate) field_specs: Vec<FieldSpec>,
}

/// Kinds whose names stay.
fn is_exempt(gvk: &Gvk) -> bool {
    matches!(gvk.kind.as_str(), "CustomResourceDefinition" | "Namespace")
        || gvk.group == "apiregistration.k8s.io" && gvk.kind == "APIService"
}

impl Affix {
    pub(super) fn prefix_of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let text = &source.kustomization.name_prefix;
        Ok(Affix::made(Side::Before, text, &source.config.name_prefix))
    }

    pub(super) fn suffix_of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let text = &source.kustomization.name_suffix;
        Ok(Affix::made(Side::After, text, &source.config.name_suffix))
    }

    fn made(side: Side, text: &str, field_specs: &[FieldSpec]) -> Vec<Box<dyn Transform>> {
        if text.is_empty() {
            return Vec::new();
        }
        vec![Box::new(Affix { side, text: text.to_owned(), field_specs: field_specs.to_vec() })]
    }
}

impl Transform for Affix {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        let step = if self.side == Side::Before { "namePrefix" } else { "nameSuffix" };
        for resource in set.list_mut() {
            let id = resource.original_id(schema);
            if is_exempt(&id.gvk) {
                continue;
            }
            for spec in self.field_specs.iter().filter(|spec| spec.selects(&id.gvk)) {
                if spec.path == "metadata/name" && !self.text.is_empty() {
                    let chain = match self.side {
                        Side::Before => &mut resource.lineage.prefixes,
                        Side::After => &mut resource.lineage.suffixes,
                    };
                    chain.push(Text::new(&self.text));
                    resource.store_previous_id(schema);
                }
                if !spec.selects(&resource.gvk()) {
                    continue;
                }
                let mut set = |node: &mut Node| {
                    let old = text_of(node);
                    let new = match self.side {
                        Side::Before => format!("{}{old}", self.text),
                        Side::After => format!("{old}{}", self.text),
                    };
                    set_scalar(node, &new, Tag::Unset)
                };
                spec.visit(&mut resource.node, Some(Create::Scalar(Tag::Str)), &mut set)
                    .map_err(|message| Error::step(step, format!("{}: {message}", describe(resource))))?;
            }
        }
        Ok(())
    }
}
