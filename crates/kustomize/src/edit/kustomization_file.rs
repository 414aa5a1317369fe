//! A kustomization file that can be written again.
//!
//! In: its text. Out: [`KustomizationFile`], whose fields can be changed, and the new text: each field printed anew, at
//! the place where it stood, below the comments that stood above it. Refuses to know why a field changes.
//!
//! Source: `commands/internal/kustfile/kustomizationfile.go`, api `types/kustomization.go` (FixKustomization).

use std::collections::BTreeMap;

use hub_yaml::{Node, Value};

use super::{
    decode::{self, Decoder},
    error::{Error, Result},
    schema::{FIELDS, IMAGE_TAGS},
};
use crate::kustomization::decode::settle_1_1;

const KIND: &str = "Kustomization";
const API_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_KIND: &str = "Component";
const COMPONENT_API_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

/// The fields of a kustomization file, and where they and the comments stand.
#[derive(Debug)]
pub(super) struct KustomizationFile {
    values: BTreeMap<&'static str, Node>,
    places: Vec<Place>,
}

/// Where a field stands.
#[derive(Debug)]
struct Place {
    field: &'static str,
    /// Lines that go above it.
    comment: String,
}

impl KustomizationFile {
    /// Reads the text of a kustomization file, and moves what is in deprecated fields to those that stand for them now;
    /// `file` is its name for messages.
    ///
    /// # Errors
    /// It is not YAML, has an unknown field, or a value of the wrong type.
    pub(super) fn parse(text: &str, file: &str) -> Result<Self> {
        let yaml = |error| Error::yaml(file, &error);
        let mut root = hub_yaml::parse_first(text).map_err(yaml)?.unwrap_or_else(Node::null);
        hub_yaml::expand_aliases(&mut root).map_err(yaml)?;
        settle_1_1(&mut root);
        let values = Decoder { file }.root(&root)?;
        let mut parsed = Self { values: values.into_iter().collect(), places: places(text) };
        parsed.modernise();
        Ok(parsed)
    }

    /// The text.
    ///
    /// # Errors
    /// A value has no printed form.
    pub(super) fn print(&self) -> Result<String> {
        let mut out = String::new();
        for place in &self.places {
            out.push_str(&place.comment);
            self.print_field(place.field, &mut out)?;
        }
        let fields = FIELDS.iter().map(|field| field.name).filter(|name| *name != IMAGE_TAGS);
        for name in fields {
            if !self.places.iter().any(|place| place.field == name) {
                self.print_field(name, &mut out)?;
            }
        }
        Ok(out)
    }

    fn print_field(&self, field: &'static str, out: &mut String) -> Result<()> {
        let Some(value) = self.values.get(field) else { return Ok(()) };
        let is_record = FIELDS.iter().any(|f| f.name == field && f.keep != super::schema::Keep::Filled);
        if decode::is_empty(value) && !is_record {
            return Ok(());
        }
        let line = decode::mapping(vec![(field, value.clone())]);
        hub_yaml::emit_to(&line, out).map_err(|source| Error::Write { field, source })
    }

    /// Fills in kind and version, and moves deprecated fields that every command moves.
    fn modernise(&mut self) {
        if self.text("kind").is_empty() {
            self.set_text("kind", KIND);
        }
        if self.text("apiVersion").is_empty() {
            let component = self.text("kind") == COMPONENT_KIND;
            self.set_text("apiVersion", if component { COMPONENT_API_VERSION } else { API_VERSION });
        }
        self.move_items("bases", "resources");
        self.move_items(IMAGE_TAGS, "images");
        for generators in ["configMapGenerator", "secretGenerator"] {
            for generator in self.items_mut(generators) {
                if let Some(env) = generator.remove("env") {
                    append(generator, "envs", [env]);
                }
            }
        }
        self.modernise_helm();
    }

    /// Source: api `types/helmchartargs.go`, SplitHelmParameters.
    fn modernise_helm(&mut self) {
        const CHART: [(&str, &str); 7] = [
            ("chartName", "name"),
            ("chartVersion", "version"),
            ("chartRepoUrl", "repo"),
            ("values", "valuesFile"),
            ("valuesLocal", "valuesInline"),
            ("valuesMerge", "valuesMerge"),
            ("releaseName", "releaseName"),
        ];
        let Some(old) = self.values.remove("helmChartInflationGenerator") else { return };
        let mut globals = BTreeMap::new();
        for chart in old.items() {
            let fields = CHART.iter().filter_map(|(from, to)| Some((*to, chart.get(from)?.clone())));
            let new = decode::mapping(fields.collect());
            self.items_mut("helmCharts").push(new);
            for (from, to) in [("chartHome", "chartHome"), ("helmHome", "configHome")] {
                if let Some(home) = chart.get(from) {
                    globals.insert(to, home.clone());
                }
            }
        }
        if !globals.is_empty() && !self.has("helmGlobals") {
            self.values.insert("helmGlobals", decode::mapping(globals.into_iter().collect()));
        }
    }

    /// Whether the file has a field, even an empty one.
    pub(super) fn has(&self, field: &str) -> bool {
        self.values.contains_key(field)
    }

    /// Takes a field away.
    pub(super) fn remove(&mut self, field: &str) -> Option<Node> {
        self.values.remove(field)
    }

    /// A field's value.
    pub(super) fn get(&self, field: &str) -> Option<&Node> {
        self.values.get(field)
    }

    /// Sets a field's value; `field` is one of [`FIELDS`].
    pub(super) fn set(&mut self, field: &'static str, value: Node) {
        self.values.insert(field, value);
    }

    /// A text; empty where there is none.
    pub(super) fn text(&self, field: &str) -> &str {
        self.get(field).and_then(Node::text).unwrap_or_default()
    }

    /// Sets a text; an empty one takes the field away.
    pub(super) fn set_text(&mut self, field: &'static str, value: &str) {
        self.values.insert(field, decode::text(value));
    }

    /// The items of a list; none where there is no list.
    pub(super) fn items(&self, field: &str) -> &[Node] {
        self.get(field).map_or(&[], Node::items)
    }

    /// The items of a list, to be changed.
    pub(super) fn items_mut(&mut self, field: &'static str) -> &mut Vec<Node> {
        let node = self.values.entry(field).or_insert_with(Node::sequence);
        if !node.is_sequence() {
            *node = Node::sequence();
        }
        node.items_mut().expect("just made a list, and the decoder leaves no aliases")
    }

    /// The texts of a list.
    pub(super) fn texts(&self, field: &str) -> impl Iterator<Item = &str> {
        self.items(field).iter().filter_map(Node::text)
    }

    /// Adds a text to a list; false if it is there already.
    pub(super) fn add_text(&mut self, field: &'static str, value: &str) -> bool {
        let is_new = self.texts(field).all(|known| known != value);
        if is_new {
            self.items_mut(field).push(decode::text(value));
        }
        is_new
    }

    /// The pairs of a mapping of texts, to be changed; made where there are none.
    pub(super) fn pairs_mut(&mut self, field: &'static str) -> &mut Node {
        self.values.entry(field).or_insert_with(Node::mapping)
    }

    /// Moves the items of one list to the end of another.
    pub(super) fn move_items(&mut self, from: &str, to: &'static str) {
        if let Some(Node { value: Value::Sequence(items), .. }) = self.values.remove(from) {
            self.items_mut(to).extend(items);
        }
    }
}

/// Adds items to a list in a record.
pub(super) fn append(record: &mut Node, field: &str, items: impl IntoIterator<Item = Node>) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        return;
    }
    if record.get(field).is_none() {
        record.set(field, Node::sequence());
    }
    if let Some(list) = record.get_mut(field).and_then(Node::items_mut) {
        list.extend(items);
    }
}

/// Where each field of a text stands, by its lines alone: a line at the margin that begins with a field's name and a
/// colon. Comments and blank lines go with the field below them, except that those inside a field go above it, and those
/// at the end of the file go away. A last line without a line break does not count.
fn places(text: &str) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let mut comment = String::new();
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        if is_comment_or_blank(line) {
            comment.push_str(line);
        } else if let Some(field) = field_of(line) {
            places.push(Place { field, comment: std::mem::take(&mut comment) });
        } else if let Some(last) = places.last_mut() {
            last.comment.push_str(&std::mem::take(&mut comment));
        }
    }
    places
}

fn is_comment_or_blank(line: &str) -> bool {
    let line = line.trim_start_matches(' ').trim_end_matches('\n');
    line.is_empty() || line.starts_with('#')
}

fn field_of(line: &str) -> Option<&'static str> {
    let (name, _) = line.split_once(':')?;
    let known = FIELDS.iter().map(|field| field.name).filter(|known| *known != IMAGE_TAGS);
    known.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}
