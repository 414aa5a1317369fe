//! `replicas`
//!
//! Source: api `internal/builtins/ReplicaCountTransformer.go`.

use hub_yaml::{Node, Tag};

use super::{Source, Transform, labels::describe};
use crate::{
    error::{Error, Result},
    field_spec::{Create, FieldSpec, set_scalar},
    kustomization::Replica,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Sets how many replicas a workload has.
pub(crate) struct Replicas {
    pub(crate) replica: Replica,
    pub(crate) field_specs: Vec<FieldSpec>,
}

impl Replicas {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let replicas = source.kustomization.replicas.iter();
        Ok(replicas
            .map(|replica| -> Box<dyn Transform> {
                Box::new(Replicas { replica: replica.clone(), field_specs: source.config.replicas.clone() })
            })
            .collect())
    }
}

impl Transform for Replicas {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        let mut found = false;
        for spec in &self.field_specs {
            for at in set.named(&self.replica.name) {
                let resource = &mut set.contents_mut()[at];
                let fits = resource
                    .has_or_had(schema, |id| id.name == self.replica.name.as_str() && spec.selects(&id.gvk));
                if !fits {
                    continue;
                }
                found = true;
                if !spec.selects(&resource.gvk()) {
                    continue;
                }
                let count = self.replica.count.to_string();
                let mut set = |node: &mut Node| set_scalar(node, &count, Tag::Int);
                spec.visit(&mut resource.node, Some(Create::Scalar(Tag::Int)), &mut set).map_err(
                    |message| Error::step("replicas", format!("{}: {message}", describe(resource))),
                )?;
            }
        }
        if found {
            return Ok(());
        }
        let kinds: Vec<&str> = self.field_specs.iter().map(|spec| spec.gvk.kind.as_str()).collect();
        let message = format!("no resource of name '{}' is one of {}", self.replica.name, kinds.join(", "));
        Err(Error::step("replicas", message))
    }
}
