//! What objects must satisfy to be stored.
//!
//! In: an object, and what it replaces. Out: what is wrong, in the real server's words.
//! Source: apimachinery `pkg/api/validation`, kubernetes `pkg/apis/*/validation`.

mod access;
mod admission;
mod configuration;
mod definitions;
mod immutable;
mod limits;
mod metadata;
mod networking;
mod pods;
mod storage;
mod workloads;

pub(crate) use metadata::metadata;

use serde_json::Value;

use crate::catalog::Resource;
use crate::status::Cause;

/// Lists what is wrong with an object of a builtin kind; `live` is what it replaces.
pub(crate) fn builtin(resource: &Resource, value: &Value, live: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let check: fn(&Value, Option<&Value>, &mut Vec<Cause>) =
        match (resource.group.as_str(), resource.plural.as_str()) {
            ("", "pods") => pods::pod,
            ("", "configmaps") => configuration::config_map,
            ("", "secrets") => configuration::secret,
            ("", "services") => networking::service,
            ("", "persistentvolumeclaims") => storage::claim,
            ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets") => workloads::selected,
            ("batch", "jobs") => workloads::job,
            ("batch", "cronjobs") => workloads::cron_job,
            ("networking.k8s.io", "ingresses") => networking::ingress,
            ("networking.k8s.io", "networkpolicies") => networking::policy,
            ("policy", "poddisruptionbudgets") => limits::budget,
            ("autoscaling", "horizontalpodautoscalers") => limits::autoscaler,
            ("scheduling.k8s.io", "priorityclasses") => limits::priority,
            (
                "admissionregistration.k8s.io",
                "validatingwebhookconfigurations" | "mutatingwebhookconfigurations",
            ) => admission::webhooks,
            ("rbac.authorization.k8s.io", "roles" | "clusterroles") => access::role,
            ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => access::binding,
            ("apiextensions.k8s.io", "customresourcedefinitions") => definitions::definition,
            ("storage.k8s.io", "storageclasses") => storage::class,
            _ => return causes,
        };
    check(value, live, &mut causes);
    causes
}

/// The items of a list below a pointer.
fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The text below a pointer, or nothing.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Asks that a text below a pointer is one of those allowed, which are given in order.
fn one_of(value: &Value, field: &str, allowed: &[&str], causes: &mut Vec<Cause>) {
    let found = value.as_str().unwrap_or_default();
    if found.is_empty() {
        causes.push(Cause::required(field, ""));
    } else if !allowed.contains(&found) {
        let allowed: Vec<String> = allowed.iter().map(|a| (*a).to_owned()).collect();
        causes.push(Cause::unsupported(field, value, &allowed));
    }
}
