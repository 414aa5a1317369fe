//! Claims of stateful sets: one for each pod and template, kept when the set goes unless it says otherwise.
//!
//! In: a stateful set. Out: claims, and the volumes of its pods. Refuses to know: how claims are bound.
//!
//! Source: kubernetes `pkg/controller/statefulset/stateful_set_utils.go`: names, labels, and volumes of the same name
//! giving way to claims.

use serde_json::{Value, json};

use super::writer::{CONTROLLER_MANAGER, controlled_by, create, live, replace};
use crate::object;
use crate::state::State;
use crate::store::{Key, Table};

/// Makes the claims of a set's pods that are not there.
pub(super) fn make(state: &mut State, set: &Value, wanted: u64) {
    let claims = Table::new("", "persistentvolumeclaims");
    for template in templates(set) {
        for index in 0..wanted {
            let name = name_of(template, &format!("{}-{index}", object::name(set)));
            if let Some(claim) = live(state, &claims, &Key::new(object::namespace(set), &name)) {
                keep_or_own(state, &claims, &claim, set);
                continue;
            }
            let mut metadata = template["metadata"].clone();
            metadata["name"] = json!(name);
            metadata["namespace"] = json!(object::namespace(set));
            let owners = owners(set);
            if !owners.is_empty() {
                metadata["ownerReferences"] = json!(owners);
            }
            if let Some(labels) = set["spec"]["selector"]["matchLabels"].as_object() {
                for (key, value) in labels {
                    metadata["labels"][key] = value.clone();
                }
            }
            let claim = json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"],
            });
            create(state, &claims, claim, CONTROLLER_MANAGER);
        }
    }
}

/// Makes a claim go with its set, or stay, as the set says now.
fn keep_or_own(state: &mut State, claims: &Table, claim: &Value, set: &Value) {
    let references = claim["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
    let others: Vec<Value> = references.iter().filter(|r| r["uid"] != object::uid(set)).cloned().collect();
    let wanted: Vec<Value> = others.into_iter().chain(owners(set)).collect();
    if wanted.len() != references.len() {
        let mut owned = claim.clone();
        object::set_meta(&mut owned, "ownerReferences", wanted);
        replace(state, claims, owned, CONTROLLER_MANAGER);
    }
}

/// Who takes the claims along when it goes.
fn owners(set: &Value) -> Vec<Value> {
    let policy = &set["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"];
    if policy == "Delete" { vec![controlled_by(set)] } else { Vec::new() }
}

/// The pod's spec with its claims as volumes; as it is where the owner claims nothing.
pub(super) fn with_volumes(owner: &Value, pod: &str) -> Value {
    let mut spec = owner["spec"]["template"]["spec"].clone();
    if templates(owner).is_empty() {
        return spec;
    }
    let claimed = templates(owner).iter().map(|template| {
        json!({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": name_of(template, pod)}})
    });
    let own = spec["volumes"].as_array().cloned().unwrap_or_default();
    let own = own
        .into_iter()
        .filter(|volume| templates(owner).iter().all(|t| t["metadata"]["name"] != volume["name"]));
    spec["volumes"] = claimed.chain(own).collect();
    spec
}

fn templates(owner: &Value) -> &[Value] {
    owner["spec"]["volumeClaimTemplates"].as_array().map_or(&[], Vec::as_slice)
}

fn name_of(template: &Value, pod: &str) -> String {
    format!("{}-{pod}", template["metadata"]["name"].as_str().unwrap_or_default())
}
