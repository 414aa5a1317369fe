//! Components that other programs carry out: helm charts and terraform, with stand-ins that say how they were called.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{Ran, Stack};

/// Prints what it was told, as an object; and an object of each sort of hook.
const HELM: &str = r#"#!/bin/sh -e
echo "helm $*" >> "$HELM_LOG"
case "$1" in
  pull)
    for last in "$@"; do :; done
    mkdir -p "$last/$2"
    echo "name: $2" > "$last/$2/Chart.yaml" ;;
  template)
    cat << EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: $2}
data:
  release: "$2"
  arguments: "$(echo "$*" | sed 's/--api-versions [^ ]* *//g')"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: migrate, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: try, annotations: {helm.sh/hook: test}}
EOF
    ;;
esac
"#;

fn run(stack: &Stack, variables: &[(&str, &str)], words: &[&str]) -> Ran {
    let mut command = stack.command(words);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", stack.path("programs").display()));
    for log in ["HELM_LOG", "TERRAFORM_LOG"] {
        command.env(log, stack.path("log"));
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn log(stack: &Stack) -> String {
    let text = std::fs::read_to_string(stack.path("log")).unwrap_or_default();
    let _ = std::fs::remove_file(stack.path("log"));
    text
}

fn chart(parameters: &str, files: &[(&str, &str)]) -> Stack {
    let manifest = format!(
        "parameters:\n- {{name: ns, value: web, env: NAMESPACE}}\n{parameters}templates: {{files: [values.yaml.template]}}\n"
    );
    let stack = Stack::of_app(&manifest, &[("values.yaml.template", "host: ${ns}.example.com\n")]);
    for (name, text) in files {
        stack.write(&format!("components/app/{name}"), text);
    }
    stack.write("programs/helm", HELM);
    stack
}

#[test]
fn a_chart_is_rendered_planned_and_recorded_as_everything_else() {
    let hook = "#!/bin/sh\necho noise\necho \"export HELM_ARGS='--set size=$(basename $CHART_PATH) --wait --timeout 5m'\"\necho 'export X=$(id)'\n";
    let files = [
        ("charts/site/Chart.yaml", "name: site\n"),
        ("charts/site/values-prod.yaml", "a: b\n"),
        ("values-more.yaml", "c: d\n"),
        ("pre-deploy", hook),
        ("post-deploy", "#!/bin/sh\necho \"posted by $helm\"\n"),
    ];
    let parameters = "- {name: chart, value: site, env: HELM_CHART}\n- {name: v, value: values-prod.yaml, env: CHART_VALUES_FILE}\n";
    let stack = chart(parameters, &files);
    run(&stack, &[], &["deploy", "app"]).ends(2, &["app is a helm chart", "--enable-helm"]);

    let ran = run(&stack, &[("HUB_ENABLE_HELM", "true")], &["deploy", "app"]);
    ran.ends(
        0,
        &[
            "ConfigMap web/app",
            "ConfigMap web/migrate",
            "applied with the rest, at no point of their own: ConfigMap migrate",
            "left out: ConfigMap try",
            "which sets nothing",
            "posted by helm",
            "--namespace=web",
        ],
    );
    assert!(!ran.stdout.contains("web/try"), "{}", ran.stdout);
    let called = log(&stack);
    assert!(called.starts_with("helm template app "), "{called}");
    let order = [
        "charts/site",
        "--namespace web",
        "--kube-version v",
        "--values ",
        "values-prod.yaml",
        "values.yaml",
        "values-more.yaml",
        "--include-crds",
        "--set size=site",
    ];
    let mut rest = called.as_str();
    for word in order {
        let at = rest.find(word).unwrap_or_else(|| panic!("{word} in {called}"));
        rest = &rest[at + word.len()..];
    }
    assert!(called.contains("--api-versions apps/v1/Deployment") && !called.contains("--wait"), "{called}");
    run(&stack, &[("HUB_ENABLE_HELM", "true")], &["deploy", "app"]).ends(0, &["app", "unchanged"]);

    let rendered = run(&stack, &[], &["render", "app", "--enable-helm"]);
    rendered.ends(0, &["name: migrate"]);
    run(&stack, &[], &["undeploy", "app"]).ends(0, &["ConfigMap web/app", "ConfigMap web/migrate"]);
}

#[test]
fn a_chart_of_a_repository_is_pulled() {
    let parameters = "- {name: c, value: site, env: HELM_CHART}\n- {name: r, value: 'https://charts.example.com', env: HELM_REPO}\n- {name: v, value: 1.2.3, env: HELM_CHART_VERSION}\n";
    let stack = chart(parameters, &[]);
    run(&stack, &[], &["render", "app", "--enable-helm"]).ends(0, &["name: app"]);
    let called = log(&stack);
    assert!(
        called
            .contains("helm pull site --repo https://charts.example.com --version 1.2.3 --untar --untardir "),
        "{called}"
    );
    let stack = chart("- {name: c, value: none, env: HELM_CHART}\n", &[]);
    run(&stack, &[], &["render", "app", "--enable-helm"]).ends(2, &["there is no chart none", "HELM_REPO"]);
    let missing = run(
        &stack,
        &[],
        &["render", "app", "--enable-helm", "--helm-command", "no-such-helm", "-p", "c=x", "-p", "ns=y"],
    );
    assert_ne!(missing.code, 0);
}

/// Keeps a state beside the log, and says how it was called.
const TERRAFORM: &str = r#"#!/bin/sh -e
echo "terraform $* [${TF_VAR_size:-}]" >> "$TERRAFORM_LOG"
state="$TERRAFORM_LOG.state"
case "$1" in
  plan)
    case "$*" in *-destroy*) test ! -f "$state" || exit 2 ;; *) test -f "$state" || exit 2 ;; esac ;;
  apply)
    if test -f "$state"; then rm "$state"; else touch "$state"; fi ;;
  output)
    echo '{"ip": {"value": "10.0.0.1", "sensitive": false}, "key": {"value": "s3cret-key", "sensitive": true}}' ;;
esac
"#;

#[test]
fn terraform_plans_applies_and_destroys() {
    let manifest = "parameters:\n- {name: size, value: 3, env: TF_VAR_size}\noutputs:\n- {name: ip}\n- {name: key, kind: secret, value: '${sensitive_key}'}\n";
    let stack = Stack::of_app(
        manifest,
        &[
            ("main.tf", "resource \"terraform_data\" \"x\" {}\n"),
            ("small.tfvars", "a = 1\n"),
            ("pre-init", "#!/bin/sh\necho 'export HUB_STATE_BUCKET=bucket'\n"),
            ("import", "#!/bin/sh\necho importing\nexit 1\n"),
            ("post-deploy", "#!/bin/sh\necho \"posted by $terraform, $(cat _backend.tf | tr -d '\\n ')\"\n"),
        ],
    );
    stack.write("programs/terraform", TERRAFORM);
    let given =
        [("HUB_CLOUD_PROVIDER", "gcp"), ("HUB_STATE_BUCKET", "b"), ("HUB_DOMAIN_NAME", "d.example.com")];
    run(&stack, &[], &["deploy", "app"]).ends(2, &["HUB_CLOUD_PROVIDER", "HUB_STATE_BUCKET"]);

    run(&stack, &given, &["plan", "app", "--detailed-exitcode"]).ends(3, &[]);
    let called = log(&stack);
    assert!(called.contains("terraform plan") && !called.contains("apply"), "{called}");

    let deployed = run(&stack, &given, &["deploy", "app"]);
    deployed.ends(0, &["posted by terraform", "terraform{backend\"gcs\"{}}", "importing", "it is ignored"]);
    let called = log(&stack);
    let steps = [
        "terraform init -get=true -reconfigure -force-copy -no-color -backend-config=bucket=b -backend-config=prefix=d-example-com-app-app [3]",
        "terraform plan -input=false",
        "-var-file=small.tfvars",
        "terraform apply -input=false",
        "terraform output -json",
    ];
    let mut rest = called.as_str();
    for step in steps {
        let at = rest.find(step).unwrap_or_else(|| panic!("{step} in {called}"));
        rest = &rest[at + step.len()..];
    }
    let shown = run(&stack, &given, &["show", "app"]);
    shown.ends(0, &["10.0.0.1"]);
    assert!(!shown.stdout.contains("s3cret-key"), "{}", shown.stdout);

    run(&stack, &given, &["plan", "app", "--detailed-exitcode"]).ends(0, &[]);
    run(&stack, &given, &["undeploy", "app", "--dry-run"]).ends(0, &[]);
    assert!(!log(&stack).contains("destroy"));
    run(&stack, &given, &["undeploy", "app"]).ends(0, &[]);
    assert!(log(&stack).contains("-destroy"));
    assert!(!stack.path("log.state").exists());
}

#[test]
fn small_commands_are_there() {
    let stack = Stack::of_app(
        "parameters: [{name: size}]\n",
        &[("kustomization.yaml", "configMapGenerator: [{name: c, literals: [a=b]}]\n")],
    );
    stack.write("hub.yaml", "kind: stack\nmeta: {name: test}\nenvironments: {default: local}\ncomponents: [{name: app}]\nparameters: [{name: size, kind: user, fromEnv: SIZE, default: 5}]\n");
    stack.hub(&["cel", "a.b + 'x'", "a.b=y"]).ends(0, &["yx"]);
    stack.hub(&["cel", "a ++"]).ends(2, &["column"]);
    stack.hub(&["version"]).ends(0, &["hub "]);
    stack.hub(&["util", "otp"]).ends(2, &["HUB_RANDOM is not set"]);
    stack.hub(&["stack", "init", "one"]).ends(0, &["one.env is in use", "without a value yet: SIZE"]);
    stack.hub(&["stack", "set", "SIZE=7"]).ends(0, &[]);
    stack.hub(&["stack", "init", "two"]).ends(0, &["two.env is in use"]);
    stack.hub(&["stack", "ls"]).ends(0, &["one * two"]);
    stack.hub(&["stack", "use", "one"]).ends(0, &[]);
    stack.hub(&["stack", "configure"]).ends(0, &["all variables have values"]);
    stack.hub(&["stack", "rm", "one"]).ends(2, &["one is in use"]);
    stack.hub(&["stack", "use", "three"]).ends(2, &["does not exist"]);
    stack.hub(&["stack", "deploy", "app", "--dry-run"]).ends(0, &["app"]);
    stack.hub(&["invoke", "app", "bakcup"]).ends(2, &["app has no verb `bakcup`"]);
    stack.hub(&["kubeconfig"]).ends(1, &["a sandbox that nobody serves"]);
    stack.hub(&["lint", "--hubctl"]).ends(0, &["nothing in it means anything else"]);
}

#[test]
fn single_objects_are_read_and_written() {
    let stack = Stack::of_app("", &[]);
    stack.write("x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {l: m}}\ndata: {on: 'off'}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n");
    stack
        .hub(&["object", "apply", "-f", "x.yaml"])
        .ends(0, &["ConfigMap default/x applied", "Namespace other applied"]);
    let read = stack.hub(&["object", "get", "cm/x"]);
    read.ends(0, &["kind: ConfigMap", "\"on\": \"off\""]);
    stack.hub(&["object", "get", "configmap/x", "-o", "jsonpath={.data.on}"]).ends(0, &["off"]);
    stack.hub(&["object", "get", "ConfigMap", "-l", "l=m", "-o", "name"]).ends(0, &["ConfigMap default/x"]);
    stack.hub(&["object", "get", "cm/none"]).ends(2, &["there is no ConfigMap default/none"]);
    stack.hub(&["object", "get", "cm/none", "--ignore-not-found"]).ends(0, &[]);
    stack.hub(&["object", "get", "gizmo/x"]).ends(2, &["knows no kind `gizmo`"]);
    stack
        .hub(&["object", "wait", "ns/other", "--for", "jsonpath=.status.phase=Active"])
        .ends(0, &["ns/other"]);
    stack
        .hub(&["object", "wait", "cm/x", "--for", "condition=Ready", "--timeout", "0s"])
        .ends(2, &["it has no conditions"]);
    stack
        .hub(&["object", "delete", "cm/x", "ns/other"])
        .ends(0, &["ConfigMap default/x deleted", "Namespace other deleted"]);
    stack.hub(&["object", "delete", "cm/x"]).ends(2, &["there is no ConfigMap default/x"]);
    stack.hub(&["object", "wait", "cm/x", "--for", "delete"]).ends(0, &[]);
}
