#![expect(clippy::print_stdout, reason = "a skipped test says so")]
//! What users do with kubectl, done to a served sandbox. Skipped, with a line, where no kubectl is found: in the folder
//! that `HUB_TEST_KUBECTL_DIR` names, on the PATH, or in the cache of the real control plane's programs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use hub_sandbox::{Sandbox, kubeconfig};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

const KUBECTL_VERSION: &str = "v1.36.3";

fn find_kubectl() -> Option<PathBuf> {
    let named = std::env::var_os("HUB_TEST_KUBECTL_DIR").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cache = std::env::var_os("HOME")
        .map(|home| Path::new(&home).join(".cache/realcluster").join(KUBECTL_VERSION).join("bin"));
    let folders = named.into_iter().chain(std::env::split_paths(&path)).chain(cache);
    folders.map(|folder| folder.join("kubectl")).find(|program| program.is_file())
}

/// A served sandbox and the kubectl to use on it.
struct Bench {
    kubectl: PathBuf,
    folder: tempfile::TempDir,
    _serving: hub_sandbox::Serving,
}

/// What a command came to.
struct Ran {
    ok: bool,
    out: String,
    err: String,
}

impl Bench {
    async fn new() -> Option<Bench> {
        let Some(kubectl) = find_kubectl() else {
            println!("skipped: no kubectl");
            return None;
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let serving = Sandbox::in_memory().serve(listener).expect("served");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig(&serving.url())).expect("written");
        Some(Bench { kubectl, folder, _serving: serving })
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(&self.kubectl);
        command
            .args(arguments.split_whitespace())
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .env("HOME", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &str, input: &str) -> Ran {
        let mut child = self.command(arguments).spawn().expect("kubectl starts");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(input.as_bytes()).await.expect("written");
        drop(stdin);
        let output = child.wait_with_output().await.expect("kubectl ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Runs a command that must succeed; gives what it prints.
    async fn ok(&self, arguments: &str, input: &str) -> String {
        let ran = self.run(arguments, input).await;
        assert!(ran.ok, "kubectl {arguments}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs a command that must fail; gives its complaint.
    async fn refused(&self, arguments: &str, input: &str) -> String {
        let ran = self.run(arguments, input).await;
        assert!(!ran.ok, "kubectl {arguments} was not refused:\n{}", ran.out);
        ran.err
    }
}

const DEFINITION: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: inferenceservices.serving.kserve.io}
spec:
  group: serving.kserve.io
  scope: Namespaced
  names: {plural: inferenceservices, singular: inferenceservice, kind: InferenceService, shortNames: [isvc]}
  versions:
  - name: v1beta1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: URL, type: string, jsonPath: .status.url}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [predictor]
            properties:
              predictor:
                type: object
                properties:
                  minReplicas: {type: integer, minimum: 0}
                  model:
                    type: object
                    properties:
                      storageUri: {type: string}
                      modelFormat: {type: object, required: [name], properties: {name: {type: string}}}
          status: {type: object, properties: {url: {type: string}}}
";

fn service(name: &str, uri: &str) -> String {
    format!(
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {{name: {name}, namespace: default}}\n\
         spec: {{predictor: {{minReplicas: 1, model: {{modelFormat: {{name: sklearn}}, storageUri: {uri}}}}}}}\n"
    )
}

#[tokio::test]
async fn custom_resources_are_applied_shown_refused_and_deleted() {
    let Some(bench) = Bench::new().await else { return };
    assert!(bench.ok("apply --server-side -f -", DEFINITION).await.contains("serverside-applied"));
    bench
        .ok("wait --for=condition=Established crd/inferenceservices.serving.kserve.io --timeout=60s", "")
        .await;
    let resources = bench.ok("api-resources --api-group=serving.kserve.io", "").await;
    assert!(resources.contains("inferenceservices   isvc"), "{resources}");

    let first = service("iris", "gs://a/b");
    assert!(
        bench
            .ok("apply --server-side -f -", &first)
            .await
            .contains("inferenceservice.serving.kserve.io/iris")
    );
    let table = bench.ok("get isvc", "").await;
    assert!(table.starts_with("NAME   URL   AGE\niris"), "{table}");
    let yaml = bench.ok("get isvc iris -o yaml", "").await;
    assert!(yaml.contains("storageUri: gs://a/b"), "{yaml}");
    let described = bench.ok("describe isvc iris", "").await;
    assert!(
        described.contains("Storage Uri:") && described.contains("Kind:         InferenceService"),
        "{described}"
    );

    let second = service("iris", "gs://c/d");
    let conflict = bench.refused("apply --server-side --field-manager=other -f -", &second).await;
    assert!(conflict.contains("conflict with \"kubectl\": .spec.predictor.model.storageUri"), "{conflict}");
    bench.ok("apply --server-side --field-manager=other --force-conflicts -f -", &second).await;

    let bad = first.replace("minReplicas: 1", "minReplicas: -1");
    let violation = bench.refused("apply --server-side --force-conflicts -f -", &bad).await;
    assert!(violation.contains("spec.predictor.minReplicas: Invalid value: -1"), "{violation}");
    let unknown = first.replace("minReplicas: 1", "nimReplicas: 1");
    let violation = bench.refused("create -f -", &unknown.replace("iris", "lily")).await;
    assert!(violation.contains("unknown field \"spec.predictor.nimReplicas\""), "{violation}");

    let explained = bench.ok("explain isvc.spec.predictor", "").await;
    assert!(explained.contains("minReplicas") && explained.contains("<integer>"), "{explained}");
    let patched =
        bench.ok("patch isvc iris --type=merge -p {\"spec\":{\"predictor\":{\"minReplicas\":3}}}", "").await;
    assert!(patched.contains("patched"), "{patched}");
    bench.ok("label isvc iris tier=a", "").await;
    assert!(bench.ok("get isvc -l tier=a -o name", "").await.contains("/iris"));
    assert!(bench.ok("delete isvc iris", "").await.contains("deleted"));
    let gone = bench.refused("get isvc iris", "").await;
    assert!(gone.contains("(NotFound): inferenceservices.serving.kserve.io \"iris\" not found"), "{gone}");
}

const DEPLOYMENT: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'nginx:1.25'}]}
";

#[tokio::test]
async fn workloads_roll_out_and_scale() {
    let Some(bench) = Bench::new().await else { return };
    bench.ok("create namespace shop", "").await;
    bench.ok("apply -n shop -f -", DEPLOYMENT).await;
    let rolled = bench.ok("rollout status -n shop deployment/web --timeout=60s", "").await;
    assert!(rolled.contains("successfully rolled out"), "{rolled}");
    bench.ok("wait -n shop --for=condition=Available deployment/web --timeout=60s", "").await;
    let pods = bench.ok("get pods -n shop", "").await;
    assert_eq!(pods.matches("1/1     Running   0").count(), 2, "{pods}");
    bench.ok("scale -n shop deployment/web --replicas=3", "").await;
    let table = bench.ok("get deployments -n shop", "").await;
    assert!(table.contains("3/3     3            3"), "{table}");
    bench.ok("set image -n shop deployment/web web=nginx:1.26", "").await;
    bench.ok("rollout status -n shop deployment/web --timeout=60s", "").await;
    let history = bench.ok("rollout history -n shop deployment/web", "").await;
    assert!(history.contains("2         <none>"), "{history}");
    bench.ok("rollout undo -n shop deployment/web", "").await;
    let image = bench.ok("get deployment web -n shop -o jsonpath={..image}", "").await;
    assert_eq!(image, "nginx:1.25");
    bench.ok("expose -n shop deployment/web --port=80 --type=LoadBalancer", "").await;
    let services = bench.ok("get svc -n shop", "").await;
    assert!(services.contains("LoadBalancer   10.0."), "{services}");
    let described = bench.ok("describe deployment web -n shop", "").await;
    assert!(described.contains("3 desired | 3 updated | 3 total | 3 available"), "{described}");
    assert!(bench.ok("get all -n shop", "").await.contains("replicaset.apps/web-"));
    assert!(bench.ok("auth can-i create pods", "").await.contains("yes"));
    bench.ok("delete namespace shop --timeout=60s", "").await;
    assert!(bench.refused("get namespace shop", "").await.contains("not found"));
}

#[tokio::test]
async fn client_side_apply_edits_and_diffs() {
    let Some(bench) = Bench::new().await else { return };
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v, l: w}\n";
    bench.ok("apply -f -", map).await;
    assert!(bench.ok("apply -f -", map).await.contains("unchanged"));
    let changed = map.replace("l: w", "m: o");
    let diff = bench.run("diff -f -", &changed).await;
    assert!(diff.out.contains("+  m: o"), "{}{}", diff.out, diff.err);
    bench.ok("apply -f -", &changed).await;
    assert_eq!(bench.ok("get cm a -o jsonpath={.data}", "").await, r#"{"k":"v","m":"o"}"#);
    let bad = bench.refused("apply -f -", &map.replace("\ndata:", "\ndat:")).await;
    assert!(bad.contains("unknown field \"dat\""), "{bad}");
    bench.ok("create configmap b --from-literal=x=y", "").await;
    bench.ok("create secret generic s --from-literal=x=y", "").await;
    let edited = bench
        .command("edit cm b")
        .env("KUBE_EDITOR", "sed -i s/x:.*/x:\\ z/")
        .output()
        .await
        .expect("kubectl ends");
    assert!(edited.status.success(), "{}", String::from_utf8_lossy(&edited.stderr));
    assert_eq!(bench.ok("get cm b -o jsonpath={.data.x}", "").await, "z");
    assert!(bench.ok("annotate cm b note=x", "").await.contains("annotated"));
    bench.ok("replace --force -f -", map).await;
    let dry = bench.ok("apply --dry-run=server -f -", map).await;
    assert!(dry.contains("(server dry run)"), "{dry}");
    assert!(bench.ok("version", "").await.contains("Server Version: v1.36.3"));
    assert!(bench.ok("explain deployment.spec.strategy", "").await.contains("rollingUpdate"));
    let missing = bench
        .refused("apply --server-side -f -", "apiVersion: x.example.com/v1\nkind: X\nmetadata: {name: x}\n")
        .await;
    assert!(missing.contains("no matches for kind \"X\" in version \"x.example.com/v1\""), "{missing}");
}

#[tokio::test]
async fn a_watch_tells_of_changes() {
    let Some(bench) = Bench::new().await else { return };
    let mut watch = bench.command("get cm -w -o name").spawn().expect("kubectl starts");
    let mut lines = BufReader::new(watch.stdout.take().expect("piped")).lines();
    assert_eq!(lines.next_line().await.expect("a line").as_deref(), Some("configmap/kube-root-ca.crt"));
    bench.ok("create configmap seen", "").await;
    assert_eq!(lines.next_line().await.expect("a line").as_deref(), Some("configmap/seen"));
    let deleted = bench.command("wait --for=delete cm/seen --timeout=60s").spawn().expect("kubectl starts");
    bench.ok("delete cm seen", "").await;
    let output = deleted.wait_with_output().await.expect("kubectl ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
