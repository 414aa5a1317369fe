//! KServe, rendered.

use serde_json::{Value, json};

use crate::rendered::{Objects, Repository};

const CONFIG: &str = "ConfigMap inferenceservice-config";

/// A key of the configuration as the controller reads it.
fn key(objects: &Objects, name: &str) -> Value {
    let text = objects.field(CONFIG, &format!("/data/{name}")).as_str().unwrap();
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_mode_changes_one_config_map() {
    let repository = Repository::new();
    let raw = repository.render("kserve", &["kserve.deploymentMode=RawDeployment"]);
    let serverless = repository.render("kserve", &["kserve.deploymentMode=Serverless"]);
    assert_eq!(raw.changed(&serverless), [CONFIG.to_owned()].into());
    let config = raw.differing(&serverless, CONFIG);
    assert_eq!(config, ["/data/deploy", "/data/ingress"]);
    assert!(raw.has("Deployment kserve-controller-manager"));
    assert!(!raw.has("ConfigMap inferenceservice-settings"), "only there to take values from");
}

/// In both modes: the objects and the configuration that kustomize builds of the release with the same patches.
#[test]
fn the_configuration_is_what_was_recorded_of_the_release() {
    let repository = Repository::new();
    for (name, mode) in [("kserve-serverless", "Serverless"), ("kserve-rawdeployment", "RawDeployment")] {
        let Some(recorded) = Objects::upstream(name) else { return };
        let parameters = [
            &format!("kserve.deploymentMode={mode}"),
            "knative.networking.gateway.ingress=istio-system/gw",
            "knative.networking.gateway.local=istio-system/lgw",
            "ingress.hosts=a.example.com",
        ];
        let ours = repository.render("kserve", &parameters);
        let missing: Vec<String> = recorded.ids().difference(&ours.ids()).cloned().collect();
        assert!(missing.is_empty(), "{missing:?}");
        // The kind of the registry's storage initializers is of a later release.
        let more: Vec<String> = ours.ids().difference(&recorded.ids()).cloned().collect();
        assert_eq!(more, ["CustomResourceDefinition clusterstoragecontainers.serving.kserve.io"]);
        // What was recorded of RawDeployment has the other mode in `deploy`.
        assert_eq!(key(&ours, "deploy")["defaultDeploymentMode"], mode);
        for name in ["agent", "batcher", "credentials", "explainers", "logger", "metricsAggregator", "router"]
        {
            assert_eq!(key(&ours, name), key(&recorded, name), "{name}");
        }
        let (own, theirs) = (key(&ours, "ingress"), key(&recorded, "ingress"));
        for (field, value) in theirs.as_object().unwrap() {
            // An empty class is left out: the API server refuses an Ingress with one.
            let is_left_out = field == "ingressClassName" && value == "" && own.get(field).is_none();
            assert!(&own[field] == value || is_left_out, "{mode} {field}: {} {value}", own[field]);
        }
    }
}

#[test]
fn single_fields_change_within_what_the_release_has() {
    let repository = Repository::new();
    let plain = repository.render("kserve", &[]);
    let set = repository.render(
        "kserve",
        &[
            "config.agent.image=registry.example.com/agent:1",
            "config.storageInitializer.memoryLimit=4Gi",
            "config.storageInitializer.enableDirectPvcVolumeMount=true",
            "config.storageInitializer.uidModelcar=1010",
            "config.explainers.art.defaultImageVersion=v1",
            "config.batcher.maxBatchSize=8",
            "config.logger.defaultUrl=http://broker",
            r#"config.router.headers.propagate=["x-request-id"]"#,
            "config.metricsAggregator.enableMetricAggregation=true",
            "config.ingress.domainTemplate={{ .Name }}.{{ .IngressDomain }}",
            r#"config.ingress.additionalIngressDomains=["b.example.com"]"#,
            "config.service.serviceClusterIPNone=false",
            r#"config.multiNode.customGPUResourceTypeList=["example.com/gpu"]"#,
            "config.credentials.s3.s3VerifySSL=0",
            "bucket.endpoint=http://minio.minio.svc:9000",
            "bucket.region=eu-west-1",
        ],
    );
    assert_eq!(plain.changed(&set), [CONFIG.to_owned()].into());
    let with = |name: &str, pointer: &str, value: Value| {
        let mut wanted = key(&plain, name);
        *wanted.pointer_mut(pointer).unwrap() = value;
        assert_eq!(key(&set, name), wanted, "{name}: nothing but {pointer}");
    };
    with("agent", "/image", json!("registry.example.com/agent:1"));
    with("explainers", "/art/defaultImageVersion", json!("v1"));
    with("logger", "/defaultUrl", json!("http://broker"));
    with("metricsAggregator", "/enableMetricAggregation", json!("true"));
    let storage = key(&set, "storageInitializer");
    assert_eq!(storage["memoryLimit"], "4Gi");
    assert_eq!(storage["memoryRequest"], "100Mi");
    assert_eq!(
        (&storage["enableDirectPvcVolumeMount"], &storage["uidModelcar"]),
        (&json!(true), &json!(1010))
    );
    assert_eq!(key(&set, "batcher")["maxBatchSize"], "8");
    assert_eq!(key(&set, "router")["headers"]["propagate"], json!(["x-request-id"]));
    let ingress = key(&set, "ingress");
    assert_eq!(ingress["domainTemplate"], "{{ .Name }}.{{ .IngressDomain }}");
    assert_eq!(ingress["additionalIngressDomains"], json!(["b.example.com"]));
    assert_eq!(key(&set, "service"), json!({"serviceClusterIPNone": false}));
    assert_eq!(key(&set, "multiNode"), json!({"customGPUResourceTypeList": ["example.com/gpu"]}));
    let s3 = key(&set, "credentials")["s3"].clone();
    assert_eq!((&s3["s3Endpoint"], &s3["s3UseHttps"]), (&json!("minio.minio.svc:9000"), &json!("0")));
    assert_eq!((&s3["s3Region"], &s3["s3VerifySSL"]), (&json!("eu-west-1"), &json!("0")));
    assert_eq!(s3["s3AccessKeyIDName"], "AWS_ACCESS_KEY_ID");
}

/// What `kserve_kubeflow.yaml` of v0.10.0 has over `kserve.yaml`.
#[test]
fn as_part_of_kubeflow_it_is_the_release_for_kubeflow() {
    let repository = Repository::new();
    let (alone, part) =
        (repository.render("kserve", &[]), repository.render("kserve", &["kserve.flavour=kubeflow"]));
    let gone: Vec<String> = alone.ids().difference(&part.ids()).cloned().collect();
    assert_eq!(gone, ["Namespace kserve"]);
    let more: Vec<String> = part.ids().difference(&alone.ids()).cloned().collect();
    let roles = ["admin", "edit", "view"].map(|role| format!("ClusterRole kubeflow-kserve-{role}"));
    assert_eq!(more, roles);
    assert_eq!(key(&part, "ingress")["ingressGateway"], "kubeflow/kubeflow-gateway");
    let controller = "Deployment kserve-controller-manager";
    let inject = "/spec/template/metadata/annotations/sidecar.istio.io~1inject";
    assert_eq!(part.field(controller, inject), "false");
    assert_eq!(part.field(controller, "/spec/selector/matchLabels/app"), "kserve");
    assert_eq!(part.field("Service kserve-webhook-server-service", "/spec/selector/app"), "kserve");
    for object in &part.0 {
        let namespace = object["metadata"]["namespace"].as_str();
        assert!(namespace.is_none_or(|n| n == "kubeflow"), "{object}");
        let ca = object["metadata"]["annotations"]["cert-manager.io/inject-ca-from"].as_str();
        assert!(ca.is_none_or(|ca| ca == "kubeflow/serving-cert"), "{object}");
    }
    let name = "kserve-webhook-server-service.kubeflow.svc";
    assert_eq!(part.field("Certificate serving-cert", "/spec/dnsNames"), &json!([name]));
    assert_eq!(part.field("Certificate serving-cert", "/spec/commonName"), name);
    let moved = repository.render("kserve", &["kserve.flavour=kubeflow", "kserve.namespace=ml"]);
    assert_eq!(moved.field(controller, "/metadata/namespace"), "ml");
}

/// The files of a release are called as that release calls them.
#[test]
fn each_version_is_downloaded_from_where_it_is() {
    let repository = Repository::new();
    for (version, runtimes) in [
        ("v0.10.0", "kserve-runtimes"),
        ("v0.11.2", "kserve-runtimes"),
        ("v0.12.0", "kserve-cluster-resources"),
        ("v0.19.0", "kserve-cluster-resources"),
    ] {
        let version_is = format!("kserve.version={version}");
        let explained = repository.stack().hub(&[
            "explain",
            "kserve",
            "-e",
            "development",
            "-p",
            &version_is,
            "-o",
            "json",
        ]);
        explained.ends(0, &[]);
        let explained: Value = serde_json::from_str(&explained.stdout).unwrap();
        let base = format!("https://github.com/kserve/kserve/releases/download/{version}");
        assert_eq!(
            explained["kserve"]["kustomize.resources"]["value"],
            format!("{base}/kserve.yaml {base}/{runtimes}.yaml")
        );
    }
}

/// Files of later releases have another name for the runtimes, and v0.16 has objects in both of its files.
#[test]
fn later_releases_are_built_from_their_files() {
    let repository = Repository::new();
    let stack = repository.stack();
    let read =
        |name: &str| std::fs::read_to_string(stack.path("components/kserve/local").join(name)).unwrap();
    let both = "---\napiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceServiceConfig\n\
                metadata: {name: in-both, namespace: kserve}\n";
    stack.write("components/kserve/local/later/kserve.yaml", &format!("{}\n{both}", read("kserve.yaml")));
    stack.write(
        "components/kserve/local/later/kserve-cluster-resources.yaml",
        &format!("{}\n{both}", read("kserve-runtimes.yaml")),
    );
    let files = "kustomize.resources=local/later/kserve.yaml local/later/kserve-cluster-resources.yaml";
    let later = repository.render("kserve", &["kserve.version=v0.16.0", files]);
    let plain = repository.render("kserve", &[]);
    let more: Vec<String> = later.ids().difference(&plain.ids()).cloned().collect();
    assert_eq!(more, ["LLMInferenceServiceConfig in-both"]);
    assert_eq!(plain.ids().difference(&later.ids()).count(), 0);
}

#[test]
fn what_cannot_work_is_refused() {
    let repository = Repository::new();
    for (parameters, said) in [
        (&["kserve.deploymentMode=serverles"][..], "did you mean `Serverless`?"),
        (&["kserve.version=v0.9.0"], "does not match the pattern"),
        (&["config.agent.cpuLimit=lots"], "does not match the pattern"),
        (&["config.ingress.enableGatewayApi=true"], "name it with config.ingress.kserveIngressGateway"),
        (&["config.ingress.pathTemplate=/x"], "name it with ingress.hosts"),
        (&["config.localModel.enabled=true"], "of KServe v0.14 and later"),
        (&["config.inferenceService.resource.cpuLimit=1"], "of KServe v0.15 and later"),
        (&["config.autoscaler.scaleUpStabilizationWindowSeconds=5"], "of KServe v0.16 and later"),
    ] {
        repository.refuses("kserve", parameters, &[said]);
    }
}
