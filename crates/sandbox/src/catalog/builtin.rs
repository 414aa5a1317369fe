//! The builtin resources, from the recorded facts.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::resource::{Column, Resource, Source};
use crate::schema::builtin;

/// All builtin resources in discovery order.
pub(super) static RESOURCES: LazyLock<Vec<Arc<Resource>>> = LazyLock::new(|| {
    let facts: Vec<Value> =
        serde_json::from_str(include_str!("../../data/resources.json")).expect("the recorded facts are JSON");
    facts.iter().map(|fact| Arc::new(read(fact))).collect()
});

fn read(fact: &Value) -> Resource {
    let text = |name: &str| fact[name].as_str().unwrap_or_default().to_owned();
    let kind = fact["responseKind"]["kind"].as_str().unwrap_or_default().to_owned();
    let (group, version) = (text("group"), text("version"));
    let line = builtin::kind(&group, &version, &kind);
    Resource {
        plural: text("resource"),
        singular: text("singularResource"),
        list_kind: format!("{kind}List"),
        namespaced: fact["scope"] == "Namespaced",
        verbs: strings(&fact["verbs"]),
        short_names: strings(&fact["shortNames"]),
        categories: strings(&fact["categories"]),
        subresources: fact["subresources"].as_array().cloned().unwrap_or_default(),
        columns: fact["columns"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .map(column)
            .collect(),
        source: Source::Builtin(line),
        group,
        version,
        kind,
    }
}

fn column(fact: &Value) -> Column {
    let text = |index: usize| fact[index].as_str().unwrap_or_default().to_owned();
    Column {
        name: text(0),
        kind: text(1),
        format: text(2),
        priority: fact[3].as_i64().unwrap_or_default(),
        path: String::new(),
        description: String::new(),
    }
}

pub(super) fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_kind_has_a_recorded_type() {
        for resource in RESOURCES.iter().filter(|r| r.allows("list")) {
            assert!(resource.schema().is_some(), "{}/{}", resource.group, resource.kind);
        }
    }
}
