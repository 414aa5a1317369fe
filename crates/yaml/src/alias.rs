//! Aliases and merge keys written out.
//!
//! In: a tree with `*name` and `<<`. Out: the same tree without. Bounded: a text cannot ask for more nodes than it has
//! room for.
//!
//! Source: DeAnchor of kyaml `yaml/rnode.go`; limits like those of go-yaml v3 (`decode.go`).

use std::sync::Arc;

use crate::{
    error::Error,
    node::{Node, Value},
    resolve::Tag,
};

/// Nodes that aliases may add up to.
const EXPANSION_LIMIT: usize = 1_000_000;

/// Replaces each alias by what it stands for, carries out merge keys, and takes anchors away.
///
/// # Errors
/// A merge key that is there twice or whose value is neither a mapping nor a list of such; aliases that stand for more
/// than a million nodes.
pub fn expand_aliases(node: &mut Node) -> Result<(), Error> {
    let mut budget = EXPANSION_LIMIT;
    expand(node, &mut budget)
}

fn expand(node: &mut Node, budget: &mut usize) -> Result<(), Error> {
    if node.anchor().is_some() {
        node.set_anchor(None);
    }
    match &mut node.value {
        Value::Scalar(_) => Ok(()),
        Value::Alias(target) => {
            let target = Arc::clone(target);
            let span = node.span();
            spend(&target, budget, node)?;
            *node = Node::clone(&target).with_span(span);
            expand(node, budget)
        }
        Value::Sequence(items) => items.iter_mut().try_for_each(|item| expand(item, budget)),
        Value::Mapping(entries) => {
            for (key, value) in entries.iter_mut() {
                expand(key, budget)?;
                expand(value, budget)?;
            }
            merge(node)
        }
    }
}

fn spend(target: &Node, budget: &mut usize, at: &Node) -> Result<(), Error> {
    let size = size(target, *budget);
    match budget.checked_sub(size) {
        Some(left) => {
            *budget = left;
            Ok(())
        }
        None => Err(Error::at(at.span(), "document contains excessive aliasing")),
    }
}

/// The nodes of a tree, counted up to a little over a limit.
fn size(node: &Node, limit: usize) -> usize {
    let mut count = 1;
    let mut add = |child: &Node| {
        if count <= limit {
            count += size(child, limit - count.min(limit));
        }
    };
    match &node.value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                add(key);
                add(value);
            }
        }
        Value::Sequence(items) => items.iter().for_each(&mut add),
        Value::Scalar(_) | Value::Alias(_) => {}
    }
    count
}

/// Carries out `<<`: what the mapping has itself wins, then the first of the merged mappings.
fn merge(node: &mut Node) -> Result<(), Error> {
    let Some(entries) = node.entries_mut() else {
        return Ok(());
    };
    let Some(at) = entries.iter().position(|(key, _)| key.tag() == Tag::Merge) else {
        // kyaml takes a key of this name away even where it is an ordinary text.
        if let Some(at) = entries.iter().position(|(key, _)| key.text() == Some("<<")) {
            entries.remove(at);
        }
        return Ok(());
    };
    let (key, value) = entries.remove(at);
    if entries.iter().any(|(key, _)| key.tag() == Tag::Merge) {
        return Err(Error::at(key.span(), "duplicate merge key"));
    }
    let fail = || Error::at(value.span(), "map merge requires map or sequence of maps as the value");
    let sources = match value.value {
        Value::Mapping(_) => vec![value],
        Value::Sequence(ref items) if items.iter().all(Node::is_mapping) => items.clone(),
        _ => return Err(fail()),
    };
    for source in sources {
        let Value::Mapping(merged) = source.value else {
            continue;
        };
        for (key, value) in merged {
            if !entries.iter().any(|(known, _)| known.text() == key.text()) {
                entries.push((key, value));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, Error> {
        let mut root = crate::parse(text)?.remove(0).root;
        expand_aliases(&mut root)?;
        crate::emit(&root)
    }

    #[test]
    fn aliases_and_merge_keys_are_written_out() {
        let text = "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: {<<: [{z: 1}, *b]}\nthree: *b\n";
        let expected = "base:\n  x: 1\n  \"y\": 2\none:\n  x: 1\n  \"y\": 3\nthree:\n  x: 1\n  \"y\": 2\ntwo:\n  x: 1\n  \"y\": 2\n  z: 1\n";
        assert_eq!(expanded(text).as_deref(), Ok(expected));
    }

    #[test]
    fn an_alias_bomb_is_an_error() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            text.push_str(&format!("a{level}: &a{level} [{before}*a{}]\n", level - 1));
        }
        let error = expanded(&text).expect_err("it is a bomb");
        assert_eq!(error.message, "document contains excessive aliasing");
    }
}
