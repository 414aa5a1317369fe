//! ModelMesh, rendered, and compared with upstream's examples.

use serde_json::{Value, json};

use crate::rendered::{Objects, Repository};

const MESH: &str = "Deployment model-mesh";
/// With these, ours is what upstream's examples are.
const EXAMPLE: [&str; 5] = [
    "modelmesh.version=latest",
    "etcd.secret=model-mesh-icd-etcd",
    "tls.enabled=true",
    "tls.secret=model-mesh-tls-secret",
    "runtime.image=example/modelmesh-example:latest",
];

/// Paths that differ from upstream's build of an example, object by object; lists with names are compared by name.
fn deviations(name: &str, parameters: &[&str]) -> Option<Vec<String>> {
    let upstream = Objects::upstream(&format!("modelmesh/{name}"))?;
    let ours = Repository::new().render("model-mesh", &[&EXAMPLE, parameters].concat());
    assert_eq!(ours.ids(), upstream.ids());
    let (ours, upstream) = (by_name(&ours), by_name(&upstream));
    let mut found = Vec::new();
    for id in ours.ids() {
        found.extend(upstream.differing(&ours, &id).into_iter().map(|path| format!("{id}{path}")));
    }
    Some(found)
}

fn by_name(objects: &Objects) -> Objects {
    Objects(objects.0.iter().map(|object| named(object.clone())).collect())
}

fn named(value: Value) -> Value {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(|i| i["name"].is_string()) => {
            let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
            Value::Object(items.into_iter().map(|item| (name(&item), named(item))).collect())
        }
        Value::Array(items) => items.into_iter().map(named).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(k, v)| (k, named(v))).collect()),
        other => other,
    }
}

const SERVICE_NAME: &str = "/spec/template/spec/containers/mm/env/MM_SERVICE_NAME/value";

#[test]
fn a_custom_runtime_is_upstreams_example() {
    let Some(found) = deviations("examples/custom-example", &["modelmesh.nameSuffix=-example"]) else {
        return;
    };
    // Pods find one another by the Service's name, which has the suffix too.
    assert_eq!(found, [format!("Deployment model-mesh-example{SERVICE_NAME}")]);
}

#[test]
fn a_socket_is_upstreams_example() {
    let parameters =
        ["modelmesh.nameSuffix=-example-uds", "uds.enabled=true", "uds.runtimeVariable=LISTEN_ON"];
    let Some(found) = deviations("examples/custom-example-uds", &parameters) else { return };
    assert_eq!(found, [format!("Deployment model-mesh-example-uds{SERVICE_NAME}")]);
}

#[test]
fn type_constraints_are_upstreams_example() {
    let parameters =
        ["modelmesh.nameSuffix=-tc-example", "typeConstraints.enabled=true", "modelmesh.networkPolicy=false"];
    let Some(found) = deviations("examples/type-constraints-example", &parameters) else { return };
    // The selectors of two Deployments must not overlap. The constraints are the same JSON without line breaks.
    let label = |id: &str| {
        ["metadata/labels", "spec/selector/matchLabels", "spec/template/metadata/labels"]
            .map(|at| format!("Deployment model-mesh-{id}-tc-example/{at}/model-mesh~1constraint"))
    };
    let mut expected = vec!["ConfigMap model-mesh-tc-tc-example/data/type_constraints".to_owned()];
    expected.extend(label("gpu").into_iter().chain(label("non-gpu")));
    assert_eq!(found, expected);
}

/// Upstream's example with a runtime for tests tells its pods apart by a label `component`; ours by the suffix in `app`.
#[test]
fn a_mock_runtime_is_upstreams_example_but_for_labels() {
    let parameters = [
        "modelmesh.nameSuffix=-mock-runtime",
        "modelmesh.replicas=1",
        r#"modelmesh.imagePullSecrets=["redsonja-cr-apikey"]"#,
        "tls.enabled=false",
        "tls.secret=",
        "runtime.name=mock-runtime",
        "runtime.image=example/modelmesh-mock-runtime:latest",
        "runtime.port=8085",
        r#"runtime.ports={"grpc": 8085, "http": 9982}"#,
        "runtime.resources.requests.cpu=1",
        "runtime.resources.limits.cpu=2",
        "runtime.resources.requests.memory=512Mi",
        "runtime.resources.limits.memory=1024Mi",
    ];
    let Some(mut found) = deviations("examples/mock-runtime", &parameters) else { return };
    found.retain(|path| !path.ends_with("/app") && !path.ends_with("/component"));
    assert_eq!(found, [format!("Deployment model-mesh-mock-runtime{SERVICE_NAME}")]);
}

#[test]
fn the_examples_facts_hold_without_upstream() {
    let repository = Repository::new();
    let mesh = repository.render("model-mesh", &[]);
    let ids: Vec<String> = mesh.ids().into_iter().collect();
    assert_eq!(ids, [MESH, "NetworkPolicy model-mesh", "Service model-mesh"]);
    assert_eq!(mesh.variable(MESH, "mm", "MM_SERVICE_NAME"), "model-mesh");
    assert_eq!(mesh.variable(MESH, "mm", "SHUTDOWN_TIMEOUT_MS"), "90000");
    assert_eq!(mesh.variable(MESH, "mm", "KV_STORE"), "etcd:/opt/kserve/mmesh/etcd/etcd_connection");
    assert_eq!(mesh.variable(MESH, "mm", "MM_METRICS"), "prometheus");
    assert_eq!(mesh.field("Service model-mesh", "/spec/clusterIP"), "None");

    let two = repository.render("model-mesh", &["typeConstraints.enabled=true", "typeConstraints.label=big"]);
    assert_eq!(two.variable("Deployment model-mesh-big", "mm", "MM_LABELS"), "big");
    assert_eq!(two.variable("Deployment model-mesh-non-big", "mm", "MM_LABELS"), Value::Null);
    let types = two.field("ConfigMap model-mesh-tc", "/data/type_constraints").as_str().unwrap();
    let types: Value = serde_json::from_str(types).unwrap();
    assert_eq!(types["gpu-type"], json!({"required": ["gpu"]}));
}

#[test]
fn each_switch_changes_what_it_is_about() {
    let repository = Repository::new();
    let plain = repository.render("model-mesh", &["runtime.image=runtime:1"]);
    let container = |name| format!("/spec/template/spec/containers/{name}");
    for (parameters, variable, value) in [
        (&["modelmesh.terminationGracePeriod=30"][..], "SHUTDOWN_TIMEOUT_MS", "30000"),
        (&["modelmesh.port=9000"], "MM_SVC_GRPC_PORT", "9000"),
        (&["runtime.port=8085"], "INTERNAL_GRPC_PORT", "8085"),
        (&["uds.enabled=true", "uds.path=/run/mesh/s.sock"], "INTERNAL_GRPC_SOCKET_PATH", "/run/mesh/s.sock"),
        (&["maxMessageSize.data=33554432"], "MM_SVC_GRPC_MAX_MSG_SIZE", "33554432"),
        (&["maxMessageSize.headers=16384"], "MM_SVC_GRPC_MAX_HEADERS_SIZE", "16384"),
        (&["metrics.enabled=false"], "MM_METRICS", "disabled"),
        (&["metrics.port=2113"], "MM_METRICS", "prometheus:port=2113;scheme=https"),
        (&["logger.enabled=true"], "MM_PAYLOAD_PROCESSORS", "logger://*"),
        (&["loading.scaleUpThreshold=100"], "MM_SCALEUP_RPM_THRESHOLD", "100"),
        (&["loading.readOnly=true"], "KV_READ_ONLY", "true"),
    ] {
        let switched = repository.render("model-mesh", &[&["runtime.image=runtime:1"], parameters].concat());
        assert_eq!(switched.variable(MESH, "mm", variable), value, "{parameters:?}");
        assert_ne!(plain.changed(&switched).len(), 0, "{parameters:?}");
    }
    let uds = repository.render("model-mesh", &["runtime.image=runtime:1", "uds.enabled=true"]);
    for name in ["mm", "model-server"] {
        let mounts = uds.container(MESH, name)["volumeMounts"].as_array().unwrap();
        assert!(mounts.contains(&json!({"name": "domain-socket", "mountPath": "/tmp/mmesh"})), "{name}");
    }
    let upgraded = repository.render("model-mesh", &["runtime.image=runtime:2"]);
    assert_eq!(plain.changed(&upgraded), [MESH.to_owned()].into());
    let at: Vec<String> = plain.differing(&upgraded, MESH);
    assert_eq!(at.len(), 1, "{at:?} {}", container("model-server"));
    assert!(at[0].ends_with("/image"), "{at:?}");
}

#[test]
fn secrets_come_by_reference_or_from_parameters() {
    let repository = Repository::new();
    let volume = |objects: &Objects, name: &str| {
        let volumes = objects.field(MESH, "/spec/template/spec/volumes").as_array().unwrap().clone();
        volumes.into_iter().find(|v| v["name"] == name).unwrap()["secret"]["secretName"].clone()
    };
    let named = repository.render("model-mesh", &["etcd.secret=mine", "tls.enabled=true", "tls.secret=cert"]);
    assert_eq!((volume(&named, "etcd-config"), volume(&named, "tls-certs")), (json!("mine"), json!("cert")));
    assert!(named.ids().iter().all(|id| !id.starts_with("Secret")));

    let made = repository.render(
        "model-mesh",
        &[
            "etcd.endpoints=https://a:2379,https://b:2379",
            "etcd.user=u",
            "etcd.password=secret",
            "etcd.certificate=PEM",
            "tls.enabled=true",
            "tls.certificate=CERT",
            "tls.privateKey=KEY",
            "tls.clientAuth=REQUIRE",
            "tls.ca=CA",
        ],
    );
    assert_eq!(volume(&made, "etcd-config"), "model-mesh-etcd");
    assert_eq!(made.field("Secret model-mesh-tls", "/type"), "kubernetes.io/tls");
    assert_eq!(made.field("Secret model-mesh-tls", "/stringData/ca.crt"), "CA");
    assert_eq!(made.variable(MESH, "mm", "MM_TLS_CLIENT_AUTH"), "REQUIRE");
    let connection = made.field("Secret model-mesh-etcd", "/stringData/etcd_connection").as_str().unwrap();
    let connection: Value = serde_json::from_str(connection).unwrap();
    assert_eq!(connection["endpoints"], "https://a:2379,https://b:2379");
    assert_eq!(connection["certificate_file"], "ca.crt");
}

#[test]
fn what_conflicts_is_refused() {
    let repository = Repository::new();
    let refused: [(&[&str], &str); 7] = [
        (&["uds.enabled=true"], "runtime.image must be given"),
        (&["uds.enabled=true", "runtime.image=r", "uds.path="], "uds.path must say where the socket is"),
        (&["uds.enabled=true", "runtime.image=r", "runtime.port=8085"], "either on the socket or on a port"),
        (&["etcd.secret="], "ModelMesh needs etcd"),
        (&["etcd.password=p"], "give its etcd.endpoints too"),
        (&["tls.enabled=true"], "name a Secret with tls.secret"),
        (&["metrics.port=8033"], "cannot share a port"),
    ];
    for (parameters, said) in refused {
        repository.refuses("model-mesh", parameters, &[said]);
    }
}
