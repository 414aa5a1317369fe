//! A random tree: what is printed of it can be read, and prints the same again.
#![no_main]

use hub_yaml::{Node, Tag};
use libfuzzer_sys::{
    arbitrary::{Arbitrary, Result, Unstructured},
    fuzz_target,
};

#[derive(Debug)]
struct Tree(Node);

impl<'a> Arbitrary<'a> for Tree {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        node(bytes, 0).map(Tree)
    }
}

fn node(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Node> {
    let kinds = if depth < 6 { 6 } else { 4 };
    Ok(match bytes.int_in_range(0..=kinds - 1)? {
        0 => Node::null(),
        1 => Node::untyped(<&str>::arbitrary(bytes)?),
        2 => Node::scalar(bytes.arbitrary::<i64>()?.to_string(), Tag::Int),
        3 => Node::string(<&str>::arbitrary(bytes)?),
        4 => {
            let mut list = Node::sequence();
            for _ in 0..bytes.int_in_range(0..=4)? {
                list.push(node(bytes, depth + 1)?);
            }
            list
        }
        _ => {
            let mut mapping = Node::mapping();
            for _ in 0..bytes.int_in_range(0..=4)? {
                let key = <&str>::arbitrary(bytes)?;
                mapping.set(key, node(bytes, depth + 1)?);
            }
            mapping
        }
    })
}

fuzz_target!(|tree: Tree| {
    let Ok(once) = hub_yaml::emit(&tree.0) else { return };
    let again = hub_yaml::parse(&once).unwrap_or_else(|error| panic!("{error}: {once:?}"));
    let Some(document) = again.first() else { return };
    assert_eq!(hub_yaml::emit(&document.root).expect("it prints again"), once);
});
