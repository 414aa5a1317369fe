//! MLflow, rendered.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::rendered::{Objects, Repository};

const DEPLOYMENT: &str = "Deployment mlflow";

fn ids(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn arguments(objects: &Objects) -> Vec<&str> {
    let arguments = objects.container(DEPLOYMENT, "mlflow")["args"].as_array().unwrap();
    arguments.iter().map(|argument| argument.as_str().unwrap()).collect()
}

fn variable(objects: &Objects, name: &str) -> Value {
    objects.variable(DEPLOYMENT, "mlflow", name)
}

#[test]
fn by_default_it_stands_on_one_volume() {
    let objects = Repository::new().render("mlflow", &[]);
    let expected = [
        "Deployment mlflow",
        "PersistentVolumeClaim mlflow",
        "Secret mlflow-webhook-encryption",
        "Service mlflow",
        "ServiceAccount mlflow",
    ];
    assert_eq!(objects.ids(), ids(&expected));
    assert!(objects.0.iter().all(|object| object["metadata"]["namespace"] == "mlflow"));
    let one_at_a_time =
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}});
    assert_eq!(objects.field(DEPLOYMENT, "/spec/strategy"), &one_at_a_time);
    assert_eq!(variable(&objects, "MLFLOW_BACKEND_STORE_URI"), "sqlite:////mlflow/mlflow.db");
    assert!(arguments(&objects).contains(&"--artifacts-destination=/mlflow/artifacts"));
    let mounts = &objects.container(DEPLOYMENT, "mlflow")["volumeMounts"];
    assert_eq!(mounts[1], json!({"name": "data", "mountPath": "/mlflow"}));
}

#[test]
fn clients_in_the_cluster_are_known_hosts_and_others_can_be_added() {
    let repository = Repository::new();
    let hosts = |objects: &Objects| {
        let all = arguments(objects).join(" ");
        all.split("--allowed-hosts=").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    let plain = hosts(&repository.render("mlflow", &["mlflow.namespace=ml"]));
    for host in ["mlflow.ml.svc*", "mlflow.ml:*", "localhost:*"] {
        assert!(plain.split(',').any(|known| known == host), "{host} in {plain}");
    }
    let more = hosts(&repository.render("mlflow", &["mlflow.allowedHosts=mlflow.example.com"]));
    assert!(more.ends_with(",mlflow.example.com"), "{more}");
}

#[test]
fn with_a_database_and_a_bucket_there_is_no_volume_and_more_than_one_pod() {
    let parameters = [
        "mlflow.database.kind=postgres",
        "mlflow.artifacts.kind=s3",
        "mlflow.artifacts.uri=s3://bucket/path",
        "mlflow.artifacts.endpoint=https://s3.example.com",
        "mlflow.artifacts.region=eu-1",
        "mlflow.artifacts.credentials=keys",
        "mlflow.replicas=3",
    ];
    let objects = Repository::new().render("mlflow", &parameters);
    let expected = [
        "Deployment mlflow",
        "PersistentVolumeClaim mlflow-database",
        "Secret mlflow-database",
        "Secret mlflow-webhook-encryption",
        "Service mlflow",
        "Service mlflow-database",
        "ServiceAccount mlflow",
        "StatefulSet mlflow-database",
    ];
    assert_eq!(objects.ids(), ids(&expected));
    assert_eq!(objects.field(DEPLOYMENT, "/spec/replicas"), 3);
    let address = "postgresql://mlflow:$(DATABASE_PASSWORD)@mlflow-database:5432/mlflow";
    assert_eq!(variable(&objects, "MLFLOW_BACKEND_STORE_URI"), address);
    // Variables see only those before them.
    let variables = objects.container(DEPLOYMENT, "mlflow")["env"].as_array().unwrap();
    let position = |name: &str| variables.iter().position(|v| v["name"] == name).unwrap();
    assert!(position("DATABASE_PASSWORD") < position("MLFLOW_BACKEND_STORE_URI"));
    assert_eq!(variable(&objects, "MLFLOW_S3_ENDPOINT_URL"), "https://s3.example.com");
    assert_eq!(variable(&objects, "AWS_DEFAULT_REGION"), "eu-1");
    let secrets = &objects.container(DEPLOYMENT, "mlflow")["envFrom"];
    assert_eq!(secrets, &json!([{"secretRef": {"name": "keys"}}]));
    assert!(arguments(&objects).contains(&"--artifacts-destination=s3://bucket/path"));
}

#[test]
fn an_existing_database_is_taken_from_its_secret() {
    let parameters = ["mlflow.database.kind=existing", "mlflow.database.uriSecret=mine"];
    let objects = Repository::new().render("mlflow", &parameters);
    assert!(!objects.has("StatefulSet mlflow-database"));
    let from = json!({"secretKeyRef": {"name": "mine", "key": "uri"}});
    assert_eq!(variable(&objects, "MLFLOW_BACKEND_STORE_URI"), from);
}

#[test]
fn the_schema_is_upgraded_only_when_asked_for_and_in_the_same_database() {
    let repository = Repository::new();
    let plain = repository.render("mlflow", &[]);
    assert_eq!(plain.field(DEPLOYMENT, "/spec/template/spec/initContainers"), &Value::Null);
    let upgraded = repository.render("mlflow", &["mlflow.database.upgrade=true"]);
    let init = upgraded.field(DEPLOYMENT, "/spec/template/spec/initContainers/0");
    assert_eq!(init["command"], json!(["mlflow", "db", "upgrade", "$(MLFLOW_BACKEND_STORE_URI)"]));
    assert_eq!(init["image"], upgraded.container(DEPLOYMENT, "mlflow")["image"]);
    assert!(init["env"].as_array().unwrap().iter().any(|v| v["name"] == "MLFLOW_BACKEND_STORE_URI"));
}

#[test]
fn the_key_for_webhooks_is_one_that_mlflow_takes() {
    let seed = "mlflow.webhooks.encryptionKey=0123456789zzzzABCDEFGHIJKLMNZZZZ";
    let repository = Repository::new();
    let objects = repository.render("mlflow", &[seed]);
    let decoded = |key: &str| {
        let text = objects.field("Secret mlflow-webhook-encryption", &format!("/data/{key}"));
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap())
            .unwrap()
    };
    // A Fernet key is 32 bytes in URL-safe base64.
    let key = base64::engine::general_purpose::URL_SAFE.decode(decoded("key")).unwrap();
    assert_eq!(key.len(), 32);
    assert_eq!(key, decoded("seed").as_bytes());
    let from = json!({"secretKeyRef": {"name": "mlflow-webhook-encryption", "key": "key"}});
    assert_eq!(variable(&objects, "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"), from);
    assert_eq!(variable(&objects, "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"), "true");

    let without = repository.render("mlflow", &["mlflow.webhooks.enabled=false"]);
    assert!(!without.has("Secret mlflow-webhook-encryption"));
    assert_eq!(variable(&without, "MLFLOW_WEBHOOK_ALLOWED_SCHEMES"), Value::Null);
}

#[test]
fn secrets_stay_with_what_they_open_unless_told_otherwise() {
    let repository = Repository::new();
    let kept = ["mlflow.database.kind=postgres", "mlflow.keepSecrets=true"];
    let kept = repository.render("mlflow", &kept);
    let given_up = ["mlflow.database.kind=postgres", "mlflow.keepSecrets=false"];
    let given_up = repository.render("mlflow", &given_up);
    for secret in ["Secret mlflow-database", "Secret mlflow-webhook-encryption"] {
        assert_eq!(kept.field(secret, "/metadata/annotations/hub.agilestacks.io~1keep"), "true");
        assert_eq!(given_up.field(secret, "/metadata/annotations"), &Value::Null);
    }
}

#[test]
fn monitoring_adds_a_service_monitor_and_nothing_else_but_an_argument() {
    let repository = Repository::new();
    let plain = repository.render("mlflow", &["mlflow.webhooks.enabled=false"]);
    let monitored =
        ["mlflow.webhooks.enabled=false", "mlflow.monitoring.enabled=true", "mlflow.monitoring.interval=1m"];
    let monitored = repository.render("mlflow", &monitored);
    assert_eq!(plain.changed(&monitored), ids(&["Deployment mlflow", "ServiceMonitor mlflow"]));
    assert_eq!(plain.differing(&monitored, DEPLOYMENT), ["/spec/template/spec/containers/0/args"]);
    assert_eq!(monitored.field("ServiceMonitor mlflow", "/spec/endpoints/0/interval"), "1m");
}

#[test]
fn another_version_changes_the_image_and_nothing_else() {
    let repository = Repository::new();
    let off = "mlflow.webhooks.enabled=false";
    let before = repository.render("mlflow", &[off]);
    let after = repository.render("mlflow", &[off, "mlflow.version=v3.11.0-full"]);
    assert_eq!(before.changed(&after), ids(&[DEPLOYMENT]));
    assert_eq!(before.differing(&after, DEPLOYMENT), ["/spec/template/spec/containers/0/image"]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let repository = Repository::new();
    for (parameters, said) in [
        (&["mlflow.replicas=2"][..], "one pod at a time writes to the volume"),
        (&["mlflow.database.kind=existing"], "needs mlflow.database.uriSecret"),
        (&["mlflow.database.uriSecret=x"], "which only mlflow.database.kind=existing uses"),
        (&["mlflow.artifacts.uri=s3://b"], "mlflow.artifacts.kind=volume keeps files on the volume"),
        (&["mlflow.artifacts.kind=gcs", "mlflow.artifacts.uri=s3://b"], "to start with gs://"),
        (&["mlflow.artifacts.region=eu"], "are for mlflow.artifacts.kind=s3"),
    ] {
        repository.refuses("mlflow", parameters, &[said]);
    }
}
