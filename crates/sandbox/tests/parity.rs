//! The same requests, the same answers: `parity/<scenario>.yaml` holds requests, `<scenario>.answers.json` what the real
//! API server answered (uids, times and revisions masked). The sandbox must answer the same, save for the differences
//! that `parity/accepted.yaml` lists with a reason each.
//!
//! To record anew: `kubectl proxy --port=8001 & HUB_SANDBOX_RECORD=http://127.0.0.1:8001 cargo test --test parity`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use futures::AsyncBufReadExt;
use futures::io::AsyncReadExt;
use http::Request;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What the step shows; unique in its file.
    name: String,
    /// Method and path with query.
    request: String,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    accept: Option<String>,
    #[serde(default)]
    body: Option<Value>,
    /// A body that is sent as it is.
    #[serde(default)]
    text: Option<String>,
    /// JSON pointers and the values that the real server's controllers bring about after a while.
    #[serde(default)]
    until: BTreeMap<String, Value>,
    /// Reads the answer as a stream of so many events.
    #[serde(default)]
    events: Option<usize>,
    /// JSON pointers of what is left out of the comparison.
    #[serde(default)]
    ignore: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    name: String,
    code: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    body: Value,
}

#[derive(Debug, Deserialize)]
struct Accepted {
    scenario: String,
    step: String,
    pointer: String,
    #[allow(dead_code, reason = "for readers of the file")]
    reason: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity")
}

fn scenarios() -> Vec<(String, Vec<Step>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "yaml") && name != "accepted" {
            let text = std::fs::read_to_string(&path).expect("readable");
            let steps = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            found.push((name, steps));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Plays a scenario; `patience` is how long to wait for what controllers bring about.
async fn play(client: &kube::Client, steps: &[Step], patience: Duration) -> Vec<Answer> {
    let mut raw: BTreeMap<String, Value> = BTreeMap::new();
    let mut answers = Vec::new();
    for step in steps {
        let begun = std::time::Instant::now();
        let (code, warnings, body) = loop {
            let (code, warnings, body) = ask(client, step, &raw).await;
            let done = step.until.iter().all(|(pointer, wanted)| match wanted {
                Value::String(text) if text == "*" => body.pointer(pointer).is_some(),
                wanted => body.pointer(pointer).unwrap_or(&Value::Null) == wanted,
            });
            if done || begun.elapsed() >= patience {
                break (code, warnings, body);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        raw.insert(step.name.clone(), body.clone());
        let mut body = body;
        mask(&mut body);
        for pointer in &step.ignore {
            remove(&mut body, pointer);
        }
        answers.push(Answer { name: step.name.clone(), code, warnings, body });
    }
    answers
}

async fn ask(
    client: &kube::Client,
    step: &Step,
    earlier: &BTreeMap<String, Value>,
) -> (u16, Vec<String>, Value) {
    let (method, path) = step.request.split_once(' ').expect("a method and a path");
    let path = fill(path, earlier);
    let body = match (&step.text, &step.body) {
        (Some(text), _) => text.clone(),
        (None, Some(body)) => fill(&body.to_string(), earlier),
        (None, None) => String::new(),
    };
    let mut request = Request::builder().method(method).uri(path).header("user-agent", "parity/1.0");
    request = request.header("accept", step.accept.as_deref().unwrap_or("application/json"));
    if !body.is_empty() {
        request = request.header("content-type", step.content_type.as_deref().unwrap_or("application/json"));
    }
    let request = request.body(kube::client::Body::from(body.into_bytes())).expect("a request");
    let response = client.send(request).await.expect("an answer");
    let code = response.status().as_u16();
    let warnings = response.headers().get_all("warning").iter();
    let warnings = warnings.filter_map(|w| w.to_str().ok().map(str::to_owned)).collect();
    let mut reader = Box::pin(futures::TryStreamExt::into_async_read(futures::TryStreamExt::map_err(
        http_body_util::BodyDataStream::new(response.into_body()),
        std::io::Error::other,
    )));
    if let Some(count) = step.events.filter(|_| code == 200) {
        let mut lines = futures::io::BufReader::new(reader).lines();
        let mut events = Vec::new();
        while events.len() < count {
            match futures::StreamExt::next(&mut lines).await {
                Some(Ok(line)) => events.push(serde_json::from_str(&line).expect("an event")),
                _ => break,
            }
        }
        return (code, warnings, Value::Array(events));
    }
    let mut text = String::new();
    reader.read_to_string(&mut text).await.expect("a body");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (code, warnings, body)
}

/// Fills `${step:/pointer}` from earlier answers.
fn fill(text: &str, earlier: &BTreeMap<String, Value>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${") {
        let (name, after) = tail.split_once('}').expect("a closing brace");
        let (step, pointer) = name.split_once(':').expect("a step and a pointer");
        let value = earlier.get(step).and_then(|a| a.pointer(pointer)).cloned().unwrap_or_default();
        out.push_str(before);
        out.push_str(value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str());
        rest = after;
    }
    out + rest
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.shift_remove(last)),
        Some(Value::Array(items)) => {
            if let Ok(at) = last.parse::<usize>()
                && at < items.len()
            {
                items.remove(at);
            }
        }
        _ => {}
    }
}

static UID: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").expect("a regex")
});

/// Replaces what differs from run to run.
fn mask(value: &mut Value) {
    const TIMES: [&str; 10] = [
        "creationTimestamp",
        "deletionTimestamp",
        "time",
        "lastTransitionTime",
        "lastUpdateTime",
        "startTime",
        "completionTime",
        "lastProbeTime",
        "startedAt",
        "lastPhaseTransitionTime",
    ];
    match value {
        Value::Object(fields) => {
            // writes of one second are listed in the order of their managers, so that the clock matters
            if let Some(Value::Array(entries)) = fields.get_mut("managedFields") {
                let key = |e: &Value| ["operation", "manager", "subresource"].map(|name| e[name].to_string());
                entries.sort_by_key(key);
            }
            // the real server lists conflicts in the order of a Go map
            if let Some(Value::Array(causes)) = fields.get_mut("causes") {
                causes.sort_by_key(Value::to_string);
            }
            let names: Vec<String> =
                fields.keys().filter(|name| name.starts_with("k:{\"uid\"")).cloned().collect();
            for name in names {
                let child = fields.shift_remove(&name).unwrap_or_default();
                fields.insert("k:{\"uid\":\"<uid>\"}".into(), child);
            }
            for (name, child) in fields.iter_mut() {
                match child {
                    Value::String(_) if TIMES.contains(&name.as_str()) => *child = json!("<time>"),
                    Value::String(text) if name == "resourceVersion" && !text.is_empty() => {
                        *child = json!("<revision>")
                    }
                    Value::String(_) if name == "continue" => *child = json!("<continue>"),
                    _ => mask(child),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::String(text) => {
            *text = UID.replace_all(text, "<uid>").into_owned();
        }
        _ => {}
    }
}

/// Lists the JSON pointers at which two values differ.
fn differences(pointer: &str, wanted: &Value, found: &Value, out: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let below = format!("{pointer}/{name}");
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => differences(&below, a, b, out),
                    (Some(a), None) => out.push(format!("{below}: missing, wanted {}", brief(a))),
                    (_, b) => out.push(format!("{below}: too much: {}", brief(b.unwrap_or(&Value::Null)))),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{pointer}/{index}"), a, b, out);
            }
        }
        (a, b) if a != b => out.push(format!("{pointer}: wanted {}, found {}", brief(a), brief(b))),
        _ => {}
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 1200 {
        format!("{}…", text.chars().take(1200).collect::<String>())
    } else {
        text
    }
}

fn client_of(url: &str) -> kube::Client {
    kube::Client::try_from(kube::Config::new(url.parse().expect("a URL"))).expect("a client")
}

#[tokio::test]
async fn the_sandbox_answers_as_the_real_server_does() {
    let only = std::env::var("HUB_SANDBOX_ONLY").ok();
    let record = std::env::var("HUB_SANDBOX_RECORD").ok();
    let accepted: Vec<Accepted> =
        serde_yaml::from_str(&std::fs::read_to_string(folder().join("accepted.yaml")).expect("readable"))
            .expect("a list of accepted differences");
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, steps) in scenarios() {
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let file = folder().join(format!("{name}.answers.json"));
        if let Some(url) = &record {
            let answers = play(&client_of(url), &steps, Duration::from_secs(90)).await;
            let text = serde_json::to_string_pretty(&answers).expect("JSON");
            std::fs::write(&file, text + "\n").expect("writable");
        }
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{name} has no recorded answers"));
        let recorded: Vec<Answer> = serde_json::from_str(&text).expect("recorded answers");
        let sandbox = hub_sandbox::Sandbox::in_memory();
        let answers = play(&sandbox.client(), &steps, Duration::ZERO).await;
        assert_eq!(recorded.len(), answers.len(), "{name} was recorded with other steps");
        for (wanted, found) in recorded.iter().zip(&answers) {
            count += 1;
            let mut lines = Vec::new();
            let whole = |a: &Answer| json!({"code": a.code, "warnings": a.warnings, "body": a.body});
            if wanted.code == found.code {
                differences("", &whole(wanted), &whole(found), &mut lines);
            } else {
                lines.push(format!(
                    "/code: wanted {}, found {}",
                    brief(&whole(wanted)),
                    brief(&whole(found))
                ));
            }
            lines.retain(|line| {
                let pointer = line.split(": ").next().unwrap_or_default();
                !accepted.iter().any(|a| {
                    (a.scenario == name || a.scenario == "*")
                        && (a.step == wanted.name || a.step == "*")
                        && (a.pointer == pointer
                            || a.pointer.strip_suffix('*').is_some_and(|p| pointer.starts_with(p)))
                })
            });
            failures.extend(lines.into_iter().map(|line| format!("{name} / {}: {line}", wanted.name)));
        }
    }
    assert!(
        failures.is_empty(),
        "{} differences in {count} answers:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
