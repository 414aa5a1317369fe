//! Templates of a component, rendered in its workspace.
//!
//! In: which files are templates, and parameters. Out: files without their template suffix, beside the templates.
//! Refuses to know: hooks, kustomize, where the workspace came from.
//!
//! Source: hubctl's `lifecycle/template.go` for which file is read and written; unlike there, nothing is written when
//! any template of the component has an error, and all errors are shown.

mod curly;
mod files;
mod filters;
mod go;
mod mustache;
mod tera;

use std::path::{Path, PathBuf};

use crate::diagnostic::{Problem, Problems, SourceText, shown};
use crate::manifest::{TemplateEngine, TemplateSet};
use crate::parameters::ParameterSet;

/// What the templates of a component became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Each template, in the order rendered.
    pub files: Vec<RenderedFile>,
    /// What is odd: globs that match nothing.
    pub warnings: Vec<String>,
}

/// What one template became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// The template.
    pub template: PathBuf,
    /// The file that was written.
    pub output: PathBuf,
}

/// Renders every template of a component that lies in `dir`.
///
/// # Errors
/// Each unknown parameter, unknown filter, bad syntax and missing file, with its place. Nothing is written then.
pub fn render(dir: &Path, sets: &[TemplateSet], parameters: &ParameterSet) -> Result<Rendered, Problems> {
    let mut problems = Problems::default();
    let mut texts = Vec::new();
    let mut warnings = Vec::new();
    for set in sets {
        let found = files::find(dir, set, parameters, &mut problems);
        warnings.extend(found.unmatched.iter().map(|glob| format!("no file matches the template {glob}")));
        for file in found.files {
            match render_file(&file, dir, set.engine, parameters) {
                Ok(text) => texts.push((file, text)),
                Err(found) => problems.0.extend(found.0),
            }
        }
    }
    let texts = problems.or(texts)?;
    let mut rendered = Rendered { files: Vec::new(), warnings };
    for (template, text) in texts {
        let output = files::output_of(&template);
        write(&template, &output, &text).map_err(|e| unwritable(&output, dir, &e))?;
        rendered.files.push(RenderedFile { template, output });
    }
    Ok(rendered)
}

fn render_file(
    file: &Path,
    dir: &Path,
    engine: TemplateEngine,
    parameters: &ParameterSet,
) -> Result<String, Problems> {
    let name = shown(file, dir);
    let text = std::fs::read_to_string(file).map_err(|e| {
        Problem::new("hub::template::unreadable", format!("cannot read the template {name}: {e}"))
    })?;
    let source = SourceText::new(name, text);
    match engine {
        TemplateEngine::Curly => curly::render(&source, curly::Braces::Dollar, parameters),
        TemplateEngine::Mustache => curly::render(&source, curly::Braces::Double, parameters),
        TemplateEngine::TrueMustache => mustache::render(&source, parameters),
        TemplateEngine::Go => go::render(&source, parameters),
        TemplateEngine::Tera => tera::render(&source, parameters),
    }
}

/// Writes through a new file, so that a link is replaced and its target is left alone; the mode is the template's.
fn write(template: &Path, output: &Path, text: &str) -> std::io::Result<()> {
    let permissions = std::fs::metadata(template)?.permissions();
    let parent = output.parent().unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(parent)?;
    std::fs::write(file.path(), text)?;
    std::fs::set_permissions(file.path(), permissions)?;
    file.persist(output).map_err(|e| e.error)?;
    Ok(())
}

fn unwritable(output: &Path, dir: &Path, error: &std::io::Error) -> Problem {
    Problem::new("hub::template::unwritable", format!("cannot write {}: {error}", shown(output, dir)))
}

#[cfg(test)]
mod tests;
