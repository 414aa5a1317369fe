//! Texts to objects.
//!
//! In: the text of a file of resources, or of a patch. Out: its objects, aliases written out, lists taken apart. Refuses
//! to know where the text came from, but for messages.
//!
//! Source: kyaml `kio/byteio_reader.go`, api `resource/factory.go` (RNodesFromBytes).

use std::borrow::Cow;

use hub_yaml::{Node, Tag, Value};

use crate::{
    error::{Error, Result},
    meta::{self, is_nil_or_empty},
    patch::json,
};

/// Reads the objects of a text; `file` is its name for messages.
///
/// # Errors
/// It is not YAML, or an object has no kind or name.
pub(crate) fn objects(text: &str, file: &str) -> Result<Vec<Node>> {
    let nodes = documents(text, file)?;
    let nodes = checked(nodes, file)?;
    expand_lists(nodes, file)
}

/// Reads the documents of a text that have content; a single List is taken apart.
fn documents(text: &str, file: &str) -> Result<Vec<Node>> {
    let text =
        if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let chunks = split(&text, file)?;
    let single = chunks.len() == 1;
    let mut nodes = Vec::with_capacity(chunks.len());
    for (chunk, line) in chunks {
        let root = hub_yaml::parse_expanded_at(chunk, line).map_err(|e| Error::yaml(file, &e))?;
        let Some(mut root) = root.filter(|root| root.tag() != Tag::Null) else {
            continue;
        };
        let kind = meta::kind(&root);
        let is_wrapper = matches!(kind, "List" | "ResourceList");
        if single && is_wrapper && (root.get("items").is_some() || root.get("functionConfig").is_some()) {
            if let Some(Value::Sequence(items)) =
                meta::remove_first(&mut root, "items").map(|items| items.value)
            {
                nodes.extend(items);
            }
            continue;
        }
        nodes.push(root);
    }
    Ok(nodes)
}

/// Splits a text at lines that begin with `---`; each piece comes with the number of lines before it.
///
/// A line at the very beginning or end is left to the YAML reader.
fn split<'t>(text: &'t str, file: &str) -> Result<Vec<(&'t str, u32)>> {
    let mut chunks = Vec::new();
    if text.is_empty() {
        return Ok(chunks);
    }
    let mut start = 0;
    let mut start_line = 0;
    let mut line = 0;
    let mut counted = 0;
    let mut from = 0;
    while let Some(at) = text[from..].find("\n---") {
        let at = from + at;
        let Some(end) = text[at + 1..].find('\n').map(|length| at + 1 + length) else {
            break;
        };
        line += count_lines(&text[counted..=at]);
        counted = at + 1;
        let rest = text[at + 4..end].trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            let message = format!("invalid document separator: ---{rest}");
            return Err(Error::Invalid { file: file.to_owned(), line: line + 1, column: 1, message });
        }
        chunks.push((&text[start..=at], start_line));
        start = end + 1;
        start_line = line + 1;
        from = end + 1;
        // The next separator must have a line break of its own before it.
        if from > text.len() {
            break;
        }
    }
    chunks.push((&text[start..], start_line));
    Ok(chunks)
}

fn count_lines(text: &str) -> u32 {
    text.bytes().filter(|b| *b == b'\n').count() as u32
}

/// Drops what is empty, and checks that the rest are objects.
fn checked(nodes: Vec<Node>, file: &str) -> Result<Vec<Node>> {
    let mut objects = Vec::with_capacity(nodes.len());
    for node in nodes {
        if is_nil_or_empty(&node) {
            continue;
        }
        let fail = |message: &str| Err(Error::invalid(file, node.span(), message));
        if !node.is_mapping() {
            return fail(&format!("expected an object, but found {}", node.description()));
        }
        let kind = node.get("kind").filter(|kind| !is_nil_or_empty(kind)).map(meta::text_of);
        match kind.unwrap_or_default() {
            "" => return fail("the object has no kind"),
            kind if kind.ends_with("List") => {}
            kind if meta::name(&node).is_empty() => {
                return fail(&format!("the object of kind {kind} has no metadata.name"));
            }
            _ => {}
        }
        objects.push(node);
    }
    Ok(objects)
}

/// Puts the items of lists behind all other objects.
fn expand_lists(nodes: Vec<Node>, file: &str) -> Result<Vec<Node>> {
    if !nodes.iter().any(|node| meta::kind(node).ends_with("List")) {
        return Ok(nodes);
    }
    let mut queue = std::collections::VecDeque::from(nodes);
    let mut objects = Vec::new();
    while let Some(node) = queue.pop_front() {
        if !meta::kind(&node).ends_with("List") {
            objects.push(node);
            continue;
        }
        let Some(items) = node.get("items") else {
            objects.push(node);
            continue;
        };
        if items.is_null() {
            continue;
        }
        if !items.is_sequence() {
            let message =
                format!("items of {} must be a list, not {}", meta::kind(&node), items.description());
            return Err(Error::invalid(file, items.span(), message));
        }
        for item in items.items() {
            // The original writes each item as JSON and reads it again.
            let mut item = item.clone();
            json::settle(&mut item).map_err(|e| Error::yaml(file, &e))?;
            let is_wrapper =
                matches!(meta::kind(&item), "List" | "ResourceList") && item.get("items").is_some();
            let inner = if is_wrapper { item.items_of("items") } else { vec![item] };
            queue.extend(checked(inner, file)?);
        }
    }
    Ok(objects)
}

/// Children of a list under a key.
trait Items {
    fn items_of(&self, key: &str) -> Vec<Node>;
}

impl Items for Node {
    fn items_of(&self, key: &str) -> Vec<Node> {
        self.get(key).map(|list| list.items().to_vec()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let nodes = objects(text, "f.yaml").expect("good objects");
        nodes.iter().map(|node| meta::name(node).to_owned()).collect()
    }

    #[test]
    fn documents_are_split_and_lists_taken_apart() {
        let text = "---\n# none\n---\nkind: A\nmetadata: {name: a}\n--- # more\nkind: BList\nitems:\n- {kind: B, metadata: {name: b}}\n---\nkind: C\nmetadata: {name: c}\n---";
        assert_eq!(names(text), ["a", "c", "b"]);
        assert_eq!(names("kind: List\nitems:\n- {kind: B, metadata: {name: b}}\n"), ["b"]);
        assert!(names("").is_empty() && names("# nothing\n").is_empty());
    }

    #[test]
    fn faults_are_placed() {
        for (text, expected) in [
            (
                "kind: A\nmetadata: {name: a}\n---\nkind: B\n",
                "f.yaml:4:1: the object of kind B has no metadata.name",
            ),
            ("a: b\n", "f.yaml:1:1: the object has no kind"),
            (
                "kind: A\nmetadata: {name: a}\n---\na: b: c\n",
                "f.yaml:4:5: mapping values are not allowed in this context",
            ),
            ("a: b\n--- x\nc: d\n", "f.yaml:2:1: invalid document separator: ---x"),
        ] {
            assert_eq!(objects(text, "f.yaml").expect_err("a fault").to_string(), expected);
        }
    }
}
