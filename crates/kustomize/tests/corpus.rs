//! The corpora beside the checkout, where they are: what kustomize prints of other people's kustomizations.

use std::{fs, path::Path};

use hub_kustomize::{DiskLoader, LoadRestrictor, Options, build};
use serde_json::Value;

fn printed(root: &Path, case: &Value) -> Result<String, String> {
    let restricts_none = case.pointer("/options/loadRestrictor").and_then(Value::as_str) == Some("none");
    let options = Options {
        load_restrictor: if restricts_none { LoadRestrictor::None } else { LoadRestrictor::RootOnly },
        ..Options::default()
    };
    let target = root.join(case["target"].as_str().expect("a target"));
    let built = build(&DiskLoader, &target.to_string_lossy(), &options).map_err(|e| e.chain())?;
    built.resources.to_yaml().map_err(|e| e.chain())
}

#[test]
fn real_kustomizations_print_as_with_kustomize() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/real-open");
    let Ok(index) = fs::read_to_string(root.join("cases.json")) else {
        // Nothing to compare with on this machine.
        return;
    };
    let cases: Value = serde_json::from_str(&index).expect("a list of cases");
    for case in cases.as_array().expect("a list of cases") {
        let found = printed(&root, case);
        match case["expected"].as_str() {
            Some(path) => {
                let expected = fs::read_to_string(root.join(path)).expect("an expected output");
                assert!(found.as_deref() == Ok(expected.as_str()), "{}", case["target"]);
            }
            None => assert!(found.is_err(), "{}", case["target"]),
        }
    }
}
