//! What in a stack of hubctl's is legal and different here.
//!
//! In: a stack with its components' folders. Out: findings, each with what hubctl does and what `hub` does. Refuses to
//! know: clusters, and mistakes, which are told by whoever reads the manifests.

use crate::flavour::{self, Implementation};
use crate::hooks::Trigger;
use crate::manifest::ComponentManifest;
use crate::stack::{Component, Stack};

/// One difference that a stack meets.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quirk {
    /// The component; none for the stack as a whole.
    pub component: Option<String>,
    /// What is there.
    pub found: String,
    /// What that means with hubctl and here.
    pub meaning: String,
}

/// Looks for differences.
#[must_use]
pub fn quirks(stack: &Stack) -> Vec<Quirk> {
    let mut all = Vec::new();
    of_stack(stack, &mut all);
    for component in stack.components.values() {
        let mut found = Vec::new();
        of_manifest(&component.manifest, &mut found);
        of_folder(component, &mut found);
        of_programs(component, &mut found);
        all.extend(found.into_iter().map(|(found, meaning)| Quirk {
            component: Some(component.name.clone()),
            found,
            meaning,
        }));
    }
    all
}

type Found = Vec<(String, String)>;

fn note(all: &mut Found, found: impl Into<String>, meaning: &str) {
    all.push((found.into(), meaning.to_owned()));
}

fn of_stack(stack: &Stack, all: &mut Vec<Quirk>) {
    let mut note = |found: String, meaning: &str| {
        all.push(Quirk { component: None, found, meaning: meaning.to_owned() });
    };
    let text = std::fs::read_to_string(stack.dir.join(crate::manifest::STACK_MANIFEST)).unwrap_or_default();
    let manifest: serde_json::Value = serde_yaml::from_str(&text).unwrap_or_default();
    for verb in ["deploy", "undeploy", "elaborate"] {
        for moment in ["before", "after"] {
            if manifest["extensions"][verb][moment].is_array() {
                note(
                    format!("extensions.{verb}.{moment}"),
                    "hubctl's shell layer runs these, sorted by name; hub does not: call them yourself, or make them hooks of a component",
                );
            }
        }
    }
    let mut given: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
    for component in stack.components.values() {
        for output in &component.manifest.outputs {
            given.entry(&output.name).or_default().push(&component.name);
        }
    }
    for (name, components) in given.into_iter().filter(|(_, components)| components.len() > 1) {
        note(
            format!("the output {name} is given by {}", components.join(" and ")),
            "a component that depends on none of them got either of them with hubctl, by chance; here it gets that of the component that goes last",
        );
    }
}

fn of_manifest(manifest: &ComponentManifest, all: &mut Found) {
    let path = manifest.dir.join(crate::manifest::COMPONENT_MANIFEST);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let before = text.split("\n---\n").next().unwrap_or_default();
    let only_comments = before.lines().all(|line| line.trim().is_empty() || line.starts_with('#'));
    if only_comments && text.contains("\n---\n") {
        note(
            all,
            "a comment before `---`",
            "hubctl takes the comment for the manifest and ignores the rest; hub reads it",
        );
    }
    if text.contains("\r\n") {
        note(all, "lines that end with CR LF", "hubctl does not find the ends of documents; hub does");
    }
    for parameter in &manifest.parameters {
        let name = &parameter.name;
        if parameter.from_env.is_some() || parameter.from_file.is_some() {
            note(
                all,
                format!("fromEnv or fromFile on {name}"),
                "they have a meaning in a stack's parameters only, with hubctl and here",
            );
        }
        if parameter.value.as_ref().is_some_and(|v| v.is_object()) && parameter.env.is_some() {
            note(all, format!("{name} is a map with `env`"), "hubctl exports `(error)`, hub exports JSON");
        }
    }
    if manifest.lifecycle.verbs.iter().any(|verb| verb.ends_with("-test")) {
        note(
            all,
            "verbs that end with -test",
            "hubctl's --dry runs them; hub's --dry-run runs nothing but hooks, with HUB_DRY_RUN=true",
        );
    }
}

fn of_folder(component: &Component, all: &mut Found) {
    let dir = &component.manifest.dir;
    let requires = || component.manifest.requires.iter().map(|r| r.value.as_str());
    match flavour::choose(dir, "deploy", requires()) {
        Implementation::Helm => note(
            all,
            "it is a helm chart",
            "say --enable-helm; objects are planned and recorded by hub, and there is no helm release",
        ),
        Implementation::Terraform => note(
            all,
            "it is carried out by terraform",
            "hubctl applies even with --dry; hub only plans then. All outputs of the configuration become outputs",
        ),
        Implementation::Refused(what) => note(
            all,
            format!("it is a component for {what}"),
            "hub does not run it: give it a program `deploy` and `undeploy`",
        ),
        Implementation::Make | Implementation::Script(_) if dir.join("kustomization.yaml").is_file() => note(
            all,
            "a program beside a kustomization",
            "the program counts, with hubctl and here; the kustomization is not applied",
        ),
        _ => {}
    }
    let twice = ["values.yaml", "kustomization.yaml"].iter().all(|name| dir.join(name).is_file());
    if twice {
        note(all, "values.yaml beside kustomization.yaml", "it is a helm chart, with hubctl and here");
    }
    if dir.join("values.yaml").is_file() && dir.join("crds").is_dir() {
        note(
            all,
            "crds/ of a helm component",
            "hubctl creates what is missing; hub plans and updates them as all objects",
        );
    }
}

/// Tools that machines with hubctl have, and that hub's commands do not stand for.
const TOOLS: [&str; 9] = ["kubectl", "openssl", "jq", "curl", "helm", "terraform", "gcloud", "aws", "az"];

fn of_programs(component: &Component, all: &mut Found) {
    let dir = &component.manifest.dir;
    let triggers = [Trigger::PreDeploy, Trigger::PostDeploy, Trigger::PreUndeploy, Trigger::PostUndeploy];
    let files = triggers.iter().map(|trigger| trigger.name().to_owned());
    let programs = ["deploy", "undeploy", "backup"].into_iter().flat_map(flavour::variants);
    let mut tools: Vec<&str> = Vec::new();
    for name in files.chain(programs) {
        let path = dir.join(&name);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if triggers.iter().any(|t| t.name() == name && crate::hooks::is_passed_over(*t, dir)) {
            note(all, format!("{name} is not executable"), "it is passed over, with hubctl and here");
        }
        tools.extend(TOOLS.iter().filter(|tool| calls(&text, tool)));
        for variable in ["HUB_STATE", "HUB_ELABORATE"] {
            if text.contains(&format!("${variable}")) || text.contains(&format!("${{{variable}")) {
                let found = format!("{name} reads {variable}");
                note(
                    all,
                    found,
                    "there is no such file here: `hub show -o json` has what was looked for in it",
                );
            }
        }
        if name.starts_with("pre-")
            && text.contains("yq")
            && text.contains("kustomization")
            && !path.is_symlink()
        {
            let undeploys = dir.join("pre-undeploy").exists();
            if !undeploys {
                let found = format!("{name} edits the kustomization, and there is no pre-undeploy");
                note(
                    all,
                    found,
                    "hubctl's undeploy builds something else than its deploy; hub's takes what was recorded",
                );
            }
        }
        let makes = ["kubectl apply", "kubectl create", "$kubectl apply", "$kubectl create"];
        let removes = dir.join("pre-undeploy").exists() || dir.join("post-undeploy").exists();
        if makes.iter().any(|words| text.contains(words)) && !removes && !path.is_symlink() {
            let found = format!("{name} makes objects, and no hook of undeploy takes them away");
            note(all, found, "they stay behind, with hubctl and here: put them into the kustomization");
        }
    }
    tools.sort_unstable();
    tools.dedup();
    if !tools.is_empty() {
        let meaning = "they must be installed; hub brings files, dotenv, color, params, copy, kubeconfig, kustomize and yq's edits, and `hub object` instead of kubectl";
        note(all, format!("its programs call {}", tools.join(", ")), meaning);
    }
}

/// Whether a script calls a program, as far as words tell.
fn calls(text: &str, program: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        line.match_indices(program).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + program.len()..].chars().next();
            !before.is_some_and(is_word) && after.is_none_or(|c| c == ' ' || c == '\n')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_as_words() {
        assert!(
            calls("  kubectl get x\n", "kubectl")
                && calls("x=$(jq . y)", "jq")
                && calls("\"$a\" | jq -r", "jq")
        );
        assert!(
            !calls("# kubectl get x\n", "kubectl")
                && !calls("my-kubectl x", "kubectl")
                && !calls("kubectl.sh", "kubectl")
        );
    }

    #[test]
    fn a_stack_of_hubctl_is_told_what_is_different() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "hub.yaml",
            "kind: stack\ncomponents: [{name: a}, {name: b}]\nextensions: {deploy: {before: [x]}}\n",
        );
        write(
            "components/a/hub-component.yaml",
            "# about\n---\nkind: component\noutputs: [{name: url, value: x}]\n",
        );
        write("components/a/values.yaml", "");
        write("components/b/hub-component.yaml", "kind: component\noutputs: [{name: url, value: y}]\n");
        write("components/b/kustomization.yaml", "");
        write("components/b/pre-deploy", "#!/bin/sh\nkubectl apply -f x\ncat $HUB_STATE\n");
        let stack = Stack::load(&dir.path().join("hub.yaml")).unwrap();
        let all: Vec<String> = quirks(&stack).into_iter().map(|q| q.found).collect();
        for wanted in [
            "extensions.deploy.before",
            "the output url is given by a and b",
            "a comment before `---`",
            "it is a helm chart",
            "pre-deploy is not executable",
            "pre-deploy reads HUB_STATE",
            "pre-deploy makes objects, and no hook of undeploy takes them away",
            "its programs call kubectl",
        ] {
            assert!(all.iter().any(|found| found == wanted), "{wanted}: {all:#?}");
        }
    }
}
