//! References by name follow the resources that were renamed.
//!
//! In: the resources with their history. Out: the same with the fields that refer to renamed ones changed. Candidates
//! are found by the name they had, so the work is in proportion to the number of references.
//!
//! Source: api `internal/accumulator/namereferencetransformer.go`, `filters/nameref/nameref.go`.

use hub_yaml::{Node, Tag, Text, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    error::{Error, Result},
    field_spec::{FieldSpec, SetResult, set_scalar, wrong_kind},
    id::{Gvk, ResId},
    meta::{self, text_of},
    resource::{PreviousId, Resource},
    resource_set::ResourceSet,
    schema::Schema,
    transformer_config::NameReference,
    transformers::describe,
};

/// What can be referred to.
struct Candidate {
    gvk: Gvk,
    name: Text,
    namespace: Text,
    id: ResId,
    original_namespace: Text,
    previous: Vec<PreviousId>,
    prefixes: Vec<Text>,
    suffixes: Vec<Text>,
}

/// What refers.
struct Referrer<'r> {
    id: ResId,
    prefixes: &'r [Text],
    suffixes: &'r [Text],
    /// The kind that a role binding refers to.
    role: Option<Gvk>,
    /// Namespaces of a role binding's service accounts.
    namespaces: FxHashSet<Text>,
}

/// Changes references to resources that were renamed.
///
/// # Errors
/// A reference could be to several resources, or is none.
pub(crate) fn fix(set: &mut ResourceSet, references: &[NameReference], schema: &Schema) -> Result<()> {
    let candidates: Vec<Candidate> = set.iter().map(|resource| Candidate::of(resource, schema)).collect();
    let mut by_name: FxHashMap<Text, Vec<u32>> = FxHashMap::default();
    for (at, candidate) in candidates.iter().enumerate() {
        for previous in &candidate.previous {
            let places = by_name.entry(previous.name.clone()).or_default();
            if places.last() != Some(&(at as u32)) {
                places.push(at as u32);
            }
        }
    }
    let mut by_original_namespace: FxHashMap<Text, Vec<u32>> = FxHashMap::default();
    for (at, candidate) in candidates.iter().enumerate() {
        let places = by_original_namespace.entry(candidate.original_namespace.clone()).or_default();
        places.push(at as u32);
    }
    let finder = Finder { candidates, by_name, by_original_namespace };
    let mut specs: FxHashMap<Gvk, Vec<(&FieldSpec, &Gvk)>> = FxHashMap::default();
    for resource in set.list_mut() {
        let original = resource.original_id(schema).gvk;
        let specs = specs.entry(original.clone()).or_insert_with(|| {
            let pairs = references.iter().flat_map(|r| r.referrers.iter().map(move |spec| (spec, &r.target)));
            pairs.filter(|(spec, _)| spec.selects(&original)).collect()
        });
        if specs.is_empty() {
            continue;
        }
        fix_one(resource, specs, &finder, schema)?;
    }
    Ok(())
}

fn fix_one(
    resource: &mut Resource,
    specs: &[(&FieldSpec, &Gvk)],
    finder: &Finder,
    schema: &Schema,
) -> Result<()> {
    let subject = describe(resource);
    let Resource { node, lineage, .. } = resource;
    let referrer = Referrer {
        id: ResId::of(node, schema),
        prefixes: &lineage.prefixes,
        suffixes: &lineage.suffixes,
        role: role_of(node),
        namespaces: account_namespaces(node).map_err(|message| {
            let message = format!("{subject}: {message}");
            Error::step("name reference", message)
        })?,
    };
    let mut echoes = Vec::new();
    for (spec, target) in specs {
        let search =
            Search { finder, referrer: &referrer, target, is_role: spec.path.ends_with("roleRef/name") };
        let mut set = |field: &mut Node| {
            let before = field.share();
            search.set(field)?;
            if before != 0 {
                echoes.push((before, field.clone()));
            }
            Ok(())
        };
        spec.visit(node, None, &mut set)
            .map_err(|message| Error::step("name reference", format!("{subject}: {message}")))?;
    }
    resource.echo(&echoes);
    Ok(())
}

impl Candidate {
    fn of(resource: &Resource, schema: &Schema) -> Self {
        let id = resource.id(schema);
        let original = resource.original_id(schema);
        Candidate {
            gvk: id.gvk.clone(),
            name: Text::new(resource.name()),
            namespace: Text::new(resource.namespace()),
            original_namespace: Text::new(original.effective_namespace()),
            previous: resource.lineage.previous.clone(),
            prefixes: resource.lineage.prefixes.clone(),
            suffixes: resource.lineage.suffixes.clone(),
            id,
        }
    }

    fn had_gvk(&self, selector: &Gvk) -> bool {
        self.previous.iter().any(|previous| {
            (selector.kind.is_empty() || selector.kind == previous.kind)
                && (selector.group.is_empty() || selector.group == self.gvk.group)
                && (selector.version.is_empty() || selector.version == self.gvk.version)
        })
    }
}

struct Finder {
    candidates: Vec<Candidate>,
    by_name: FxHashMap<Text, Vec<u32>>,
    by_original_namespace: FxHashMap<Text, Vec<u32>>,
}

struct Search<'f> {
    finder: &'f Finder,
    referrer: &'f Referrer<'f>,
    target: &'f Gvk,
    is_role: bool,
}

impl<'f> Search<'f> {
    fn set(&self, field: &mut Node) -> SetResult {
        if field.tag() == Tag::Null {
            return Ok(());
        }
        match &mut field.value {
            Value::Scalar(_) => self.set_scalar(field),
            Value::Mapping(_) => self.set_mapping(field),
            Value::Sequence(items) => {
                for item in items.iter_mut().filter(|item| item.tag() != Tag::Null) {
                    match &item.value {
                        Value::Scalar(_) => self.set_scalar(item)?,
                        Value::Mapping(_) => self.set_mapping(item)?,
                        _ => return Err(wrong_kind("a name or a mapping with a name", item)),
                    }
                }
                Ok(())
            }
            Value::Alias(_) => Ok(()),
        }
    }

    fn set_scalar(&self, field: &mut Node) -> SetResult {
        let found = self.select(text_of(field), None, |a, b| a.name == b.name)?;
        match found {
            Some(candidate) if candidate.name != text_of(field) => {
                set_scalar(field, &candidate.name, Tag::Unset)
            }
            _ => Ok(()),
        }
    }

    fn set_mapping(&self, field: &mut Node) -> SetResult {
        let Some(name) = field.get("name").map(text_of) else {
            return Err("there is no 'name' beside the reference".into());
        };
        let namespace = field.get("namespace").map(text_of);
        let same = |a: &Candidate, b: &Candidate| a.name == b.name && a.namespace == b.namespace;
        let Some(candidate) = self.select(name, namespace, same)? else { return Ok(()) };
        if candidate.name == name && candidate.namespace.is_empty() {
            return Ok(());
        }
        meta::set_field(field, "name", Node::untyped(candidate.name.clone()));
        if !candidate.namespace.is_empty() {
            meta::set_field(field, "namespace", Node::untyped(candidate.namespace.clone()));
        }
        Ok(())
    }

    /// The resource that a name refers to; None if there is none that is certain.
    fn select(
        &self,
        name: &str,
        namespace: Option<&str>,
        same: impl Fn(&Candidate, &Candidate) -> bool,
    ) -> Result<Option<&'f Candidate>, String> {
        let Some(places) = self.finder.by_name.get(name) else { return Ok(None) };
        let known = places.iter().map(|at| &self.finder.candidates[*at as usize]);
        let visible: Vec<&Candidate> = known.filter(|candidate| self.is_visible(candidate)).collect();
        let mut found = match namespace {
            None => visible,
            Some(namespace) => self.in_namespace(visible, namespace),
        };
        found.retain(|candidate| {
            candidate.had_gvk(self.target) && self.fits_role(candidate) && self.is_near(candidate)
        });
        if let [only] = found.as_slice() {
            return Ok(Some(only));
        }
        found.retain(|candidate| self.same_chain(candidate, true));
        if found.len() > 1 {
            found.retain(|candidate| self.same_chain(candidate, false));
        }
        let Some(first) = found.first().copied() else { return Ok(None) };
        if found.iter().all(|candidate| same(first, candidate)) {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|candidate| candidate.id.to_string()).collect();
        Err(format!("'{name}' could refer to several resources: {}", ids.join(", ")))
    }

    /// Whether a candidate may be referred to at all from where the referrer is.
    fn is_visible(&self, candidate: &Candidate) -> bool {
        let referrer = &self.referrer.id;
        referrer.cluster_scoped
            || candidate.id.cluster_scoped
            || candidate.id.effective_namespace() == referrer.effective_namespace()
            || self.referrer.namespaces.contains(&candidate.namespace)
    }

    /// The candidates of a namespace: of the one they were in at first, if any of all resources there is was.
    fn in_namespace<'c>(&self, candidates: Vec<&'c Candidate>, namespace: &str) -> Vec<&'c Candidate> {
        let originals = self.finder.by_original_namespace.get(namespace);
        let any_original = namespace != crate::id::NO_NAMESPACE
            && originals.is_some_and(|places| {
                let mut known = places.iter().map(|at| &self.finder.candidates[*at as usize]);
                known.any(|candidate| self.is_visible(candidate))
            });
        let wanted = |candidate: &&Candidate| {
            if any_original {
                candidate.original_namespace == namespace
            } else {
                !candidate.id.cluster_scoped && candidate.id.effective_namespace() == namespace
            }
        };
        candidates.into_iter().filter(wanted).collect()
    }

    fn fits_role(&self, candidate: &Candidate) -> bool {
        match &self.referrer.role {
            Some(role) if self.is_role => candidate.had_gvk(role),
            _ => true,
        }
    }

    fn is_near(&self, candidate: &Candidate) -> bool {
        self.referrer.id.cluster_scoped
            || candidate.id.cluster_scoped
            || candidate.gvk.kind == "ServiceAccount"
            || candidate.id.effective_namespace() == self.referrer.id.effective_namespace()
    }

    /// Whether prefixes and suffixes end alike.
    fn same_chain(&self, candidate: &Candidate, allow_empty: bool) -> bool {
        let same =
            |a: &[Text], b: &[Text]| allow_empty && (a.is_empty() || b.is_empty()) || same_ending(a, b);
        same(&candidate.prefixes, self.referrer.prefixes) && same(&candidate.suffixes, self.referrer.suffixes)
    }
}

/// Whether the shorter of two lists is the end of the longer one.
///
/// Source: api `internal/utils/stringslice.go`, SameEndingSubSlice.
fn same_ending(shortest: &[Text], longest: &[Text]) -> bool {
    let (shortest, longest) =
        if shortest.len() > longest.len() { (longest, shortest) } else { (shortest, longest) };
    if shortest.is_empty() {
        return longest.is_empty();
    }
    longest.ends_with(shortest)
}

fn role_of(node: &Node) -> Option<Gvk> {
    let role = node.get("roleRef")?;
    let (group, kind) = (role.get("apiGroup")?, role.get("kind")?);
    Some(Gvk { group: Text::new(text_of(group)), version: Text::default(), kind: Text::new(text_of(kind)) })
}

/// The namespaces of a role binding's service accounts.
fn account_namespaces(node: &Node) -> Result<FxHashSet<Text>, String> {
    let mut namespaces = FxHashSet::default();
    if meta::kind(node) != "RoleBinding" {
        return Ok(namespaces);
    }
    let subjects = node.get("subjects").map(Node::items).unwrap_or_default();
    for subject in subjects {
        let is_account = subject.get("kind").is_some_and(|kind| text_of(kind) == "ServiceAccount");
        let Some(namespace) = subject.get("namespace").filter(|_| is_account) else {
            continue;
        };
        if namespace.as_str().is_none() {
            return Err(format!(
                "the namespace of the subject '{}' is blank or no text",
                subject.get("name").map(text_of).unwrap_or_default()
            ));
        }
        namespaces.insert(Text::new(text_of(namespace)));
    }
    Ok(namespaces)
}
