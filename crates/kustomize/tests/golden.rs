//! Each folder in `golden` is a kustomization and what kustomize v5.8.1 prints of it; an empty `expected.err` stands for
//! its failing. `kustomize build input > expected.yaml` records one anew.

use std::{fs, path::Path};

use hub_kustomize::{DiskLoader, Options, build};

fn printed(input: &Path) -> Result<String, String> {
    let input = input.to_str().expect("paths here are UTF-8");
    let built = build(&DiskLoader, input, &Options::default()).map_err(|e| e.chain())?;
    built.resources.to_yaml().map_err(|e| e.chain())
}

#[test]
fn golden_cases_print_what_kustomize_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut count = 0;
    for entry in fs::read_dir(&root).expect("the folder is there") {
        let case = entry.expect("a readable folder").path();
        let found = printed(&case.join("input"));
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        if case.join("expected.err").exists() {
            assert!(found.is_err(), "{name} fails with kustomize");
        } else {
            let expected = fs::read_to_string(case.join("expected.yaml")).expect("a recorded output");
            assert_eq!(found.as_deref(), Ok(expected.as_str()), "{name}");
        }
        count += 1;
    }
    assert!(count > 10, "only {count} cases");
}
