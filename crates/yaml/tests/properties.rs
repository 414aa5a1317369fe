//! Whatever the text: no panic, spans inside of it, and what is printed reads as what was printed.

use hub_yaml::{Node, emit, parse};
use proptest::prelude::*;

/// Text made of what means something to a YAML scanner.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "a", "b:", "key: ", "- ", "\n", "\n  ", "\n    ", "? ", ": ", "{", "}", "[", "]", ", ", "'", "\"", "|\n", ">-\n",
            "|2+\n", "&x ", "*x", "!!str ", "!t ", "#c", " # c", "---\n", "...\n", "%YAML 1.1\n", "~", "0x1F", "1_000", "1e3",
            "yes", "null", "<<: ", "\\n", "\\u00e9", "\t", "é", "\u{85}", "\u{feff}", "😀", "2020-01-01", ".inf",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn spans_are_inside(node: &Node, text: &str) {
    let span = node.span();
    assert!(span.offset as usize <= text.len(), "{span:?}");
    for (key, value) in node.entries() {
        spans_are_inside(key, text);
        spans_are_inside(value, text);
    }
    for item in node.items() {
        spans_are_inside(item, text);
    }
}

/// The text of the first document, if it can be printed.
fn print_first(text: &str) -> Option<String> {
    let documents = parse(text).ok()?;
    emit(&documents.first()?.root).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in yaml_like()) {
        if let Ok(documents) = parse(&text) {
            for document in &documents {
                spans_are_inside(&document.root, &text);
                let _ = emit(&document.root);
            }
        }
    }

    #[test]
    fn printing_is_a_fixpoint(text in yaml_like()) {
        if let Some(once) = print_first(&text) {
            let twice = print_first(&once);
            prop_assert_eq!(twice.as_ref(), Some(&once));
        }
    }

    #[test]
    fn any_string_survives(value in any::<String>()) {
        let mut root = Node::mapping();
        root.set("key", Node::string(value.as_str()));
        if let Ok(printed) = emit(&root) {
            let documents = parse(&printed).expect("what is printed can be read");
            let found = documents[0].root.get("key").and_then(Node::text).map(str::to_owned);
            prop_assert_eq!(found, Some(value));
        }
    }
}
