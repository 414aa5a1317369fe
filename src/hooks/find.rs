//! Which hooks run at a trigger.
//!
//! In: a component's scratch copy, declarations. Out: hooks in order.
//!
//! Source: hubctl-component-kustomize (an executable file named exactly like the trigger; one without the exec bit
//! is passed over) and hubctl's `lifecycle/hooks.go` (declared hooks: glob triggers, six name variants).

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{HookError, Trigger};
use crate::manifest::{HookDeclaration, OnError};

/// A hook that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// As users know it.
    pub name: String,
    /// What to start. A link is started under its own name, since hooks look at `$0`.
    pub path: PathBuf,
    /// With which arguments.
    pub arguments: Vec<String>,
    /// How long it may take, if it says so.
    pub timeout: Option<Duration>,
    /// A failure is a warning.
    pub ignore_errors: bool,
}

/// The declared hooks of `declarations` for a trigger, in the order declared; then, with `files`, the executable file
/// of the trigger's name. `search` is a PATH, where declared hooks are looked for last.
///
/// # Errors
/// A declared hook that is nowhere.
pub fn find(
    trigger: Trigger,
    dir: &Path,
    stack_dir: &Path,
    declarations: &[HookDeclaration],
    search: &str,
    files: bool,
) -> Result<Vec<Hook>, HookError> {
    let mut hooks = Vec::new();
    for declaration in declarations.iter().filter(|d| fires(d, trigger)) {
        let path = locate(&declaration.file, dir, stack_dir, search)?;
        hooks.push(Hook {
            name: declaration.file.clone(),
            path,
            arguments: Vec::new(),
            timeout: declaration.timeout,
            ignore_errors: declaration.on_error == OnError::Ignore,
        });
    }
    if files {
        hooks.extend(find_file(trigger, dir));
    }
    Ok(hooks)
}

/// The executable file of a trigger's name.
#[must_use]
pub fn find_file(trigger: Trigger, dir: &Path) -> Option<Hook> {
    let path = dir.join(trigger.name());
    is_executable(&path).then(|| Hook {
        name: trigger.name().to_owned(),
        path,
        arguments: Vec::new(),
        timeout: None,
        ignore_errors: false,
    })
}

fn fires(declaration: &HookDeclaration, trigger: Trigger) -> bool {
    let matches = |glob: &String| glob::Pattern::new(glob).is_ok_and(|p| p.matches(trigger.name()));
    declaration.triggers.iter().any(matches)
}

fn locate(file: &str, dir: &Path, stack_dir: &Path, search: &str) -> Result<PathBuf, HookError> {
    if Path::new(file).is_absolute() {
        let path = PathBuf::from(file);
        return if path.is_file() { Ok(path) } else { Err(missing(file, &[path])) };
    }
    let folders = [
        dir.to_path_buf(),
        stack_dir.to_path_buf(),
        stack_dir.join("hooks"),
        stack_dir.join("bin"),
        stack_dir.join(".hub"),
        stack_dir.join(".hub/bin"),
    ];
    let variants = crate::flavour::variants(file);
    let on_path: Vec<PathBuf> = search.split(':').filter(|f| f.starts_with('/')).map(PathBuf::from).collect();
    let found = folders
        .iter()
        .chain(&on_path)
        .flat_map(|f| variants.iter().map(|v| f.join(v)))
        .find(|path| path.is_file());
    found.ok_or_else(|| missing(file, &folders))
}

fn missing(file: &str, folders: &[PathBuf]) -> HookError {
    let folders: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    HookError::Missing { file: file.to_owned(), looked: format!("looked in {}", folders.join(", ")) }
}

/// Whether the file of the trigger's name is there and passed over, since nobody may execute it.
#[must_use]
pub fn is_passed_over(trigger: Trigger, dir: &Path) -> bool {
    let file = dir.join(trigger.name());
    file.is_file() && !is_executable(&file)
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}
