//! Whatever is sent, there is an answer: nothing in a body makes the server panic, and a refused write changes nothing.

use http::Request;
use hub_sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Good objects of kinds with rules of their own, each with its collection.
fn good() -> Vec<(&'static str, Value)> {
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 1}]}]}});
    let workload = json!({"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template});
    let object = |api: &str, kind: &str, rest: Value| {
        let mut object = json!({
            "apiVersion": api, "kind": kind,
            "metadata": {"name": "x", "labels": {"l": "m"}, "annotations": {"n": "o"}, "finalizers": [], "ownerReferences": []},
        });
        object.as_object_mut().expect("an object").extend(rest.as_object().cloned().unwrap_or_default());
        object
    };
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}}});
    let versions =
        json!([{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]);
    vec![
        (
            "/apis/apps/v1/namespaces/default/deployments",
            object("apps/v1", "Deployment", json!({"spec": workload, "status": {}})),
        ),
        (
            "/apis/apps/v1/namespaces/default/statefulsets",
            object("apps/v1", "StatefulSet", json!({"spec": workload})),
        ),
        (
            "/apis/batch/v1/namespaces/default/jobs",
            object(
                "batch/v1",
                "Job",
                json!({"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}),
            ),
        ),
        (
            "/api/v1/namespaces/default/services",
            object(
                "v1",
                "Service",
                json!({"spec": {"type": "LoadBalancer", "ports": [{"name": "p", "port": 1}]}}),
            ),
        ),
        (
            "/api/v1/namespaces/default/secrets",
            object("v1", "Secret", json!({"stringData": {"a": "b"}, "data": {"c": "ZA=="}})),
        ),
        (
            "/api/v1/namespaces/default/persistentvolumeclaims",
            object(
                "v1",
                "PersistentVolumeClaim",
                json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
            ),
        ),
        ("/api/v1/namespaces", object("v1", "Namespace", json!({"spec": {}, "status": {}}))),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            object(
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"x": "y"}}]}, "rules": []}),
            ),
        ),
        (
            "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
            object(
                "autoscaling/v1",
                "HorizontalPodAutoscaler",
                json!({"spec": {"maxReplicas": 1, "scaleTargetRef": {"kind": "a", "name": "b"}}}),
            ),
        ),
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
            let mut definition = object(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                json!({"spec": {"group": "e.com", "scope": "Cluster", "names": {"plural": "xs", "kind": "X"}, "versions": versions}}),
            );
            definition["metadata"]["name"] = json!("xs.e.com");
            definition
        }),
    ]
}

/// The JSON pointers of all values in an object.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, child)| pointers(child, &format!("{at}/{}", escaped(name)), out))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, child)| pointers(child, &format!("{at}/{i}"), out))
        }
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(|f: f64| json!(f)),
        "[a-z0-9/%.:-]{0,6}".prop_map(Value::from),
        Just(json!("1Gi")),
        Just(json!("x")),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let name =
            prop::sample::select(vec!["name", "spec", "a", "$patch", "metadata", "containers", "type"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..3)
                .prop_map(|pairs| pairs.into_iter().map(|(n, v)| (n.to_owned(), v)).collect()),
        ]
    })
}

async fn send(client: &kube::Client, method: &str, path: &str, media: &str, body: Vec<u8>) -> u16 {
    let request = Request::builder().method(method).uri(path).header("content-type", media);
    let request = request.body(kube::client::Body::from(body)).expect("a request");
    client.send(request).await.expect("an answer, whatever it is").status().as_u16()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn spoiled_objects_are_answered(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), anything()), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let sandbox = Sandbox::in_memory();
            let client = sandbox.client();
            let kinds = good();
            let place_of = |place: &prop::sample::Index, places: &[String]| places[place.index(places.len())].clone();
            for (kind, place, value) in &changes {
                let (collection, object) = &kinds[kind.index(kinds.len())];
                let mut places = Vec::new();
                pointers(object, "", &mut places);
                let mut spoiled = object.clone();
                *spoiled.pointer_mut(&place_of(place, &places)).expect("a place") = value.clone();
                let bytes = spoiled.to_string().into_bytes();
                let named = format!("{collection}/{}?fieldManager=m&force=true", object["metadata"]["name"].as_str().expect("a name"));
                send(&client, "POST", collection, "application/json", bytes.clone()).await;
                send(&client, "POST", collection, "application/json", object.to_string().into_bytes()).await;
                let before = sandbox.revision();
                let code = send(&client, "PUT", &named, "application/json", bytes.clone()).await;
                assert!(code < 400 || sandbox.revision() == before, "a refused write changed something");
                for media in ["application/apply-patch+yaml", "application/merge-patch+json", "application/strategic-merge-patch+json"] {
                    send(&client, "PATCH", &named, media, bytes.clone()).await;
                }
                let patch = json!([{"op": "replace", "path": place_of(place, &places), "value": value}]);
                send(&client, "PATCH", &named, "application/json-patch+json", patch.to_string().into_bytes()).await;
                send(&client, "PATCH", &format!("{collection}/x/scale"), "application/merge-patch+json", bytes.clone()).await;
                send(&client, "PATCH", &format!("{collection}/x/status"), "application/merge-patch+json", bytes.clone()).await;
                send(&client, "POST", "/apis/e.com/v1/xs", "application/json", json!({"apiVersion": "e.com/v1", "kind": "X", "metadata": {"name": "x"}, "spec": value}).to_string().into_bytes()).await;
                let table = Request::get(*collection).header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
                client.send(table.body(kube::client::Body::empty()).expect("a request")).await.expect("a table");
                send(&client, "DELETE", &named, "application/json", bytes).await;
            }
        });
    }

    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..64), media in prop::sample::select(vec!["application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/apply-patch+yaml"])) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let client = Sandbox::in_memory().client();
            let magic = [b"k8s\0".to_vec(), body.clone()].concat();
            for bytes in [body, magic] {
                send(&client, "POST", "/api/v1/namespaces/default/configmaps", media, bytes.clone()).await;
                send(&client, "PATCH", "/api/v1/namespaces/default/configmaps/a?fieldManager=m", media, bytes).await;
            }
        });
    }
}
