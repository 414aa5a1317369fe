//! `replacements`: copies values from one resource to others.
//!
//! Source: api `filters/replacement/replacement.go`.

use hub_yaml::{Node, Style, Value};

use crate::{
    error::{Error, Result},
    field_spec::split_bracketed_path,
    id::{DEFAULT_NAMESPACE, ResId},
    kustomization::{
        FieldOptions, Replacement, ReplacementField, ReplacementSource, ReplacementTarget, decode::Decoder,
    },
    loader::Root,
    meta::{is_nil_or_empty, text_of},
    path::{self, Make},
    resource::Resource,
    resource_set::ResourceSet,
    schema::Schema,
    selector::Matcher,
    structured,
    transformers::{Source, Transform, describe},
};

const STEP: &str = "replacements";
const DEFAULT_PATH: &str = "metadata.name";

/// Copies values, one replacement after the other.
pub(crate) struct Replacements {
    list: Vec<Replacement>,
}

impl Replacements {
    pub(crate) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        if source.kustomization.replacements.is_empty() {
            return Ok(Vec::new());
        }
        let list = load(&source.kustomization.replacements, source.root)?;
        Ok(vec![Box::new(Replacements { list })])
    }

    pub(crate) fn new(list: Vec<Replacement>) -> Self {
        Replacements { list }
    }
}

/// Replaces entries that name files by what is in the files.
///
/// # Errors
/// An entry is both, or a file is faulty.
pub(crate) fn load(fields: &[ReplacementField], root: &Root<'_>) -> Result<Vec<Replacement>> {
    let mut list = Vec::new();
    for field in fields {
        let inline = &field.replacement;
        if field.path.is_empty() {
            list.push(inline.clone());
            continue;
        }
        if inline.source.is_some() || inline.targets.as_ref().is_some_and(|targets| !targets.is_empty()) {
            let message = format!("an entry has both a path ({}) and a replacement: use one", field.path);
            return Err(Error::step(STEP, message));
        }
        let text = root.load_text(&field.path)?;
        let node = hub_yaml::parse_first(&text).map_err(|e| Error::yaml(&field.path, &e))?;
        let mut node = node.unwrap_or_else(Node::null);
        hub_yaml::expand_aliases(&mut node).map_err(|e| Error::yaml(&field.path, &e))?;
        let decoder = Decoder::lenient(&field.path);
        match &node.value {
            Value::Sequence(items) => {
                for item in items {
                    list.push(decoder.replacement(item)?);
                }
            }
            Value::Mapping(_) => list.push(decoder.replacement(&node)?),
            _ => return decoder.fail(&node, "a file of replacements must have a list or a mapping"),
        }
    }
    Ok(list)
}

impl Transform for Replacements {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        for replacement in &self.list {
            run(replacement, set, schema).map_err(|message| Error::step(STEP, message))?;
        }
        Ok(())
    }
}

fn run(replacement: &Replacement, set: &mut ResourceSet, schema: &Schema) -> Result<(), String> {
    let Some(targets) = &replacement.targets else {
        return Err("an entry has no targets".into());
    };
    let value = match (&replacement.source, &replacement.source_value) {
        (None, None) => return Err("an entry has no source".into()),
        (Some(_), Some(_)) => return Err("an entry has both source and sourceValue: use one".into()),
        (None, Some(text)) => Node::untyped(text.as_str()),
        (Some(source), None) => source_value(source, set)?,
    };
    for target in targets {
        apply(target, &value, set, schema)?;
    }
    Ok(())
}

/// The ids of a resource, the present one first, without regard to what is cluster-wide.
fn ids(resource: &Resource) -> Vec<ResId> {
    let current = ResId {
        gvk: resource.gvk(),
        name: resource.name().into(),
        namespace: resource.namespace().into(),
        cluster_scoped: false,
    };
    std::iter::once(current).chain(resource.previous_ids()).collect()
}

fn source_value(source: &ReplacementSource, set: &mut ResourceSet) -> Result<Node, String> {
    let namespace = |text: &str| if text.is_empty() { DEFAULT_NAMESPACE.to_owned() } else { text.to_owned() };
    let fits = |id: &ResId| {
        (source.name.is_empty() || source.name == id.name.as_str())
            && (source.namespace.is_empty() || namespace(&source.namespace) == namespace(&id.namespace))
            && id.gvk.is_selected_by(&source.gvk)
    };
    let places: Vec<usize> =
        if source.name.is_empty() { (0..set.len()).collect() } else { set.named(&source.name) };
    let list = set.contents_mut();
    let matches: Vec<&Resource> =
        places.into_iter().map(|at| &list[at]).filter(|resource| ids(resource).iter().any(fits)).collect();
    let shown =
        format!("kind '{}', name '{}', namespace '{}'", source.gvk.kind, source.name, source.namespace);
    let resource = match matches.as_slice() {
        [only] => only,
        [] => return Err(format!("no resource is the source ({shown})")),
        many => return Err(format!("{} resources could be the source ({shown})", many.len())),
    };
    let field_path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let parts = split_bracketed_path(field_path, '.');
    let found = path::lookup(&resource.node, &parts)
        .map_err(|message| format!("source {}: field '{field_path}': {message}", describe(resource)))?;
    let Some(found) = found.filter(|node| !is_nil_or_empty(node)) else {
        return Err(format!("source {} has no field '{field_path}'", describe(resource)));
    };
    if found.is_mapping() && parts.first().is_some_and(|part| part == "metadata") {
        // The original keeps its notes in annotations, and copies them along.
        let mut noted = Resource::clone(resource);
        noted.write_history();
        if let Ok(Some(found)) = path::lookup(&noted.node, &parts) {
            return refined(found, source.options.as_ref());
        }
    }
    refined(found, source.options.as_ref())
}

/// The piece of a value that options choose.
fn refined(value: &Node, options: Option<&FieldOptions>) -> Result<Node, String> {
    let Some(options) = options.filter(|options| !options.delimiter.is_empty()) else {
        return Ok(value.clone());
    };
    if !value.is_scalar() {
        return Err("a delimiter can only be used with a scalar".into());
    }
    let piece = usize::try_from(options.index)
        .ok()
        .and_then(|index| text_of(value).split(&options.delimiter).nth(index));
    let Some(piece) = piece else {
        return Err(format!("options.index {} is out of bounds for '{}'", options.index, text_of(value)));
    };
    let mut refined = value.clone();
    refined.set_text(piece);
    Ok(refined)
}

fn apply(
    target: &ReplacementTarget,
    value: &Node,
    set: &mut ResourceSet,
    _schema: &Schema,
) -> Result<(), String> {
    let Some(select) = &target.select else {
        return Err("a target must say which resources to select".into());
    };
    let select = Matcher::new(select)?;
    let reject = target.reject.iter().map(Matcher::new).collect::<Result<Vec<_>, _>>()?;
    let default = [DEFAULT_PATH.to_owned()];
    let field_paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for resource in set.list_mut() {
        if !select.matches_labels(&resource.node) {
            continue;
        }
        let by_labels =
            |matcher: &&Matcher| !matcher.is_without_labels && matcher.matches_labels(&resource.node);
        if reject.iter().any(|matcher| by_labels(&matcher)) {
            continue;
        }
        let ids = ids(resource);
        let by_id = |matcher: &Matcher| !matcher.is_without_id && ids.iter().any(|id| matcher.matches_id(id));
        if reject.iter().any(by_id) || !ids.iter().any(|id| select.matches_id(id)) {
            continue;
        }
        for field_path in field_paths {
            copy_to(resource, field_path, value, target.options.as_ref()).map_err(|message| {
                format!("target {}: field '{field_path}': {message}", describe(resource))
            })?;
        }
    }
    Ok(())
}

fn copy_to(
    resource: &mut Resource,
    field_path: &str,
    value: &Node,
    options: Option<&FieldOptions>,
) -> Result<(), String> {
    let make = match options {
        Some(options) if options.create => match &value.value {
            Value::Mapping(_) => Make::Mapping,
            Value::Sequence(_) => Make::Sequence,
            _ => Make::Scalar,
        },
        _ => Make::Nothing,
    };
    let parts = split_bracketed_path(field_path, '.');
    if structured::set(&mut resource.node, &parts, value, make).is_ok() {
        return Ok(());
    }
    let mut echoes = Vec::new();
    let mut set = |field: &mut Node| {
        set_field(field, value, options)?;
        if field.share() != 0 {
            echoes.push((field.share(), field.clone()));
        }
        Ok(())
    };
    let count = path::for_each(&mut resource.node, &parts, make, &mut set)?;
    resource.echo(&echoes);
    match count {
        0 if make == Make::Nothing => Err("there is no such field; make it with options.create".into()),
        0 => Err("the field can neither be found nor made".into()),
        _ => Ok(()),
    }
}

fn set_field(field: &mut Node, value: &Node, options: Option<&FieldOptions>) -> Result<(), String> {
    let mut value = value.clone();
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        if !field.is_scalar() {
            return Err("a delimiter can only be used with a scalar".into());
        }
        let new = if value.is_null() { "" } else { text_of(&value) };
        let mut pieces: Vec<&str> = text_of(field).split(&options.delimiter).collect();
        match usize::try_from(options.index) {
            Err(_) => pieces.insert(0, new),
            Ok(at) if at >= pieces.len() => pieces.push(new),
            Ok(at) => pieces[at] = new,
        }
        let joined = pieces.join(&options.delimiter);
        value = Node::scalar(joined, value.tag()).with_style(Style::Plain);
    }
    if field.is_scalar() {
        // Type and style of the target stay.
        field.set_text(text_of(&value));
    } else {
        field.replace(value);
    }
    Ok(())
}
