//! `hub kustomize build` against kustomize v5.8.1: time and memory of whole processes over sets of growing size.
//!
//! Needs the real kustomize (`tests/realcluster/realcluster build`); the upstream manifests where they are beside this
//! checkout. The original is quadratic in the number of resources: it runs up to 1,000, beyond that hub runs alone.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what it skipped or measured")]
#![allow(missing_docs, reason = "a program, not a library")]

mod measure;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use measure::{alone, compare};

const RUNS: usize = 7;

fn main() {
    let kustomize = kustomize();
    let build = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
        command.args(["kustomize", "build", "--load-restrictor", "LoadRestrictionsNone"]).arg(folder);
        command
    };
    let original = |folder: &Path| {
        let mut command = Command::new(&kustomize);
        command.args(["build", "--load-restrictor", "LoadRestrictionsNone"]).arg(folder);
        command
    };
    let both = |what: &str, folder: &Path| {
        compare(what, "kustomize v5.8.1", RUNS, || build(folder), || original(folder));
    };

    let upstream = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/real-open");
    if upstream.is_dir() {
        both("the KServe release", &upstream.join("kserve-serverless"));
        both("the smallest modelmesh example", &upstream.join("modelmesh/examples/mock-runtime"));
    } else {
        println!("skipped: the upstream manifests are not beside this checkout");
    }
    let folder = tempfile::tempdir().unwrap();
    for count in [100, 500, 1_000] {
        let set = write_set(folder.path(), count);
        both(&format!("{count} resources"), &set);
    }
    for count in [2_000, 4_000, 16_000] {
        let set = write_set(folder.path(), count);
        alone(&format!("{count} resources"), RUNS, || build(&set));
    }
}

fn kustomize() -> std::path::PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/realcluster/realcluster");
    let output = Command::new(script).arg("bin").output().unwrap();
    Path::new(String::from_utf8(output.stdout).unwrap().trim()).join("kustomize")
}

/// Half of the set are ConfigMaps, half Deployments that name them; every common transformer is at work.
fn write_set(folder: &Path, count: usize) -> std::path::PathBuf {
    let folder = folder.join(count.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let mut resources = String::new();
    for i in 0..count / 2 {
        write!(
            resources,
            "apiVersion: v1
kind: ConfigMap
metadata: {{name: settings-{i}}}
data: {{number: 'n-{i}'}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: server-{i}}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: server-{i}}}
  template:
    metadata:
      labels: {{app: server-{i}}}
    spec:
      containers:
      - name: server
        image: images.example.com/server:{i}
        envFrom:
        - configMapRef: {{name: settings-{i}}}
---
"
        )
        .unwrap();
    }
    std::fs::write(folder.join("resources.yaml"), resources).unwrap();
    let kustomization = "namespace: at-scale
namePrefix: front-
resources: [resources.yaml]
labels:
- pairs: {part-of: measurement}
  includeSelectors: true
images:
- {name: images.example.com/server, newTag: measured}
configMapGenerator:
- name: generated
  literals: [key=value]
patches:
- target: {kind: Deployment, name: server-7}
  patch: |-
    - {op: replace, path: /spec/replicas, value: 5}
";
    std::fs::write(folder.join("kustomization.yaml"), kustomization).unwrap();
    folder
}
