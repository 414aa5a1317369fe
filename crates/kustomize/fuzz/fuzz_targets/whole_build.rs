//! A build of two files, the kustomization and a file of resources, with a line `=====` between them.
#![no_main]

use hub_kustomize::{MemoryLoader, Options, build};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (kustomization, resources) = text.split_once("\n=====\n").unwrap_or((text, ""));
    let mut files = MemoryLoader::default();
    files.insert("kustomization.yaml", kustomization);
    files.insert("r.yaml", resources);
    if let Ok(built) = build(&files, "/", &Options::default()) {
        let _ = built.resources.to_yaml();
    }
});
