//! Taking over objects that were applied on the client side (`kubectl apply` without `--server-side`).
//!
//! In: a live object. Out: the patch that turns what such tools declared into what we declare, so that fields
//! which leave the manifests leave the object too. Refuses to touch what controllers declare.
//! Source: client-go `util/csaupgrade`; kubernetes/kubernetes issue 99003.

use serde_json::{Map, Value, json};

use crate::desired::FIELD_MANAGER;
use crate::diff;
use crate::managed_fields::{self, entries};

/// Managers under which client-side tools wrote.
const CLIENT_SIDE: [&str; 3] = ["kubectl-client-side-apply", "kubectl-create", "before-first-apply"];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// True where a client-side tool declared fields of the object.
pub(crate) fn is_due(live: &Value) -> bool {
    entries(live).iter().any(is_client_side)
}

/// The patch (RFC 6902) that takes the object over, valid for exactly this version of it.
pub(crate) fn patch(live: &Value) -> Value {
    let (theirs, mut others): (Vec<Value>, Vec<Value>) =
        entries(live).iter().cloned().partition(is_client_side);
    let is_ours = |entry: &Value| {
        entry["manager"] == FIELD_MANAGER
            && entry["operation"] == "Apply"
            && entry.get("subresource").is_none()
    };
    let ours = others.iter().position(is_ours).map(|place| others.remove(place));
    let mut fields = ours.as_ref().map_or_else(|| json!({}), |entry| entry["fieldsV1"].clone());
    let version = ours.as_ref().or(theirs.first()).map_or(Value::Null, |entry| entry["apiVersion"].clone());
    // Declarations in another version of the kind name other fields; they are dropped, as nobody renews them.
    for entry in theirs.iter().filter(|entry| entry["apiVersion"] == version) {
        unite(&mut fields, &entry["fieldsV1"]);
    }
    if let Some(annotations) = fields.pointer_mut("/f:metadata/f:annotations").and_then(Value::as_object_mut)
    {
        annotations.shift_remove(&format!("f:{LAST_APPLIED}"));
    }
    others.push(json!({
        "manager": FIELD_MANAGER, "operation": "Apply", "apiVersion": version,
        "fieldsType": "FieldsV1", "fieldsV1": fields,
    }));
    let mut operations = vec![
        json!({"op": "replace", "path": "/metadata/managedFields", "value": others}),
        // The server refuses the patch where the object moved meanwhile.
        json!({"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}),
    ];
    if live["metadata"]["annotations"].get(LAST_APPLIED).is_some() {
        let path = format!("/metadata/annotations/{}", LAST_APPLIED.replace('/', "~1"));
        operations.push(json!({"op": "remove", "path": path}));
    }
    Value::Array(operations)
}

/// What the server would store once an object is taken over. A dry-run cannot know that: before it is taken over, nobody
/// who applies it declares what leaves it. What client-side tools declared last is noted on the object.
pub(crate) fn foresee(live: &Value, planned: &Value, desired: &Value) -> Value {
    let mut foreseen = planned.clone();
    let noted = live["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or_default();
    let Ok(declared) = serde_json::from_str::<Value>(noted) else { return foreseen };
    let is_taken_over =
        |manager: &String| manager == FIELD_MANAGER || CLIENT_SIDE.contains(&manager.as_str());
    for path in diff::missing(&declared, desired) {
        if managed_fields::owners(live, &path).iter().all(is_taken_over) {
            diff::remove(&mut foreseen, &path);
        }
    }
    foreseen
}

fn is_client_side(entry: &Value) -> bool {
    let manager = entry["manager"].as_str().unwrap_or_default();
    entry["operation"] == "Update" && entry.get("subresource").is_none() && CLIENT_SIDE.contains(&manager)
}

/// Adds the declarations of one tree to another.
fn unite(fields: &mut Value, more: &Value) {
    let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) else { return };
    for (key, value) in more {
        unite(fields.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_united_and_the_annotation_goes() {
        let live = json!({"metadata": {"resourceVersion": "7", "annotations": {LAST_APPLIED: "{}"}, "managedFields": [
            {"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "fieldsV1": {
                "f:metadata": {"f:annotations": {".": {}, format!("f:{LAST_APPLIED}"): {}}}, "f:data": {"f:a": {}}}},
            {"manager": "hub", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:b": {}}}},
            {"manager": "controller", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:c": {}}}}]}});
        assert!(is_due(&live));
        let patch = patch(&live);
        assert_eq!(patch[1]["value"], "7");
        assert_eq!(
            patch[2]["path"],
            "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"
        );
        let entries = patch[0]["value"].as_array().expect("a list");
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1]["fieldsV1"]["f:data"], json!({"f:b": {}, "f:a": {}}));
        assert_eq!(entries[1]["fieldsV1"]["f:metadata"]["f:annotations"], json!({".": {}}));
    }

    #[test]
    fn what_leaves_with_the_takeover_is_foreseen() {
        let declared = json!({"metadata": {"name": "a"}, "data": {"kept": "1", "gone": "2", "shared": "3"},
            "spec": {"containers": [{"name": "a", "image": "x", "tty": true}, {"name": "b"}]}})
        .to_string();
        let live = json!({"metadata": {"name": "a", "annotations": {LAST_APPLIED: declared}, "managedFields": [
            {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {
                "f:data": {".": {}, "f:kept": {}, "f:gone": {}, "f:shared": {}}}},
            {"manager": "controller", "operation": "Update", "fieldsV1": {"f:data": {"f:shared": {}}}}]}});
        let planned = json!({"data": {"kept": "1", "gone": "2", "shared": "3", "default": "4"},
            "spec": {"containers": [{"name": "b"}, {"name": "a", "image": "x", "tty": true, "other": 1}]}});
        let desired = json!({"metadata": {"name": "a"}, "data": {"kept": "1"}, "spec": {"containers": [{"name": "a", "image": "x"}]}});
        assert_eq!(
            foresee(&live, &planned, &desired),
            json!({"data": {"kept": "1", "shared": "3", "default": "4"},
                "spec": {"containers": [{"name": "a", "image": "x", "other": 1}]}})
        );
    }

    #[test]
    fn others_are_left_alone() {
        let live = json!({"metadata": {"managedFields": [{"manager": "kubectl-client-side-apply", "operation": "Update", "subresource": "status"},
            {"manager": "kube-controller-manager", "operation": "Update"}]}});
        assert!(!is_due(&live));
    }
}
