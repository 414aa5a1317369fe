//! `patchesStrategicMerge`
//!
//! Source: api `internal/builtins/PatchStrategicMergeTransformer.go`, `resmap/reswrangler.go` (ApplySmPatch).

use hub_yaml::Node;

use super::{Source, Transform, labels::describe};
use crate::{
    error::{Error, Result},
    id::ResId,
    loader::Root,
    meta,
    patch::merge,
    read,
    resource::Resource,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Merges patches into the resources of the same id.
pub(crate) struct StrategicMerge {
    pub(crate) patches: Vec<Resource>,
}

impl StrategicMerge {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let entries = &source.kustomization.patches_strategic_merge;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let patches = load(entries, source.root, source.file)?;
        Ok(vec![Box::new(StrategicMerge { patches })])
    }
}

/// Reads patches: each entry is one itself, or the path of a file of them.
pub(crate) fn load(entries: &[String], root: &Root<'_>, file: &str) -> Result<Vec<Resource>> {
    let mut patches = Vec::new();
    for entry in entries {
        let nodes = match read::objects(entry, file) {
            Ok(nodes) => nodes,
            Err(inline) if entry.contains('\n') => return Err(inline.within("patchesStrategicMerge")),
            Err(_) => read::objects(&root.load_text(entry)?, entry)?,
        };
        patches.extend(nodes.into_iter().map(Resource::new));
    }
    if patches.is_empty() {
        return Err(Error::step("patchesStrategicMerge", "the patches are empty"));
    }
    Ok(patches)
}

impl Transform for StrategicMerge {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        for patch in &self.patches {
            let id = patch.original_id(schema);
            let at = only_match(set, &id, schema)
                .map_err(|message| Error::step("patchesStrategicMerge", message))?;
            apply_to(set, &[at], patch, schema)?;
        }
        Ok(())
    }
}

/// The place of the resource that has or had an id.
///
/// # Errors
/// In words: there is none, or more than one.
pub(super) fn only_match(set: &mut ResourceSet, id: &ResId, schema: &Schema) -> Result<usize, String> {
    match set.matching_any(id, schema).as_slice() {
        [at] => Ok(*at),
        [] => Err(format!("no resource matches the patch for {id}")),
        many => Err(format!("{} resources match the patch for {id}", many.len())),
    }
}

/// Merges a patch into some resources, each time as one for that resource's name.
pub(super) fn apply_to(
    set: &mut ResourceSet,
    places: &[usize],
    patch: &Resource,
    schema: &Schema,
) -> Result<()> {
    for at in places {
        let mut copy = patch.clone();
        copy.inherit(patch);
        let resource = &set.contents_mut()[*at];
        meta::set_api_version(&mut copy.node, resource.api_version());
        apply(set, *at, &copy, schema)?;
    }
    set.drop_empty();
    Ok(())
}

/// Merges a patch into one resource, which keeps its name, namespace and kind unless the patch may change them.
///
/// Source: api `resource/resource.go`, ApplySmPatch.
pub(super) fn apply(set: &mut ResourceSet, at: usize, patch: &Resource, schema: &Schema) -> Result<()> {
    let may_change_id = patch.lineage.allow_name_change || patch.lineage.allow_kind_change;
    let resource = if may_change_id { &mut set.list_mut()[at] } else { &mut set.contents_mut()[at] };
    let (name, namespace) = (resource.name().to_owned(), resource.namespace().to_owned());
    let (kind, api_version) = (resource.kind().to_owned(), resource.api_version().to_owned());
    if may_change_id {
        resource.store_previous_id(schema);
    }
    let touches_history = touches_annotations(&patch.node);
    if touches_history {
        resource.write_history();
    }
    let merged = merge::strategic(&mut resource.node, patch.node.clone(), schema)
        .map_err(|fault| Error::step("patch", format!("{}: {fault}", describe(resource))))?;
    if !merged.kept || meta::is_nil_or_empty(&resource.node) {
        resource.node = Node::null();
        set.list_mut();
        return Ok(());
    }
    resource.echo(&merged.echoes);
    if touches_history {
        resource.lineage = crate::resource::Lineage::default();
        resource.absorb_history();
    }
    if !patch.lineage.allow_kind_change {
        meta::set_kind(&mut resource.node, &kind);
    }
    if !patch.lineage.allow_name_change {
        meta::set_name(&mut resource.node, &name);
    }
    meta::set_namespace(&mut resource.node, &namespace);
    if touches_history || resource.api_version() != api_version {
        set.list_mut();
    }
    Ok(())
}

/// Whether a patch may take annotations away as a whole, and with them what the original keeps there.
fn touches_annotations(patch: &Node) -> bool {
    let drops = |node: &Node| node.tag() == hub_yaml::Tag::Null || node.get("$patch").is_some();
    let Some(metadata) = patch.get("metadata") else {
        return patch.get("$patch").is_some();
    };
    patch.get("$patch").is_some() || drops(metadata) || metadata.get("annotations").is_some_and(drops)
}
