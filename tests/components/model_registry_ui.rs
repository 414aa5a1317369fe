//! The web interface of the model registry, rendered on each platform.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::rendered::{Objects, Repository};

const COMPONENT: &str = "model-registry-ui";
const DEPLOYMENT: &str = "Deployment model-registry-ui";

/// What the interface has everywhere.
const INTERFACE: [&str; 9] = [
    "ClusterRole model-registry-create-sars",
    "ClusterRole model-registry-retrieve-clusterrolebindings",
    "ClusterRole model-registry-ui-services-reader",
    "ClusterRoleBinding model-registry-create-sars-binding",
    "ClusterRoleBinding model-registry-retrieve-clusterrolebindings-binding",
    "ClusterRoleBinding model-registry-ui-services-reader-binding",
    "Deployment model-registry-ui",
    "Service model-registry-ui-service",
    "ServiceAccount model-registry-ui",
];

fn with(more: &[&str]) -> BTreeSet<String> {
    INTERFACE.iter().chain(more).map(|id| (*id).to_owned()).collect()
}

#[test]
fn each_platform_brings_its_objects_and_no_others() {
    let proxy = [
        "ClusterRole model-registry-ui-namespaces-reader",
        "ClusterRoleBinding model-registry-ui-namespaces-reader-binding",
        "ConfigMap auth-proxy-config",
        "Role model-registry-ui-user",
        "RoleBinding model-registry-ui-user-binding",
    ];
    let routes = [
        "AuthorizationPolicy model-registry-ui",
        "DestinationRule model-registry-ui",
        "VirtualService model-registry-ui",
    ];
    let link = "ConfigMap model-registry-ui-dashboard-link";
    let repository = Repository::new();
    for (parameters, expected) in [
        (&[][..], with(&proxy)),
        (
            &["authProxy.userIsClusterAdmin=true"],
            &with(&proxy) | &with(&["ClusterRoleBinding service-access-cluster-binding"]),
        ),
        (&["authProxy.enabled=false"], with(&[])),
        (&["platform=kubeflow"], &with(&routes) | &with(&[link])),
        (&["platform=kubeflow", "dashboard.kind=none"], with(&routes)),
        (
            &["platform=kubeflow", "dashboard.manageLinks=true"],
            &with(&routes) | &with(&[link, "ConfigMap centraldashboard-config"]),
        ),
        (&["platform=odh"], with(&["ConfigMap odh-dashboard-config"])),
        (&["platform=odh", "dashboard.kind=none"], with(&[])),
        (
            &["authProxy.enabled=false", "monitoring.enabled=true"],
            with(&["Service model-registry-ui-metrics", "ServiceMonitor model-registry-ui-monitor"]),
        ),
    ] {
        assert_eq!(repository.render(COMPONENT, parameters).ids(), expected, "{parameters:?}");
    }
}

/// Differences from the project's own manifests that the README gives the reasons of.
fn is_explained(id: &str, path: &str) -> bool {
    let routes = id.starts_with("VirtualService ") || id.starts_with("DestinationRule ");
    path.ends_with("/namespace")
        || (routes && matches!(path, "/apiVersion" | "/spec/gateways/0"))
        || (id == "Service model-registry-ui-service" && path.starts_with("/spec/ports/0/"))
        || (id.starts_with("VirtualService ") && path == "/spec/http/0/route/0/destination/port/number")
        || (id == "ConfigMap auth-proxy-config" && path == "/data/nginx.conf")
}

#[test]
fn every_difference_from_the_projects_own_manifests_has_a_reason() {
    let repository = Repository::new();
    for (name, parameters) in [
        ("kubeflow", &["platform=kubeflow"][..]),
        ("istio", &["platform=kubeflow"]),
        ("standalone", &["authProxy.userIsClusterAdmin=true"]),
    ] {
        let Some(upstream) = Objects::upstream(&format!("model-registry/options/ui/overlays/{name}")) else {
            return;
        };
        let ours = repository.render(COMPONENT, parameters);
        for id in upstream.ids() {
            let differing = upstream.differing(&ours, &id);
            let unexplained: Vec<&String> =
                differing.iter().filter(|path| !is_explained(&id, path)).collect();
            assert!(unexplained.is_empty(), "{name}: {id} differs at {unexplained:?}");
        }
    }
}

#[test]
fn the_mode_is_the_platforms_unless_it_is_given() {
    let repository = Repository::new();
    for (parameters, mode) in [
        (&[][..], "standalone"),
        (&["platform=kubeflow"], "kubeflow"),
        (&["platform=odh"], "federated"),
        (&["platform=kubeflow", "ui.deploymentMode=federated"], "federated"),
    ] {
        let rendered = repository.render(COMPONENT, parameters);
        let arguments = &rendered.container(DEPLOYMENT, "model-registry-ui")["args"];
        assert_eq!(arguments[0], format!("--deployment-mode={mode}"), "{parameters:?}");
    }
}

#[test]
fn the_proxy_is_in_front_and_says_who_the_user_is() {
    let rendered = Repository::new().render(COMPONENT, &["authProxy.user=me@example.com"]);
    assert_eq!(rendered.field("Service model-registry-ui-service", "/spec/ports/0/targetPort"), 8000);
    let config = rendered.field("ConfigMap auth-proxy-config", "/data/nginx.conf").as_str().unwrap();
    assert!(config.contains(r#"proxy_set_header kubeflow-userid "me@example.com";"#), "{config}");
    assert_eq!(
        rendered.field("RoleBinding model-registry-ui-user-binding", "/subjects/0/name"),
        "me@example.com"
    );
    let mounted = &rendered.container(DEPLOYMENT, "auth-proxy")["volumeMounts"][0];
    assert_eq!(mounted["mountPath"], "/etc/nginx/nginx.conf");
}

#[test]
fn features_are_arguments() {
    let features = ["features.debug=true", "features.mockData=true", "features.devTools=true"];
    let rendered = Repository::new().render(COMPONENT, &features);
    assert_eq!(
        rendered.container(DEPLOYMENT, "model-registry-ui")["args"],
        json!([
            "--deployment-mode=standalone",
            "--port=8080",
            "--log-level=DEBUG",
            "--mock-k8s-client=true",
            "--mock-mr-client=true",
            "--dev-mode=true",
        ])
    );
}

#[test]
fn a_dashboards_configuration_is_what_the_dashboard_reads() {
    let repository = Repository::new();
    let links = repository.render(
        COMPONENT,
        &[
            "platform=kubeflow",
            "dashboard.manageLinks=true",
            r#"dashboard.menuLinks=[{"type": "item", "link": "/jupyter/", "text": "Notebooks"}]"#,
        ],
    );
    let config = links.get("ConfigMap centraldashboard-config");
    assert_eq!(config["metadata"]["namespace"], "kubeflow");
    let list: Value = serde_json::from_str(config["data"]["links"].as_str().unwrap()).unwrap();
    assert_eq!(list["menuLinks"][0]["text"], "Notebooks");
    assert_eq!(
        list["menuLinks"][1],
        json!({"type": "item", "link": "/model-registry/", "text": "Model Registry", "icon": "assignment"})
    );

    let odh = repository.render(
        COMPONENT,
        &[
            "platform=odh",
            "registry.namespace=registries",
            r#"dashboard.modules=[{"name": "notebooks", "enabled": true}]"#,
        ],
    );
    let config = odh.get("ConfigMap odh-dashboard-config");
    assert_eq!(config["metadata"]["namespace"], "opendatahub");
    let config: Value =
        serde_yaml::from_str(config["data"]["dashboard_config.yaml"].as_str().unwrap()).unwrap();
    assert_eq!(config["dashboardConfig"]["disableModelRegistry"], false);
    assert_eq!(config["groupsConfig"]["allowedGroups"], json!(["system:authenticated"]));
    let modules = &config["moduleFederation"]["modules"];
    assert_eq!(
        modules[0]["remoteEntry"],
        "http://model-registry-ui-service.registries.svc.cluster.local:8080/remoteEntry.js"
    );
    assert_eq!(modules[1], json!({"name": "notebooks", "enabled": true}));
}

#[test]
fn a_new_image_changes_the_deployment_alone() {
    let repository = Repository::new();
    let before = repository.render(COMPONENT, &["platform=kubeflow"]);
    let after = repository.render(COMPONENT, &["platform=kubeflow", "registry.version=v0.3.1"]);
    assert_eq!(before.changed(&after), [DEPLOYMENT.to_owned()].into());
    assert_eq!(before.differing(&after, DEPLOYMENT), ["/spec/template/spec/containers/0/image"]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let repository = Repository::new();
    for (parameters, said) in [
        (&["platform=odh", "dashboard.kind=kubeflow"][..], "Open Data Hub has a dashboard of its own"),
        (&["platform=kubeflow", "dashboard.kind=odh"], "Kubeflow has a dashboard of its own"),
        (&["dashboard.kind=kubeflow"], "on standalone there is no dashboard"),
        (&["platform=odh", "ui.deploymentMode=kubeflow"], "is a module of the dashboard"),
        (&["platform=kubeflow", "authProxy.enabled=true"], "lets everybody in as one user"),
        (&["platform=odh", "istio.enabled=true"], "the dashboard leads to the interface"),
        (&["dashboard.manageLinks=true"], "set platform=kubeflow"),
        (&["ui.path=registry"], "does not match the pattern"),
    ] {
        repository.refuses(COMPONENT, parameters, &[said]);
    }
}
