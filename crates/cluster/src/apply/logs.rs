//! The last lines of containers that fail.
//!
//! In: pods. Out: lines, each with its pod and container. What may not be read, or is not there any more, is left out:
//! logs explain a failure that is reported anyway. Refuses to judge pods.

use http::Method;
use serde_json::Value;

use super::run::Run;
use crate::cluster::discovery::segment;
use crate::cluster::request::{ACCEPT_ANY, Call};
use crate::cluster::transient::Patience;

/// Most containers whose lines are told.
const MOST_CONTAINERS: usize = 3;
/// Most lines of each.
const MOST_LINES: usize = 10;
/// Longer lines are cut.
const LONGEST: usize = 300;

/// A container that fails, and whether its former run is the one to read.
struct Failing {
    namespace: String,
    pod: String,
    container: String,
    previous: bool,
}

impl Run<'_> {
    /// Reads the last lines of the containers that fail.
    pub(super) async fn last_lines(&self, pods: &[Value]) -> Vec<String> {
        let failing: Vec<Failing> = pods.iter().flat_map(failing).take(MOST_CONTAINERS).collect();
        let mut found = Vec::new();
        for one in failing {
            let Failing { namespace, pod, container, previous } = &one;
            let path = format!(
                "/api/v1/namespaces/{}/pods/{}/log?container={}&tailLines={MOST_LINES}&previous={previous}",
                segment(namespace),
                segment(pod),
                segment(container)
            );
            let call = Call { method: Method::GET, ..Call::get(path) }.accept(ACCEPT_ANY);
            let Ok(bytes) = self.cluster.send(&call, Patience::ONCE).await else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            for line in &lines[lines.len().saturating_sub(MOST_LINES)..] {
                let line: String = line.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
                found.push(format!("{pod}/{container}: {}", self.mask.text(&line)));
            }
        }
        found
    }
}

/// The containers of a pod that ended badly, or run and are not ready.
fn failing(pod: &Value) -> Vec<Failing> {
    let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
    let lists = ["/status/initContainerStatuses", "/status/containerStatuses"];
    let statuses = lists.into_iter().filter_map(|list| pod.pointer(list)?.as_array()).flatten();
    statuses
        .filter_map(|status| {
            let state = &status["state"];
            let ended =
                |state: &Value| state["terminated"]["exitCode"].as_i64().is_some_and(|code| code != 0);
            // Between two tries there is nothing but the former run to read.
            let previous = state.get("waiting").is_some() && status["lastState"].get("terminated").is_some();
            let unready = state.get("running").is_some() && status["ready"] == false;
            (previous || ended(state) || unready).then(|| Failing {
                namespace: text("/metadata/namespace"),
                pod: text("/metadata/name"),
                container: status["name"].as_str().unwrap_or_default().to_string(),
                previous,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn containers_that_crash_or_do_not_get_ready_are_read() {
        let pod = json!({"metadata": {"name": "p", "namespace": "n"}, "status": {
            "initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 0}}, "ready": true}],
            "containerStatuses": [
                {"name": "loop", "ready": false, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}},
                {"name": "slow", "ready": false, "state": {"running": {}}},
                {"name": "fine", "ready": true, "state": {"running": {}}},
                {"name": "pulling", "ready": false, "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}});
        let found = failing(&pod);
        let told: Vec<_> = found.iter().map(|one| (one.container.as_str(), one.previous)).collect();
        assert_eq!(told, [("loop", true), ("slow", false)]);
    }
}
