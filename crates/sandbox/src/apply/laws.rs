//! What holds for any applies of any managers.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{ApplyError, FieldManager};
use crate::builtin;
use crate::fields::FieldSet;
use crate::schema::builtin::line;
use crate::typed::{compare, merge};

const MANAGERS: [&str; 3] = ["one", "two", "three"];

/// A Service as someone may apply it: some labels, some ports, some fields.
fn config() -> impl Strategy<Value = Value> {
    let labels = prop::collection::btree_map("[a-c]", "[x-z]", 0..3);
    let port = (1_u16..5, prop::sample::select(vec!["TCP", "UDP"]), prop::option::of(1_u16..4));
    let ports = prop::collection::vec(port, 0..4);
    let affinity = prop::option::of(prop::sample::select(vec!["None", "ClientIP"]));
    let finalizers = prop::collection::btree_set("[p-r]", 0..3);
    (labels, ports, affinity, finalizers).prop_map(|(labels, ports, affinity, finalizers)| {
        let mut seen = std::collections::HashSet::new();
        let ports: Vec<Value> = ports
            .into_iter()
            .filter(|(port, protocol, _)| seen.insert((*port, *protocol)))
            .map(|(port, protocol, target)| {
                let mut item = json!({"port": port, "protocol": protocol});
                if let Some(target) = target {
                    item["targetPort"] = json!(target);
                }
                item
            })
            .collect();
        let mut metadata = Map::from_iter([("name".to_owned(), json!("s"))]);
        let mut spec = Map::new();
        if !labels.is_empty() {
            metadata.insert("labels".into(), json!(labels));
        }
        if !finalizers.is_empty() {
            metadata.insert("finalizers".into(), json!(finalizers));
        }
        if !ports.is_empty() {
            spec.insert("ports".into(), json!(ports));
        }
        if let Some(affinity) = affinity {
            spec.insert("sessionAffinity".into(), json!(affinity));
        }
        let mut config = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata});
        if !spec.is_empty() {
            config["spec"] = Value::Object(spec);
        }
        config
    })
}

fn apply(live: Option<&Value>, config: &Value, manager: &str, force: bool) -> Result<Value, ApplyError> {
    let schema = line("core.v1.Service").expect("recorded").schema();
    let empty = builtin::empty(Some(schema), "v1", "Service");
    let versions = |wanted: &str| (wanted == "v1").then_some(schema);
    let fields = FieldManager {
        versions: &versions,
        api_version: "v1",
        kind: "Service",
        subresource: "",
        ignored: &FieldSet::default(),
        empty: &empty,
        now: "2024-01-01T00:00:00Z",
    };
    fields.apply(live, config, manager, force).map(|(value, _)| value)
}

/// Tells whether everything that a configuration says is so in the object.
fn holds(config: &Value, object: &Value) -> bool {
    let schema = line("core.v1.Service").expect("recorded").schema();
    let merged = merge(schema, Some(object), Some(config)).expect("something");
    let difference = compare(schema, object, &merged);
    difference.added.is_empty() && difference.modified.is_empty() && difference.removed.is_empty()
}

proptest! {
    #[test]
    fn what_is_applied_last_by_force_holds(steps in prop::collection::vec((config(), 0..3_usize), 1..6)) {
        let mut live: Option<Value> = None;
        for (config, manager) in &steps {
            let next = apply(live.as_ref(), config, MANAGERS[*manager], true).expect("forced");
            prop_assert!(holds(config, &next), "{config} in {next}");
            live = Some(next);
        }
    }

    #[test]
    fn applying_twice_changes_nothing(first in config(), second in config()) {
        let live = apply(None, &first, "one", false).expect("the first has no conflicts");
        let live = apply(Some(&live), &second, "two", true).expect("forced");
        let again = apply(Some(&live), &second, "two", false).expect("own fields are no conflict");
        prop_assert_eq!(live, again);
    }

    #[test]
    fn applying_nothing_takes_back_what_nobody_else_wants(mine in config(), theirs in config()) {
        let nothing = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}});
        let alone = apply(None, &theirs, "two", false).expect("the first has no conflicts");
        let both = apply(Some(&alone), &mine, "one", true).expect("forced");
        let back = apply(Some(&both), &nothing, "one", false).expect("nothing conflicts with nothing");
        // fields that were taken over by force are given up with the rest, all others stay
        let kept = apply(Some(&both), &theirs, "two", true).expect("forced");
        prop_assert!(holds(&theirs, &kept));
        let entries = back.pointer("/metadata/managedFields").and_then(Value::as_array).cloned().unwrap_or_default();
        prop_assert!(entries.iter().all(|e| e["manager"] != "one"), "{back}");
    }

    #[test]
    fn a_conflict_changes_nothing_and_names_its_fields(mine in config(), theirs in config()) {
        let live = apply(None, &theirs, "two", false).expect("the first has no conflicts");
        match apply(Some(&live), &mine, "one", false) {
            Ok(next) => prop_assert!(holds(&theirs, &next) && holds(&mine, &next)),
            Err(ApplyError::Conflict { causes, .. }) => {
                prop_assert!(!causes.is_empty());
                prop_assert!(!holds(&mine, &live));
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }
}
