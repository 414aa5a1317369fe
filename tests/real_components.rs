//! The components with all their options on a real control plane: what the sandbox takes, the API server takes too, with the
//! kinds of Istio, cert-manager, Knative, Prometheus, KServe and ModelRegistry.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::bare_cluster::{
    NO_LOAD_BALANCER, add_service_monitors, add_volumes, do_without_cert_manager, everything, left,
};
use support::control_plane::ControlPlane;
use support::{Ran, Stack};

/// The components of this scenario; what they require comes with them.
const COMPONENTS: [&str; 5] =
    ["knative-serving", "kserve", "model-mesh", "model-registry-ui", "model-registry"];

/// Every option that goes with the others.
const EVERYTHING: &str = r#"
- {name: kserve.deploymentMode, value: Serverless}
- {name: kserve.namespace, value: serving}
- {name: config.agent.cpuLimit, value: '2'}
- {name: bucket.endpoint, component: kserve, value: 'http://minio.minio.svc:9000'}
- {name: knative.domain, value: example.com}
- {name: knative.replicas, value: 2}
- {name: etcd.replicas, value: 3}
- {name: platform, value: kubeflow}
- {name: csi.enabled, value: true}
- {name: controller.enabled, value: true}
- {name: controller.networkPolicy, value: true}
- {name: catalog.enabled, value: true}
- {name: catalog.sources, value: demo}
- {name: catalog.huggingFaceKey, value: not-a-key}
- {name: monitoring.enabled, value: true}
- {name: istio.gateway.create, value: true}
- {name: istio.gateway.tlsSecret, value: certificate}
- {name: istio.principals, component: model-registry, value: [cluster.local/ns/kubeflow/sa/model-registry-ui]}
- {name: istio.emails, component: model-registry, value: ['*@example.com']}
- {name: runtime.image, component: model-mesh, value: 'example.com/runtime:1'}
- {name: runtime.ports, component: model-mesh, value: {http: 8080}}
- {name: tls.enabled, component: model-mesh, value: true}
- {name: tls.certificate, component: model-mesh, value: PEM}
- {name: tls.privateKey, component: model-mesh, value: PEM}
- {name: uds.enabled, component: model-mesh, value: true}
- {name: maxMessageSize.data, component: model-mesh, value: 33554432}
- {name: logger.enabled, component: model-mesh, value: true}
- {name: loading.scaleUpThreshold, component: model-mesh, value: 100}
"#;

/// The other way for each that has one.
const SWITCHED: &str = r#"
- {name: kserve.deploymentMode, value: RawDeployment}
- {name: database.kind, component: model-registry, value: postgres}
- {name: database.user, component: model-registry, value: registry}
- {name: catalog.sources, value: odh}
- {name: typeConstraints.enabled, component: model-mesh, value: true}
- {name: uds.enabled, component: model-mesh, value: false}
- {name: runtime.port, component: model-mesh, value: 8085}
"#;

#[test]
#[ignore = "needs the real control plane, which `.ci/run` builds and starts"]
fn every_option_goes_on_stays_is_switched_and_goes_off_to_nothing() {
    let cluster = ControlPlane::start();
    let stack = Stack::of_repository();
    do_without_cert_manager(&stack);
    add_volumes(&cluster, 8);
    add_service_monitors(&cluster);
    let before = everything(&cluster);
    environment(&stack, "real", "local", &format!("{NO_LOAD_BALANCER}{EVERYTHING}"), Some(&cluster));
    environment(&stack, "switched", "real", SWITCHED, None);

    let deployed = run(&stack, "deploy", "real", &COMPONENTS, &[]);
    assert!(ended(&deployed).values().all(|status| status == "done"), "{:?}", ended(&deployed));
    let again = run(&stack, "deploy", "real", &COMPONENTS, &[]);
    assert!(ended(&again).values().all(|status| status == "unchanged"), "{:?}", ended(&again));
    for (kind, name, namespace) in [
        ("deployment", "model-registry-db", "kubeflow"),
        ("deployment", "model-registry-ui", "kubeflow"),
        ("statefulset", "etcd", "model-serving"),
        ("deployment", "model-mesh", "model-serving"),
        ("deployment", "activator", "knative-serving"),
    ] {
        let found = cluster.get(kind, name, Some(namespace)).unwrap();
        assert_eq!(found["status"]["readyReplicas"], found["spec"]["replicas"], "{kind} {name}");
    }

    let switched = run(&stack, "deploy", "switched", &COMPONENTS, &[]);
    assert_eq!(updates(&switched, "kserve"), ["ConfigMap inferenceservice-config"]);
    assert_eq!(ended(&switched)["knative-serving"], "unchanged");
    assert!(cluster.get("pvc", "metadata-postgres", Some("kubeflow")).is_some());
    assert!(cluster.get("deployment", "model-mesh-non-gpu", Some("model-serving")).is_some());

    // Nobody runs the operator here, so there is nothing to wait for.
    let odh = ["--no-wait", "--max-deletes", "99", "-p", "platform=odh", "-p", "istio.gateway.create=false"];
    run(
        &stack,
        "deploy",
        "switched",
        &["model-registry"],
        &[&odh[..], &["-p", "istio.gateway.tlsSecret="]].concat(),
    );
    assert!(cluster.get("modelregistry", "model-registry", Some("kubeflow")).is_some());

    run(
        &stack,
        "undeploy",
        "real",
        &[],
        &["--yes", "--delete-namespaces", "--delete-crds", "--delete-claims"],
    );
    let left = left(&before, &cluster);
    assert!(left.is_empty(), "{left:#?}");
}

/// An environment of these values on top of another one's.
fn environment(stack: &Stack, name: &str, extends: &str, values: &str, cluster: Option<&ControlPlane>) {
    let cluster =
        cluster.map_or_else(String::new, |c| format!("cluster: {{kubeconfig: {}}}\n", c.kubeconfig));
    let text = format!("kind: environment\nextends: {extends}\n{cluster}parameters:\n{values}");
    stack.write(&format!("environments/{name}.yaml"), &text);
}

/// A run that must succeed, with its events.
#[track_caller]
fn run(stack: &Stack, verb: &str, environment: &str, components: &[&str], more: &[&str]) -> Ran {
    let ran = stack.hub(&[&[verb], components, &["-e", environment, "-o", "json"], more].concat());
    assert_eq!(ran.code, 0, "{verb} {components:?} {more:?}\n{}\n{}", ran.stdout, ran.stderr);
    ran
}

/// How each component ended.
fn ended(ran: &Ran) -> BTreeMap<String, String> {
    let events = ran.events().into_iter().filter(|event| event["event"] == "componentFinished");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    events.map(|event| (text(&event["component"]), text(&event["status"]))).collect()
}

/// `Kind name` of what a component's plan updates.
fn updates(ran: &Ran, component: &str) -> Vec<String> {
    let events = ran.events();
    let plan = events.iter().find(|e| e["event"] == "planned" && e["component"] == component).unwrap();
    let changes = plan["plan"]["changes"].as_array().unwrap().iter().filter(|c| c["action"] == "update");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    changes.map(|c| format!("{} {}", text(&c["id"]["kind"]), text(&c["id"]["name"]))).collect()
}
