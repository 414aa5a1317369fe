//! The commands that the components' READMEs show: each is planned as it stands, on a sandbox with Istio and KServe.

use std::path::Path;

use crate::support::Stack;

/// The `hub deploy` and `hub render` lines of a README that need neither another environment nor a reader's own values.
fn commands(readme: &str) -> Vec<Vec<String>> {
    let text = |line: &str| {
        let start = line.find("hub deploy ").or_else(|| line.find("hub render "))?;
        let is_code = start == 0 || line[..start].ends_with('`');
        let rest = &line[start..];
        let end = rest.find(['`', '#']).unwrap_or(rest.len());
        let command = rest[..end].trim();
        let is_whole = !command.contains('…') && !command.ends_with('\\') && !command.contains(" -e ");
        (is_code && is_whole).then(|| command.split_whitespace().skip(1).map(ToOwned::to_owned).collect())
    };
    readme.lines().filter_map(text).collect()
}

#[test]
fn what_the_readmes_show_can_be_planned() {
    let stack = Stack::of_repository();
    stack.hub(&["deploy", "istio", "kserve"]).ends(0, &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("components");
    let mut planned = 0;
    for component in std::fs::read_dir(folder).unwrap() {
        let readme = std::fs::read_to_string(component.unwrap().path().join("README.md")).unwrap();
        for mut command in commands(&readme) {
            if command[0] == "deploy" {
                "plan".clone_into(&mut command[0]);
            }
            let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            let ran = stack.hub(&arguments);
            assert_eq!(ran.code, 0, "hub {}\n{}\n{}", arguments.join(" "), ran.stdout, ran.stderr);
            planned += 1;
        }
    }
    assert!(planned > 25, "{planned}");
}
