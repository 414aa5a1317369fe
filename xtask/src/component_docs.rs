//! The parameters table of every component's README, written from its manifest.
//!
//! In: `components/*/hub-component.yaml`. Out: the text between [`BEGIN`] and [`END`] in the README beside it.
//! Refuses to know: everything else in a README.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_yaml::Value;

use crate::report;

const BEGIN: &str = "<!-- parameters: written by `cargo xtask component-docs` -->";
const END: &str = "<!-- end of parameters -->";

/// Writes every table that is not current.
pub(crate) fn write(root: &Path) -> ExitCode {
    let mut exit = ExitCode::SUCCESS;
    for readme in readmes(root) {
        let outcome = current(&readme).and_then(|(old, new)| {
            if old == new {
                return Ok(());
            }
            std::fs::write(&readme, new)?;
            report(&format!("wrote {}", readme.display()));
            Ok(())
        });
        if let Err(error) = outcome {
            report(&format!("{}: {error:#}", readme.display()));
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

/// The README of each component, there or not, in the order of names.
fn readmes(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join("components")).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|dir| dir.join("hub-component.yaml").is_file())
        .map(|dir| dir.join("README.md"))
        .collect();
    found.sort();
    found
}

/// A README as it is and as it should be.
fn current(readme: &Path) -> anyhow::Result<(String, String)> {
    let manifest = readme.with_file_name("hub-component.yaml");
    let manifest = std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let manifest: Value = serde_yaml::from_str(&manifest)?;
    let old = std::fs::read_to_string(readme)?;
    let Some((before, rest)) = old.split_once(BEGIN) else {
        bail!("it has no table of parameters: put the lines `{BEGIN}` and `{END}` where it belongs");
    };
    let Some((_, after)) = rest.split_once(END) else { bail!("`{END}` is missing after `{BEGIN}`") };
    let new = format!("{before}{BEGIN}\n{}{END}{after}", table(&manifest));
    Ok((old, new))
}

fn table(manifest: &Value) -> String {
    let mut rows = Vec::new();
    rows_of(manifest, "", &mut rows);
    let head = "\n| name | meaning | values | default |\n|---|---|---|---|\n";
    format!("{head}{}\n", rows.concat())
}

fn rows_of(node: &Value, prefix: &str, rows: &mut Vec<String>) {
    for parameter in node.get("parameters").and_then(Value::as_sequence).into_iter().flatten() {
        let own = text(parameter, "name");
        let name = if prefix.is_empty() { own } else { format!("{prefix}.{own}") };
        let has_children =
            parameter.get("parameters").and_then(Value::as_sequence).is_some_and(|c| !c.is_empty());
        if has_children {
            rows_of(parameter, &name, rows);
        } else {
            let cells = [format!("`{name}`"), meaning(parameter), values(parameter), default(parameter)];
            rows.push(format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | ")));
        }
    }
}

fn meaning(parameter: &Value) -> String {
    let brief = text(parameter, "brief");
    let brief = if brief.is_empty() { text(parameter, "description") } else { brief };
    brief.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;")
}

/// The type, or the only values allowed; and what else a user should know before giving one.
fn values(parameter: &Value) -> String {
    let choices: Vec<String> = parameter
        .get("enum")
        .and_then(Value::as_sequence)
        .into_iter()
        .flatten()
        .map(|choice| format!("`{}`", scalar(choice)))
        .collect();
    let mut words = vec![if choices.is_empty() { text(parameter, "type") } else { choices.join(", ") }];
    if flag(parameter, "secret") {
        words.push("secret".to_owned());
    }
    if flag(parameter, "required") {
        words.push("not empty".to_owned());
    }
    words.retain(|word| !word.is_empty());
    words.join("; ")
}

fn default(parameter: &Value) -> String {
    if parameter.get("generate").is_some() {
        return "generated once, then kept".to_owned();
    }
    match parameter.get("value").or_else(|| parameter.get("default")) {
        None | Some(Value::Null) => String::new(),
        Some(value) => {
            let text = scalar(value);
            match text.trim() {
                "" => String::new(),
                // A document does not fit into a cell.
                long if long.contains('\n') => "see `hub-component.yaml`".to_owned(),
                short => format!("`{short}`"),
            }
        }
    }
}

fn flag(parameter: &Value, key: &str) -> bool {
    parameter.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn text(parameter: &Value, key: &str) -> String {
    parameter.get(key).map(scalar).unwrap_or_default()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap_or_default().trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_readme_has_the_table_of_its_manifest() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let stale: Vec<String> = readmes(root)
            .iter()
            .filter_map(|readme| match current(readme) {
                Ok((old, new)) if old == new => None,
                Ok(_) => Some(format!("{}: run `cargo xtask component-docs`", readme.display())),
                Err(error) => Some(format!("{}: {error:#}", readme.display())),
            })
            .collect();
        assert!(stale.is_empty(), "{}", stale.join("\n"));
    }

    #[test]
    fn a_table_has_a_row_for_each_leaf() {
        let manifest = serde_yaml::from_str(concat!(
            "parameters:\n",
            "- name: a\n",
            "  parameters:\n",
            "  - {name: b, brief: One <of> two, enum: [x, 'y|z'], value: x}\n",
            "  - {name: c, type: string, secret: true, generate: {secret: s, key: k}}\n",
            "- {name: d, type: integer, required: true, value: 3}\n",
        ))
        .unwrap();
        let table = table(&manifest);
        let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
        let expected = [
            "| `a.b` | One &lt;of> two | `x`, `y\\|z` | `x` |",
            "| `a.c` |  | string; secret | generated once, then kept |",
            "| `d` |  | integer; not empty | `3` |",
        ];
        assert_eq!(rows, expected);
    }
}
