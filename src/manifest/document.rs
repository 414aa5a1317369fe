//! A YAML file as manifests need it: a tree with places, and a reader that collects what is wrong with it.
//!
//! In: a file's text. Out: [`Node`]s, and through [`Reader`] strings, lists and values, each mistake a [`Problem`].
//! Refuses to know: which keys a manifest has.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::component::Located;
use super::{packed, scalar};
use crate::diagnostic::{Place, Problem, Problems, SourceText, did_you_mean, shown};

/// A file's first document.
#[derive(Clone, Debug)]
pub struct Document {
    source: SourceText,
    root: Node,
}

/// One node of the tree; cheap to clone.
#[derive(Clone, Debug)]
pub struct Node {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    offset: usize,
    length: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Scalar { text: String, plain: bool },
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

impl Document {
    /// Reads a file; `base` is what its name is shown relative to.
    ///
    /// # Errors
    /// The file cannot be read, or is not YAML, or holds no mapping.
    pub fn load(path: &Path, base: &Path) -> Result<Self, Problems> {
        let (name, text) = text_of(path, base)?;
        Self::parse(&name, text)
    }

    /// Reads text under a name; the first document that is not empty counts.
    ///
    /// # Errors
    /// The text is not YAML, or its first document is no mapping.
    pub fn parse(name: &str, text: String) -> Result<Self, Problems> {
        let document = Self::parse_all(name, text)?.swap_remove(0);
        document.is_mapping()?;
        Ok(document)
    }

    /// Reads every document of a text that is not empty; at least one, if only an empty mapping.
    ///
    /// # Errors
    /// The text is not YAML.
    pub fn parse_all(name: &str, text: String) -> Result<Vec<Self>, Problems> {
        let source = SourceText::new(name, text);
        let documents = hub_yaml::parse(source.text()).map_err(|e| {
            let offset = e.offset as usize;
            let is_tab = source.text().as_bytes().get(offset) == Some(&b'\t');
            Problem::new("hub::manifest::yaml", format!("{name} is not YAML: {}", e.message))
                .maybe_help(is_tab.then(|| "lines begin with blanks in YAML, never with tabs".to_owned()))
                .at(source.at(offset, 1))
        })?;
        let roots = documents.iter().map(|d| convert(&d.root)).filter(|root| !root.is_null());
        let mut all: Vec<Self> = roots.map(|root| Self { source: source.clone(), root }).collect();
        if all.is_empty() {
            all.push(Self { source, root: Node::new(0, 0, Content::Mapping(Vec::new())) });
        }
        Ok(all)
    }

    /// Reads every document of a file.
    ///
    /// # Errors
    /// The file cannot be read, or is not YAML, or its first document is no mapping.
    pub fn load_all(path: &Path, base: &Path) -> Result<Vec<Self>, Problems> {
        let (name, text) = text_of(path, base)?;
        let all = Self::parse_all(&name, text)?;
        all.iter().take(1).try_for_each(Self::is_mapping)?;
        Ok(all)
    }

    fn is_mapping(&self) -> Result<(), Problems> {
        if matches!(self.root.inner.content, Content::Mapping(_)) {
            return Ok(());
        }
        let name = self.source.name();
        let problem =
            Problem::new("hub::manifest::shape", format!("{name} must be a mapping of keys to values"));
        Err(problem.at(self.source.at(self.root.inner.offset, self.root.inner.length)).into())
    }
}

/// A file's name as users know it, and its text.
fn text_of(path: &Path, base: &Path) -> Result<(String, String), Problems> {
    let name = shown(path, base);
    let unreadable =
        |why: String| Problem::new("hub::manifest::unreadable", format!("cannot read {name}: {why}"));
    let bytes = std::fs::read(path).map_err(|e| unreadable(e.to_string()))?;
    let text = packed::unpacked(bytes).map_err(unreadable)?;
    Ok((name, text))
}

fn convert(node: &hub_yaml::Node) -> Node {
    let offset = node.span().offset as usize;
    let node = node.resolved();
    if node.is_mapping() {
        let pairs = node.entries().iter().map(|(k, v)| (convert(k), convert(v))).collect();
        return Node::new(offset, usize::MAX, Content::Mapping(pairs));
    }
    if node.is_sequence() {
        return Node::new(offset, usize::MAX, Content::Sequence(node.items().iter().map(convert).collect()));
    }
    let text = node.text().unwrap_or_default().to_owned();
    let (plain, quotes) = match node.style {
        hub_yaml::Style::Plain => (true, 0),
        _ => (false, 2),
    };
    Node::new(offset, text.len() + quotes, Content::Scalar { text, plain })
}

impl Node {
    fn new(offset: usize, length: usize, content: Content) -> Self {
        Self { inner: Arc::new(Inner { offset, length, content }) }
    }

    /// Whether it is null, written or left out.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.inner.content, Content::Scalar { text, plain: true } if scalar::is_null(text))
    }

    /// The pairs of a mapping; empty for anything else.
    #[must_use]
    pub fn pairs(&self) -> &[(Node, Node)] {
        match &self.inner.content {
            Content::Mapping(pairs) => pairs,
            _ => &[],
        }
    }

    /// The value of a key; merge keys (`<<`) count.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let own = self.pairs().iter().find(|(k, _)| k.raw() == Some(key)).map(|(_, v)| v);
        own.or_else(|| self.merged().find_map(|m| m.get(key)))
    }

    fn merged(&self) -> impl Iterator<Item = &Node> {
        let merges = self.pairs().iter().filter(|(k, _)| k.raw() == Some("<<"));
        merges.flat_map(|(_, v)| match &v.inner.content {
            Content::Sequence(items) => items.as_slice(),
            _ => std::slice::from_ref(v),
        })
    }

    /// The text of a scalar, as written.
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        match &self.inner.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The tree for another file: text as written, whatever it looks like, but for the values of `typed` keys, which may
    /// be of any type.
    #[must_use]
    pub fn as_written(&self, typed: &[&str]) -> Value {
        match &self.inner.content {
            Content::Scalar { text, .. } => match self.to_value() {
                Value::Number(number) if number.to_string() != *text => Value::String(text.clone()),
                Value::Bool(value) if value.to_string() != *text => Value::String(text.clone()),
                value => value,
            },
            Content::Sequence(items) => items.iter().map(|item| item.as_written(typed)).collect(),
            Content::Mapping(pairs) => {
                let mut map = serde_json::Map::new();
                for merged in self.merged() {
                    if let Value::Object(more) = merged.as_written(typed) {
                        map.extend(more);
                    }
                }
                for (key, value) in pairs.iter().filter(|(key, _)| key.raw() != Some("<<")) {
                    let key = key.raw().unwrap_or_default();
                    let value = if typed.contains(&key) { value.to_value() } else { value.as_written(typed) };
                    map.insert(key.to_owned(), value);
                }
                Value::Object(map)
            }
        }
    }

    /// The value by the rules of YAML 1.1, which hubctl reads: bare `yes` and `off` are booleans.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.inner.content {
            Content::Scalar { text, plain: false } => Value::String(text.clone()),
            Content::Scalar { text, plain: true } => scalar::resolve(text),
            Content::Sequence(items) => items.iter().map(Node::to_value).collect(),
            Content::Mapping(pairs) => {
                let mut map = serde_json::Map::new();
                for merged in self.merged() {
                    if let Value::Object(more) = merged.to_value() {
                        map.extend(more);
                    }
                }
                for (key, value) in pairs.iter().filter(|(k, _)| k.raw() != Some("<<")) {
                    map.insert(key.raw().unwrap_or_default().to_owned(), value.to_value());
                }
                Value::Object(map)
            }
        }
    }
}

/// Reads keys of a document and gathers what is wrong with them.
pub struct Reader<'a> {
    document: &'a Document,
    /// Everything found so far.
    pub problems: Problems,
}

impl<'a> Reader<'a> {
    /// Starts at the root.
    #[must_use]
    pub fn new(document: &'a Document) -> Self {
        Self { document, problems: Problems::default() }
    }

    /// The document's mapping.
    #[must_use]
    pub fn root(&self) -> Node {
        self.document.root.clone()
    }

    /// Where a node stands.
    #[must_use]
    pub fn place(&self, node: &Node) -> Place {
        let text = self.document.source.text();
        // A caret under the first line of a block is enough.
        let rest = text.get(node.inner.offset..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default().trim_end().len();
        self.document.source.at(node.inner.offset, node.inner.length.min(line))
    }

    /// Where the value of a key stands.
    #[must_use]
    pub fn place_of(&self, parent: &Node, key: &str) -> Option<Place> {
        parent.get(key).map(|node| self.place(node))
    }

    /// The raw text of a scalar key; `None` when absent, null or empty.
    pub fn text(&mut self, parent: &Node, key: &str) -> Option<String> {
        let node = parent.get(key).filter(|n| !n.is_null())?;
        match node.raw() {
            Some(text) => Some(text.to_owned()).filter(|t| !t.is_empty()),
            None => {
                self.expected(node, key, "text");
                None
            }
        }
    }

    /// A boolean key; `None` when absent.
    pub fn boolean(&mut self, parent: &Node, key: &str) -> Option<bool> {
        let node = parent.get(key).filter(|n| !n.is_null())?;
        match node.to_value() {
            Value::Bool(value) => Some(value),
            Value::String(text) if text == "true" || text == "false" => Some(text == "true"),
            _ => {
                self.expected(node, key, "true or false");
                None
            }
        }
    }

    /// A mapping under a key; `None` when absent or null.
    pub fn mapping(&mut self, parent: &Node, key: &str) -> Option<Node> {
        let node = parent.get(key).filter(|n| !n.is_null())?.clone();
        if matches!(node.inner.content, Content::Mapping(_)) {
            return Some(node);
        }
        self.expected(&node, key, "a mapping");
        None
    }

    /// The items under a key; empty when absent or null.
    pub fn sequence(&mut self, parent: &Node, key: &str) -> Vec<Node> {
        let Some(node) = parent.get(key).filter(|n| !n.is_null()).cloned() else {
            return Vec::new();
        };
        if let Content::Sequence(items) = &node.inner.content {
            return items.clone();
        }
        self.expected(&node, key, "a list");
        Vec::new()
    }

    /// A list of words under a key; a single scalar counts as a list of one.
    pub fn words(&mut self, parent: &Node, key: &str) -> Vec<Located> {
        let Some(node) = parent.get(key).filter(|n| !n.is_null()).cloned() else {
            return Vec::new();
        };
        let items = match &node.inner.content {
            Content::Sequence(items) => items.clone(),
            _ => vec![node],
        };
        let mut words = Vec::new();
        for item in &items {
            match item.raw() {
                Some(text) => words.push(Located { value: text.to_owned(), place: self.place(item) }),
                None => self.expected(item, key, "a list of words"),
            }
        }
        words
    }

    /// A warning for each key of `node` that is not known, with the nearest known one.
    pub fn unknown_keys(&mut self, node: &Node, known: &[&str], what: &str) -> Vec<Problem> {
        let mut warnings = Vec::new();
        for (key, _) in node.pairs() {
            let Some(name) = key.raw() else { continue };
            if !known.contains(&name) && name != "<<" {
                let problem =
                    Problem::new("hub::manifest::unknown_key", format!("`{name}` means nothing in {what}"))
                        .help(
                            did_you_mean(name, known.iter().copied())
                                .unwrap_or_else(|| format!("keys: {}", known.join(", "))),
                        )
                        .at(self.place(key));
                warnings.push(problem);
            }
        }
        warnings
    }

    fn expected(&mut self, node: &Node, key: &str, what: &str) {
        let place = self.place(node);
        self.problems.push(Problem::new("hub::manifest::shape", format!("`{key}` must be {what}")).at(place));
    }
}
