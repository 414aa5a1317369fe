//! The model registry, rendered: each database, option and platform, compared with what the project's own manifests build.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::rendered::{Objects, Repository};
use crate::support::Stack;

const COMPONENT: &str = "model-registry";

/// What every registry has that is deployed from here.
const SERVER: [&str; 4] = [
    "ConfigMap model-registry-configmap",
    "Deployment model-registry-deployment",
    "Service model-registry-service",
    "ServiceAccount model-registry-server",
];

/// What a database adds, whichever it is; its claim has its name.
const DATABASE: [&str; 4] = [
    "ConfigMap model-registry-db-parameters",
    "Deployment model-registry-db",
    "Secret model-registry-db-secrets",
    "Service model-registry-db",
];

const ISTIO: [&str; 3] = [
    "AuthorizationPolicy model-registry-service",
    "DestinationRule model-registry-service",
    "VirtualService model-registry",
];

const CATALOG: [&str; 7] = [
    "ConfigMap model-catalog-sources",
    "Deployment model-catalog-server",
    "PersistentVolumeClaim model-catalog-postgres",
    "Secret model-catalog-postgres",
    "Service model-catalog",
    "Service model-catalog-postgres",
    "StatefulSet model-catalog-postgres",
];

const CONTROLLER: [&str; 11] = [
    "ClusterRole controller-metrics-auth-role",
    "ClusterRole controller-metrics-reader",
    "ClusterRole controller-model-registry-manager-role",
    "ClusterRoleBinding controller-metrics-auth-rolebinding",
    "ClusterRoleBinding controller-model-registry-manager-rolebinding",
    "ConfigMap model-registry-controller-parameters",
    "Deployment controller-controller-manager",
    "Role controller-leader-election-role",
    "RoleBinding controller-leader-election-rolebinding",
    "Service controller-controller-manager-metrics-service",
    "ServiceAccount controller-controller-manager",
];

fn set<'a>(groups: impl IntoIterator<Item = &'a [&'a str]>) -> BTreeSet<String> {
    groups.into_iter().flatten().map(|id| (*id).to_owned()).collect()
}

/// The server with a MySQL, and `more`.
fn with_mysql(more: &[&str]) -> BTreeSet<String> {
    set([&SERVER[..], &DATABASE[..], &["PersistentVolumeClaim metadata-mysql"], more])
}

#[test]
fn each_option_brings_its_objects_and_no_others() {
    let repository = Repository::new();
    let postgres = set([&SERVER[..], &DATABASE[..], &["PersistentVolumeClaim metadata-postgres"]]);
    let monitors = ["Service model-registry-metrics", "ServiceMonitor model-registry-monitor"];
    let catalog_istio = [
        "AuthorizationPolicy model-catalog",
        "DestinationRule model-catalog-service",
        "VirtualService model-catalog",
    ];
    for (parameters, expected) in [
        (&[][..], with_mysql(&[])),
        (&["database.kind=postgres"], postgres),
        (&["database.kind=existing"], set([&SERVER[..]])),
        (&["csi.enabled=true"], with_mysql(&["ClusterStorageContainer model-registry-storage-initializer"])),
        (&["platform=kubeflow"], with_mysql(&ISTIO)),
        (&["istio.enabled=true"], with_mysql(&ISTIO)),
        (&["platform=kubeflow", "istio.enabled=false"], with_mysql(&[])),
        (
            &["platform=kubeflow", "istio.gateway.create=true"],
            &with_mysql(&ISTIO) | &set([&["Gateway model-registry-gateway"][..]]),
        ),
        (&["catalog.enabled=true"], with_mysql(&CATALOG)),
        (&["catalog.enabled=true", "catalog.sources=demo"], with_mysql(&CATALOG)),
        (
            &["catalog.enabled=true", "catalog.sources=odh"],
            &with_mysql(&CATALOG) | &set([&["ConfigMap default-catalog-sources"][..]]),
        ),
        (
            &["catalog.enabled=true", "platform=kubeflow"],
            &(&with_mysql(&CATALOG) | &with_mysql(&ISTIO)) | &set([&catalog_istio[..]]),
        ),
        (
            &["catalog.enabled=true", "catalog.huggingFaceKey=k"],
            &with_mysql(&CATALOG) | &set([&["Secret model-catalog-hf-api-key"][..]]),
        ),
        (&["controller.enabled=true"], with_mysql(&CONTROLLER)),
        (
            &["controller.enabled=true", "controller.networkPolicy=true", "monitoring.enabled=true"],
            &(&with_mysql(&CONTROLLER) | &with_mysql(&monitors))
                | &set([&[
                    "NetworkPolicy allow-metrics-traffic",
                    "ServiceMonitor controller-manager-metrics-monitor",
                ][..]]),
        ),
        (&["monitoring.enabled=true"], with_mysql(&monitors)),
        (
            &["platform=odh"],
            set([&[
                "CustomResourceDefinition modelregistries.modelregistry.opendatahub.io",
                "ModelRegistry model-registry",
            ][..]]),
        ),
        (&["platform=odh", "odh.crd=false"], set([&["ModelRegistry model-registry"][..]])),
        (&["platform=odh", "odh.operator=false", "odh.crd=false"], with_mysql(&[])),
        (
            &["platform=odh", "odh.crd=false", "catalog.enabled=true"],
            set([&["ModelRegistry model-registry"][..], &CATALOG[..]]),
        ),
    ] {
        assert_eq!(repository.render(COMPONENT, parameters).ids(), expected, "{parameters:?}");
    }
}

/// Differences from the project's own manifests that the README gives the reasons of, beside those of `everywhere`.
const DEVIATIONS: [(&str, &str); 16] = [
    // Secrets are not shown.
    ("Secret model-catalog-hf-api-key", "/data/HF_API_KEY"),
    ("ConfigMap model-registry-db-parameters", "/data/MYSQL_ALLOW_EMPTY_PASSWORD"),
    ("Secret model-registry-db-secrets", "/data/"),
    ("Secret model-registry-db-secrets", "/metadata/annotations"),
    ("Deployment model-registry-deployment", "/spec/template/spec/containers/0/args/2"),
    ("Deployment model-registry-deployment", "/spec/template/spec/containers/0/env"),
    (
        "Deployment model-registry-deployment",
        "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
    ),
    ("Deployment model-registry-deployment", "/spec/template/spec/containers/0/volumeMounts"),
    ("Deployment model-registry-deployment", "/spec/template/spec/volumes"),
    ("Deployment model-registry-db", "/spec/template/spec/containers/0/readinessProbe"),
    (
        "Deployment controller-controller-manager",
        "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
    ),
    ("Secret model-catalog-postgres", "/data/POSTGRES_PASSWORD"),
    ("Secret model-catalog-postgres", "/metadata/annotations"),
    ("StatefulSet model-catalog-postgres", "/spec/serviceName"),
    ("StatefulSet model-catalog-postgres", "/spec/template/spec/containers/0/readinessProbe"),
    ("ServiceMonitor controller-manager-metrics-monitor", "/spec/endpoints/0/interval"),
];

fn is_explained(id: &str, path: &str, upstream: &Value) -> bool {
    let everywhere = path == "/metadata/namespace" || path.ends_with("/resources");
    let routes = id.starts_with("VirtualService ") || id.starts_with("DestinationRule ");
    let own_text = path == "/data/sources.yaml" && upstream["kind"] == "ConfigMap";
    everywhere
        || own_text
        || (routes && matches!(path, "/apiVersion" | "/spec/gateways/0"))
        || DEVIATIONS.iter().any(|(object, prefix)| *object == id && path.starts_with(prefix))
}

#[test]
fn every_difference_from_the_projects_own_manifests_has_a_reason() {
    let repository = Repository::new();
    for (names, parameters) in [
        (&["overlays/db"][..], &[][..]),
        (&["overlays/postgres"], &["database.kind=postgres"]),
        (&["base"], &["database.kind=existing"]),
        (&["options/csi"], &["csi.enabled=true"]),
        (&["options/istio"], &["platform=kubeflow"]),
        (
            &["options/catalog/base"],
            &["catalog.enabled=true", "catalog.huggingFaceKey=your-huggingface-api-key-here"],
        ),
        (
            &["options/catalog/overlays/odh"],
            &[
                "catalog.enabled=true",
                "catalog.sources=odh",
                "catalog.huggingFaceKey=your-huggingface-api-key-here",
            ],
        ),
        (
            &[
                "options/controller/overlays/base",
                "options/controller/prometheus",
                "options/controller/network-policy",
            ],
            &["controller.enabled=true", "controller.networkPolicy=true", "monitoring.enabled=true"],
        ),
    ] {
        let ours = repository.render(COMPONENT, parameters);
        for name in names {
            let Some(upstream) = Objects::upstream(&format!("model-registry/{name}")) else { return };
            for id in upstream.ids() {
                let differing = upstream.differing(&ours, &id);
                let unexplained: Vec<&String> =
                    differing.iter().filter(|path| !is_explained(&id, path, upstream.get(&id))).collect();
                assert!(unexplained.is_empty(), "{name}: {id} differs at {unexplained:?}");
            }
        }
    }
}

/// The demonstration catalog has models of its own, and measurements in the catalog's files instead of an archive.
#[test]
fn the_demonstration_catalog_is_the_projects_with_other_models() {
    let Some(upstream) = Objects::upstream("model-registry/options/catalog/overlays/demo") else { return };
    let parameters = ["catalog.enabled=true", "catalog.sources=demo", "catalog.huggingFaceKey=k"];
    let ours = Repository::new().render(COMPONENT, &parameters);
    let missing: Vec<String> = upstream.ids().difference(&ours.ids()).cloned().collect();
    assert_eq!(missing, ["ConfigMap model-catalog-demo-perf-data"]);
    for id in upstream.ids().intersection(&ours.ids()) {
        let of_the_archive = |path: &str| {
            id == "Deployment model-catalog-server"
                && ["containers/0/args", "containers/0/volumeMounts", "initContainers", "volumes"]
                    .iter()
                    .any(|field| path.starts_with(&format!("/spec/template/spec/{field}")))
        };
        let own_models = |path: &str| id == "ConfigMap model-catalog-sources" && path.starts_with("/data/");
        let mut differing = upstream.differing(&ours, id);
        differing.retain(|path| {
            !(is_explained(id, path, upstream.get(id)) || of_the_archive(path) || own_models(path))
        });
        assert!(differing.is_empty(), "{id} differs at {differing:?}");
    }
}

#[test]
fn values_reach_the_objects_that_they_are_about() {
    let rendered = Repository::new().render(
        COMPONENT,
        &[
            "platform=kubeflow",
            "registry.namespace=models",
            "registry.version=v0.3.0",
            "registry.replicas=3",
            r#"registry.resources={"limits": {"memory": "1Gi"}}"#,
            "registry.displayName=It's: ours",
            "database.image=mysql@sha256:0000",
            "database.name=registry",
            "database.mysql.password=s3cret",
            "database.storage.size=20Gi",
            "database.storage.class=fast",
            "csi.enabled=true",
            "controller.enabled=true",
            "istio.host=registry.example.com",
            "istio.gateway.create=true",
            "istio.gateway.tlsSecret=registry-tls",
            "istio.principals=cluster.local/ns/models/sa/ui",
            "istio.emails=*@example.com",
            "features.debug=true",
        ],
    );
    let server = "Deployment model-registry-deployment";
    let container = rendered.container(server, "rest-container");
    assert_eq!(container["image"], "ghcr.io/kubeflow/hub/server:v0.3.0");
    assert_eq!(container["resources"], json!({"limits": {"memory": "1Gi"}}));
    assert_eq!(container["args"].as_array().unwrap().last().unwrap(), "--v=4");
    assert_eq!(rendered.field(server, "/spec/replicas"), 3);
    let ports = "/spec/template/metadata/annotations/traffic.sidecar.istio.io~1excludeOutboundPorts";
    assert_eq!(rendered.field(server, ports), "3306");
    assert_eq!(
        rendered.field("Service model-registry-service", "/metadata/annotations/displayName"),
        "It's: ours"
    );
    assert_eq!(
        rendered.container("Deployment model-registry-db", "db-container")["image"],
        "mysql@sha256:0000"
    );
    assert_eq!(rendered.field("ConfigMap model-registry-db-parameters", "/data/MYSQL_DATABASE"), "registry");
    let claim = rendered.field("PersistentVolumeClaim metadata-mysql", "/spec");
    assert_eq!(claim["resources"]["requests"]["storage"], "20Gi");
    assert_eq!(claim["storageClassName"], "fast");
    let host = "model-registry-service.models.svc.cluster.local";
    let route = "/spec/http/0/route/0/destination/host";
    assert_eq!(rendered.field("VirtualService model-registry", route), host);
    assert_eq!(
        rendered.field("VirtualService model-registry", "/spec/gateways/0"),
        "models/model-registry-gateway"
    );
    assert_eq!(rendered.field("DestinationRule model-registry-service", "/spec/host"), host);
    let tls = rendered.field("Gateway model-registry-gateway", "/spec/servers/1");
    assert_eq!(
        (&tls["tls"]["credentialName"], &tls["hosts"]),
        (&json!("registry-tls"), &json!(["registry.example.com"]))
    );
    assert_eq!(
        rendered.field("AuthorizationPolicy model-registry-service", "/spec/rules"),
        &json!([{
            "from": [{"source": {"principals": ["cluster.local/ns/models/sa/ui"]}}],
            "when": [{"key": "request.auth.claims[email]", "values": ["*@example.com"]}],
        }])
    );
    let initializer = "ClusterStorageContainer model-registry-storage-initializer";
    assert_eq!(rendered.field(initializer, "/spec/container/env/0/value"), &format!("{host}:8080"));
    let binding = "ClusterRoleBinding controller-model-registry-manager-rolebinding";
    assert_eq!(rendered.field(binding, "/subjects/0/namespace"), "models");
    let manager = "Deployment controller-controller-manager";
    assert_eq!(rendered.variable(manager, "manager", "REGISTRIES_NAMESPACE"), "models");
    assert_eq!(rendered.variable(manager, "manager", "NAME_LABEL"), "modelregistry.kubeflow.org/name");
}

#[test]
fn a_new_version_changes_the_images_of_the_project_alone() {
    let repository = Repository::new();
    let options = ["controller.enabled=true", "csi.enabled=true", "catalog.enabled=true"];
    let before = repository.render(COMPONENT, &options);
    let after = repository.render(COMPONENT, &[&options[..], &["registry.version=v0.3.1"]].concat());
    let image = "/spec/template/spec/containers/0/image".to_owned();
    let expected = [
        ("ClusterStorageContainer model-registry-storage-initializer", "/spec/container/image".to_owned()),
        ("Deployment controller-controller-manager", image.clone()),
        ("Deployment model-catalog-server", image.clone()),
        ("Deployment model-registry-deployment", image),
    ];
    let ids: BTreeSet<String> = expected.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(before.changed(&after), ids);
    for (id, path) in expected {
        assert_eq!(before.differing(&after, id), [path], "{id}");
    }
}

#[test]
fn an_operator_gets_a_registry_to_run() {
    let repository = Repository::new();
    let own =
        repository.render(COMPONENT, &["platform=odh", "registry.replicas=2", "database.storage.size=20Gi"]);
    assert_eq!(
        own.field("ModelRegistry model-registry", "/spec"),
        &json!({"enableModelRegistry": true, "modelRegistry": {"replicas": 2, "storage": {"size": "20Gi"}}})
    );
    let other = [
        "platform=odh",
        "odh.crd=false",
        "odh.apiVersion=v1beta1",
        r#"odh.spec={"postgres": {"generate": true}}"#,
    ];
    let other = repository.render(COMPONENT, &other);
    let registry = other.get("ModelRegistry model-registry");
    assert_eq!(registry["apiVersion"], "modelregistry.opendatahub.io/v1beta1");
    assert_eq!(registry["spec"], json!({"postgres": {"generate": true}}));
}

#[test]
fn what_contradicts_itself_is_refused() {
    let repository = Repository::new();
    for (parameters, said) in [
        (&["database.kind=mysql,postgres"][..], "allowed: mysql, postgres, existing"),
        (&["database.kind=postgres", "database.image=mysql:8.3"], "database.image is a MySQL"),
        (&["database.image=postgres:16-alpine"], "database.image is a PostgreSQL"),
        (&["database.user=registry"], "has only the user root"),
        (
            &["database.kind=existing", "database.storage.class=fast"],
            "an existing database has its image and its volume",
        ),
        (&["catalog.sources=demo"], "set catalog.enabled=true"),
        (&["platform=odh", "istio.enabled=true"], "on odh the operator sets up routes"),
        (&["istio.gateway.create=true"], "of no use without routes"),
        (&["platform=kubeflow", "istio.gateway.tlsSecret=t"], "set istio.gateway.create=true"),
        (&["controller.networkPolicy=true"], "set controller.enabled=true"),
        (&[r#"odh.spec={"a": 1}"#], "set platform=odh"),
        (&["registry.replicas=0"], "does not match the pattern"),
        (&["platform=openshift"], "allowed: standalone, kubeflow, odh"),
    ] {
        repository.refuses(COMPONENT, parameters, &[said]);
    }
}

/// Both components on the sandbox: on, the same again, another database, off, and on again with what was kept.
#[test]
fn it_goes_on_changes_its_database_goes_off_and_comes_back_with_its_password() {
    let repository = Repository::new();
    let stack = repository.stack();
    let keep = "database.keepPassword=true";
    let joins = "model-registry joins: model-registry-ui requires model-registry";
    stack.hub(&["deploy", "model-registry-ui", "-p", keep]).ends(0, &[joins, "14 created"]);
    let unchanged = ["plan", "model-registry", "model-registry-ui", "--detailed-exitcode", "-p", keep];
    stack.hub(&unchanged).ends(0, &[]);

    let switched = stack.hub(&["deploy", "model-registry", "-p", keep, "-p", "database.kind=postgres"]);
    switched.ends(0, &["metadata-mysql stays", "1 created, 4 changed"]);
    assert!(!switched.stdout.contains("Secret kubeflow"), "the password is the same: {}", switched.stdout);
    stack
        .hub(&["undeploy", "model-registry"])
        .ends(2, &["model-registry-ui is deployed and needs model-registry"]);
    let undeployed = stack.hub(&["undeploy", "model-registry", "model-registry-ui", "--delete-claims"]);
    undeployed.ends(0, &["Secret kubeflow/model-registry-db-secrets stays"]);

    let back = stack.hub(&["deploy", "model-registry-ui", "-p", keep]);
    back.ends(0, &[joins]);
    assert!(!back.stdout.contains("~ Secret"), "the kept password is used again: {}", back.stdout);
}

/// What is to be done when a server does not come up, as verbs; neither leaves anything behind.
#[test]
fn its_verbs_look_after_it() {
    let stack = Stack::of_repository();
    stack.hub(&["deploy", "model-registry"]).ends(0, &[]);
    let verified = stack.hub(&["invoke", "model-registry", "verify"]);
    verified.ends(0, &["deployment/model-registry-db: condition Available", "its API answers"]);
    let mended = stack.hub(&["invoke", "model-registry", "fix-dirty-migration"]);
    mended.ends(0, &["the schema is marked as clean"]);
    let jobs = stack.hub(&["object", "get", "job", "-A", "-o", "name"]);
    assert_eq!(jobs.ends(0, &[]).stdout, "");
    let existing = ["invoke", "model-registry", "fix-dirty-migration", "-p", "database.kind=existing"];
    stack.hub(&existing).ends(1, &["the database is not from here", "UPDATE schema_migrations"]);
}
