//! Cells by the paths that a CustomResourceDefinition names.

use serde_json::{Value, json};

use super::age;
use crate::catalog::Column;
use crate::jsonpath;

/// Gives the cells of a custom resource.
pub(super) fn cells(columns: &[Column], value: &Value) -> Vec<Value> {
    columns.iter().map(|column| cell(column, value)).collect()
}

fn cell(column: &Column, value: &Value) -> Value {
    let found = jsonpath::find(value, &column.path);
    let Some(first) = found.first() else {
        return Value::Null;
    };
    match column.kind.as_str() {
        "integer" => first
            .as_i64()
            .map_or_else(|| first.as_f64().map_or(Value::Null, |f| json!(f as i64)), |i| json!(i)),
        "number" => first.as_f64().map_or(Value::Null, |f| json!(f)),
        "boolean" => first.as_bool().map_or(Value::Null, |b| json!(b)),
        "date" => json!(first.as_str().map_or_else(|| "<invalid>".into(), |text| age(Some(text)))),
        _ => {
            let texts: Vec<String> = found.iter().map(|v| text(v)).collect();
            json!(texts.join(" "))
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
