//! `hub kustomize`, as scripts call it: what is printed, what is changed, how it ends. What builds and edits give in all
//! their forms is tested where they are made.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::Ran;
use support::server::{Answer, Server};

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// A folder with a kustomization of one config map.
fn folder(kustomization: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("kustomization.yaml"), kustomization).unwrap();
    fs::write(folder.path().join("a.yaml"), CONFIG).unwrap();
    folder
}

fn hub(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
    command.arg("kustomize").args(arguments).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HUB_CACHE_DIR", folder.join(".cache"));
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_patch_is_added_once() {
    let folder = folder("# ours\nresources:\n- a.yaml\n");
    let file = folder.path().join("kustomization.yaml");
    let add = ["edit", "add", "patch", "--path", "p/x.yaml", "--kind", "ConfigMap"];
    hub(folder.path(), &add).ends(0, &[]);
    let once = fs::read_to_string(&file).unwrap();
    assert_eq!(
        once,
        "# ours\nresources:\n- a.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\
         patches:\n- path: p/x.yaml\n  target:\n    kind: ConfigMap\n"
    );
    hub(folder.path(), &add).ends(0, &["p/x.yaml already in kustomization file"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), once);
}

#[test]
fn flags_of_edit_and_create_are_kustomizes_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), CONFIG).unwrap();
    for line in [
        "create --autodetect --namespace apps --nameprefix p- --labels a:b,c:d",
        "edit add label -f a:x",
        "edit add label --without-selector --include-templates e:f",
        "edit add configmap c --from-literal=k=v --from-literal=l=w --disableNameSuffixHash --behavior create",
        "edit add secret s --from-file=a.yaml,key=a.yaml --type Opaque",
        "edit set image nginx=reg/nginx:1 redis@sha256:00",
        "edit set namesuffix -- -s",
        "edit set configmap c --from-literal k=z --new-namespace apps",
        "edit remove label a,zz -i",
        "edit remove secret s",
        "edit fix",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        hub(folder.path(), &words).ends(0, &[]);
    }
    let built = hub(folder.path(), &["build"]);
    built.ends(0, &[]);
    assert!(built.stdout.contains("name: p-a-s\n"), "{}", built.stdout);
    assert!(built.stdout.contains("  k: z\n"), "{}", built.stdout);
    hub(folder.path(), &["edit", "set", "replicas", "d=3"]).ends(0, &[]);
    hub(folder.path(), &["build"]).ends(1, &["no resource of name 'd'"]);
}

#[test]
fn an_edit_that_fails_leaves_the_file_alone() {
    let text = "resource: [a.yaml]\n";
    let folder = folder(text);
    hub(folder.path(), &["edit", "set", "namespace", "x"]).ends(1, &["kustomization.yaml:1:1", "'resource'"]);
    assert_eq!(fs::read_to_string(folder.path().join("kustomization.yaml")).unwrap(), text);
    hub(folder.path(), &["edit", "add", "resource", "gone.yaml"]).ends(1, &["'resource'"]);
    fs::remove_file(folder.path().join("kustomization.yaml")).unwrap();
    hub(folder.path(), &["edit", "set", "namespace", "x"]).ends(1, &["no kustomization file"]);
}

#[test]
fn a_build_is_printed_or_written() {
    let folder = folder("resources: [a.yaml]\nnamespace: n1\n");
    let expected = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: n1\n";
    assert_eq!(hub(folder.path(), &["build", "."]).ends(0, &[]).stdout, expected);
    hub(folder.path(), &["build", "-o", "out.yaml"]).ends(0, &[]);
    assert_eq!(fs::read_to_string(folder.path().join("out.yaml")).unwrap(), expected);
    fs::create_dir(folder.path().join("out")).unwrap();
    hub(folder.path(), &["build", "--output", "out"]).ends(0, &[]);
    assert_eq!(fs::read_to_string(folder.path().join("out/v1_configmap_a.yaml")).unwrap(), expected);
}

#[test]
fn a_build_that_fails_prints_nothing() {
    let folder = folder("resources: [a.yaml, ../outside.yaml]\n");
    let ran = hub(folder.path(), &["build"]);
    assert_eq!(ran.ends(1, &["outside.yaml"]).stdout, "");
    hub(folder.path(), &["build", "--network"]).ends(1, &["--network is not possible"]);
    hub(folder.path(), &["build", "nowhere"]).ends(1, &["nowhere"]);
}

#[test]
fn a_file_elsewhere_is_downloaded() {
    let server = Server::start(vec![Answer::Body(CONFIG.as_bytes().to_vec())]);
    let folder = folder(&format!("resources: ['{}/x.yaml']\nnamePrefix: p-\n", server.url));
    let ran = hub(folder.path(), &["build"]);
    ran.ends(0, &[]);
    assert!(ran.stdout.contains("name: p-a\n"), "{}", ran.stdout);
}

#[test]
fn a_repository_elsewhere_is_copied() {
    let repository = folder("resources: [a.yaml]\n");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
        command.current_dir(repository.path()).output().map(|output| output.status.success())
    };
    if !git(&["init", "-q"]).unwrap_or(false) {
        return;
    }
    assert!(git(&["add", "-A"]).unwrap() && git(&["commit", "-qm", "one"]).unwrap());
    assert!(git(&["tag", "v1"]).unwrap() && git(&["rm", "-q", "a.yaml"]).unwrap());
    let folder = folder("");
    let name = |query: &str| format!("file://{}{query}", repository.path().display());
    let kustomization = folder.path().join("kustomization.yaml");
    fs::write(&kustomization, format!("resources: ['{}']\nnamePrefix: p-\n", name("?ref=v1"))).unwrap();
    let ran = hub(folder.path(), &["build"]);
    ran.ends(0, &[]);
    assert!(ran.stdout.contains("name: p-a\n"), "{}", ran.stdout);
    fs::write(&kustomization, format!("resources: ['{}']\n", name("?ref=none"))).unwrap();
    assert_eq!(hub(folder.path(), &["build"]).ends(1, &["git fetch failed"]).stdout, "");
}
