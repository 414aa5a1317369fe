//! Puts a value into fields. Only as a file under `transformers`; no field of a kustomization stands for it.
//!
//! Source: api `internal/builtins/ValueAddTransformer.go`, `filters/valueadd/valueadd.go`.

use hub_yaml::{Node, Value};

use super::{Namespace, Transform, labels::describe, namespace::Subjects, patches::select};
use crate::{
    error::{Error, Result},
    field_spec::{SetResult, set_scalar, wrong_kind},
    kustomization::Selector,
    meta::text_of,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Where the value goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueTarget {
    pub(crate) selector: Option<Selector>,
    pub(crate) field_path: String,
    /// Which part of a path the value is put before, counted from 1; 0 if it replaces the whole.
    pub(crate) file_path_position: i64,
}

/// Puts a value into fields.
pub(crate) struct ValueAdd {
    pub(crate) value: String,
    pub(crate) targets: Vec<ValueTarget>,
}

impl Transform for ValueAdd {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        const STEP: &str = "ValueAddTransformer";
        for target in &self.targets {
            let places = match &target.selector {
                None => (0..set.len()).collect(),
                Some(selector) => {
                    select(set, selector, schema).map_err(|message| Error::step(STEP, message))?
                }
            };
            for at in places {
                let resource = &mut set.list_mut()[at];
                let done = if target.field_path == "metadata/namespace" {
                    let namespace = Namespace {
                        namespace: self.value.clone(),
                        field_specs: Vec::new(),
                        unset_only: false,
                        subjects: Subjects::DefaultOnly,
                    };
                    namespace.apply(&mut resource.node, schema)
                } else {
                    self.put(&mut resource.node, target)
                };
                done.map_err(|message| Error::step(STEP, format!("{}: {message}", describe(resource))))?;
            }
        }
        Ok(())
    }
}

impl ValueAdd {
    fn put(&self, node: &mut Node, target: &ValueTarget) -> SetResult {
        let mut field = node;
        let parts = crate::field_spec::split_path(&target.field_path, '/');
        let last = parts.len().saturating_sub(1);
        for (at, part) in parts.iter().enumerate() {
            if part.is_empty() {
                continue;
            }
            if !field.is_mapping() {
                return Err(wrong_kind("a mapping", field));
            }
            if field.get(part).is_none() {
                let made = if at == last { Node::untyped("") } else { Node::new(Value::Mapping(Vec::new())) };
                field.push_entry(Node::untyped(part.as_str()), made);
            }
            field = field.get_mut(part).expect("it is there now");
        }
        let value = if target.file_path_position > 0 {
            insert_part(text_of(field), target.file_path_position - 1, &self.value)
        } else {
            self.value.clone()
        };
        set_scalar(field, &value, hub_yaml::Tag::Unset)
    }
}

/// Puts a name into a path, before the part at a place.
///
/// Source: kyaml `filesys/util.go`, InsertPathPart.
fn insert_part(path: &str, position: i64, name: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let at = usize::try_from(position).unwrap_or(0).min(parts.len());
    parts.insert(at, name);
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}
