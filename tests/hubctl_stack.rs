//! One stack of fourteen components in the shapes that hubctl's public components have: deployed, looked at, deployed
//! again, and undeployed to nothing; on the sandbox and, in `.ci/run`, on a real control plane.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use support::control_plane::ControlPlane;
use support::server::Server;
use support::{Ran, Stack};

/// Kinds of which nothing may be left.
const KINDS: [&str; 7] = [
    "configmaps",
    "secrets",
    "deployments",
    "namespaces",
    "crds",
    "clusterroles",
    "leases.coordination.k8s.io",
];

/// The stack in a folder of its own, with its upstream on loopback.
struct Platform {
    stack: Stack,
    server: Server,
    kubeconfig: Option<String>,
}

impl Platform {
    fn new(kubeconfig: Option<String>) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hubctl_stack");
        let stack = Stack::of_folder(&source);
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for entry in std::fs::read_dir(source.join("upstream/releases")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(format!("/releases/{name}"), std::fs::read(&path).unwrap());
        }
        let tarball = support::tarball(&source.join("upstream"), "manifests-1.2");
        files.insert("/manifests.tar.gz".to_owned(), tarball);
        Self { stack, server: Server::files(files), kubeconfig }
    }

    fn hub(&self, words: &[&str]) -> Ran {
        let mut words = words.to_vec();
        if let (Some(kubeconfig), true) = (&self.kubeconfig, words[0] != "lint") {
            words.extend(["--kubeconfig", kubeconfig.as_str()]);
        }
        let mut command = self.stack.command(&words);
        command.env("UPSTREAM_URL", &self.server.url);
        let output = command.output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// One value of an object.
    #[track_caller]
    fn value(&self, namespace: &str, object: &str, path: &str) -> String {
        let ran = self.hub(&["object", "get", object, "-n", namespace, "-o", &format!("jsonpath={path}")]);
        ran.ends(0, &[]);
        ran.stdout.trim_end().to_owned()
    }

    #[track_caller]
    fn is_there(&self, namespace: &str, object: &str) -> bool {
        let ran = self.hub(&["object", "get", object, "-n", namespace, "-o", "name", "--ignore-not-found"]);
        ran.ends(0, &[]);
        !ran.stdout.trim().is_empty()
    }

    /// The names of everything of the kinds that the stack touches.
    fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for kind in KINDS {
            let ran = self.hub(&["object", "get", kind, "-A", "-o", "name"]);
            ran.ends(0, &[]);
            names.extend(ran.stdout.lines().map(ToOwned::to_owned));
        }
        names
    }
}

fn goes_on_and_off(platform: &Platform) {
    let before = platform.names();
    let rendered = platform.hub(&["lint"]);
    rendered.ends(0, &["breif", "14 components are fine"]);

    let deployed = platform.hub(&["deploy", "--yes"]);
    deployed.ends(0, &["announced common", "overlay hook ran"]);
    assert!(!deployed.stdout.contains("pa55word-of-db"), "{}", deployed.stdout);
    what_is_there(platform);
    let pins = std::fs::read_to_string(platform.stack.path("hub.lock")).unwrap();
    for name in ["releases/widgets.yaml", "releases/inference.yaml", "manifests.tar.gz"] {
        assert!(
            pins.contains(name),
            "{name}, which a hook or the component itself fetched, is pinned: {pins}"
        );
    }

    let again = platform.hub(&["deploy", "--yes", "-o", "json"]);
    again.ends(0, &[]);
    for event in again.events().iter().filter(|event| event["event"] == "componentFinished") {
        let (counts, name) = (&event["counts"], &event["component"]);
        let changed: Vec<_> =
            ["create", "update", "delete", "recreate"].iter().filter(|what| counts[**what] != 0).collect();
        assert!(changed.is_empty(), "{name} changes without a reason: {counts}");
    }

    let shown = platform.hub(&["show", "notes"]);
    shown.ends(0, &["tracking.stack-tracking, mesh true"]);
    let backup = platform.hub(&["backup", "create", "--to", "bundle.yaml"]);
    backup.ends(0, &[]);
    let unbundled = platform.stack.hub(&["backup", "unbundle", "bundle.yaml"]);
    unbundled.ends(0, &["profiles.backup.file", "component: profiles"]);

    let undeployed = platform.hub(&["undeploy", "--yes", "--delete-namespaces", "--delete-crds"]);
    undeployed.ends(0, &[]);
    // What stays on purpose: records for `hub history`, and the namespace of what a hook deployed by itself.
    let on_purpose = |name: &&String| name.contains(" hub-system/") || name.ends_with("/kube-root-ca.crt");
    let left = platform.names();
    let left: Vec<&String> = left.difference(&before).filter(|name| !on_purpose(name)).collect();
    assert_eq!(left, ["Namespace hub-system", "Namespace stack-web"]);
}

fn what_is_there(platform: &Platform) {
    let value = |namespace: &str, object: &str, path: &str| platform.value(namespace, object, path);
    // Subpaths are copied by their contents, lists of URLs are folded, CRD lists may hold anything.
    assert_eq!(value("stack-settings", "cm/settings", ".data.level"), "upstream");
    assert!(platform.is_there("stack-common", "cm/application"));
    assert!(platform.is_there("stack-common", "deploy/controller"));
    // Go templates: range, trim marks, raw strings.
    assert_eq!(value("stack-common", "cm/hosts", ".data['host-1']"), "apps.example.com");
    assert_eq!(value("stack-common", "cm/hosts", ".data.all"), "[app.example.com apps.example.com]");
    assert_eq!(value("stack-common", "cm/hosts", ".data.raw"), "{{ left }}");
    assert_eq!(value("stack-common", "cm/hosts", ".data.recent"), "true");
    // Destinations outside of ./kustomize, over what is committed there.
    assert_eq!(value("stack-notebooks", "cm/web-settings", ".data.storageClass"), "fast");
    assert_eq!(value("stack-notebooks", "cm/web-settings", ".data.port"), "80");
    assert!(platform.is_there("stack-notebooks", "cm/notebook-controller"));
    // An empty destination, a pattern of names, outputs of a program with a secret among them.
    assert_eq!(value("stack-pipeline", "cm/ml-two", ".data.patched"), "yes");
    assert!(!value("stack-pipeline", "cm/other", ".data").contains("patched"));
    assert_eq!(value("stack-pipeline", "cm/pipeline", ".data.host"), "db.internal");
    assert_eq!(value("stack-pipeline", "cm/pipeline", ".data.multiUser"), "true");
    assert_eq!(value("stack-pipeline", "secret/database", ".data.password"), "cGE1NXdvcmQtb2YtZGI=");
    assert!(value("stack-tracking", "secret/env", ".data.URI").starts_with("bXlzcWw6"));
    // Edits of hooks, links, $patch: delete, further kustomizations.
    assert!(platform.is_there("stack-serving", "cm/serving-mesh"));
    assert_eq!(value("stack-serving", "widget/core", ".spec.mode"), "off");
    assert!(platform.is_there("stack-inference", "cm/inference"));
    assert!(!platform.is_there("stack-inference", "cm/certificate"));
    assert!(platform.is_there("stack-web", "cm/web"));
    assert_eq!(value("stack-inference", "cm/inference", ".metadata.labels.version"), "v1");
    // What hooks make by themselves, and what they generate.
    assert!(platform.is_there("default", "cm/imperative"));
    assert!(platform.is_there("stack-webhooks", "secret/webhook-certs"));
    assert!(platform.is_there("default", "cm/database"));
    assert!(platform.is_there("default", "cm/housekeeping"));
    // Parameters of one component only, base64, braces that are nobody's.
    assert_eq!(value("stack-replicator", "secret/token", ".metadata.labels.size"), "big");
    assert_eq!(
        value("stack-replicator", "secret/token", ".data.pattern"),
        "e3tuYW1lfX0tc3RhY2stcmVwbGljYXRvcg=="
    );
    assert_eq!(value("stack-legacy", "cm/legacy", ".data.a"), "patched");
    let legacy = value("stack-legacy", "deploy/legacy", ".spec.template.spec.containers[0].args[0]");
    assert_eq!(legacy, "--config=legacy");
    let tag = value("stack-tracking", "deploy/tracking", ".spec.template.spec.containers[0].image");
    assert_eq!(tag, "tracking:2.3.0");
}

#[test]
fn on_the_sandbox() {
    goes_on_and_off(&Platform::new(None));
}

#[test]
#[ignore = "needs the real control plane, which `.ci/run` builds and starts"]
fn on_a_real_control_plane() {
    let cluster = ControlPlane::start();
    goes_on_and_off(&Platform::new(Some(cluster.kubeconfig.clone())));
}

#[test]
fn by_hubctls_spelling() {
    let platform = Platform::new(None);
    let link = platform.stack.path("hubctl");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hub"), &link).unwrap();
    let hubctl = |words: &[&str]| {
        let model = platform.stack.command(&[]);
        let mut command = std::process::Command::new(&link);
        command.args(words).current_dir(model.get_current_dir().unwrap()).env_clear();
        command.envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.env("UPSTREAM_URL", &platform.server.url).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    };
    let ran =
        hubctl(&["deploy", "hub.yaml", "-s", "hub.yaml.state", "-c", "profiles,webhooks", "--git-outputs"]);
    ran.ends(0, &["state is kept on the cluster", "ConfigMap stack-profiles/profile"]);
    hubctl(&["deploy", "hub.yaml", "-c", "profiles", "--dry"]).ends(0, &[]);
    hubctl(&["invoke", "profiles", "backup", "-e", "HUB_BACKUP_DIR=."])
        .ends(0, &["profiles.backup.file = ./profile.yaml"]);
    hubctl(&["undeploy", "hub.yaml", "-c", "profiles,webhooks"]).ends(0, &[]);
    hubctl(&["version"]).ends(0, &["hub "]);
}
