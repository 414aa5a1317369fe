//! `vars`: `$(NAME)` in fields stands for a value of a resource.
//!
//! Source: api `internal/accumulator/resaccumulator.go`, `refvartransformer.go`, `filters/refvar`.

use std::collections::{BTreeMap, BTreeSet};

use hub_yaml::{Node, Scalar, Style, Tag, Value};

use crate::{
    error::{Error, Result},
    field_spec::{FieldSpec, SetResult, split_bracketed_path},
    id::{DEFAULT_NAMESPACE, ResId},
    kustomization::Var,
    meta::text_of,
    path,
    resource_set::ResourceSet,
    schema::Schema,
    transformers::describe,
};

/// Adds vars to those known, and marks the resources that they take their values from.
///
/// # Errors
/// A name is there already, or several resources could be meant.
pub(crate) fn add(known: &mut Vec<Var>, vars: &[Var], set: &mut ResourceSet, schema: &Schema) -> Result<()> {
    for var in vars {
        let wanted = ResId {
            gvk: var.gvk.clone(),
            name: var.object_name.as_str().into(),
            namespace: var.object_namespace.as_str().into(),
            cluster_scoped: false,
        };
        let fits = |id: &ResId| {
            id.name == wanted.name
                && id.gvk == wanted.gvk
                && (wanted.namespace.is_empty() || namespace_of(&wanted) == id.effective_namespace())
        };
        let places = set.named(&wanted.name);
        let list = set.contents_mut();
        let matches: Vec<usize> =
            places.into_iter().filter(|at| list[*at].has_or_had(schema, fits)).collect();
        match matches.as_slice() {
            [] => {}
            [at] => list[*at].vars.push(var.name.clone()),
            many => {
                let message = format!("{} resources could be what var '{}' refers to", many.len(), var.name);
                return Err(Error::step("vars", message));
            }
        }
    }
    merge(known, vars.to_vec())
}

fn namespace_of(id: &ResId) -> &str {
    if id.namespace.is_empty() { DEFAULT_NAMESPACE } else { &id.namespace }
}

/// Adds vars to those known.
///
/// # Errors
/// A name is there already.
pub(crate) fn merge(known: &mut Vec<Var>, vars: Vec<Var>) -> Result<()> {
    for var in vars {
        if known.iter().any(|other| other.name == var.name) {
            return Err(Error::step("vars", format!("var '{}' is there twice", var.name)));
        }
        known.push(var);
    }
    Ok(())
}

/// Puts the values of vars into the fields that may have them; the names of those never used come back.
///
/// # Errors
/// A var has no resource or field to take its value from, or stands where none may.
pub(crate) fn resolve(vars: &[Var], set: &mut ResourceSet, field_specs: &[FieldSpec]) -> Result<Vec<String>> {
    if vars.is_empty() {
        return Ok(Vec::new());
    }
    let mut sorted: Vec<&Var> = vars.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut values = BTreeMap::new();
    for var in sorted {
        values.insert(var.name.as_str(), value_of(var, set)?);
    }
    let mut used: BTreeSet<String> = BTreeSet::new();
    for resource in set.list_mut() {
        let mut gvk = resource.gvk();
        let mut echoes = Vec::new();
        for spec in field_specs {
            if !spec.selects(&gvk) {
                continue;
            }
            let mut replacer = Replacer { values: &values, used: &mut used };
            let mut set = |node: &mut Node| {
                replacer.set(node)?;
                if node.share() != 0 {
                    echoes.push((node.share(), node.clone()));
                }
                collect_shared(node, &mut echoes);
                Ok(())
            };
            spec.visit(&mut resource.node, None, &mut set)
                .map_err(|message| Error::step("vars", format!("{}: {message}", describe(resource))))?;
            gvk = resource.gvk();
        }
        resource.echo(&echoes);
    }
    let names = values.into_keys().filter(|name| !used.contains(*name));
    Ok(names.map(str::to_owned).collect())
}

/// Children that stand in several places, as labels do.
fn collect_shared(node: &Node, echoes: &mut Vec<(u32, Node)>) {
    let shared = node.entries().iter().map(|(_, value)| value).filter(|value| value.share() != 0);
    echoes.extend(shared.map(|value| (value.share(), value.clone())));
}

fn value_of(var: &Var, set: &ResourceSet) -> Result<Option<Node>> {
    let fail = |message: String| Err(Error::step("vars", format!("var '{}': {message}", var.name)));
    let Some(resource) = set.iter().find(|resource| resource.vars.contains(&var.name)) else {
        return fail(format!("there is no resource {} of kind {}", var.object_name, var.gvk.kind));
    };
    let parts = path::with_indices(&split_bracketed_path(&var.field_path, '.'));
    match path::lookup(&resource.node, &parts) {
        Ok(Some(node)) if node.is_scalar() => Ok(Some(node.clone())),
        Ok(Some(_)) => Ok(None),
        Ok(None) => fail(format!("{} has no field '{}'", describe(resource), var.field_path)),
        Err(message) => fail(message),
    }
}

struct Replacer<'v> {
    values: &'v BTreeMap<&'v str, Option<Node>>,
    used: &'v mut BTreeSet<String>,
}

impl Replacer<'_> {
    fn set(&mut self, node: &mut Node) -> SetResult {
        if node.tag() == Tag::Null {
            return Ok(());
        }
        match &mut node.value {
            Value::Scalar(_) => {
                if is_string(node) {
                    self.expand(node);
                }
                Ok(())
            }
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    if !is_string(key) {
                        return Err(format!("the key '{}' is not a string", text_of(key)));
                    }
                    if is_string(value) {
                        self.expand(value);
                    }
                }
                Ok(())
            }
            Value::Sequence(items) => {
                for item in items {
                    if !is_string(item) {
                        return Err(format!(
                            "expected only strings in the list, but found {}",
                            item.description()
                        ));
                    }
                    self.expand(item);
                }
                Ok(())
            }
            Value::Alias(_) => Ok(()),
        }
    }

    /// Replaces the vars in a text; one that is the whole text gives it its type.
    fn expand(&mut self, node: &mut Node) {
        let input = text_of(node).to_owned();
        let mut out = String::new();
        let mut rest = input.as_str();
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let Some(next) = after.chars().next() else {
                rest = &rest[at..];
                break;
            };
            match next {
                '$' => {
                    out.push('$');
                    rest = &after[1..];
                }
                '(' => match after.find(')') {
                    Some(end) => {
                        let name = &after[1..end];
                        let value = self.value(name);
                        if input.len() == name.len() + 3 {
                            node.replace(typed(value, name));
                            return;
                        }
                        match value {
                            Some(value) => out.push_str(&shown(&value)),
                            None => out.push_str(&format!("$({name})")),
                        }
                        rest = &after[end + 1..];
                    }
                    None => {
                        out.push_str("$(");
                        rest = &after[1..];
                    }
                },
                other => {
                    out.push('$');
                    out.push(other);
                    rest = &after[other.len_utf8()..];
                }
            }
        }
        out.push_str(rest);
        node.replace(Node::string(out));
    }

    fn value(&mut self, name: &str) -> Option<Node> {
        let value = self.values.get(name)?.clone()?;
        self.used.insert(name.to_owned());
        Some(value)
    }
}

fn is_string(node: &Node) -> bool {
    node.is_scalar() && matches!(node.tag(), Tag::Str | Tag::Unset)
}

fn typed(value: Option<Node>, name: &str) -> Node {
    let Some(value) = value else {
        return Node::string(format!("$({name})"));
    };
    let tag = match value.tag() {
        tag @ (Tag::Int | Tag::Bool | Tag::Float) => tag,
        _ => Tag::Str,
    };
    Node::scalar(shown(&value), tag).with_style(Style::Plain)
}

/// A value as Go prints it inside of a text.
fn shown(value: &Node) -> String {
    let text = text_of(value);
    match value.tag() {
        Tag::Float => match hub_yaml::resolve(text) {
            Scalar::Float(number) => hub_yaml::format_go_float(number),
            _ => text.to_owned(),
        },
        Tag::Bool => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    }
}
