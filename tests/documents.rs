//! The documents say what is so: every error code has a section, every path named exists, every flag has a help text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> impl Iterator<Item = String> {
    walkdir::WalkDir::new(root().join("src"))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.path().extension().is_some_and(|e| e == "rs"))
        .map(|e| std::fs::read_to_string(e.path()).unwrap())
}

#[test]
fn every_error_code_has_a_section() {
    let pattern = regex::Regex::new(r#"(?:"|code\()(hub(?:::[a-z_]+)+)(?:"|\))"#).unwrap();
    let mut codes = BTreeSet::new();
    for text in sources() {
        codes.extend(pattern.captures_iter(&text).map(|c| c[1].to_owned()));
    }
    assert!(codes.len() > 40, "{codes:?}");
    let document = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let sections: BTreeSet<String> = document
        .lines()
        .filter_map(|l| l.strip_prefix("### "))
        .map(|l| l.trim_matches('`').to_owned())
        .collect();
    let missing: Vec<_> = codes.difference(&sections).collect();
    let stale: Vec<_> = sections.difference(&codes).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "without a section: {missing:?}; without a use: {stale:?}"
    );
}

#[test]
fn every_path_in_the_architecture_exists() {
    let pattern = regex::Regex::new(
        r"`((?:src|crates|tests|docs|components|environments|xtask)/[a-z0-9_./-]+|\.ci/run)`",
    )
    .unwrap();
    for document in ["docs/ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for found in pattern.captures_iter(&text) {
            let path = root().join(&found[1]);
            assert!(path.exists(), "{document} names {}, which does not exist", &found[1]);
        }
    }
}

#[test]
fn every_test_that_the_engines_table_names_exists() {
    let pattern = regex::Regex::new(r"`engine::([a-z_]+)::([a-z_]+)`").unwrap();
    let text = std::fs::read_to_string(root().join("docs/cluster-engine.md")).unwrap();
    let named: Vec<_> = pattern.captures_iter(&text).collect();
    assert!(named.len() > 40);
    for test in named {
        let file = root().join(format!("crates/cluster/tests/engine/{}.rs", &test[1]));
        let code = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(code.contains(&format!("async fn {}(", &test[2])), "{} is not there", &test[0]);
    }
}
