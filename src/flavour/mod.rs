//! How a component is carried out: by a program of its own, or by what its files say it is.
//!
//! In: a component's directory, its templates rendered, and a verb. Out: [`Implementation`].
//! Refuses to know: how any of them is run.
//!
//! Source: hubctl's `lifecycle/probe.go`: the first that is there, in this order.

mod exports;
pub mod helm;
pub mod terraform;

use std::path::{Path, PathBuf};

pub use exports::{Export, exports};

/// What carries a verb of a component out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// A target of its Makefile.
    Make,
    /// A program in its directory.
    Script(PathBuf),
    /// A helm chart with these values.
    Helm,
    /// A kustomization.
    Kustomize,
    /// A configuration of terraform.
    Terraform,
    /// What `hub` does not do: `skaffold` or `arm`.
    Refused(&'static str),
    /// Nothing that could be recognised.
    Nothing,
}

impl Implementation {
    /// Whether a program does everything, so that `hub` neither plans nor applies objects.
    #[must_use]
    pub fn is_program(&self) -> bool {
        self.is_own_program() || *self == Self::Terraform
    }

    /// Whether it is a program of the component's own, which has no file hooks beside it.
    #[must_use]
    pub fn is_own_program(&self) -> bool {
        matches!(self, Self::Make | Self::Script(_))
    }
}

const SUFFIXES: [&str; 3] = ["", ".template", ".gotemplate"];

/// What carries `verb` out for the component in `dir`, which requires `requires`.
#[must_use]
pub fn choose<'a>(dir: &Path, verb: &str, requires: impl IntoIterator<Item = &'a str>) -> Implementation {
    let has = |name: &str| SUFFIXES.iter().any(|suffix| dir.join(format!("{name}{suffix}")).is_file());
    if makes(&dir.join("Makefile"), verb) {
        Implementation::Make
    } else if let Some(script) = script(dir, verb) {
        Implementation::Script(script)
    } else if has("values.yaml") {
        Implementation::Helm
    } else if ["kustomization.yaml", "kustomization.yml", "Kustomization"].into_iter().any(has) {
        Implementation::Kustomize
    } else if has("skaffold.yaml") {
        Implementation::Refused("skaffold")
    } else if has_terraform(dir) {
        Implementation::Terraform
    } else if requires.into_iter().any(|r| r == "arm") {
        Implementation::Refused("arm")
    } else {
        Implementation::Nothing
    }
}

/// Whether a Makefile has a rule for the verb.
fn makes(makefile: &Path, verb: &str) -> bool {
    std::fs::read_to_string(makefile).is_ok_and(|text| {
        text.lines().any(|line| line.strip_prefix(verb).is_some_and(|rest| rest.starts_with(':')))
    })
}

/// The six names that a program for a verb, or a hook, may have.
pub(crate) fn variants(name: &str) -> [String; 6] {
    [
        name.to_owned(),
        format!("bin/{name}"),
        format!("_{name}"),
        format!("{name}.sh"),
        format!("bin/{name}.sh"),
        format!("_{name}.sh"),
    ]
}

/// The program of a verb. Whether it is executable is seen when it is started.
fn script(dir: &Path, verb: &str) -> Option<PathBuf> {
    variants(verb).into_iter().map(|name| dir.join(name)).find(|path| path.is_file())
}

fn has_terraform(dir: &Path) -> bool {
    let names = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    names.map(|entry| entry.file_name()).any(|name| {
        let name = name.to_string_lossy();
        name.ends_with(".tf") || name.contains(".tf.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_there_counts() {
        let dir = tempfile::tempdir().unwrap();
        let choose = |verb: &str| choose(dir.path(), verb, ["kubernetes"]);
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        assert_eq!(choose("deploy"), Implementation::Nothing);
        write("main.tf", "");
        assert_eq!(choose("deploy"), Implementation::Terraform);
        write("skaffold.yaml", "");
        assert_eq!(choose("deploy"), Implementation::Refused("skaffold"));
        write("kustomization.yaml.gotemplate", "");
        assert_eq!(choose("deploy"), Implementation::Kustomize);
        write("values.yaml.template", "");
        assert_eq!(choose("deploy"), Implementation::Helm);
        write("_deploy.sh", "");
        assert_eq!(choose("deploy"), Implementation::Script(dir.path().join("_deploy.sh")));
        assert_eq!(choose("undeploy"), Implementation::Helm);
        write("Makefile", "all: deploy\nundeploy: clean\n\tfalse\n");
        assert_eq!(choose("undeploy"), Implementation::Make);
        assert!(choose("deploy").is_program());
    }
}
