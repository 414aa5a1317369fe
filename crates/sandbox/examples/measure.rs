//! How long the sandbox takes: `cargo run --release -p hub-sandbox --example measure -- MANIFESTS.yaml`.
//!
//! Applies the objects of a file, applies them again, opens the sandbox again; prints milliseconds.

use std::io::Write;
use std::time::Instant;

use http::Request;
use hub_sandbox::Sandbox;
use serde::Deserialize;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("name a file of manifests")?;
    let text = std::fs::read_to_string(file)?;
    let objects: Vec<Value> =
        serde_yaml::Deserializer::from_str(&text).map(Value::deserialize).collect::<Result<_, _>>()?;
    let folder = std::env::temp_dir().join(format!("hub-sandbox-measure-{}", std::process::id()));
    let path = folder.join("sandbox.db");
    let mut lines = Vec::new();
    let mut step = |name: &str, begun: Instant| {
        lines.push(format!("{name}: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3))
    };
    let begun = Instant::now();
    let sandbox = Sandbox::open(&path)?;
    step("first opening", begun);
    for name in ["first apply", "apply unchanged", "dry run"] {
        let begun = Instant::now();
        let applied = apply(&sandbox, &objects, name == "dry run").await?;
        step(&format!("{name} of {applied} objects"), begun);
    }
    sandbox.close();
    let begun = Instant::now();
    let sandbox = Sandbox::open(&path)?;
    step(&format!("opening {} KiB", std::fs::metadata(&path)?.len() / 1024), begun);
    let begun = Instant::now();
    apply(&sandbox, &objects, false).await?;
    step("apply unchanged after opening", begun);
    let count = 1000;
    let deployments: Vec<Value> = (0..count).map(deployment).collect();
    let begun = Instant::now();
    apply(&sandbox, &deployments, false).await?;
    step(&format!("apply of {count} deployments until ready"), begun);
    let begun = Instant::now();
    apply(&sandbox, &deployments, false).await?;
    step(&format!("apply of {count} deployments unchanged"), begun);
    let begun = Instant::now();
    for index in 0..count {
        let path = format!("/apis/apps/v1/namespaces/default/deployments/d{index}");
        sandbox.client().send(Request::delete(path).body(kube::client::Body::empty())?).await?;
    }
    step(&format!("delete of {count} deployments with all below"), begun);
    std::fs::remove_dir_all(folder)?;
    writeln!(std::io::stdout(), "{}", lines.join("\n"))?;
    Ok(())
}

fn deployment(index: usize) -> Value {
    let name = format!("d{index}");
    serde_json::json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "i:1", "ports": [{"containerPort": 80}]}]},
            },
        },
    })
}

async fn apply(sandbox: &Sandbox, objects: &[Value], dry: bool) -> Result<usize, Box<dyn std::error::Error>> {
    let client = sandbox.client();
    let mut applied = 0;
    for object in objects.iter().filter(|o| o.is_object()) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (text("/apiVersion"), text("/kind").to_lowercase());
        let root = if version.contains('/') { "/apis" } else { "/api" };
        let namespace = match text("/metadata/namespace") {
            "" => String::new(),
            namespace => format!("/namespaces/{namespace}"),
        };
        let plural = if kind.ends_with('s') { format!("{kind}es") } else { format!("{kind}s") };
        let dry = if dry { "&dryRun=All" } else { "" };
        let path = format!(
            "{root}/{version}{namespace}/{plural}/{}?fieldManager=m&force=true{dry}",
            text("/metadata/name")
        );
        let request = Request::patch(path)
            .header("content-type", "application/apply-patch+yaml")
            .body(kube::client::Body::from(serde_json::to_vec(object)?))?;
        applied += usize::from(client.send(request).await?.status().is_success());
    }
    Ok(applied)
}
