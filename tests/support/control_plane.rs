//! A real Kubernetes control plane for a test, and the programs that come with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A control plane that is stopped when dropped.
pub(crate) struct ControlPlane {
    dir: tempfile::TempDir,
    /// Its kubeconfig.
    pub kubeconfig: String,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/realcluster/realcluster")
}

/// A program of the kit: `kubectl`, `kustomize`.
pub(crate) fn program(name: &str) -> PathBuf {
    let output = Command::new(script()).arg("bin").output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join(name)
}

impl ControlPlane {
    /// Starts one, which builds the programs where they are not built yet.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let output = Command::new(script())
            .arg("up")
            .arg(dir.path())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the control plane does not start");
        let kubeconfig =
            String::from_utf8(output.stdout).unwrap().lines().last().unwrap_or_default().to_owned();
        Self { dir, kubeconfig }
    }

    /// Runs kubectl; it must succeed.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.try_kubectl(arguments);
        assert!(
            output.status.success(),
            "kubectl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs kubectl.
    pub(crate) fn try_kubectl(&self, arguments: &[&str]) -> Output {
        Command::new(program("kubectl"))
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// An object as JSON; `None` when it is not there.
    pub(crate) fn get(&self, kind: &str, name: &str, namespace: Option<&str>) -> Option<serde_json::Value> {
        let mut arguments = vec!["get", kind, name, "-o", "json", "--ignore-not-found"];
        if let Some(namespace) = namespace {
            arguments.extend(["-n", namespace]);
        }
        let text = self.kubectl(&arguments);
        (!text.trim().is_empty()).then(|| serde_json::from_str(&text).unwrap())
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        let _ = Command::new(script()).arg("down").arg(self.dir.path()).status();
    }
}
