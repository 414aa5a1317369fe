//! The resources of a build, in order.
//!
//! In: resources. Out: the same, found by id without looking at each; no two with the same id.
//!
//! Source: api `resmap/reswrangler.go`, which looks at each.

use hub_yaml::Text;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    error::{Error, Result},
    id::{ResId, ResKey},
    meta,
    resource::{Behavior, Resource},
    schema::Schema,
};

/// Resources in order, with unique ids.
#[derive(Clone, Debug, Default)]
pub struct ResourceSet {
    list: Vec<Resource>,
    /// The present ids; None after a change that may touch ids.
    keys: Option<FxHashSet<ResKey>>,
    /// Places by name, present and past; None after a change that may touch ids.
    names: Option<FxHashMap<Text, Vec<u32>>>,
}

impl ResourceSet {
    /// The resources, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All resources as one text of YAML documents.
    ///
    /// # Errors
    /// [`Error::Print`]: a resource has a value that has no form in JSON, or a key that is not a string.
    pub fn to_yaml(&self) -> Result<String> {
        let mut out = String::new();
        for (at, resource) in self.list.iter().enumerate() {
            if at > 0 {
                out.push_str("---\n");
            }
            resource.print(&mut out)?;
        }
        Ok(out)
    }

    /// Each resource as a file of its own: name and text. Names begin with the namespace where there are several.
    ///
    /// # Errors
    /// Those of [`ResourceSet::to_yaml`].
    pub fn to_files(&self) -> Result<Vec<(String, String)>> {
        let schema = Schema::new();
        let ids: Vec<ResId> = self.list.iter().map(|resource| resource.id(&schema)).collect();
        let namespaces: FxHashSet<&str> =
            ids.iter().filter(|id| !id.cluster_scoped).map(ResId::effective_namespace).collect();
        let mut files = Vec::with_capacity(self.list.len());
        for (resource, id) in self.list.iter().zip(&ids) {
            let parts = [&id.gvk.group, &id.gvk.version, &id.gvk.kind, &id.name];
            let parts: Vec<&str> =
                parts.into_iter().map(Text::as_str).filter(|part| !part.is_empty()).collect();
            let mut name = format!("{}.yaml", parts.join("_").to_lowercase());
            if namespaces.len() > 1 && !id.cluster_scoped {
                name = format!("{}_{name}", id.effective_namespace().to_lowercase());
            }
            let mut text = String::new();
            resource.print(&mut text)?;
            files.push((name, text));
        }
        Ok(files)
    }

    /// The resources, to be changed; what is known of their ids is forgotten.
    pub(crate) fn list_mut(&mut self) -> &mut Vec<Resource> {
        self.keys = None;
        self.names = None;
        &mut self.list
    }

    /// The resources, to be changed in what has nothing to do with ids.
    pub(crate) fn contents_mut(&mut self) -> &mut [Resource] {
        &mut self.list
    }

    pub(crate) fn into_list(self) -> Vec<Resource> {
        self.list
    }

    fn keys(&mut self, schema: &Schema) -> &mut FxHashSet<ResKey> {
        let list = &self.list;
        self.keys.get_or_insert_with(|| list.iter().map(|resource| resource.id(schema).key()).collect())
    }

    /// Adds a resource to the end.
    ///
    /// # Errors
    /// [`Error::DuplicateId`]
    pub(crate) fn append(&mut self, resource: Resource, schema: &Schema) -> Result<()> {
        let id = resource.id(schema);
        if !self.keys(schema).insert(id.key()) {
            return Err(Error::DuplicateId { id: id.to_string() });
        }
        if let Some(names) = &mut self.names {
            add_names(names, &resource, self.list.len() as u32);
        }
        self.list.push(resource);
        Ok(())
    }

    pub(crate) fn append_all(&mut self, other: ResourceSet, schema: &Schema) -> Result<()> {
        if self.list.is_empty() {
            *self = other;
            return Ok(());
        }
        other.list.into_iter().try_for_each(|resource| self.append(resource, schema))
    }

    /// Places of the resources that have or had an id.
    pub(crate) fn matching_any(&mut self, id: &ResId, schema: &Schema) -> Vec<usize> {
        let candidates = self.named(&id.name);
        candidates
            .into_iter()
            .filter(|at| self.list[*at].has_or_had(schema, |other| other.same(id)))
            .collect()
    }

    /// Places of the resources that have or had a name, in order.
    pub(crate) fn named(&mut self, name: &str) -> Vec<usize> {
        let list = &self.list;
        let names = self.names.get_or_insert_with(|| {
            let mut names = FxHashMap::default();
            for (at, resource) in list.iter().enumerate() {
                add_names(&mut names, resource, at as u32);
            }
            names
        });
        names.get(name).map(|places| places.iter().map(|at| *at as usize).collect()).unwrap_or_default()
    }

    /// Adds generated resources: to the end, or into those of the same id, as they say.
    ///
    /// # Errors
    /// One is to be merged and there is nothing to merge it into, or too much; or one is there already.
    pub(crate) fn absorb(&mut self, other: ResourceSet, schema: &Schema) -> Result<()> {
        for resource in other.list {
            let id = resource.id(schema);
            let behavior = resource.lineage.behavior.unwrap_or_default();
            let matches = self.matching_any(&id, schema);
            match (matches.as_slice(), behavior) {
                ([], Behavior::Merge | Behavior::Replace) => {
                    let message = format!("{id} does not exist: there is nothing to merge into or replace");
                    return Err(Error::step("behavior", message));
                }
                ([], _) => self.append(resource, schema)?,
                ([at], Behavior::Merge | Behavior::Replace) => self.merge_generated(*at, resource, schema)?,
                ([_], _) => {
                    let message = format!("{id} exists already: say behavior merge or replace");
                    return Err(Error::step("behavior", message));
                }
                _ => {
                    let message = format!("{} resources could take {id}", matches.len());
                    return Err(Error::step("behavior", message));
                }
            }
        }
        Ok(())
    }

    fn merge_generated(&mut self, at: usize, mut resource: Resource, schema: &Schema) -> Result<()> {
        let merge = resource.lineage.behavior == Some(Behavior::Merge);
        let old = &self.list[at];
        let origin = meta::annotation(&old.node, crate::origin::ORIGIN).map(str::to_owned);
        resource.inherit(old);
        if merge {
            resource.merge_data(old);
            if let Some(origin) = origin {
                let mut annotations = meta::metadata_map(&resource.node, "annotations");
                annotations.insert(crate::origin::ORIGIN.into(), origin.into());
                meta::set_metadata_map(&mut resource.node, "annotations", &annotations);
            }
        }
        let id = resource.id(schema);
        let same = self.list.iter().filter(|other| other.id(schema).same(&id)).count();
        if same != 1 || !self.list[at].id(schema).same(&id) {
            return Err(Error::step("behavior", format!("cannot find resource {id} to replace")));
        }
        self.list_mut()[at] = resource;
        Ok(())
    }

    /// Takes out resources of which nothing is left.
    pub(crate) fn drop_empty(&mut self) {
        if self.list.iter().any(|resource| meta::is_nil_or_empty(&resource.node)) {
            self.list_mut().retain(|resource| !meta::is_nil_or_empty(&resource.node));
        }
    }
}

fn add_names(names: &mut FxHashMap<Text, Vec<u32>>, resource: &Resource, at: u32) {
    let mut add = |name: Text| {
        let places = names.entry(name).or_default();
        if places.last() != Some(&at) {
            places.push(at);
        }
    };
    add(Text::new(resource.name()));
    for previous in &resource.lineage.previous {
        add(previous.name.clone());
    }
}

impl<'s> IntoIterator for &'s ResourceSet {
    type Item = &'s Resource;
    type IntoIter = std::slice::Iter<'s, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
