//! Secrets stay where they belong: a canary goes wherever a secret parameter can go, and nothing that `hub` says or
//! keeps has it, in clear or encoded.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::json;
use support::served::Served;
use support::{Ran, Stack};

/// Words of the secrets: whatever is found of these is a leak.
const WORDS: [&str; 2] = ["cAnArYoNe", "CaNaRyTwO"];
/// What labels do not take, so that the server says what is wrong with it.
const PLAIN: &str = "cAnArYoNe/pl41n=";
/// What YAML, JSON and shells have to quote, on several lines.
const TRICKY: &str = "CaNaRyTwO \"q\" & <x>\nsecond CaNaRyTwO line $HOME 'y'";

const PARAMETERS: &str = r#"parameters:
- {name: db.password, secret: true, required: true, env: DB_PASSWORD}
- {name: db.key, secret: true, required: true, env: DB_KEY}
- {name: db.url, value: "postgres://me:${db.password}@db/x", env: DB_URL}
- {name: mode, value: good, env: MODE}
templates:
  files: [objects.yaml.template, kustomization.yaml.template, extra.txt.template]
  extra:
  - {kind: tera, files: [tera.txt.tera]}
"#;

const OBJECTS: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: s, namespace: default}
stringData: {password: "${db.password}", url: "${db.url}", key: ${db.key/json}}
---
apiVersion: v1
kind: Secret
metadata: {name: encoded, namespace: default}
data: {password: "${db.password/base64}", url: "${db.url/base64}"}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: c
  namespace: default
  annotations: {url: "${db.url}"}
data: {url: "${db.url}", key: ${db.key/json}, mode: "${mode}"}
"#;

const HOOK: &str = "#!/bin/sh
echo \"env: $DB_PASSWORD $DB_URL\"
echo \"key: $DB_KEY\" >&2
printf '%s' \"x$DB_PASSWORD\" | base64
printf '%s' \"$DB_URL\" | base64 -w0
echo \"$DB_KEY\" | base64
env | grep DB_
if [ \"$MODE\" = failing-hook ]; then echo \"no: $DB_PASSWORD\" >&2; exit 7; fi
";

/// A stack with the canary in it, a served sandbox, and everything that was said so far.
struct Cage {
    stack: Stack,
    served: Served,
    said: Vec<(String, String)>,
    forms: Vec<String>,
}

impl Cage {
    fn new() -> Self {
        let files = [
            ("kustomization.yaml.template", "resources: [objects.yaml]\n"),
            ("objects.yaml.template", OBJECTS),
            ("extra.txt.template", "password = ${db.password}\n"),
            ("tera.txt.tera", "{{ db.password }}\n"),
            ("pre-deploy", HOOK),
            ("post-deploy", HOOK),
            ("pre-undeploy", HOOK),
        ];
        let stack = Stack::of_app(PARAMETERS, &files);
        let served = Served::without_controllers();
        let kubeconfig = stack.kubeconfig(&served.url);
        stack.write(
            "environments/local.yaml",
            &format!("kind: environment\ncluster: {{kubeconfig: {kubeconfig}}}\n"),
        );
        Self { stack, served, said: Vec::new(), forms: WORDS.iter().flat_map(|word| forms(word)).collect() }
    }

    /// Runs a verb with the secrets as flags and with every word that developers may ask for.
    fn says(&mut self, arguments: &[&str]) -> Ran {
        self.says_with(arguments, PLAIN)
    }

    fn says_with(&mut self, arguments: &[&str], password: &str) -> Ran {
        let takes_values = !matches!(arguments[0], "unlock" | "sandbox");
        let (password, key) = (format!("db.password={password}"), format!("db.key={TRICKY}"));
        let values = ["-p", &password, "-p", &key];
        let all = if takes_values { [arguments, &values].concat() } else { arguments.to_vec() };
        let output = self.stack.command(&all).env("HUB_LOG", "trace").output().unwrap();
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        self.said.push((arguments.join(" "), format!("{}\n{}", ran.stdout, ran.stderr)));
        ran
    }

    /// The same with what programs read.
    fn says_both_ways(&mut self, arguments: &[&str], code: i32) {
        for format in ["text", "json"] {
            self.says(&[arguments, &["-o", format]].concat()).ends(code, &[]);
        }
    }

    /// Looks for the canary in everything that was said and kept.
    fn is_silent(&self) {
        let leaks = |text: &str| self.forms.iter().find(|form| text.contains(form.as_str())).cloned();
        for (verb, text) in &self.said {
            let lines = text.lines().filter(|line| leaks(line).is_some()).take(5).collect::<Vec<_>>();
            assert!(lines.is_empty(), "`hub {verb}` says\n{}", lines.join("\n"));
        }
        let kept = [".hub", ".home", "hub.lock"];
        for entry in kept.iter().flat_map(|name| walkdir::WalkDir::new(self.stack.path(name))) {
            let Ok(entry) = entry else { continue };
            let bytes =
                if entry.file_type().is_file() { std::fs::read(entry.path()).unwrap() } else { continue };
            let found = leaks(&String::from_utf8_lossy(&bytes));
            assert_eq!(found, None, "{} has it", entry.path().display());
        }
        for record in
            self.served.get("/api/v1/namespaces/hub-system/secrets")["items"].as_array().into_iter().flatten()
        {
            for (key, value) in record["data"].as_object().into_iter().flatten() {
                let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
                assert_eq!(leaks(&unpacked(&bytes)), None, "{} {key}", record["metadata"]["name"]);
            }
        }
        for kind in [
            "/api/v1/namespaces/hub-system/configmaps",
            "/api/v1/namespaces/hub-system/secrets",
            "/apis/coordination.k8s.io/v1/namespaces/hub-system/leases",
        ] {
            assert_eq!(leaks(&self.served.get(kind).to_string()), None, "{kind}");
        }
    }
}

/// What a record has, be it packed or not.
fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    match flate2::read::GzDecoder::new(bytes).read_to_string(&mut text) {
        Ok(_) => text,
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A word in clear and in base64, wherever in an encoded text it begins.
fn forms(word: &str) -> Vec<String> {
    let parts = (0..3usize).map(|offset| {
        let encoded = STANDARD_NO_PAD.encode([&[0; 2][..offset], word.as_bytes()].concat());
        let end = encoded.len() - usize::from(!(offset + word.len()).is_multiple_of(3));
        encoded[[0, 2, 3][offset]..end].to_owned()
    });
    parts.chain([word.to_owned()]).collect()
}

#[test]
fn no_verb_says_or_keeps_a_secret() {
    let mut cage = Cage::new();
    cage.says(&["lint"]);
    cage.says_both_ways(&["explain"], 0);
    cage.says(&["render", "app"]).ends(0, &["(secret)", "--show-secrets"]);
    cage.says(&["render", "app", "-o", "json"]).ends(0, &[]);
    cage.says_both_ways(&["plan"], 0);
    cage.says_both_ways(&["diff"], 3);
    cage.says_both_ways(&["deploy"], 0);
    let live = cage.served.get("/api/v1/namespaces/default/configmaps/c");
    assert_eq!(live["data"]["key"], TRICKY, "the cluster has it in clear");
    cage.says_both_ways(&["status", "--objects"], 0);
    // A change of the secret, and of what a person did to it meanwhile.
    let path = "/api/v1/namespaces/default/configmaps/c?fieldManager=kubectl-edit";
    let drift = json!({"data": {"key": format!("{TRICKY} changed")}});
    cage.served.send("PATCH", path, "application/merge-patch+json", &drift);
    let other = PLAIN.replace("pl41n", "0ther");
    for verb in ["plan", "diff", "deploy"] {
        cage.says_with(&[verb], &other);
        cage.says_with(&[verb, "-o", "json"], &other);
    }
    cage.says_both_ways(&["history"], 0);
    cage.says_both_ways(&["history", "app"], 0);
    cage.says_with(&["rollback", "app", "--dry-run"], &other);
    cage.says_with(&["rollback", "app", "-o", "json"], &other);
    cage.says_both_ways(&["undeploy", "--dry-run"], 0);
    cage.says_both_ways(&["undeploy"], 0);
    cage.is_silent();
}

#[test]
fn render_says_secrets_only_where_it_is_asked_to() {
    let cage = Cage::new();
    let values = ["-p", &format!("db.password={PLAIN}"), "-p", "db.key=k"];
    let shown = cage.stack.hub(&[&["render", "app", "--show-secrets"], &values[..]].concat());
    shown.ends(0, &[PLAIN]);
    let file = cage.stack.path("out.yaml").display().to_string();
    cage.stack.hub(&[&["render", "app", "--to", &file], &values[..]].concat()).ends(0, &["--show-secrets"]);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(PLAIN));
}

#[test]
fn no_failure_says_a_secret() {
    let mut cage = Cage::new();
    let fails = |cage: &mut Cage, verb: &str, file: &str, text: &str, words: &[&str]| {
        let path = format!("components/app/{file}");
        let before = std::fs::read_to_string(cage.stack.path(&path)).unwrap();
        cage.stack.write(&path, text);
        for format in ["text", "json"] {
            let ran = cage.says(&[verb, "-o", format]);
            assert!((1..=2).contains(&ran.code), "{text}: {ran:?}");
            ran.ends(ran.code, words);
        }
        cage.stack.write(&path, &before);
    };
    let label = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d, labels: {l: \"${db.password}\"}}\n";
    for verb in ["plan", "deploy"] {
        // The server's words about an object that it refuses.
        fails(&mut cage, verb, "objects.yaml.template", label, &["(secret)"]);
        // The build's about a file that is not there, and about text that is no YAML.
        fails(&mut cage, verb, "kustomization.yaml.template", "resources: [\"${db.password}.yaml\"]\n", &[]);
        fails(&mut cage, verb, "objects.yaml.template", "a: [${db.password}\n", &[]);
        fails(&mut cage, verb, "objects.yaml.template", "kind: ${db.key/json}\n", &[]);
        // A filter's, and another engine's.
        fails(
            &mut cage,
            verb,
            "extra.txt.template",
            "${db.url/port/parseURL/nothing}\n${db.key/unbase64}\n",
            &[],
        );
        fails(&mut cage, verb, "tera.txt.tera", "{{ db.password | round }}\n", &[]);
    }
    cage.says(&["deploy", "-p", "mode=failing-hook"]).ends(1, &["exits 7"]);
    cage.says(&["deploy", "-p", "mode=failing-hook", "-o", "json"]).ends(1, &[]);
    cage.is_silent();
}

#[test]
fn no_wrong_value_is_repeated() {
    let mut cage = Cage::new();
    let manifest = format!(
        "kind: component\n{}",
        PARAMETERS.replace(
            "- {name: mode",
            "- {name: port, secret: true, type: integer, env: PORT}\n- {name: mode"
        )
    );
    cage.stack.write("components/app/hub-component.yaml", &manifest);
    let environment = std::fs::read_to_string(cage.stack.path("environments/local.yaml")).unwrap();
    let wrong = [
        format!("- {{name: port, value: {PLAIN}}}\n"),
        // The line beside the one to blame has it.
        format!(
            "- {{name: port, value: {PLAIN}}}\n- {{name: prot, value: 1}}\n- {{name: db.password, value: {PLAIN}}}\n"
        ),
        format!("- name: port\n  value: {PLAIN}\n  component: nobody\n"),
    ];
    for parameters in wrong {
        cage.stack.write("environments/local.yaml", &format!("{environment}parameters:\n{parameters}"));
        for verb in ["explain", "plan", "deploy"] {
            cage.says(&[verb]).ends(2, &[]);
        }
    }
    cage.is_silent();
}

#[test]
fn no_state_of_an_object_repeats_a_secret() {
    let mut cage = Cage::new();
    cage.stack.write("components/app/kustomization.yaml.template", "resources: [objects.yaml, d.yaml]\n");
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: default}\nspec:\n  selector: {matchLabels: {app: d}}\n  template:\n    metadata: {labels: {app: d}}\n    spec: {containers: [{name: d, image: d}]}\n";
    cage.stack.write("components/app/d.yaml", deployment);
    cage.says(&["deploy", "--no-wait"]).ends(0, &[]);
    let words = format!("cannot connect to postgres://me:{PLAIN}@db/x");
    let condition = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": words});
    let status = json!({"status": {"observedGeneration": 1, "conditions": [condition]}});
    let path = "/apis/apps/v1/namespaces/default/deployments/d/status";
    let (code, _) = cage.served.send("PATCH", path, "application/merge-patch+json", &status);
    assert_eq!(code, 200);
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"},
        "involvedObject": {"kind": "Deployment", "name": "d", "namespace": "default"},
        "type": "Warning", "reason": "Failed", "message": words, "lastTimestamp": "2026-01-01T00:00:00Z"});
    let (code, answer) =
        cage.served.send("POST", "/api/v1/namespaces/default/events", "application/json", &event);
    assert_eq!(code, 201, "{answer}");
    cage.says(&["deploy", "--timeout", "1s"]).ends(5, &["(secret)"]);
    cage.says(&["deploy", "--timeout", "1s", "-o", "json"]).ends(5, &[]);
    cage.is_silent();
}
