//! The implicit outputs about the repository that a component comes from.
//!
//! In: a component's directory. Out: `hub.components.<name>.git.ref` and `.git.clean`. Runs no git: it reads its files.
//!
//! Source: hubctl's `lifecycle/git.go`: the nearest parent with `.git`, the full name of the ref and seven characters of
//! the commit.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Output;

/// The outputs of a component in `dir`.
#[must_use]
pub fn git_outputs(component: &str, dir: &Path) -> Vec<Output> {
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let reference = repository(&full).and_then(|git| head(&git)).unwrap_or_else(|| "(not a Git)".to_owned());
    let output = |name: &str, value: String| Output {
        name: format!("hub.components.{component}.git.{name}"),
        value: Some(Value::String(value)),
        secret: false,
        brief: None,
    };
    vec![output("ref", reference), output("clean", "not calculated".to_owned())]
}

/// The repository's folder; a worktree has a file that names it.
fn repository(dir: &Path) -> Option<PathBuf> {
    let git = dir.ancestors().map(|parent| parent.join(".git")).find(|git| git.exists())?;
    if git.is_dir() {
        return Some(git);
    }
    let text = std::fs::read_to_string(&git).ok()?;
    let named = PathBuf::from(text.strip_prefix("gitdir:")?.trim());
    Some(git.parent()?.join(named))
}

fn head(git: &Path) -> Option<String> {
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let head = head.trim();
    let short = |commit: &str| commit.chars().take(7).collect::<String>();
    let Some(name) = head.strip_prefix("ref: ") else {
        return Some(format!("HEAD {}", short(head)));
    };
    let common = std::fs::read_to_string(git.join("commondir")).ok();
    let common = common.map_or_else(|| git.to_path_buf(), |common| git.join(common.trim()));
    let loose = std::fs::read_to_string(common.join(name)).ok();
    let packed = || {
        let packed = std::fs::read_to_string(common.join("packed-refs")).ok()?;
        let line = packed.lines().find(|line| line.ends_with(&format!(" {name}")))?;
        line.split(' ').next().map(str::to_owned)
    };
    let commit = loose.map(|l| l.trim().to_owned()).or_else(packed)?;
    Some(format!("{name} {}", short(&commit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ref_is_read_loose_and_packed() {
        let dir = tempfile::tempdir().unwrap();
        let git = dir.path().join(".git");
        let value = || git_outputs("c", &dir.path().join("a"))[0].value.clone().unwrap();
        std::fs::create_dir_all(dir.path().join("a")).unwrap();
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::write(git.join("packed-refs"), "# pack\n0123456789ab refs/heads/main\n").unwrap();
        assert_eq!(value(), "refs/heads/main 0123456");
        std::fs::write(git.join("refs/heads/main"), "fedcba9876543210\n").unwrap();
        assert_eq!(value(), "refs/heads/main fedcba9");
    }
}
