//! Pods and the specs of pods in templates.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::metadata::{LABEL, is_label};
use super::{items, one_of, text};
use crate::status::Cause;

/// Source: RFC 6335, service names.
const LONGEST_PORT: usize = 15;

/// A Pod.
pub(super) fn pod(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    spec(&value["spec"], "spec", causes);
    let Some(live) = live else { return };
    if frozen(&value["spec"]) != frozen(&live["spec"])
        && text(live, "/spec/nodeName") == text(value, "/spec/nodeName")
    {
        let detail = "pod updates may not change fields other than \
                      `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
                      `spec.tolerations` (only additions to existing tolerations),\
                      `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        causes.push(Cause::forbidden("spec", detail));
    }
}

/// The part of a pod's spec that stays.
fn frozen(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            container["image"] = Value::Null;
        }
    }
    if let Some(spec) = spec.as_object_mut() {
        for name in ["activeDeadlineSeconds", "tolerations", "initContainers"] {
            if spec.get(name).is_some_and(Value::is_null) || name != "initContainers" {
                spec.shift_remove(name);
            }
        }
    }
    spec
}

/// A pod's spec at a field.
pub(super) fn spec(spec: &Value, field: &str, causes: &mut Vec<Cause>) {
    let volumes = volumes(spec, field, causes);
    let containers = items(spec, "/containers");
    if containers.is_empty() {
        causes.push(Cause::required(format!("{field}.containers"), ""));
    }
    let mut names = HashSet::new();
    for (index, container) in items(spec, "/initContainers").iter().enumerate() {
        self::container(container, &format!("{field}.initContainers[{index}]"), &volumes, &mut names, causes);
    }
    for (index, container) in containers.iter().enumerate() {
        self::container(container, &format!("{field}.containers[{index}]"), &volumes, &mut names, causes);
    }
    if let Some(policy) = spec["restartPolicy"].as_str()
        && !["Always", "OnFailure", "Never"].contains(&policy)
    {
        let allowed = ["Always", "OnFailure", "Never"].map(str::to_owned);
        causes.push(Cause::unsupported(format!("{field}.restartPolicy"), &spec["restartPolicy"], &allowed));
    }
}

fn volumes(spec: &Value, field: &str, causes: &mut Vec<Cause>) -> HashSet<String> {
    let mut names = HashSet::new();
    for (index, volume) in items(spec, "/volumes").iter().enumerate() {
        let field = format!("{field}.volumes[{index}]");
        let name = text(volume, "/name");
        if name.is_empty() {
            causes.push(Cause::required(format!("{field}.name"), ""));
        } else if !is_label(name, false) {
            causes.push(Cause::invalid(format!("{field}.name"), &json!(name), LABEL));
        } else if !names.insert(name.to_owned()) {
            causes.push(Cause::duplicate(format!("{field}.name"), &json!(name)));
        }
    }
    names
}

fn container(
    container: &Value,
    field: &str,
    volumes: &HashSet<String>,
    names: &mut HashSet<String>,
    causes: &mut Vec<Cause>,
) {
    let name = text(container, "/name");
    if name.is_empty() {
        causes.push(Cause::required(format!("{field}.name"), ""));
    } else if !is_label(name, false) {
        causes.push(Cause::invalid(format!("{field}.name"), &json!(name), LABEL));
    }
    if !name.is_empty() && !names.insert(name.to_owned()) {
        causes.push(Cause::duplicate(format!("{field}.name"), &json!(name)));
    }
    if text(container, "/image").is_empty() {
        causes.push(Cause::required(format!("{field}.image"), ""));
    }
    ports(container, field, causes);
    environment(container, field, causes);
    resources(container, field, causes);
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        handler(&container[name], &format!("{field}.{name}"), causes);
    }
    for (index, mount) in items(container, "/volumeMounts").iter().enumerate() {
        let volume = text(mount, "/name");
        let at = format!("{field}.volumeMounts[{index}]");
        if volume.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else if !volumes.contains(volume) {
            causes.push(Cause::not_found(format!("{at}.name"), &json!(volume)));
        }
        if text(mount, "/mountPath").is_empty() {
            causes.push(Cause::required(format!("{at}.mountPath"), ""));
        }
    }
    let policy = &container["imagePullPolicy"];
    one_of(policy, &format!("{field}.imagePullPolicy"), &["Always", "IfNotPresent", "Never"], causes);
}

fn ports(container: &Value, field: &str, causes: &mut Vec<Cause>) {
    for (index, port) in items(container, "/ports").iter().enumerate() {
        let field = format!("{field}.ports[{index}]");
        match port["containerPort"].as_i64().unwrap_or_default() {
            0 => causes.push(Cause::required(format!("{field}.containerPort"), "")),
            1..=65535 => {}
            _ => {
                let detail = "must be between 1 and 65535, inclusive";
                causes.push(Cause::invalid(format!("{field}.containerPort"), &port["containerPort"], detail));
            }
        }
        one_of(&port["protocol"], &format!("{field}.protocol"), &["SCTP", "TCP", "UDP"], causes);
    }
}

fn environment(container: &Value, field: &str, causes: &mut Vec<Cause>) {
    for (index, variable) in items(container, "/env").iter().enumerate() {
        let field = format!("{field}.env[{index}]");
        if text(variable, "/name").is_empty() {
            causes.push(Cause::required(format!("{field}.name"), ""));
        }
        if !text(variable, "/value").is_empty() && variable["valueFrom"].is_object() {
            let detail = "may not be specified when `value` is not empty";
            causes.push(Cause::invalid(format!("{field}.valueFrom"), &json!(""), detail));
        }
    }
}

/// The lists of what is asked for and of what is allowed, which may not be less.
fn resources(container: &Value, field: &str, causes: &mut Vec<Cause>) {
    let amounts = |side: &str| container["resources"][side].as_object();
    for (name, asked) in amounts("requests").into_iter().flatten() {
        let Some(limit) = amounts("limits").and_then(|limits| limits.get(name)) else { continue };
        if crate::builtin::is_more(asked, limit) {
            let limit = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(Cause::invalid(format!("{field}.resources.requests"), asked, detail));
        }
    }
}

/// What a probe does: one thing.
fn handler(probe: &Value, field: &str, causes: &mut Vec<Cause>) {
    if probe.is_null() {
        return;
    }
    let mut known = 0;
    for name in ["exec", "httpGet", "tcpSocket", "grpc"].into_iter().filter(|name| !probe[*name].is_null()) {
        known += 1;
        if known > 1 {
            causes.push(Cause::forbidden(
                format!("{field}.{name}"),
                "may not specify more than 1 handler type",
            ));
            continue;
        }
        let port = &probe[name]["port"];
        if port.as_str().is_some_and(|port| port.len() > LONGEST_PORT) {
            let detail = "must be no more than 15 characters";
            causes.push(Cause::invalid(format!("{field}.{name}.port"), port, detail));
        }
    }
    if known == 0 {
        causes.push(Cause::required(field, "must specify a handler type"));
    }
}
