//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{immutable, items, one_of, pods, text};
use crate::request::LabelSelector;
use crate::status::Cause;

/// A workload with a selector and a template of pods that always restart.
pub(super) fn selected(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &value["spec"];
    not_negative(spec, "replicas", causes);
    not_negative(spec, "minReadySeconds", causes);
    not_negative(spec, "revisionHistoryLimit", causes);
    let selector = &spec["selector"];
    if selector.is_null() {
        causes.push(Cause::required("spec.selector", ""));
    } else if empty(selector) {
        causes.push(Cause::invalid("spec.selector", selector, "empty selector is invalid for deployment"));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let chosen =
        !selector.is_null() && !empty(selector) && LabelSelector::of_object(selector).matches_labels(labels);
    if !chosen {
        let detail = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", labels, detail));
    }
    template(spec, &["Always"], causes);
    if text(value, "/kind") == "StatefulSet" {
        return stateful(value, live, causes);
    }
    let strategy = &spec["strategy"];
    if strategy["type"] == "Recreate" && !strategy["rollingUpdate"].is_null() {
        let detail = "may not be specified when strategy `type` is 'Recreate'";
        causes.push(Cause::forbidden("spec.strategy.rollingUpdate", detail));
    }
    immutable::keep(value, live, "/spec/selector", causes);
}

fn empty(selector: &Value) -> bool {
    let labels = selector["matchLabels"].as_object().is_none_or(serde_json::Map::is_empty);
    labels && items(selector, "/matchExpressions").is_empty()
}

fn stateful(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    const MAY_CHANGE: [&str; 8] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
        "podManagementPolicy",
    ];
    let Some(live) = live else { return };
    let fixed = |object: &Value| {
        let mut spec = object["spec"].as_object().cloned().unwrap_or_default();
        spec.retain(|name, _| !MAY_CHANGE[..7].contains(&name.as_str()));
        spec
    };
    if fixed(value) != fixed(live) {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                      'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                      'minReadySeconds' are forbidden";
        causes.push(Cause::forbidden("spec", detail));
    }
}

/// A Job.
pub(super) fn job(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &value["spec"];
    for name in
        ["parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"]
    {
        not_negative(spec, name, causes);
    }
    job_template(spec, "spec", causes);
    let template = ["/spec/template/metadata", "/spec/template/spec"];
    for pointer in ["/spec/selector", "/spec/completionMode"].into_iter().chain(template) {
        immutable::keep(value, live, pointer, causes);
    }
    if spec["completionMode"] != "Indexed" {
        immutable::keep(value, live, "/spec/completions", causes);
    }
}

/// A CronJob.
pub(super) fn cron_job(value: &Value, _live: Option<&Value>, causes: &mut Vec<Cause>) {
    schedule(text(value, "/spec/schedule"), causes);
    let policies = ["Allow", "Forbid", "Replace"];
    one_of(&value["spec"]["concurrencyPolicy"], "spec.concurrencyPolicy", &policies, causes);
    job_template(&value["spec"]["jobTemplate"]["spec"], "spec.jobTemplate.spec", causes);
}

/// Five fields, or a name such as `@daily`. Source: `robfig/cron/v3`, `ParseStandard`.
fn schedule(text: &str, causes: &mut Vec<Cause>) {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if text.is_empty() {
        causes.push(Cause::required("spec.schedule", ""));
    } else if !text.starts_with('@') && fields.len() != 5 {
        let (count, fields) = (fields.len(), fields.join(" "));
        let detail = format!("expected exactly 5 fields, found {count}: [{fields}]");
        causes.push(Cause::invalid("spec.schedule", &json!(text), detail));
    }
}

fn job_template(spec: &Value, field: &str, causes: &mut Vec<Cause>) {
    pods::spec(&spec["template"]["spec"], &format!("{field}.template.spec"), causes);
    let policy = &spec["template"]["spec"]["restartPolicy"];
    if policy == "Always" {
        let detail = "valid values: \"OnFailure\", \"Never\"";
        causes.push(Cause::required(format!("{field}.template.spec.restartPolicy"), detail));
    }
}

fn not_negative(spec: &Value, name: &str, causes: &mut Vec<Cause>) {
    if spec[name].as_i64().is_some_and(|number| number < 0) {
        causes.push(Cause::invalid(
            format!("spec.{name}"),
            &spec[name],
            "must be greater than or equal to 0",
        ));
    }
}

fn template(spec: &Value, policies: &[&str], causes: &mut Vec<Cause>) {
    let template = &spec["template"];
    super::metadata::labels(template.pointer("/metadata/labels"), "spec.template.labels", causes);
    pods::spec(&with_claims(&template["spec"], spec), "spec.template.spec", causes);
    let policy = &template["spec"]["restartPolicy"];
    if policy.as_str().is_some_and(|p| !policies.contains(&p)) {
        let allowed: Vec<String> = policies.iter().map(|p| (*p).to_owned()).collect();
        causes.push(Cause::unsupported("spec.template.spec.restartPolicy", &json!(policy), &allowed));
    }
}

/// A template's pod with the volumes that a StatefulSet's claims become.
fn with_claims<'a>(pod: &'a Value, spec: &Value) -> Cow<'a, Value> {
    let claims = items(spec, "/volumeClaimTemplates");
    if claims.is_empty() {
        return Cow::Borrowed(pod);
    }
    let claimed = claims.iter().map(|claim| json!({"name": text(claim, "/metadata/name")}));
    let own = items(pod, "/volumes").iter();
    // A claim takes the place of a volume of the same name.
    let own = own.filter(|v| claims.iter().all(|c| c["metadata"]["name"] != v["name"])).cloned();
    let mut pod = pod.clone();
    pod["volumes"] = own.chain(claimed).collect();
    Cow::Owned(pod)
}
