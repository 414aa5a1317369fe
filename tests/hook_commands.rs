//! What hubctl's hooks and scripts call is there, under dash and without curl, jq, yq, kubectl or kustomize.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::Stack;
use support::server::{Answer, Server};

const KUSTOMIZATION: &str = "resources: [config.yaml]\n";
const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: b}\n";

fn app(manifest: &str, files: &[(&str, &str)]) -> Stack {
    let stack = Stack::of_app(
        &format!("parameters: [{{name: ns, value: default, env: NAMESPACE}}]\n{manifest}"),
        &[("kustomization.yaml", KUSTOMIZATION), ("config.yaml", CONFIG)],
    );
    for (name, text) in files {
        stack.write(&format!("components/app/{name}"), text);
    }
    stack
}

#[test]
fn a_hook_finds_hubctls_commands() {
    let hook = "#!/bin/sh -ex
files copy config.yaml sub/copy.yaml
echo more >> sub/copy.yaml
files copy config.yaml sub/copy.yaml
test \"$(tail -1 sub/copy.yaml.bak)\" = more
test \"$(files relpath a/b c)\" = ../a/b
test \"$(files abspath config.yaml)\" = \"$(pwd)/config.yaml\"
files find-in-path sh
dotenv set KEY=\"some value\" -f x.env
test \"$(dotenv get KEY -f x.env)\" = 'some value'
dotenv contains KEY -f x.env
! dotenv contains OTHER -f x.env
test \"$(dotenv get OTHER --default d -f x.env)\" = d
color w careful
test \"$(color h text)\" = text
test \"$(params value a.b -f params.yaml)\" = 5
kustomize edit add label hooked:yes
test \"$(hub --version | cut -d' ' -f1)\" = hub
kubeconfig get server
kubeconfig test
";
    let files = [
        ("pre-deploy", hook),
        ("params.yaml", "parameters: [{name: a, parameters: [{name: b, value: 5}]}]\n"),
    ];
    let stack = app("", &files);
    let ran = stack.hub(&["deploy", "app"]);
    ran.ends(0, &["careful", "http://127.0.0.1:", "Validating kubeconfig... ok"]);
    stack.hub(&["undeploy", "app"]).ends(0, &[]);
}

#[test]
fn downloads_need_no_curl_and_no_tar() {
    let server = Server::start(vec![Answer::Body(b"text".to_vec())]);
    let url = format!("{}/file.txt", server.url);
    let hook = format!("#!/bin/sh -e\nfiles download {url} in/file.txt\ncat in/file.txt\n");
    let stack = app("", &[("pre-deploy", &hook)]);
    stack.hub(&["deploy", "app"]).ends(0, &["text"]);
}

#[test]
fn a_script_deploys_and_undeploys_and_its_outputs_count() {
    let stack = Stack::of_app(
        "outputs: [{name: endpoint}]\nparameters: [{name: size, value: 3, env: SIZE}]\n",
        &[
            (
                "deploy.sh",
                "#!/bin/sh -e\ntouch $HUB_BASE_DIR/there\necho Outputs:\necho endpoint = http://$SIZE\n",
            ),
            ("_undeploy", "#!/bin/sh -e\nrm $HUB_BASE_DIR/there\n"),
        ],
    );
    stack.hub(&["plan", "app"]).ends(0, &["deploy.sh would be run"]);
    assert!(!stack.path("there").exists());
    stack.hub(&["deploy", "app"]).ends(0, &[]);
    assert!(stack.path("there").exists());
    stack.hub(&["undeploy", "app"]).ends(0, &[]);
    assert!(!stack.path("there").exists());
}

#[test]
fn a_makefile_has_targets_for_verbs() {
    let stack = Stack::of_app(
        "",
        &[("Makefile", "deploy:\n\t@echo made $(HUB_COMPONENT)\nundeploy:\n\t@echo unmade; false\n")],
    );
    stack.hub(&["deploy", "app"]).ends(0, &["made app"]);
    stack.hub(&["undeploy", "app"]).ends(1, &["unmade", "make undeploy exits 2"]);
}

#[test]
fn stack_hooks_that_are_nowhere_and_files_that_are_not_executable_are_said() {
    let stack = app("", &[("post-deploy", "echo no\n")]);
    stack.write(
        "hub.yaml",
        "kind: stack\nmeta: {name: test}\nenvironments: {default: local}\ncomponents:
- name: app
  hooks:
  - {file: nowhere, triggers: ['*-deploy']}
  - {file: bin/say, triggers: ['pre-*']}
  - {file: bin/fail, triggers: [post-deploy], error: ignore}\n",
    );
    stack.write("bin/say.sh", "#!/bin/sh\necho \"said by $(basename $0)\"\n");
    stack.write("bin/fail", "#!/bin/sh\nexit 3\n");
    let ran = stack.hub(&["deploy", "app"]);
    ran.ends(
        0,
        &[
            "there is no hook nowhere",
            "post-deploy is not run, since it is not executable",
            "said by say.sh",
            "it is ignored",
        ],
    );
}

#[test]
fn a_hook_deploys_a_further_kustomization_and_edits_its_own() {
    let hook = "#!/bin/sh -e
verb=\"$(basename \"$0\" | cut -d- -f2)\"
test $verb = deploy && yq -i '.resources += [\"more.yaml\"]' kustomization.yaml
(cd web-app && NAMESPACE=web hub ext component kustomize $verb)
";
    let stack = app(
        "",
        &[
            ("pre-deploy", hook),
            ("more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"),
            ("web-app/kustomization.yaml", "resources: [web.yaml]\n"),
            ("web-app/web.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"),
        ],
    );
    std::os::unix::fs::symlink("pre-deploy", stack.path("components/app/post-undeploy")).unwrap();
    let ran = stack.hub(&["deploy", "app"]);
    ran.ends(0, &["ConfigMap web/web", "ConfigMap default/app", "ConfigMap default/more"]);
    let ran = stack.hub(&["undeploy", "app"]);
    ran.ends(0, &["ConfigMap web/web", "ConfigMap default/app", "ConfigMap default/more"]);
    stack.hub(&["ext", "eks"]).ends(2, &["hub has no extension `eks`"]);
}

#[test]
fn a_component_may_declare_what_hub_knows() {
    let stack = app(
        "",
        &[(
            "config.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: '{{.hub.componentName}}'}\n",
        )],
    );
    stack.write(
        "components/app/hub-component.yaml",
        "kind: component\nparameters: [{name: hub.componentName}]\ntemplates: {kind: go, files: [config.yaml]}\n",
    );
    stack.hub(&["render", "app"]).ends(0, &["a: app"]);
}

#[test]
fn the_namespace_is_there_before_hooks_and_what_they_generate_stays() {
    let hook = "#!/bin/sh -e
hub object get namespace/own -o name
if test ! -f .generated/cert; then mkdir -p .generated; echo \"made by $$\" > .generated/cert; fi
";
    let stack = Stack::of_app(
        "parameters: [{name: ns, value: own, env: NAMESPACE}]\n",
        &[
            (
                "kustomization.yaml",
                "secretGenerator: [{name: certs, files: [.generated/cert]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n",
            ),
            ("pre-deploy", hook),
        ],
    );
    stack.hub(&["deploy", "app"]).ends(0, &["Namespace own"]);
    stack.hub(&["deploy", "app"]).ends(0, &["app 2 unchanged"]);
    stack.hub(&["undeploy", "app", "--delete-namespaces"]).ends(0, &["Namespace own", "Secret own/certs"]);
    stack.hub(&["object", "get", "ns/own", "--ignore-not-found"]).ends(0, &[]);
}

#[test]
fn components_may_share_a_namespace_that_both_contain() {
    let stack = Stack::of_app("", &[]);
    stack.write(
        "hub.yaml",
        "kind: stack\nmeta: {name: test}\nenvironments: {default: local}\ncomponents: [{name: app}, {name: more, depends: [app]}]\n",
    );
    for name in ["app", "more"] {
        stack.write(&format!("components/{name}/hub-component.yaml"), "kind: component\n");
        stack.write(&format!("components/{name}/kustomization.yaml"), "resources: [all.yaml]\n");
        let objects = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: shared}\n";
        stack.write(&format!("components/{name}/all.yaml"), &objects.replace("NAME", name));
    }
    stack
        .hub(&["deploy"])
        .ends(0, &["Namespace shared belongs to another component, which keeps it", "ConfigMap shared/more"]);
    stack.hub(&["deploy"]).ends(0, &["app 2 unchanged", "more 1 unchanged"]);
    stack.hub(&["undeploy", "--delete-namespaces"]).ends(0, &["Namespace shared"]);
}
