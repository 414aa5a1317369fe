//! The MLflow listener, rendered and compared with its own manifests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::rendered::{Objects, Repository};

const NAME: &str = "mlflow-kserve-webhook-listener";
const DEPLOYMENT: &str = "Deployment mlflow-kserve-webhook-listener";

fn variable(objects: &Objects, name: &str) -> Value {
    objects.variable(DEPLOYMENT, "listener", name)
}

fn template(objects: &Objects) -> &Value {
    let found = objects.0.iter().find(|object| object["kind"] == "ConfigMap");
    found.expect("a ConfigMap with the template")
}

/// The environment of the container by name.
fn variables(objects: &Objects) -> BTreeMap<String, Value> {
    let all = objects.container(DEPLOYMENT, "listener")["env"].as_array().unwrap();
    all.iter().map(|v| (v["name"].as_str().unwrap().to_owned(), v.clone())).collect()
}

#[test]
fn everything_is_there_by_default_and_mounted() {
    let objects = Repository::new().render("listener", &[]);
    let kinds: Vec<&str> = objects.0.iter().map(|o| o["kind"].as_str().unwrap()).collect();
    let expected = [
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "Deployment",
        "Secret",
        "Service",
        "ServiceAccount",
    ];
    assert_eq!(kinds.iter().copied().collect::<BTreeSet<_>>(), expected.into());
    assert_eq!(kinds.len(), expected.len());
    let map = &template(&objects)["metadata"]["name"];
    assert_eq!(objects.field(DEPLOYMENT, "/spec/template/spec/volumes/0/configMap/name"), map);
    let subject = objects.field(&format!("ClusterRoleBinding {NAME}"), "/subjects/0");
    assert_eq!(subject, &json!({"kind": "ServiceAccount", "name": NAME, "namespace": "mlflow"}));
    assert_eq!(variable(&objects, "MLFLOW_KSERVE_STORAGE_URI_BASE"), "pvc://mlflow/artifacts");
    let from = json!({"secretKeyRef": {"name": "mlflow-webhook-secret", "key": "secret"}});
    assert_eq!(variable(&objects, "MLFLOW_KSERVE_MLFLOW_WEBHOOK_SECRET"), from);
}

#[test]
fn each_mode_says_what_it_is_in_the_two_variables_that_the_listener_reads() {
    let repository = Repository::new();
    for (mode, disabled, polls, has_secret) in [
        ("webhook", "false", "false", true),
        ("fallback", "false", "true", true),
        // Without leave to fall back the listener would neither register nor ask.
        ("polling", "true", "true", false),
    ] {
        let objects = repository.render("listener", &[&format!("listener.mode={mode}")]);
        assert_eq!(variable(&objects, "MLFLOW_KSERVE_DISABLE_WEBHOOKS"), disabled, "{mode}");
        assert_eq!(variable(&objects, "MLFLOW_KSERVE_ENABLE_POLLING_FALLBACK"), polls, "{mode}");
        assert_eq!(objects.has("Secret mlflow-webhook-secret"), has_secret, "{mode}");
        assert_eq!(
            !variable(&objects, "MLFLOW_KSERVE_MLFLOW_WEBHOOK_SECRET").is_null(),
            has_secret,
            "{mode}"
        );
    }
}

#[test]
fn every_variable_of_the_listener_is_a_parameter() {
    let parameters = [
        ("listener.host=127.0.0.1", "APP_HOST", "127.0.0.1"),
        ("listener.port=9000", "APP_PORT", "9000"),
        ("listener.logLevel=DEBUG", "LOG_LEVEL", "DEBUG"),
        ("mlflow.url=https://mlflow.example.com", "MLFLOW_TRACKING_URI", "https://mlflow.example.com"),
        (
            "listener.webhook.url=https://l.example.com/webhook",
            "MLFLOW_WEBHOOK_URL",
            "https://l.example.com/webhook",
        ),
        ("listener.webhook.name=mine", "MLFLOW_WEBHOOK_NAME", "mine"),
        ("listener.webhook.startupTimeoutSeconds=60", "WEBHOOK_STARTUP_TIMEOUT", "60"),
        ("listener.webhook.startupRetries=5", "WEBHOOK_STARTUP_RETRIES", "5"),
        ("listener.polling.intervalSeconds=10", "POLLING_INTERVAL", "10"),
        ("listener.models.namespace=models", "KUBE_NAMESPACE", "models"),
        ("listener.models.cpuRequest=200m", "PREDICTOR_CPU_REQUEST", "200m"),
        ("listener.models.cpuLimit=2", "PREDICTOR_CPU_LIMIT", "2"),
        ("listener.models.memoryRequest=1Gi", "PREDICTOR_MEMORY_REQUEST", "1Gi"),
        ("listener.models.memoryLimit=4Gi", "PREDICTOR_MEMORY_LIMIT", "4Gi"),
        ("listener.storage.uri=gs://bucket/path", "STORAGE_URI_BASE", "gs://bucket/path"),
    ];
    let mut given: Vec<&str> = parameters.iter().map(|(parameter, ..)| *parameter).collect();
    given.push("listener.storage.kind=gcs");
    let objects = Repository::new().render("listener", &given);
    for (parameter, name, value) in parameters {
        assert_eq!(variable(&objects, &format!("MLFLOW_KSERVE_{name}")), value, "{parameter}");
    }
    assert_eq!(variable(&objects, "MLFLOW_KSERVE_ARTIFACTS_URI"), "gs://bucket/path");
    assert_eq!(objects.container(DEPLOYMENT, "listener")["ports"][0]["containerPort"], 9000);
    assert!(objects.has("Namespace models"), "the models' namespace is made");
    let all = variables(&objects);
    let known: BTreeSet<String> = parameters
        .iter()
        .map(|(_, name, _)| (*name).to_owned())
        .chain(
            ["DISABLE_WEBHOOKS", "ENABLE_POLLING_FALLBACK", "KUBE_IN_CLUSTER", "ARTIFACTS_URI"]
                .map(Into::into),
        )
        .chain(["INFERENCE_SERVICE_TEMPLATE", "MLFLOW_WEBHOOK_SECRET"].map(Into::into))
        .collect();
    let there: BTreeSet<String> =
        all.keys().map(|name| name.trim_start_matches("MLFLOW_KSERVE_").to_owned()).collect();
    assert_eq!(there, known);
}

#[test]
fn the_models_namespace_keeps_its_name_and_can_be_left_out() {
    let repository = Repository::new();
    let bucket =
        ["listener.storage.kind=s3", "listener.storage.uri=s3://b", "listener.models.namespace=models"];
    let made = repository.render("listener", &bucket);
    assert_eq!(made.field("Namespace models", "/metadata/namespace"), &Value::Null);
    let left_out = [&bucket[..], &["listener.models.createNamespace=false"]].concat();
    assert!(!repository.render("listener", &left_out).has("Namespace models"));
}

#[test]
fn each_store_has_its_credentials() {
    let repository = Repository::new();
    let store = |kind: &str, uri: &str| {
        let parameters = [
            format!("listener.storage.kind={kind}"),
            format!("listener.storage.uri={uri}"),
            "listener.storage.credentials=keys".to_owned(),
        ];
        repository.render("listener", &parameters.each_ref().map(String::as_str))
    };
    let from = |key: &str| json!({"secretKeyRef": {"name": "keys", "key": key}});
    let s3 = store("s3", "s3://b");
    assert_eq!(variable(&s3, "AWS_ACCESS_KEY_ID"), from("access-key-id"));
    assert_eq!(variable(&s3, "AWS_SECRET_ACCESS_KEY"), from("secret-access-key"));
    let azure = store("azure", "wasbs://c@a.blob.core.windows.net/x");
    assert_eq!(variable(&azure, "AZURE_STORAGE_CONNECTION_STRING"), from("connection-string"));
    let gcs = store("gcs", "gs://b");
    assert_eq!(variable(&gcs, "GOOGLE_APPLICATION_CREDENTIALS"), "/etc/gcs/key.json");
    let volumes = gcs.field(DEPLOYMENT, "/spec/template/spec/volumes").as_array().unwrap();
    assert!(
        volumes.contains(&json!({"name": "credentials", "secret": {"secretName": "keys"}})),
        "{volumes:?}"
    );
    let mounts = gcs.container(DEPLOYMENT, "listener")["volumeMounts"].as_array().unwrap();
    assert_eq!(mounts.len(), 3, "the template's two and this one");
}

#[test]
fn a_secret_of_ones_own_is_used_and_none_is_made() {
    let objects = Repository::new().render("listener", &["listener.webhook.existingSecret=mine"]);
    assert!(!objects.has("Secret mlflow-webhook-secret"));
    let from = json!({"secretKeyRef": {"name": "mine", "key": "secret"}});
    assert_eq!(variable(&objects, "MLFLOW_KSERVE_MLFLOW_WEBHOOK_SECRET"), from);
}

#[test]
fn a_template_of_ones_own_goes_in_untouched_and_makes_new_pods() {
    let repository = Repository::new();
    let polling = "listener.mode=polling";
    let before = repository.render("listener", &[polling]);
    let own = "kind: InferenceService\nname: {{ name }}-${x}\n";
    let after = repository
        .render("listener", &[polling, &format!("listener.models.template={}", own.replace("-${x}", ""))]);
    assert_eq!(template(&after)["data"]["template.yaml"], own.replace("-${x}", ""));
    assert_ne!(template(&before)["metadata"]["name"], template(&after)["metadata"]["name"]);
    let differing = before.differing(&after, DEPLOYMENT);
    assert_eq!(differing, ["/spec/template/spec/volumes/0/configMap/name"]);
    let text = template(&before)["data"]["template.yaml"].as_str().unwrap();
    for label in ["managed-by: mlflow-kserve-webhook-listener", "mlflow.model:", "mlflow.version:"] {
        assert!(text.contains(label), "the listener finds its own by {label}");
    }
}

#[test]
fn the_example_for_gpus_is_a_template_of_ones_own() {
    let repository = Repository::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/models-on-gpus.yaml");
    let ran = repository.stack().hub(&["render", "listener", "--params-file", file, "-o", "json"]);
    ran.ends(0, &[]);
    let text = template(&Objects(ran.events()))["data"]["template.yaml"].clone();
    assert!(text.as_str().unwrap().contains("limits: {nvidia.com/gpu: \"1\"}"), "{text}");
}

#[test]
fn another_version_changes_the_image_and_nothing_else() {
    let repository = Repository::new();
    let polling = "listener.mode=polling";
    let before = repository.render("listener", &[polling]);
    let after = repository.render("listener", &[polling, "listener.version=v1.0.0"]);
    assert_eq!(before.changed(&after), BTreeSet::from([DEPLOYMENT.to_owned()]));
    assert_eq!(before.differing(&after, DEPLOYMENT), ["/spec/template/spec/containers/0/image"]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let repository = Repository::new();
    for (parameters, said) in [
        (&["listener.storage.kind=gcs"][..], "to start with gs://"),
        (&["listener.storage.uri=s3://b"], "listener.storage.uri to start with pvc://"),
        (&["listener.models.namespace=models"], "a pod mounts volumes of its own namespace only"),
        (&["listener.mode=polling", "listener.webhook.existingSecret=x"], "uses no webhook"),
        (&["listener.polling.intervalSeconds=0"], "a number of seconds above 0"),
        (&["listener.port=80"], "between 1024 and 65535"),
    ] {
        repository.refuses("listener", parameters, &[said]);
    }
    repository.refuses("listener", &["listener.polling.intervalSeconds=soon"], &["is not an integer"]);
    repository.refuses("listener", &["listener.mode=push"], &["allowed: webhook, fallback, polling"]);
}

/// As the listener's own overlays, with what its README here lists as different.
#[test]
fn it_is_what_the_listeners_own_manifests_build() {
    let repository = Repository::new();
    for (overlay, given) in [
        (
            "default",
            &[
                "listener.storage.kind=gcs",
                "listener.storage.uri=gs://nebari-mlflow-artifacts",
                "listener.models.namespace=kserve-mlflow-models",
                "mlflow.url=http://mlflow-server:5000",
            ][..],
        ),
        (
            "examples/gcp",
            &["listener.storage.kind=gcs", "listener.storage.uri=gs://your-gcp-bucket/mlflow-artifacts"],
        ),
        (
            "examples/aws",
            &["listener.storage.kind=s3", "listener.storage.uri=s3://your-s3-bucket/mlflow-artifacts"],
        ),
        (
            "examples/azure",
            &[
                "listener.storage.kind=azure",
                "listener.storage.uri=wasbs://your-container@yourstorageaccount.blob.core.windows.net/mlflow-artifacts",
            ],
        ),
    ] {
        let Some(theirs) = Objects::upstream(&format!("listener/overlays/{overlay}")) else { return };
        let mut parameters = given.to_vec();
        parameters.push("listener.models.createNamespace=false");
        if overlay != "default" {
            parameters.extend([
                "mlflow.url=http://mlflow-server.mlflow.svc.cluster.local:5000",
                "listener.models.namespace=kserve-models",
                "listener.models.cpuLimit=2",
                "listener.models.memoryLimit=4Gi",
            ]);
        }
        let ours = repository.render("listener", &parameters);
        compare(overlay, &ours, &theirs);
    }
}

fn compare(overlay: &str, ours: &Objects, theirs: &Objects) {
    let ids = |objects: &Objects| -> BTreeSet<String> {
        let ids = objects.ids().into_iter().filter(|id| id != "Secret mlflow-webhook-secret");
        ids.map(|id| if id.starts_with("ConfigMap") { "ConfigMap".to_owned() } else { id }).collect()
    };
    assert_eq!(ids(ours), ids(theirs), "{overlay}");
    for (name, value) in variables(theirs) {
        assert_eq!(variables(ours).get(&name), Some(&value), "{overlay}: {name}");
    }
    let (our_pod, their_pod) =
        (ours.field(DEPLOYMENT, "/spec/template/spec"), theirs.field(DEPLOYMENT, "/spec/template/spec"));
    let (container, upstream) =
        (ours.container(DEPLOYMENT, "listener"), theirs.container(DEPLOYMENT, "listener"));
    let same = [
        "image",
        "imagePullPolicy",
        "ports",
        "livenessProbe",
        "readinessProbe",
        "resources",
        "securityContext",
    ];
    for field in same {
        assert_eq!(container[field], upstream[field], "{overlay}: {field}");
    }
    assert_eq!(container["volumeMounts"][0], upstream["volumeMounts"][0], "{overlay}");
    assert_eq!(our_pod["serviceAccountName"], their_pod["serviceAccountName"], "{overlay}");
    assert_eq!(our_pod["securityContext"]["fsGroup"], their_pod["securityContext"]["fsGroup"], "{overlay}");
    for (kind, field) in [
        ("Service", "/spec/ports"),
        ("ClusterRole", "/rules"),
        ("ClusterRoleBinding", "/subjects"),
        ("ClusterRoleBinding", "/roleRef"),
    ] {
        let id = format!("{kind} {NAME}");
        assert_eq!(ours.field(&id, field), theirs.field(&id, field), "{overlay}: {id}");
    }
}
