//! `patchesJson6902`
//!
//! Source: api `internal/builtins/PatchJson6902Transformer.go`.

use super::{Source, Transform, labels::describe, patches};
use crate::{
    error::{Error, Result},
    kustomization::{Patch, Selector},
    loader::Root,
    patch::json6902::{self, JsonPatch},
    resource::{Lineage, Resource},
    resource_set::ResourceSet,
    schema::Schema,
};

const STEP: &str = "patchesJson6902";

/// Applies a JSON patch to what its target selects.
pub(crate) struct Json6902 {
    patch: JsonPatch,
    target: Selector,
}

impl Json6902 {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let mut made: Vec<Box<dyn Transform>> = Vec::new();
        for patch in &source.kustomization.patches_json6902 {
            made.push(Box::new(Json6902::read(patch, source.root)?));
        }
        Ok(made)
    }

    /// Reads a patch.
    ///
    /// # Errors
    /// It has no target, no content or two, or is no JSON patch.
    pub(crate) fn read(patch: &Patch, root: &Root<'_>) -> Result<Self> {
        let fail = |message: &str| Err(Error::step(STEP, message));
        let Some(target) = patch.target.clone().filter(|target| !target.name.is_empty()) else {
            return fail("an entry must name its target");
        };
        let text = match (patch.path.as_str(), patch.patch.as_str()) {
            ("", "") => return fail("an entry has neither 'path' nor 'patch'"),
            ("", text) => text.to_owned(),
            (path, "") => root.load_text(path)?,
            _ => return fail("an entry has both 'path' and 'patch': use one"),
        };
        let parsed = json6902::parse(&text);
        let parsed = parsed.map_err(|message| Error::step(STEP, format!("{}: {message}", patch.path)))?;
        if parsed.is_empty() {
            return fail("the patch is empty");
        }
        Ok(Json6902 { patch: parsed, target })
    }
}

impl Transform for Json6902 {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        let places =
            patches::select(set, &self.target, schema).map_err(|message| Error::step(STEP, message))?;
        for at in places {
            let resource = &mut set.list_mut()[at];
            apply(resource, &self.patch)
                .map_err(|message| Error::step(STEP, format!("{}: {message}", describe(resource))))?;
        }
        Ok(())
    }
}

/// Applies a JSON patch to a resource; its history is not touched, but stands among the annotations meanwhile.
pub(super) fn apply(resource: &mut Resource, patch: &JsonPatch) -> Result<(), String> {
    let lineage: Lineage = resource.lineage.clone();
    resource.write_history();
    patch.apply(&mut resource.node)?;
    resource.absorb_history();
    resource.lineage = lineage;
    Ok(())
}
