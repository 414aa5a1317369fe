//! `namespace`
//!
//! Source: api `internal/builtins/NamespaceTransformer.go`, `filters/namespace/namespace.go`.

use hub_yaml::{Node, Tag};
use rustc_hash::FxHashMap;

use super::{Source, Transform, labels::describe};
use crate::{
    error::{Error, Result},
    field_spec::{Create, FieldSpec, SetResult, set_scalar, wrong_kind},
    id::ResKey,
    meta::{self, text_of},
    resource::Resource,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// The ones named `default`.
    #[default]
    DefaultOnly,
    /// All service accounts.
    AllServiceAccounts,
    None,
}

impl Subjects {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "defaultOnly" => Some(Subjects::DefaultOnly),
            "allServiceAccounts" => Some(Subjects::AllServiceAccounts),
            "none" => Some(Subjects::None),
            _ => None,
        }
    }
}

/// Sets the namespace.
pub(crate) struct Namespace {
    pub(crate) namespace: String,
    pub(crate) field_specs: Vec<FieldSpec>,
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

impl Namespace {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        if source.kustomization.namespace.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![Box::new(Namespace {
            namespace: source.kustomization.namespace.clone(),
            field_specs: source.config.namespace.clone(),
            unset_only: false,
            subjects: Subjects::DefaultOnly,
        })])
    }

    fn set(&self, node: &mut Node) -> SetResult {
        if self.unset_only && node.tag() != Tag::Null && !text_of(node).is_empty() {
            return Ok(());
        }
        set_scalar(node, &self.namespace, Tag::Str)
    }

    /// Sets the namespace of one resource and of what in it refers to namespaces.
    pub(crate) fn apply(&self, node: &mut Node, schema: &Schema) -> SetResult {
        let api_version = meta::api_version(node).to_owned();
        let kind = meta::kind(node).to_owned();
        let create = Some(Create::Scalar(Tag::Str));
        let mut set = |node: &mut Node| self.set(node);
        if !schema.is_cluster_scoped(&api_version, &kind) {
            let spec = FieldSpec::anywhere("metadata/namespace", true);
            spec.visit(node, Some(Create::Scalar(Tag::Unset)), &mut set)?;
        }
        let is_binding = matches!(kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            self.set_subjects(node)?;
        }
        let gvk = crate::id::Gvk::of(node);
        for spec in self.field_specs.iter().filter(|spec| spec.selects(&gvk)) {
            let of_binding = matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
            let skipped = spec.path == "metadata/namespace"
                || api_version != "v1" && spec.path == "metadata/name"
                || is_binding && of_binding && spec.path == "subjects/namespace";
            if !skipped {
                spec.visit(node, create, &mut set)?;
            }
        }
        Ok(())
    }

    fn set_subjects(&self, binding: &mut Node) -> SetResult {
        if self.subjects == Subjects::None {
            return Ok(());
        }
        let Some(subjects) = binding.get_mut("subjects").filter(|subjects| subjects.tag() != Tag::Null)
        else {
            return Ok(());
        };
        if !subjects.is_sequence() {
            return Err(wrong_kind("a list of subjects", subjects));
        }
        for subject in subjects.items_mut().into_iter().flatten() {
            if subject.tag() == Tag::Null {
                continue;
            }
            if !subject.is_mapping() {
                return Err(wrong_kind("a subject", subject));
            }
            let (key, wanted) = match self.subjects {
                Subjects::AllServiceAccounts => ("kind", "ServiceAccount"),
                _ => ("name", "default"),
            };
            let fits =
                subject.get(key).is_some_and(|value| value.tag() != Tag::Null && text_of(value) == wanted);
            if !fits {
                continue;
            }
            if meta::position(subject, "namespace").is_none() {
                subject.push_entry(Node::untyped("namespace"), Node::untyped(""));
            }
            let namespace = subject.get_mut("namespace").expect("it is there now");
            self.set(namespace)?;
        }
        Ok(())
    }
}

impl Transform for Namespace {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let list = set.list_mut();
        let mut ids: FxHashMap<ResKey, u32> = FxHashMap::default();
        for resource in list.iter() {
            *ids.entry(resource.id(schema).key()).or_default() += 1;
        }
        for resource in list.iter_mut().filter(|resource| is_subject(resource)) {
            resource.store_previous_id(schema);
            let old = resource.id(schema).key();
            self.apply(&mut resource.node, schema)
                .map_err(|message| Error::step("namespace", format!("{}: {message}", describe(resource))))?;
            let id = resource.id(schema);
            if let Some(count) = ids.get_mut(&old) {
                *count -= 1;
            }
            let count = ids.entry(id.key()).or_default();
            *count += 1;
            if *count != 1 {
                let message = format!("setting the namespace gives two resources the id {id}");
                return Err(Error::step("namespace", message));
            }
        }
        Ok(())
    }
}

fn is_subject(resource: &Resource) -> bool {
    !meta::is_nil_or_empty(&resource.node) && !resource.lineage.helm_generated
}
