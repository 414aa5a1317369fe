//! What is too deep, too large or leads back to itself is an error, never a crash.

use std::fmt::Write;

use hub_kustomize::{MemoryLoader, Options, build};

/// Runs what recurses on a stack like that of a main thread: unoptimized, a level takes 9 KiB.
fn with_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(test);
    thread.expect("a thread starts").join().expect("it passes");
}

fn failure(resource: &str) -> String {
    let mut files = MemoryLoader::default();
    files.insert("kustomization.yaml", "resources: [r.yaml]\nnamePrefix: p-\n");
    files.insert("r.yaml", resource);
    build(&files, "/", &Options::default()).expect_err("it is too much").chain()
}

#[test]
fn nesting_is_limited() {
    with_stack(nested_too_deep);
}

fn nested_too_deep() {
    let head = "kind: A\nmetadata: {name: a}\nx: ";
    let flow = format!("{head}{}{}\n", "[".repeat(9_000), "]".repeat(9_000));
    assert!(failure(&flow).contains("nested deeper than"));
    let mut block = String::from("kind: A\nmetadata: {name: a}\nx:\n");
    for level in 1..3_000 {
        let _ = writeln!(block, "{}a:", " ".repeat(level));
    }
    assert!(failure(&block).contains("nested deeper than"));
}

#[test]
fn nesting_up_to_the_limit_is_built() {
    with_stack(nested_deep);
}

fn nested_deep() {
    let depth = hub_yaml::DEPTH_LIMIT - 2;
    let text = format!("kind: A\nmetadata: {{name: a}}\nx: {}{}\n", "[".repeat(depth), "]".repeat(depth));
    let mut files = MemoryLoader::default();
    files.insert("kustomization.yaml", "resources: [r.yaml]\nnamePrefix: p-\n");
    files.insert("r.yaml", text);
    let built = build(&files, "/", &Options::default()).expect("deep, but not too deep");
    assert!(built.resources.to_yaml().expect("it prints").contains("p-a"));
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = String::from("kind: A\nmetadata: {name: a}\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(", "));
    }
    assert!(failure(&text).contains("excessive aliasing"));
}

#[test]
fn cyclic_bases_are_refused() {
    let mut files = MemoryLoader::default();
    files.insert("a/kustomization.yaml", "resources: [../b]\n");
    files.insert("b/kustomization.yaml", "resources: [../a]\n");
    files.insert("c/kustomization.yaml", "resources: [.]\n");
    for target in ["a", "c"] {
        let error = build(&files, target, &Options::default()).expect_err("a cycle").chain();
        assert!(error.contains("cycle"), "{error}");
    }
}
