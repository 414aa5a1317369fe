//! A component's kustomization that stands on a repository: pinned, cached, told when it cannot be had.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Ran, Stack};

const CONFIG: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: n}\ndata: {version: one}\n";

/// Whether git did it; `None` where there is no git.
fn git(folder: &Path, arguments: &[&str]) -> Option<bool> {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
    command.current_dir(folder).output().ok().map(|output| output.status.success())
}

fn commit(stack: &Stack, text: &str) {
    let repository = stack.path("upstream");
    stack.write("upstream/base/a.yaml", text);
    stack.write("upstream/base/kustomization.yaml", "resources: [a.yaml]\n");
    assert_eq!(git(&repository, &["add", "-A"]), Some(true));
    assert_eq!(git(&repository, &["commit", "-qm", "change"]), Some(true));
}

/// A stack whose component stands on a branch of a repository beside it; `None` where there is no git.
fn stack() -> Option<Stack> {
    let stack = Stack::of_app("", &[]);
    let repository = stack.path("upstream");
    std::fs::create_dir(&repository).unwrap();
    git(&repository, &["init", "-q", "-b", "main"])?;
    commit(&stack, CONFIG);
    let base = format!("resources: ['file://{}//base?ref=main']\n", repository.display());
    stack.write("components/app/kustomization.yaml", &base);
    Some(stack)
}

fn render(stack: &Stack, version: &str) {
    let ran: Ran = stack.hub(&["render", "app"]);
    ran.ends(0, &[]);
    assert!(ran.stdout.contains(&format!("version: {version}\n")), "{}", ran.stdout);
}

fn forget_cache(stack: &Stack) {
    for cache in [".home", ".hub/cache"] {
        let _ = std::fs::remove_dir_all(stack.path(cache));
    }
}

#[test]
fn the_commit_is_pinned_until_an_update_is_asked_for() {
    let Some(stack) = stack() else { return };
    render(&stack, "one");
    let pins = std::fs::read_to_string(stack.path("hub.lock")).unwrap();
    assert!(
        pins.contains("repositories:") && pins.contains("ref: main") && pins.contains("commit: "),
        "{pins}"
    );
    commit(&stack, &CONFIG.replace("one", "two"));
    render(&stack, "one");
    forget_cache(&stack);
    render(&stack, "one");
    stack.hub(&["fetch", "--update"]).ends(0, &["upstream main  fetched"]);
    render(&stack, "two");
}

#[test]
fn a_cached_commit_needs_no_repository() {
    let Some(stack) = stack() else { return };
    render(&stack, "one");
    std::fs::rename(stack.path("upstream"), stack.path("gone")).unwrap();
    render(&stack, "one");
    stack.hub(&["render", "app", "--offline"]).ends(0, &[]);
    forget_cache(&stack);
    stack.hub(&["render", "app"]).ends(1, &["upstream", "git fetch failed"]);
}
