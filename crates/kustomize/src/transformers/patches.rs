//! `patches`
//!
//! Source: api `internal/builtins/PatchTransformer.go`.

use super::{Source, Transform, json6902, labels::describe, strategic};
use crate::{
    error::{Error, Result},
    kustomization::{Patch, Selector},
    loader::Root,
    patch::json6902::{self as json, JsonPatch},
    read,
    resource::Resource,
    resource_set::ResourceSet,
    schema::Schema,
    selector::Matcher,
};

enum Content {
    Strategic(Vec<Resource>),
    Json(JsonPatch),
}

/// Applies one patch, of either sort.
pub(crate) struct Patches {
    content: Content,
    target: Option<Selector>,
    /// How messages name it.
    source: String,
}

impl Patches {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let mut made: Vec<Box<dyn Transform>> = Vec::new();
        for patch in &source.kustomization.patches {
            made.push(Box::new(Patches::read(patch, source.root)?));
        }
        Ok(made)
    }

    /// Reads a patch, and finds out of which sort it is.
    ///
    /// # Errors
    /// It is neither, or both; or it names no content or two.
    pub(crate) fn read(patch: &Patch, root: &Root<'_>) -> Result<Self> {
        let inline = patch.patch.trim();
        let fail = |message: String| Err(Error::step("patches", message));
        let (text, source, name) = match (inline, patch.path.as_str()) {
            ("", "") => return fail("an entry has neither 'patch' nor 'path'".into()),
            ("", path) => (root.load_text(path)?, path.to_owned(), path),
            (text, "") => (text.to_owned(), first_line(text), "patch"),
            (_, path) => return fail(format!("an entry has both 'patch' and 'path' ({path}): use one")),
        };
        let strategic = read::objects(&text, name);
        let json = if text.is_empty() { Err("the patch is empty".to_owned()) } else { json::parse(&text) };
        let content = match (strategic, json) {
            (Ok(objects), Ok(json)) if !objects.is_empty() && !json.is_empty() => {
                return fail(format!("{source} is both a strategic merge patch and a JSON patch"));
            }
            (Err(strategic), Err(json)) => {
                let strategic = strategic.chain();
                return fail(format!(
                    "{source} is neither a strategic merge patch ({strategic}) nor a JSON patch ({json})"
                ));
            }
            (Ok(objects), _) => {
                let mut patches: Vec<Resource> = objects.into_iter().map(Resource::new).collect();
                for loaded in &mut patches {
                    loaded.lineage.allow_name_change |= patch.allow_name_change;
                    loaded.lineage.allow_kind_change |= patch.allow_kind_change;
                }
                Content::Strategic(patches)
            }
            (Err(_), Ok(json)) => Content::Json(json),
        };
        Ok(Patches { content, target: patch.target.clone(), source })
    }

    fn places(&self, set: &ResourceSet, target: &Selector, schema: &Schema) -> Result<Vec<usize>> {
        select(set, target, schema)
            .map_err(|message| Error::step("patches", format!("{}: {message}", self.source)))
    }
}

/// Places of the resources that a selector selects.
///
/// # Errors
/// In words: a pattern of the selector is none.
pub(super) fn select(set: &ResourceSet, target: &Selector, schema: &Schema) -> Result<Vec<usize>, String> {
    let matcher = Matcher::new(target)?;
    let places = set.iter().enumerate();
    Ok(places.filter(|(_, resource)| matcher.matches(resource, schema)).map(|(at, _)| at).collect())
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    format!("the patch '{line}…'")
}

impl Transform for Patches {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        match (&self.content, &self.target) {
            (Content::Strategic(patches), _) if patches.is_empty() => Ok(()),
            (Content::Strategic(patches), Some(target)) => {
                let [patch] = patches.as_slice() else {
                    let message = format!("{}: an entry with a target can have only one patch", self.source);
                    return Err(Error::step("patches", message));
                };
                let places = self.places(set, target, schema)?;
                // The original goes by id, and so a resource that another one has the id of is patched too.
                strategic::apply_to(set, &places, patch, schema)
            }
            (Content::Strategic(patches), None) => {
                for patch in patches {
                    let id = patch.original_id(schema);
                    let at = strategic::only_match(set, &id, schema)
                        .map_err(|message| Error::step("patches", format!("{}: {message}", self.source)))?;
                    strategic::apply(set, at, patch, schema)?;
                }
                Ok(())
            }
            (Content::Json(_), None) => {
                let message = format!("{}: a JSON patch needs a target", self.source);
                Err(Error::step("patches", message))
            }
            (Content::Json(patch), Some(target)) => {
                for at in self.places(set, target, schema)? {
                    let resource = &mut set.list_mut()[at];
                    resource.store_previous_id(schema);
                    json6902::apply(resource, patch).map_err(|message| {
                        let subject = describe(resource);
                        Error::step("patches", format!("{} on {subject}: {message}", self.source))
                    })?;
                }
                Ok(())
            }
        }
    }
}
