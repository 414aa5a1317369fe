//! A stack of two components that has a bit of everything which order and interruption matter to, and what is
//! compared of it. Everything is named after a tag, so that several fit on one cluster.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Stack;

/// A definition with an object of its kind, a namespace, a workload, hooks; and a component that depends on it.
pub(crate) fn stack(tag: &str) -> Stack {
    let stack = Stack::empty();
    stack.write(
        "hub.yaml",
        &format!(
            "kind: stack\nmeta: {{name: {tag}}}\nenvironments: {{default: local}}\ncomponents:\n- {{name: base}}\n- {{name: app, depends: [base]}}\n"
        ),
    );
    stack.write("environments/local.yaml", "kind: environment\ncluster: {sandbox: true}\n");
    stack.write("components/base/hub-component.yaml", "kind: component\n");
    stack.write("components/base/kustomization.yaml", "resources: [base.yaml]\n");
    stack.write("components/base/base.yaml", &named(BASE, tag));
    stack.write("components/base/post-deploy", "#!/bin/sh\necho done\n");
    stack.write("components/app/hub-component.yaml", "kind: component\n");
    stack.write("components/app/kustomization.yaml", "resources: [app.yaml]\n");
    stack.write("components/app/app.yaml", &named(&[APP, OLD].concat(), tag));
    stack.write("components/app/pre-deploy", "#!/bin/sh\necho begun\n");
    stack.write("components/app/pre-undeploy", "#!/bin/sh\necho going\n");
    stack
}

/// The same stack with one object changed, one gone, and one more.
pub(crate) fn upgrade(stack: &Stack, tag: &str) {
    let text = [APP, NEW].concat().replace("image: one", "image: two").replace("size: 1", "size: 2");
    stack.write("components/app/app.yaml", &named(&text, tag));
}

fn named(text: &str, tag: &str) -> String {
    text.replace("TAG", tag)
}

const BASE: &str = "apiVersion: v1
kind: Namespace
metadata: {name: TAG-place}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.TAG.example.org}
spec:
  group: TAG.example.org
  names: {kind: Thing, listKind: ThingList, plural: things, singular: thing}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: base, namespace: TAG-place}
data: {a: b}
";

const APP: &str = "apiVersion: v1
kind: Secret
metadata: {name: app, namespace: TAG-place}
stringData: {a: b}
---
apiVersion: TAG.example.org/v1
kind: Thing
metadata: {name: thing, namespace: TAG-place}
spec: {size: 1}
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: TAG-place}
spec: {selector: {app: app}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: TAG-place}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: one}]}
";

const OLD: &str = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: old, namespace: TAG-place}
---
apiVersion: TAG.example.org/v1
kind: Thing
metadata: {name: old, namespace: TAG-place}
";

const NEW: &str = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: new, namespace: TAG-place}
";

/// Lists of everything that a run may leave, here or in the state namespace.
pub(crate) fn paths(tag: &str) -> Vec<String> {
    let place = format!("{tag}-place");
    let mut paths = vec![
        "/api/v1/namespaces".to_owned(),
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions".to_owned(),
        "/api/v1/namespaces/hub-system/configmaps".to_owned(),
        "/api/v1/namespaces/hub-system/secrets".to_owned(),
        "/apis/coordination.k8s.io/v1/namespaces/hub-system/leases".to_owned(),
    ];
    for kinds in ["api/v1", "apis/apps/v1", &format!("apis/{tag}.example.org/v1")] {
        let plurals: &[&str] = match kinds {
            "api/v1" => &["configmaps", "secrets", "services"],
            "apis/apps/v1" => &["deployments"],
            _ => &["things"],
        };
        paths.extend(plurals.iter().map(|plural| format!("/{kinds}/namespaces/{place}/{plural}")));
    }
    paths
}

/// Adds what a list has of a stack and must be equal after every run that was completed, whatever the stack's tag.
pub(crate) fn picture(tag: &str, path: &str, list: &Value, all: &mut BTreeMap<String, String>) {
    let ids = regex::Regex::new("applyset-[A-Za-z0-9_-]{20,}-v1").unwrap();
    for item in list["items"].as_array().into_iter().flatten() {
        let name = item["metadata"]["name"].as_str().unwrap_or_default();
        let is_ours = name.contains(tag) || path.contains(tag);
        if !is_ours || name == "kube-root-ca.crt" {
            continue;
        }
        let what = match path.strip_prefix("/api/v1/namespaces/hub-system/") {
            Some("configmaps") => record(item),
            // A revision says when and by whom it was made.
            Some(_) => item["type"].to_string(),
            None => content(item),
        };
        let text = ids.replace_all(&what, "applyset").replace(tag, "TAG");
        all.insert(format!("{path}/{name}").replace(tag, "TAG"), text);
    }
}

fn content(item: &Value) -> String {
    let metadata = &item["metadata"];
    let managers: Vec<String> = metadata["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["subresource"].is_null())
        .map(|entry| format!("{} {} {}", entry["manager"], entry["operation"], entry["fieldsV1"]))
        .filter(|entry| entry.contains("\"hub\""))
        .collect();
    let mut spec = item["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    format!("{} {} {} {spec} {managers:?}", metadata["labels"], metadata["annotations"], item["data"])
}

/// What an inventory says: which objects, in which state.
fn record(item: &Value) -> String {
    let rows = item["data"]["entries"].as_str().unwrap_or_default();
    let rows = rows.lines().map(|line| {
        let mut row: Value = serde_json::from_str(line).unwrap_or_default();
        for field in ["uid", "resourceVersion", "fingerprint", "hash"] {
            row[field] = Value::from(!row[field].as_str().unwrap_or_default().is_empty());
        }
        row.to_string()
    });
    let (labels, annotations) = (&item["metadata"]["labels"], &item["metadata"]["annotations"]);
    let head: Value =
        serde_json::from_str(item["data"]["head"].as_str().unwrap_or_default()).unwrap_or_default();
    let run = head.get("run").unwrap_or(&Value::Null);
    format!("{labels} {annotations} unfinished: {run}\n{}", rows.collect::<Vec<_>>().join("\n"))
}

/// What one picture has and the other has not.
pub(crate) fn difference(expected: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> String {
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let lines = names.into_iter().filter(|name| expected.get(*name) != found.get(*name)).map(|name| {
        format!("{name}\n  undisturbed: {:?}\n  after death: {:?}", expected.get(name), found.get(name))
    });
    lines.collect::<Vec<_>>().join("\n")
}
