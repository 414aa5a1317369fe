//! Choosing resources.
//!
//! Source: api `types/selector.go`, `resmap/reswrangler.go` (Select), kyaml `yaml/internal/k8sgen/pkg/labels`.

use std::collections::BTreeMap;

use hub_yaml::{Node, Text};

use crate::{
    id::{Gvk, ResId},
    kustomization::Selector,
    meta,
    pattern::Pattern,
    resource::Resource,
    schema::Schema,
};

/// A selector, ready to be matched.
pub(crate) struct Matcher {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    annotations: LabelSelector,
    labels: LabelSelector,
    /// Whether it says nothing of ids.
    pub(crate) is_without_id: bool,
    pub(crate) is_without_labels: bool,
}

impl Matcher {
    /// Makes a selector ready.
    ///
    /// # Errors
    /// In words: a pattern or a label selector is none.
    pub(crate) fn new(selector: &Selector) -> Result<Self, String> {
        Ok(Matcher {
            group: Pattern::new(&selector.gvk.group)?,
            version: Pattern::new(&selector.gvk.version)?,
            kind: Pattern::new(&selector.gvk.kind)?,
            name: Pattern::new(&selector.name)?,
            namespace: Pattern::new(&selector.namespace)?,
            annotations: LabelSelector::parse(&selector.annotation_selector)?,
            labels: LabelSelector::parse(&selector.label_selector)?,
            is_without_id: selector.gvk == Gvk::default()
                && selector.name.is_empty()
                && selector.namespace.is_empty(),
            is_without_labels: selector.annotation_selector.is_empty() && selector.label_selector.is_empty(),
        })
    }

    fn matches_gvk(&self, gvk: &Gvk) -> bool {
        self.group.matches(&gvk.group) && self.version.matches(&gvk.version) && self.kind.matches(&gvk.kind)
    }

    /// Whether an id matches, its namespace taken as written.
    pub(crate) fn matches_id(&self, id: &ResId) -> bool {
        self.matches_gvk(&id.gvk) && self.name.matches(&id.name) && self.namespace.matches(&id.namespace)
    }

    /// Whether labels and annotations match.
    pub(crate) fn matches_labels(&self, node: &Node) -> bool {
        self.labels.matches(node, "labels") && self.annotations.matches(node, "annotations")
    }

    /// Whether a resource matches, by its first or its present id.
    pub(crate) fn matches(&self, resource: &Resource, schema: &Schema) -> bool {
        let current = resource.id(schema);
        let original = resource.original_id(schema);
        let namespace = self.namespace.matches(original.effective_namespace())
            || self.namespace.matches(current.effective_namespace());
        namespace
            && (self.name.matches(&original.name) || self.name.matches(&current.name))
            && self.matches_gvk(&current.gvk)
            && self.matches_labels(&resource.node)
    }
}

/// A selector of labels, as `kubectl -l` takes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
    Greater(String, i64),
    Less(String, i64),
}

impl LabelSelector {
    /// Reads a selector; nothing selects all.
    ///
    /// # Errors
    /// In words: it is no selector.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let fail = |why: &str| format!("invalid label selector '{text}': {why}");
        let mut requirements = Vec::new();
        for term in split_terms(text) {
            let term = term.trim();
            if term.is_empty() {
                if text.trim().is_empty() {
                    continue;
                }
                return Err(fail("a requirement is missing between commas"));
            }
            requirements.push(requirement(term).map_err(fail)?);
        }
        Ok(LabelSelector { requirements })
    }

    fn matches(&self, node: &Node, field: &str) -> bool {
        if self.requirements.is_empty() {
            return true;
        }
        let labels = meta::metadata_map(node, field);
        self.requirements.iter().all(|requirement| requirement.matches(&labels))
    }
}

/// Splits at commas that are not in parentheses.
fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut depth, mut start) = (0i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn requirement(term: &str) -> Result<Requirement, &'static str> {
    if let Some(key) = term.strip_prefix('!') {
        return Ok(Requirement::Missing(key_of(key)?));
    }
    for (sign, negated) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((key, value)) = term.split_once(sign) {
            let (key, values) = (key_of(key)?, vec![value_of(value)?]);
            return Ok(if negated { Requirement::NotIn(key, values) } else { Requirement::In(key, values) });
        }
    }
    for sign in ['>', '<'] {
        if let Some((key, value)) = term.split_once(sign) {
            let number = value.trim().parse().map_err(|_| "a value to compare with must be an integer")?;
            let key = key_of(key)?;
            return Ok(if sign == '>' {
                Requirement::Greater(key, number)
            } else {
                Requirement::Less(key, number)
            });
        }
    }
    let Some((head, list)) = term.split_once('(') else {
        return Ok(Requirement::Exists(key_of(term)?));
    };
    let list = list.trim_end().strip_suffix(')').ok_or("a parenthesis is open")?;
    let values = list.split(',').map(value_of).collect::<Result<Vec<_>, _>>()?;
    let head = head.trim_end();
    if let Some(key) = head.strip_suffix("notin").filter(|key| key.ends_with(' ')) {
        return Ok(Requirement::NotIn(key_of(key)?, values));
    }
    match head.strip_suffix("in").filter(|key| key.ends_with(' ')) {
        Some(key) => Ok(Requirement::In(key_of(key)?, values)),
        None => Err("expected 'in' or 'notin' before a list"),
    }
}

/// A key: an optional domain, and a name of letters, digits, `-`, `_`, `.`.
fn key_of(text: &str) -> Result<String, &'static str> {
    let key = text.trim();
    let name = key.rsplit('/').next().unwrap_or_default();
    if name.is_empty() || !is_name(name) || key.matches('/').count() > 1 {
        return Err("a key is no name of a label");
    }
    Ok(key.to_owned())
}

fn value_of(text: &str) -> Result<String, &'static str> {
    let value = text.trim();
    if !value.is_empty() && !is_name(value) {
        return Err("a value is none of a label");
    }
    Ok(value.to_owned())
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edges = [bytes.first(), bytes.last()];
    bytes.len() <= 63
        && edges.iter().all(|b| b.is_some_and(u8::is_ascii_alphanumeric))
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

impl Requirement {
    fn matches(&self, labels: &BTreeMap<Text, Text>) -> bool {
        let get = |key: &str| labels.get(key).map(Text::as_str);
        match self {
            Requirement::In(key, values) => get(key).is_some_and(|found| values.iter().any(|v| v == found)),
            Requirement::NotIn(key, values) => get(key).is_none_or(|found| values.iter().all(|v| v != found)),
            Requirement::Exists(key) => get(key).is_some(),
            Requirement::Missing(key) => get(key).is_none(),
            Requirement::Greater(key, number) => {
                get(key).is_some_and(|v| v.parse::<i64>().is_ok_and(|v| v > *number))
            }
            Requirement::Less(key, number) => {
                get(key).is_some_and(|v| v.parse::<i64>().is_ok_and(|v| v < *number))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_selectors_select() {
        let node =
            hub_yaml::parse_first("metadata: {labels: {app: web, tier: '3'}}").expect("good").expect("one");
        for (selector, expected) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier=3", true),
            ("app!=web", false),
            ("app in (api, web)", true),
            ("app notin (api,web)", false),
            ("app", true),
            ("!app", false),
            ("tier>2", true),
            ("tier<3", false),
            ("other!=x", true),
        ] {
            let parsed = LabelSelector::parse(selector).expect("good selectors");
            assert_eq!(parsed.matches(&node, "labels"), expected, "{selector}");
        }
        for selector in ["app in web", "app=w b", ",", "=x", "a in (b"] {
            assert!(LabelSelector::parse(selector).is_err(), "{selector}");
        }
    }
}
