//! Random kustomizations, built here and by the real kustomize, whose bytes must be the same.
//!
//! Runs if `HUB_KUSTOMIZE` is the path of a kustomize v5.8.1: `HUB_KUSTOMIZE=… cargo test -p hub-kustomize --test
//! differential`. `PROPTEST_CASES` says how many are made; a difference comes with the seed that repeats it.

use std::{fs, path::Path, process::Command};

use hub_kustomize::{DiskLoader, Options, build};
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

const SCALARS: &[&str] = &[
    "yes",
    "no",
    "on",
    "y",
    "0x10",
    "010",
    "0o17",
    "08",
    "1e3",
    "1.0",
    "1.50",
    "-0",
    "+1",
    ".5",
    "1_000",
    "2020-01-01",
    "~",
    "null",
    "true",
    "True",
    "'quoted'",
    "\"dq \\n x\"",
    "'123'",
    "'yes'",
    "plain text",
    "a:b",
    "'a: b'",
    "'#hash'",
    "\"tab\\there\"",
    "\"é ü 漢字\"",
    "\"emoji 😀\"",
    "'trailing '",
    "' leading'",
    "12:30:45",
    "=",
    "'-'",
    "!!str 12",
    "0b11",
    "99999999999999999999",
    "1e400",
    "0.1",
    "1234567.5",
    "\"%x\"",
    "'@x'",
    "\"[x]\"",
    "\"a\\nb\\n\"",
    "\"\"",
    "'*x'",
    "'a''b'",
    "{}",
    "[]",
    "{x: 1, y: [a, 'b', 2.0]}",
    "|\n    line\n    two\n",
    "|-\n    none\n",
    ">\n    folded\n    on\n\n    more\n",
];
const KEYS: &[&str] =
    &["a", "b", "c10", "c2", "C", "key.with.dots", "'1'", "\"yes\"", "foo", "éa", "path/to"];
const NAMES: &[&str] = &["web", "db", "default"];
const IMAGES: &[&str] = &["nginx", "nginx:1.0", "gcr.io/x/y:2", "host:5000/a/b", "redis@sha256:abc"];
const KINDS: &[(&str, &str)] = &[
    ("Namespace", "v1"),
    ("ServiceAccount", "v1"),
    ("Service", "v1"),
    ("Thing", "example.com/v1alpha1"),
    ("ClusterRole", "rbac.authorization.k8s.io/v1"),
    ("Role", "rbac.authorization.k8s.io/v1"),
];

/// What files and resources there are; the first is the outermost kustomization.
type Files = Vec<(&'static str, String)>;

fn mapping(indent: usize) -> impl Strategy<Value = String> {
    let entry = (select(KEYS), select(SCALARS));
    prop::collection::vec(entry, 1..4).prop_map(move |entries| {
        let mut seen = Vec::new();
        let mut text = String::new();
        for (key, value) in entries {
            if !seen.contains(&key) {
                seen.push(key);
                text += &format!("{}{key}: {}\n", " ".repeat(indent), value.trim_end_matches('\n'));
            }
        }
        text
    })
}

fn plain() -> impl Strategy<Value = String> {
    (select(KINDS), select(NAMES), mapping(2), any::<bool>()).prop_map(
        |((kind, version), name, spec, placed)| {
            let namespace = if placed { "\n  namespace: ns1" } else { "" };
            format!(
                "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}{namespace}\nspec:\n{spec}"
            )
        },
    )
}

fn config_map() -> impl Strategy<Value = String> {
    (select(NAMES), mapping(2)).prop_map(|(name, data)| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n{data}")
    })
}

fn deployment() -> impl Strategy<Value = String> {
    let names = (select(NAMES), select(NAMES), select(NAMES));
    (names, select(IMAGES), select(SCALARS), 0..4_u8).prop_map(|((name, account, config), image, value, replicas)| {
        let value = value.trim_end_matches('\n').replace("\n    ", "\n            ");
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  \
             replicas: {replicas}\n  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      \
             labels: {{app: {name}}}\n    spec:\n      serviceAccountName: {account} # by name\n      containers:\n      \
             - name: main\n        image: {image}\n        envFrom:\n        - configMapRef: {{name: {config}}}\n        \
             env:\n        - name: A\n          value: {value}\n"
        )
    })
}

fn resources() -> impl Strategy<Value = String> {
    let any = prop_oneof![2 => plain(), 1 => config_map(), 2 => deployment()];
    prop::collection::vec(any, 1..5).prop_map(|all| all.join("---\n"))
}

/// Fields of a kustomization, each or none.
fn fields(deep: bool) -> impl Strategy<Value = String> {
    let patch = "patches:\n- target: {kind: Deployment}\n  patch: |-\n";
    let options = vec![
        "namePrefix: p-\n".to_owned(),
        "nameSuffix: -s\n".to_owned(),
        "namespace: other\n".to_owned(),
        "commonLabels: {team: x, '1': 'yes'}\n".to_owned(),
        "labels: [{pairs: {l: 'true'}, includeSelectors: true}]\n".to_owned(),
        "labels: [{pairs: {l: m}, includeTemplates: true, fields: [{path: spec/x, create: true}]}]\n".to_owned(),
        "commonAnnotations: {note: '1.0', b: \"yes\"}\n".to_owned(),
        "images: [{name: nginx, newTag: '2'}, {name: gcr.io/x/y, newName: z, digest: 'sha256:1'}]\n".to_owned(),
        "replicas: [{name: web, count: 7}]\n".to_owned(),
        "configMapGenerator: [{name: made, literals: [a=b, 'c=1.0', \"d=yes\"]}]\n".to_owned(),
        "secretGenerator: [{name: hidden, literals: [a=b], type: Opaque}]\ngeneratorOptions: {labels: {g: h}}\n".to_owned(),
        "sortOptions: {order: fifo}\n".to_owned(),
        "sortOptions: {order: legacy}\n".to_owned(),
        "buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n".to_owned(),
        format!("{patch}    - {{op: add, path: /spec/template/spec/x, value: {{b: yes, a: [1, '2']}}}}\n"),
        format!("{patch}    - {{op: replace, path: /spec/replicas, value: 1e2}}\n"),
        format!(
            "{patch}    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: any}}\n    spec:\n      template:\n        \
             spec:\n          containers:\n          - name: side\n            image: busybox\n          - name: main\n            \
             env: [{{name: A, value: null}}, {{name: B, value: b}}]\n"
        ),
        format!(
            "{patch}    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: any}}\n    spec:\n      template:\n        \
             spec: {{containers: [{{name: main, $patch: delete}}], serviceAccountName: null}}\n"
        ),
        "replacements:\n- source: {kind: Deployment, fieldPath: metadata.name}\n  targets:\n  - select: {kind: Deployment}\n    \
         fieldPaths: ['spec.template.spec.containers.[name=main].image']\n    options: {delimiter: ':', index: 1}\n"
            .to_owned(),
        "vars: [{name: V, objref: {apiVersion: apps/v1, kind: Deployment, name: web}}]\n".to_owned(),
    ];
    prop::sample::subsequence(options, 0..6).prop_map(move |chosen| {
        let listed = if deep { "resources: [r.yaml, base]\n" } else { "resources: [r.yaml]\n" };
        let mut seen = vec![];
        let mut text = listed.to_owned();
        for field in chosen {
            let key = field.split(':').next().unwrap_or_default().to_owned();
            if !seen.contains(&key) {
                seen.push(key);
                text += &field;
            }
        }
        text
    })
}

fn files() -> impl Strategy<Value = Files> {
    (any::<bool>(), fields(true), fields(false), resources(), resources()).prop_map(
        |(deep, outer, inner, above, below)| {
            if deep {
                vec![
                    ("kustomization.yaml", outer),
                    ("r.yaml", above),
                    ("base/kustomization.yaml", inner),
                    ("base/r.yaml", below),
                ]
            } else {
                vec![("kustomization.yaml", inner), ("r.yaml", below)]
            }
        },
    )
}

fn ours(folder: &Path) -> Result<String, String> {
    let folder = folder.to_str().expect("paths here are UTF-8");
    let built = build(&DiskLoader, folder, &Options::default()).map_err(|e| e.chain())?;
    built.resources.to_yaml().map_err(|e| e.chain())
}

/// Text made of what means something to a YAML scanner, as the value of a field.
fn raw() -> impl Strategy<Value = Files> {
    let pieces = vec![
        "a",
        "b: ",
        "key: ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "? ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "'",
        "\"",
        "''",
        "|\n   ",
        ">-\n   ",
        ">\n   ",
        "&x ",
        "*x ",
        "!!str ",
        "!!int ",
        "#c",
        " # c",
        "\n# c\n",
        "~",
        "0x1F",
        "1_000",
        "1e3",
        "yes",
        "null",
        "<<: ",
        "\\n",
        "é",
        "😀",
        "2020-01-01",
        ".inf",
        "'it'",
        "\"q\"",
        "x y",
        "  ",
        "\r\n  ",
        "0o7",
        "-1",
    ];
    prop::collection::vec(select(pieces), 1..14).prop_map(|pieces| {
        let text = format!("kind: A\nmetadata: {{name: a}}\nx: {}\n", pieces.concat());
        vec![("kustomization.yaml", "resources: [r.yaml]\nnamePrefix: p-\n".to_owned()), ("r.yaml", text)]
    })
}

fn compare(name: &str, strategy: impl Strategy<Value = Files>) {
    let Some(kustomize) = std::env::var_os("HUB_KUSTOMIZE") else { return };
    let folder = std::env::temp_dir().join(format!("hub-kustomize-{name}-{}", std::process::id()));
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let seed = seed();
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(4));
    let outcome = TestRunner::new_with_rng(config, random).run(&strategy, |files| {
        let _ = fs::remove_dir_all(&folder);
        for (path, text) in &files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        let output = Command::new(&kustomize).arg("build").arg(&folder).output().expect("kustomize runs");
        let theirs = output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned());
        let ours = ours(&folder);
        let shown: String = files.iter().map(|(path, text)| format!("# {path}\n{text}\n")).collect();
        let said = String::from_utf8_lossy(&output.stderr);
        if trips_over_a_comment(&said) {
            prop_assert!(ours.is_ok(), "{}\n{:?}", shown, ours.as_ref().err());
            return Ok(());
        }
        prop_assert_eq!(
            ours.as_ref().ok(),
            theirs.as_ref(),
            "{}\n{:?}\n{}",
            shown,
            ours.as_ref().err(),
            said
        );
        Ok(())
    });
    let _ = fs::remove_dir_all(&folder);
    if let Err(error) = outcome {
        panic!("seed {seed} (HUB_SEED={seed} repeats it): {error}");
    }
}

/// A fault of the original that is not wanted here: it cannot read back what it printed where a mapping that has a
/// comment behind its key was emptied. The README of the crate says so.
fn trips_over_a_comment(said: &str) -> bool {
    said.starts_with("Error: map[string]interface {}{") && said.contains("could not find expected ':'")
}

/// What random choices follow from: another one in each run, unless `HUB_SEED` says which.
fn seed() -> u64 {
    let given = std::env::var("HUB_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |since| since.as_nanos() as u64)
    })
}

#[test]
fn random_kustomizations_build_as_the_original_builds_them() {
    compare("files", files());
}

#[test]
fn random_yaml_is_printed_as_the_original_prints_it() {
    compare("raw", raw());
}
