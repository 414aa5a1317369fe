//! Which files a template set means, and what they are written to.
//!
//! In: globs, directories, the component's directory. Out: paths. Refuses to know: engines.
//!
//! Source: hubctl's `lifecycle/template.go`: a name without wildcards is a path and must exist (perhaps with a
//! template suffix); a glob is looked up in each directory, one level deep, and may match nothing.

use std::path::{Path, PathBuf};

use super::curly;
use crate::diagnostic::{Problem, Problems, SourceText};
use crate::manifest::TemplateSet;
use crate::parameters::ParameterSet;

const SUFFIXES: [&str; 2] = ["template", "gotemplate"];

/// What a set means.
#[derive(Default)]
pub(super) struct Found {
    /// The templates, sorted within each glob.
    pub(super) files: Vec<PathBuf>,
    /// Globs that match nothing.
    pub(super) unmatched: Vec<String>,
}

/// The templates of a set; what is missing goes to `problems`.
pub(super) fn find(
    dir: &Path,
    set: &TemplateSet,
    parameters: &ParameterSet,
    problems: &mut Problems,
) -> Found {
    let everything = [String::from("*")];
    let globs = if set.files.is_empty() { everything.as_slice() } else { set.files.as_slice() };
    let mut found = Found::default();
    let directories: Vec<String> =
        set.directories.iter().filter_map(|text| expanded(text, set, parameters, problems)).collect();
    for glob in globs {
        let Some(pattern) = expanded(glob, set, parameters, problems) else { continue };
        let matches: Vec<PathBuf> = if pattern.contains(['*', '[']) {
            let matches = wildcard(dir, &directories, &pattern);
            if matches.is_empty() {
                found.unmatched.push(pattern);
            }
            matches
        } else {
            exact(dir, &pattern, set, problems).into_iter().collect()
        };
        for path in matches {
            if !found.files.contains(&path) {
                found.files.push(path);
            }
        }
    }
    found
}

/// A glob or directory with its `${parameters}`.
fn expanded(
    text: &str,
    set: &TemplateSet,
    parameters: &ParameterSet,
    problems: &mut Problems,
) -> Option<String> {
    match curly::render(&SourceText::new(text, text), curly::Braces::Dollar, parameters) {
        Ok(text) => Some(text),
        Err(more) => {
            problems.0.extend(more.0.into_iter().map(|p| p.at(set.place.clone())));
            None
        }
    }
}

fn exact(dir: &Path, name: &str, set: &TemplateSet, problems: &mut Problems) -> Option<PathBuf> {
    let path = dir.join(name);
    let suffixed = SUFFIXES.iter().map(|suffix| PathBuf::from(format!("{}.{suffix}", path.display())));
    // A rendered file that was committed beside its template must not be taken for the template.
    let found = suffixed.chain(std::iter::once(path.clone())).find(|p| p.is_file());
    if found.is_none() {
        problems.push(
            Problem::new("hub::template::missing", format!("there is no template {name}"))
                .help(format!(
                    "looked for {name}, {name}.template and {name}.gotemplate in the component's directory"
                ))
                .at(set.place.clone()),
        );
    }
    found
}

fn wildcard(dir: &Path, directories: &[String], pattern: &str) -> Vec<PathBuf> {
    let own = [String::new()];
    let directories = if directories.is_empty() { own.as_slice() } else { directories };
    let mut found = Vec::new();
    for directory in directories {
        let base = glob::Pattern::escape(&dir.join(directory).to_string_lossy());
        let Ok(paths) = glob::glob(&format!("{base}/{pattern}")) else {
            continue;
        };
        found.extend(paths.filter_map(Result::ok).filter(|p| p.is_file()));
    }
    found
}

/// The file that a template is written to: without its suffix, or itself when it has none.
pub(super) fn output_of(template: &Path) -> PathBuf {
    match template.extension().and_then(|e| e.to_str()) {
        Some(suffix) if SUFFIXES.contains(&suffix) => template.with_extension(""),
        _ => template.to_path_buf(),
    }
}
