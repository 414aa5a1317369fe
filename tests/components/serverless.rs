//! Istio and Knative Serving, rendered.

use serde_json::json;

use crate::rendered::Repository;

#[test]
fn istio_scales_and_is_reached_as_told() {
    let repository = Repository::new();
    let istio = repository.render("istio", &[]);
    assert_eq!(istio.field("Deployment istio-ingressgateway", "/spec/replicas"), 1);
    assert_eq!(istio.field("HorizontalPodAutoscaler istiod", "/spec/minReplicas"), 1);
    assert_eq!(istio.field("Service istio-ingressgateway", "/spec/type"), "LoadBalancer");
    let told = ["istio.gateway.type=NodePort", "istio.gateway.replicas=2", "istio.pilot.maxReplicas=9"];
    let told = repository.render("istio", &told);
    assert_eq!(told.field("Service istio-ingressgateway", "/spec/type"), "NodePort");
    assert_eq!(told.field("Deployment istio-ingressgateway", "/spec/replicas"), 2);
    assert_eq!(told.field("HorizontalPodAutoscaler istiod", "/spec/maxReplicas"), 9);
    repository.refuses("istio", &["istio.pilot.minReplicas=6"], &["lies between 1 and"]);
    repository.refuses("istio", &["istio.namespace=mesh"], &["istio-system"]);
}

#[test]
fn knative_goes_to_its_namespace_and_its_local_gateway_to_istios() {
    let repository = Repository::new();
    let knative = repository.render("knative-serving", &["knative.namespace=kn", "istio.namespace=mesh"]);
    for object in &knative.0 {
        let wanted = match object["metadata"]["name"].as_str().unwrap() {
            "knative-local-gateway" if object["kind"] == "Service" => "mesh",
            _ => "kn",
        };
        let namespace = object["metadata"].get("namespace").and_then(|n| n.as_str());
        assert!(namespace.is_none_or(|n| n == wanted), "{object}");
    }
    assert!(knative.has("Namespace kn"));
    let subjects = knative.field("ClusterRoleBinding knative-serving-controller-admin", "/subjects");
    assert_eq!(subjects[0]["namespace"], "kn");
}

#[test]
fn knatives_settings_reach_its_config_maps() {
    let repository = Repository::new();
    repository.stack().write(
        "environments/set.yaml",
        "kind: environment\nextends: local\nparameters:\n- name: knative.config\n  value: {features: {a.b: enabled}}\n",
    );
    let plain = repository.render("knative-serving", &[]);
    let set = repository.render_in("set", "knative-serving", &["knative.domain=example.com"]);
    assert_eq!(set.field("ConfigMap config-features", "/data"), &json!({"a.b": "enabled"}));
    assert_eq!(set.field("ConfigMap config-domain", "/data"), &json!({"example.com": ""}));
    let changed = ["ConfigMap config-domain".to_owned(), "ConfigMap config-features".to_owned()];
    assert_eq!(plain.changed(&set), changed.into());
    repository.stack().write(
        "environments/set.yaml",
        "kind: environment\nextends: local\nparameters:\n- name: knative.config\n  value: {feature: {a: b}}\n",
    );
    let refused = repository.stack().hub(&["render", "knative-serving", "-e", "set"]);
    refused.ends(2, &["a ConfigMap that Knative Serving does not have"]);
}

/// Another release in the place of the carried one.
#[test]
fn another_release_changes_what_runs_and_nothing_else() {
    let repository = Repository::new();
    let stack = repository.stack();
    for (component, files, old, new, changed) in [
        (
            "istio",
            &["istio.yaml"][..],
            "1.29.2",
            "1.29.3",
            &["Deployment istio-ingressgateway", "Deployment istiod"][..],
        ),
        (
            "knative-serving",
            &["serving-crds.yaml", "serving-core.yaml", "net-istio.yaml"],
            "v1.21.0",
            "v1.21.1",
            &[
                "ConfigMap config-deployment",
                "Deployment activator",
                "Deployment autoscaler",
                "Deployment controller",
                "Deployment net-istio-controller",
                "Deployment net-istio-webhook",
                "Deployment webhook",
                "Image queue-proxy",
            ],
        ),
    ] {
        let local = stack.path(&format!("components/{component}/local"));
        for file in files {
            let text = std::fs::read_to_string(local.join(file)).unwrap();
            stack.write(
                &format!("components/{component}/next/{file}"),
                &text.replace(&format!(":{old}"), &format!(":{new}")),
            );
        }
        let next = files.iter().map(|file| format!("next/{file}")).collect::<Vec<_>>().join(" ");
        let before = repository.render(component, &[]);
        let after = repository.render(component, &[&format!("kustomize.resources={next}")]);
        let expected = changed.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(before.changed(&after), expected, "{component}");
    }
}
