//! Configurations of admission webhooks.

use serde_json::Value;

use super::items;
use crate::status::Cause;

/// A ValidatingWebhookConfiguration or MutatingWebhookConfiguration.
pub(super) fn webhooks(value: &Value, _live: Option<&Value>, causes: &mut Vec<Cause>) {
    for (index, webhook) in items(value, "/webhooks").iter().enumerate() {
        let field = |name: &str| format!("webhooks[{index}].{name}");
        if items(webhook, "/admissionReviewVersions").is_empty() {
            let detail = "must specify one of v1, v1beta1";
            causes.push(Cause::required(field("admissionReviewVersions"), detail));
        }
        let allowed = ["None", "NoneOnDryRun"];
        match webhook["sideEffects"].as_str() {
            None => {
                let detail = "must specify one of None, NoneOnDryRun";
                causes.push(Cause::required(field("sideEffects"), detail));
            }
            Some(found) if !allowed.contains(&found) => {
                let allowed = allowed.map(str::to_owned);
                causes.push(Cause::unsupported(field("sideEffects"), &webhook["sideEffects"], &allowed));
            }
            Some(_) => {}
        }
        let seconds = &webhook["timeoutSeconds"];
        if seconds.as_i64().is_some_and(|seconds| !(1..=30).contains(&seconds)) {
            let detail = "the timeout value must be between 1 and 30 seconds";
            causes.push(Cause::invalid(field("timeoutSeconds"), seconds, detail));
        }
    }
}
