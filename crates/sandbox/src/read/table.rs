//! Tables: what kubectl prints.

use serde_json::{Map, Value, json};

use super::partial::{Include, partial};
use crate::catalog::{Column, Resource};
use crate::printing;

/// Gives an object or list as a `Table`; `columns` adds their definitions.
pub(crate) fn table(value: &Value, include: Include, resource: &Resource, columns: bool) -> Value {
    let single = std::slice::from_ref(value);
    let items = value.get("items").and_then(Value::as_array).map_or(single, Vec::as_slice);
    let rows: Vec<Value> = items.iter().map(|item| row(item, include, resource)).collect();
    let mut metadata = Map::new();
    let source = &value["metadata"];
    for name in ["resourceVersion", "continue", "remainingItemCount"] {
        if let Some(found) = source.get(name).filter(|v| *v != "") {
            metadata.insert(name.into(), found.clone());
        }
    }
    let definitions: Vec<Value> =
        if columns { resource.columns.iter().map(definition).collect() } else { Vec::new() };
    let definitions = if columns { json!(definitions) } else { Value::Null };
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": definitions, "rows": rows,
    })
}

fn definition(column: &Column) -> Value {
    json!({
        "name": column.name, "type": column.kind, "format": column.format, "description": column.description,
        "priority": column.priority,
    })
}

fn row(item: &Value, include: Include, resource: &Resource) -> Value {
    let cells = printing::cells(resource, item);
    match include {
        Include::Nothing => json!({"cells": cells, "object": null}),
        Include::Metadata => json!({"cells": cells, "object": partial(item)}),
        Include::Object => {
            let mut object = item.clone();
            object["kind"] = json!(resource.kind);
            object["apiVersion"] = json!(resource.api_version());
            json!({"cells": cells, "object": object})
        }
    }
}
