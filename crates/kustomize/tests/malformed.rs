//! What is wrong is said with file, line and field. The messages are kept in `snapshots`.

use std::fmt::Write;

use hub_kustomize::{MemoryLoader, Options, build};

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// Kustomization and resource.
const INPUTS: &[(&str, &str)] = &[
    ("", GOOD),
    ("{}", GOOD),
    ("kind: Kustomization\n", GOOD),
    ("resources: [r.yaml\n", GOOD),
    ("resources: r.yaml\n", GOOD),
    ("resorces: [r.yaml]\n", GOOD),
    ("resources: [missing.yaml]\n", GOOD),
    ("resources: [/etc]\n", GOOD),
    ("resources: [../up]\n", GOOD),
    ("resources: [r.yaml, r.yaml]\n", GOOD),
    ("kind: Deployment\n", GOOD),
    ("apiVersion: v1\nresources: [r.yaml]\n", GOOD),
    ("resources: [r.yaml]\nnamePrefix: 1\n", GOOD),
    ("resources: [r.yaml]\nnamePrefix: yes\n", GOOD),
    ("resources: [r.yaml]\ncommonLabels: {a: 1}\n", GOOD),
    ("resources: [r.yaml]\ncommonLabels: [a]\n", GOOD),
    ("resources: [r.yaml]\nimages: [{name: a, newtag: 1.0}]\n", GOOD),
    ("resources: [r.yaml]\nimages: [{nam: a}]\n", GOOD),
    ("resources: [r.yaml]\nreplicas: [{name: a, count: x}]\n", GOOD),
    ("resources: [r.yaml]\nreplicas: [{name: a, count: 1}]\n", GOOD),
    ("resources: [r.yaml]\npatches: [{target: {kind: A}}]\n", GOOD),
    ("resources: [r.yaml]\npatches: [{path: missing.yaml}]\n", GOOD),
    ("resources: [r.yaml]\npatches: [{patch: 'a: b'}]\n", GOOD),
    ("resources: [r.yaml]\npatches: [{patch: '{kind: X, metadata: {name: y}}'}]\n", GOOD),
    ("resources: [r.yaml]\npatches: [{patch: '[{\"op\": \"add\"}]', target: {kind: ConfigMap}}]\n", GOOD),
    (
        "resources: [r.yaml]\npatches: [{patch: '[{\"op\": \"remove\", \"path\": \"/x\"}]', target: {kind: ConfigMap}}]\n",
        GOOD,
    ),
    (
        "resources: [r.yaml]\npatches: [{patch: '{kind: ConfigMap, metadata: x}', target: {kind: '('}}]\n",
        GOOD,
    ),
    (
        "resources: [r.yaml]\npatchesStrategicMerge: ['{$patch: foo, apiVersion: v1, kind: ConfigMap, metadata: {name: a}}']\n",
        GOOD,
    ),
    ("resources: [r.yaml]\nreplacements: [{targets: []}]\n", GOOD),
    (
        "resources: [r.yaml]\nreplacements: [{source: {kind: X}, targets: [{select: {kind: ConfigMap}}]}]\n",
        GOOD,
    ),
    (
        "resources: [r.yaml]\nreplacements: [{source: {kind: ConfigMap}, targets: [{select: {kind: ConfigMap}, fieldPaths: [a.b]}]}]\n",
        GOOD,
    ),
    ("resources: [r.yaml]\nsortOptions: {order: random}\n", GOOD),
    ("resources: [r.yaml]\nopenapi: {version: v1.0.0}\n", GOOD),
    ("resources: [r.yaml]\nconfigMapGenerator: [{name: g, literals: [x]}]\n", GOOD),
    ("resources: [r.yaml]\nconfigMapGenerator: [{name: g, files: [none]}]\n", GOOD),
    ("resources: [r.yaml]\nconfigMapGenerator: [{literals: [a=b]}]\n", GOOD),
    ("resources: [r.yaml]\nconfigMapGenerator: [{name: a, behavior: create}]\n", GOOD),
    ("resources: [r.yaml]\nconfigMapGenerator: [{name: b, behavior: merge}]\n", GOOD),
    ("resources: [r.yaml]\nvars: [{name: V, objref: {kind: X, name: y}}]\n", GOOD),
    (
        "resources: [r.yaml]\ntransformers: [\"{apiVersion: builtin, kind: Nope, metadata: {name: x}}\"]\n",
        GOOD,
    ),
    ("resources: [r.yaml]\nhelmCharts: [{name: c}]\n", GOOD),
    ("components: [base]\n", GOOD),
    ("resources: [r.yaml]\n", "kind: A\n"),
    ("resources: [r.yaml]\n", "a: b\n"),
    ("resources: [r.yaml]\n", "- a\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata:\n  name: a\n bad: x\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata:\n\tname: a\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata: {name: a}\nx: *nope\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata: {name: a}\nx: \"open\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata: {name: a}\nspec: {1: x}\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata: {name: a}\nspec: {b: x, b: y}\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata: {name: a}\nspec: .nan\n"),
    ("resources: [r.yaml]\n", "kind: A\nmetadata: {name: a}\n--- what\nkind: B\n"),
];

fn message(kustomization: &str, resource: &str) -> String {
    let mut files = MemoryLoader::default();
    files.insert("app/kustomization.yaml", kustomization);
    files.insert("app/r.yaml", resource);
    files.insert("app/base/kustomization.yaml", "namePrefix: x\n");
    let printed = build(&files, "app", &Options::default()).and_then(|built| built.resources.to_yaml());
    printed.expect_err("the input is malformed").chain()
}

#[test]
fn messages_name_file_line_and_field() {
    let mut all = String::new();
    for (kustomization, resource) in INPUTS {
        let shown = if *resource == GOOD { *kustomization } else { *resource };
        let _ = writeln!(all, "{shown:?}\n  {}\n", message(kustomization, resource));
    }
    insta::assert_snapshot!(all);
}
