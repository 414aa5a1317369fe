//! Behaviour of hubctl's manifests, one folder a case: what goes in, what comes out. `tests/conformance/README.md` has
//! the format. `CONFORMANCE=word cargo test --test conformance` runs the cases with that word in their names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use hub::environments::Environment;
use hub::lifecycle::{Overrides, Recorded, Resolved, check_meant, gather, resolve_all};
use hub::parameters::text_of;
use hub::stack::{Additions, Loading, LocalSources, Request, Stack, Unprobed, select};
use serde_json::Value;
use support::Stack as Folder;

/// What a case says of itself.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The rule, with its paragraph in the reference.
    about: String,
    #[serde(default)]
    run: Input,
    expect: Expectation,
}

/// What the stack is run with.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Input {
    #[serde(default)]
    components: Vec<String>,
    #[serde(default)]
    environment: Option<String>,
    #[serde(default)]
    params: Vec<String>,
    #[serde(default)]
    params_files: Vec<PathBuf>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    offset: Option<String>,
    #[serde(default)]
    limit: Option<String>,
    /// Further flags of `hub deploy`.
    #[serde(default)]
    flags: Vec<String>,
    /// Commands that are run one after the other; without any, nothing is run unless the expectation needs it.
    #[serde(default)]
    commands: Vec<Vec<String>>,
}

/// What must come out. What is not named may be anything.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Expectation {
    /// By component and name; null means that there is no such parameter.
    #[serde(default)]
    parameters: BTreeMap<String, BTreeMap<String, Value>>,
    /// Outputs that follow from parameters alone, by component; null means that the value is not known yet.
    #[serde(default)]
    outputs: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    order: Option<Vec<String>>,
    /// Parts of warnings about manifests.
    #[serde(default)]
    warnings: Vec<String>,
    /// Parts of error messages and of their help.
    #[serde(default)]
    error: Vec<String>,
    /// The environment of a component's hooks, by component; null means that it is not set. Deploys to the sandbox.
    #[serde(default)]
    environment: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// Files in a component's scratch copy after its deployment; null means that there is none. Deploys to the sandbox.
    #[serde(default)]
    files: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// Parts of what the commands say.
    #[serde(default)]
    says: Vec<String>,
    /// Parts that they do not say.
    #[serde(default)]
    says_not: Vec<String>,
    /// The exit code of the last command.
    #[serde(default)]
    code: Option<i32>,
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let wanted = std::env::var("CONFORMANCE").unwrap_or_default();
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries
        .filter(|path| path.join("case.yaml").is_file() && path.to_string_lossy().contains(&wanted))
        .collect();
    cases.sort();
    cases
}

#[test]
fn every_case_comes_out_as_it_says() {
    let cases = Mutex::new(cases());
    let (count, failures) = (Mutex::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(dir) = { cases.lock().unwrap().pop() } {
                    *count.lock().unwrap() += 1;
                    let found =
                        std::panic::catch_unwind(|| run(&dir)).unwrap_or_else(|_| vec!["panics".into()]);
                    let name = dir.file_name().unwrap().to_string_lossy().into_owned();
                    failures.lock().unwrap().extend(found.into_iter().map(|f| format!("{name}: {f}")));
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let count = count.into_inner().unwrap();
    assert!(count > 0, "no case");
    assert!(failures.is_empty(), "of {count} cases:\n{}", failures.join("\n"));
}

fn run(dir: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(dir.join("case.yaml")).unwrap();
    let case: Case = match serde_yaml::from_str(&text) {
        Ok(case) => case,
        Err(error) => return vec![format!("case.yaml: {error}")],
    };
    assert!(!case.about.is_empty());
    let mut failures = Vec::new();
    let expect = &case.expect;
    let deploys = !expect.environment.is_empty() || !expect.files.is_empty();
    if deploys || !case.run.commands.is_empty() {
        run_program(dir, &case, deploys, &mut failures);
    }
    let resolves = expect.order.is_some()
        || !(expect.parameters.is_empty() && expect.outputs.is_empty() && expect.warnings.is_empty());
    if resolves || !expect.error.is_empty() {
        resolve(dir, &case, false, &mut failures);
        // The same stack in one file must mean the same.
        if failures.is_empty() && dir.join("hub.yaml").is_file() {
            resolve(dir, &case, true, &mut failures);
        }
    }
    failures
}

/// Everything that is known without running anything.
fn resolve(dir: &Path, case: &Case, elaborate: bool, failures: &mut Vec<String>) {
    let expect = &case.expect;
    let mut warnings = Vec::new();
    let result = resolved(dir, &case.run, elaborate, &mut warnings);
    if elaborate && !expect.error.is_empty() {
        // Places are others in the one file, and some mistakes are found while it is written.
        if result.is_ok() {
            failures.push("elaborate, it does not fail".to_owned());
        }
        return;
    }
    for wanted in expect.warnings.iter().filter(|_| !elaborate) {
        if !warnings.iter().any(|w| w.contains(wanted)) {
            failures.push(format!("no warning `{wanted}` in {warnings:?}"));
        }
    }
    let (order, resolved) = match result {
        Err(said) => {
            let missing: Vec<&String> =
                expect.error.iter().filter(|wanted| !said.contains(*wanted)).collect();
            if expect.error.is_empty() || !missing.is_empty() {
                failures.push(format!("fails, without {missing:?}: {said}"));
            }
            return;
        }
        Ok(_) if !expect.error.is_empty() => {
            failures.push(format!("does not fail with {:?}", expect.error));
            return;
        }
        Ok(found) => found,
    };
    if let Some(wanted) = expect.order.as_ref().filter(|wanted| **wanted != order) {
        failures.push(format!("order {order:?}, not {wanted:?}"));
    }
    for (component, wanted) in &expect.parameters {
        for (name, value) in wanted {
            let found = resolved.parameters.get(component).and_then(|set| set.get(name));
            if found.unwrap_or(&Value::Null) != value {
                failures.push(format!("{name} of {component} is {found:?}, not {value}"));
            }
        }
    }
    for (component, wanted) in &expect.outputs {
        for (name, value) in wanted {
            let outputs = resolved.outputs.get(component).into_iter().flatten();
            let found = outputs.filter(|o| o.name == *name).find_map(|o| o.value.clone());
            if found.as_ref().map(text_of) != (!value.is_null()).then(|| text_of(value)) {
                failures.push(format!("output {component}:{name} is {found:?}, not {value}"));
            }
        }
    }
}

fn resolved(
    dir: &Path,
    input: &Input,
    elaborate: bool,
    warnings: &mut Vec<String>,
) -> Result<(Vec<String>, Resolved), String> {
    let told = |problems: hub::diagnostic::Problems| {
        let one = |p: hub::diagnostic::Problem| {
            let place = p.place.map(|p| p.to_string()).unwrap_or_default();
            format!("{} [{}] ({}) at {place}", p.message, p.code, p.help.unwrap_or_default())
        };
        problems.0.into_iter().map(one).collect::<Vec<_>>().join("\n")
    };
    let stack = if dir.join("hub.yaml").is_file() {
        Stack::load(&dir.join("hub.yaml"))
    } else {
        Stack::of_component(dir)
    };
    let mut stack = stack.map_err(told)?;
    if elaborate {
        let text = stack.elaborated(&Additions::default()).map_err(told)?;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), hub::manifest::packed(&text).unwrap()).unwrap();
        let loading = Loading { base: Some(dir), sources: &LocalSources };
        stack =
            Stack::load_as(file.path(), &loading).map_err(|p| format!("elaborate: {}\n{text}", told(p)))?;
    }
    warnings.extend(stack.warnings.iter().map(|w| w.message.clone()));
    let name = input.environment.clone().or_else(|| stack.default_environment.clone());
    let environment = name.map(|name| Environment::load(&name, dir)).transpose().map_err(told)?;
    let overrides = Overrides {
        files: input.params_files.iter().map(|file| dir.join(file)).collect(),
        flags: input.params.clone(),
    };
    let variable = |name: &str| input.variables.get(name).cloned();
    let layers = gather(&stack, environment.as_ref(), &overrides, &variable).map_err(told)?;
    let request = Request {
        components: input.components.clone(),
        offset: input.offset.clone(),
        limit: input.limit.clone(),
        ..Request::default()
    };
    let selection = select(&stack, &request, &Unprobed).map_err(told)?;
    check_meant(&stack, &selection.order, &layers).map_err(told)?;
    let resolved =
        resolve_all(&stack, &selection.order, &layers, &Recorded::default(), false).map_err(told)?;
    Ok((selection.order, resolved))
}

/// Runs the program in a copy of the case, on a sandbox of its own.
fn run_program(dir: &Path, case: &Case, deploys: bool, failures: &mut Vec<String>) {
    let (expect, input) = (&case.expect, &case.run);
    let folder = Folder::of_folder(dir);
    for component in expect.environment.keys() {
        folder.write(
            &format!("components/{component}/pre-deploy"),
            "#!/bin/sh\nenv > \"$HUB_BASE_DIR/$HUB_COMPONENT.env\"\n",
        );
    }
    for component in expect.files.keys() {
        let hook = "#!/bin/sh\nmkdir -p \"$HUB_BASE_DIR/.after\" && cp -R . \"$HUB_BASE_DIR/.after/$HUB_COMPONENT\"\n";
        folder.write(&format!("components/{component}/post-deploy"), hook);
    }
    let mut commands = input.commands.clone();
    if deploys && commands.is_empty() {
        let mut deploy = vec!["deploy".to_owned()];
        deploy.extend(input.components.clone());
        deploy.extend(input.params.iter().flat_map(|p| ["--param".to_owned(), p.clone()]));
        deploy.extend(input.environment.iter().flat_map(|e| ["-e".to_owned(), e.clone()]));
        deploy.extend(input.flags.clone());
        commands.push(deploy);
    }
    let mut said = String::new();
    let mut code = 0;
    for command in &commands {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let output = folder.command(&words).envs(&input.variables).output().unwrap();
        code = output.status.code().unwrap_or(-1);
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    if code != expect.code.unwrap_or(0) {
        failures.push(format!("exit {code}:\n{said}"));
        return;
    }
    // Messages are wrapped for reading.
    let words = |text: &str| text.replace(['│', '|'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let said = words(&said);
    failures.extend(
        expect
            .says
            .iter()
            .filter(|s| !said.contains(&words(s)))
            .map(|s| format!("does not say `{s}`: {said}")),
    );
    failures.extend(
        expect.says_not.iter().filter(|s| said.contains(&words(s))).map(|s| format!("says `{s}`: {said}")),
    );
    for (component, wanted) in &expect.environment {
        let text = std::fs::read_to_string(folder.path(&format!("{component}.env"))).unwrap_or_default();
        for (name, value) in wanted {
            let found =
                text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).map(str::to_owned);
            let value = value.as_ref().map(|v| v.replace("$STACK", &folder.real_path().to_string_lossy()));
            if found != value {
                failures.push(format!("{name} of {component} is {found:?}, not {value:?}"));
            }
        }
    }
    for (component, wanted) in &expect.files {
        for (name, content) in wanted {
            let found = std::fs::read_to_string(folder.path(&format!(".after/{component}/{name}"))).ok();
            if found != *content {
                failures.push(format!("{name} of {component} is {found:?}, not {content:?}"));
            }
        }
    }
}
