//! CustomResourceDefinitions.

use serde_json::{Value, json};

use super::{immutable, items, one_of, text};
use crate::object;
use crate::status::Cause;

/// A CustomResourceDefinition.
pub(super) fn definition(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    let expected = format!("{}.{}", text(value, "/spec/names/plural"), text(value, "/spec/group"));
    if object::name(value) != expected {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &json!(object::name(value)), detail));
    }
    if text(value, "/spec/group").is_empty() {
        causes.push(Cause::required("spec.group", ""));
    }
    one_of(&value["spec"]["scope"], "spec.scope", &["Cluster", "Namespaced"], causes);
    for name in ["plural", "kind"] {
        if text(value, &format!("/spec/names/{name}")).is_empty() {
            causes.push(Cause::required(format!("spec.names.{name}"), ""));
        }
    }
    versions(value, causes);
    let established = live.filter(|live| {
        items(live, "/status/conditions").iter().any(|c| c["type"] == "Established" && c["status"] == "True")
    });
    for pointer in ["/spec/scope", "/spec/group", "/spec/names/plural", "/spec/names/kind"] {
        immutable::keep(value, established, pointer, causes);
    }
}

fn versions(value: &Value, causes: &mut Vec<Cause>) {
    let versions = items(value, "/spec/versions");
    let storing = versions.iter().filter(|v| v["storage"] == true).count();
    if storing != 1 {
        let shown: Vec<Value> = versions.iter().map(internal).collect();
        let detail = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &json!(shown), detail));
    }
    for (index, version) in versions.iter().enumerate() {
        let schema = version.pointer("/schema/openAPIV3Schema");
        if schema.is_none_or(Value::is_null) {
            causes.push(Cause::required(format!("spec.versions[{index}].schema.openAPIV3Schema"), ""));
        } else if schema.and_then(|s| s["type"].as_str()) != Some("object") {
            let field = format!("spec.versions[{index}].schema.openAPIV3Schema.type");
            let found = schema.map(|s| s["type"].clone()).unwrap_or_default();
            if found.is_null() {
                causes.push(Cause::required(field, "must not be empty at the root"));
            } else {
                causes.push(Cause::invalid(field, &found, "must be object at the root"));
            }
        }
    }
    if items(value, "/status/storedVersions").is_empty() {
        causes.push(Cause::invalid(
            "status.storedVersions",
            &Value::Null,
            "must have at least one stored version",
        ));
    }
}

/// A version as the server's internal type prints it.
fn internal(version: &Value) -> Value {
    json!({
        "Name": version["name"], "Served": version["served"] == true, "Storage": version["storage"] == true,
        "Deprecated": version["deprecated"] == true, "DeprecationWarning": null, "Schema": null, "Subresources": null,
        "AdditionalPrinterColumns": null, "SelectableFields": null,
    })
}
