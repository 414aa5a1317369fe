//! What tests of the whole program share: a stack in a folder of its own, and the program run in it.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod bare_cluster;
pub(crate) mod chain;
pub(crate) mod control_plane;
pub(crate) mod many;
pub(crate) mod release;
pub(crate) mod served;
pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A stack in a temporary folder.
pub(crate) struct Stack {
    dir: tempfile::TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Stack {
    /// The repository's own stack.
    pub(crate) fn of_repository() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let stack = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["components", "environments", "examples", "hooks"] {
            copy(&root.join(folder), &stack.path(folder));
        }
        std::fs::copy(root.join("hub.yaml"), stack.path("hub.yaml")).unwrap();
        stack
    }

    /// A folder without anything.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A stack of one component `app`, in the sandbox by default, with files beside the usual ones.
    pub(crate) fn of_app(manifest: &str, files: &[(&str, &str)]) -> Self {
        let stack = Self { dir: tempfile::tempdir().unwrap() };
        stack.write(
            "hub.yaml",
            "kind: stack\nmeta: {name: test}\nenvironments: {default: local}\ncomponents: [{name: app}]\n",
        );
        stack.write("environments/local.yaml", "kind: environment\ncluster: {sandbox: true}\n");
        stack.write("components/app/hub-component.yaml", &format!("kind: component\n{manifest}"));
        for (name, text) in files {
            stack.write(&format!("components/app/{name}"), text);
        }
        stack
    }

    /// A copy of a folder.
    pub(crate) fn of_folder(folder: &Path) -> Self {
        let stack = Self { dir: tempfile::tempdir().unwrap() };
        copy(folder, stack.dir.path());
        stack
    }

    /// The stack's folder, without links in its path.
    pub(crate) fn real_path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// A path in the stack.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file; one that begins with `#!` becomes executable.
    pub(crate) fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        if text.starts_with("#!") {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// The program, about to run here, with an empty home and nothing else inherited but the path.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
        std::fs::create_dir_all(self.path(".home")).unwrap();
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("HOME", self.path(".home"))
            .env("USER", "tester")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program here.
    pub(crate) fn hub(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What the sandbox has, as a number that grows with every write; `None` when it does not exist.
    pub(crate) fn revision(&self) -> Option<String> {
        let status = self.hub(&["sandbox", "status"]).stdout;
        status.split("revision ").nth(1).map(|rest| rest.split(')').next().unwrap_or_default().to_owned())
    }

    /// A served sandbox's kubeconfig, written here.
    pub(crate) fn kubeconfig(&self, url: &str) -> String {
        self.write("kubeconfig", &hub_sandbox::kubeconfig(url));
        self.path("kubeconfig").display().to_string()
    }
}

impl Ran {
    /// The run ended like this and said all of that, on whichever stream.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, said: &[&str]) -> &Self {
        // Messages are wrapped and framed for reading; compare words.
        let words =
            |text: &str| text.replace(['│', '|'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let all = words(&format!("{}\n{}", self.stdout, self.stderr));
        let missing: Vec<&&str> = said.iter().filter(|s| !all.contains(&words(s))).collect();
        assert!(
            self.code == code && missing.is_empty(),
            "exit {} (wanted {code}), missing {missing:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The events of `-o json`.
    pub(crate) fn events(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A folder as a compressed archive, below a root of its own, as repositories offer themselves.
pub(crate) fn tarball(folder: &Path, root: &str) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    builder.append_dir_all(root, folder).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else if entry.file_type().is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
