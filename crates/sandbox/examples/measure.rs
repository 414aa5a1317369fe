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
    std::fs::remove_dir_all(folder)?;
    writeln!(std::io::stdout(), "{}", lines.join("\n"))?;
    Ok(())
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
