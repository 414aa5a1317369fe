//! `commonAnnotations`
//!
//! Source: api `internal/builtins/AnnotationsTransformer.go`.

use std::collections::BTreeMap;

use super::{Source, Transform, labels::add_entries};
use crate::{error::Result, field_spec::FieldSpec, resource_set::ResourceSet, schema::Schema};

/// Adds annotations.
pub(crate) struct Annotations {
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) field_specs: Vec<FieldSpec>,
}

impl Annotations {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        if source.kustomization.common_annotations.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![Box::new(Annotations {
            annotations: source.kustomization.common_annotations.clone(),
            field_specs: source.config.common_annotations.clone(),
        })])
    }
}

impl Transform for Annotations {
    fn transform(&self, set: &mut ResourceSet, _schema: &Schema) -> Result<()> {
        for resource in set.contents_mut() {
            add_entries(resource, &self.annotations, &self.field_specs, "commonAnnotations")?;
        }
        Ok(())
    }
}
