//! What changes the resources that a kustomization has gathered.
//!
//! Each transformer is a file here; [`ORDER`] says in which order a kustomization's own fields are carried out.
//!
//! Source: api `internal/target/kusttarget_configplugin.go` (configureBuiltinTransformers).

mod annotations;
mod hash;
mod images;
mod json6902;
mod labels;
mod namespace;
mod patches;
mod prefix;
mod replicas;
mod strategic;
mod value_add;

use std::rc::Rc;

pub(crate) use annotations::Annotations;
pub(crate) use hash::Hash;
pub(crate) use images::Images;
pub(crate) use json6902::Json6902;
pub(crate) use labels::{Labels, describe};
pub(crate) use namespace::{Namespace, Subjects};
pub(crate) use patches::Patches;
pub(crate) use prefix::{Affix, Side};
pub(crate) use replicas::Replicas;
pub(crate) use strategic::{StrategicMerge, load as load_strategic};
pub(crate) use value_add::{ValueAdd, ValueTarget};

use crate::{
    error::Result, kustomization::Kustomization, loader::Root, replacements::Replacements,
    resource_set::ResourceSet, schema::Schema, transformer_config::TransformerConfig,
};

/// Changes resources.
pub(crate) trait Transform {
    /// Does its work on a set.
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()>;
}

/// What a transformer is made from.
pub(crate) struct Source<'s, 'l> {
    pub(crate) kustomization: &'s Kustomization,
    pub(crate) config: Rc<TransformerConfig>,
    pub(crate) root: &'s Root<'l>,
    /// The kustomization file's name, for messages.
    pub(crate) file: &'s str,
}

type Make = fn(&Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>>;

/// The transformers of a kustomization's fields, in order, by the names of their kinds.
pub(crate) const ORDER: [(&str, Make); 11] = [
    ("PatchStrategicMergeTransformer", StrategicMerge::of_kustomization),
    ("PatchTransformer", Patches::of_kustomization),
    ("NamespaceTransformer", Namespace::of_kustomization),
    ("PrefixTransformer", Affix::prefix_of_kustomization),
    ("SuffixTransformer", Affix::suffix_of_kustomization),
    ("LabelTransformer", Labels::of_kustomization),
    ("AnnotationsTransformer", Annotations::of_kustomization),
    ("PatchJson6902Transformer", Json6902::of_kustomization),
    ("ReplicaCountTransformer", Replicas::of_kustomization),
    ("ImageTagTransformer", Images::of_kustomization),
    ("ReplacementTransformer", Replacements::of_kustomization),
];
