//! A Deployment, a ConfigMap and an object of no known kind under a random patch, twice: it merges or is refused, and
//! what comes out prints and can be read.
#![no_main]

use hub_kustomize::{MemoryLoader, Options, build};
use libfuzzer_sys::fuzz_target;

const RESOURCES: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: d, labels: {a: b}}
spec:
  template:
    spec:
      containers:
      - {name: main, image: i, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}], env: [{name: A, value: a}]}
      volumes: [{name: v, emptyDir: {}}]
      tolerations: [{key: k}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: d}
data: {a: b}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: d}
spec: {list: [1, {name: x}], map: {a: {b: c}}}
";

fuzz_target!(|text: &str| {
    let mut files = MemoryLoader::default();
    files.insert("r.yaml", RESOURCES);
    for (apiversion, kind) in [("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("example.com/v1", "Thing")] {
        let patch = format!("apiVersion: {apiversion}\nkind: {kind}\nmetadata: {{name: d}}\n{text}");
        files.insert("p.yaml", patch);
        files.insert("kustomization.yaml", "resources: [r.yaml]\npatches: [{path: p.yaml}]\n");
        if let Ok(built) = build(&files, "/", &Options::default())
            && let Ok(printed) = built.resources.to_yaml()
        {
            hub_yaml::parse(&printed).expect("what is printed can be read");
        }
    }
});
