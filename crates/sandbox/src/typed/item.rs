//! The path element that identifies a list item.

use serde_json::Value;

use crate::fields::{KeyValue, PathElement};
use crate::schema::{List, ListKind};

/// Gives the element of `item`, or what is wrong with it.
pub(super) fn path_element(list: &List, item: &Value) -> Result<PathElement, String> {
    match &list.kind {
        ListKind::Atomic => Err("invalid indexing of non-associative list".into()),
        ListKind::Set => set_item(item),
        ListKind::Map(keys) => map_item(list, keys, item),
    }
}

fn set_item(item: &Value) -> Result<PathElement, String> {
    match item {
        Value::Object(_) => Err("associative list without keys has an element that's a map type".into()),
        Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
        Value::Null => Err("associative list without keys has an element that's an explicit null".into()),
        scalar => Ok(PathElement::Value(KeyValue::of(scalar).expect("a scalar"))),
    }
}

fn map_item(list: &List, names: &[String], item: &Value) -> Result<PathElement, String> {
    let object = match item {
        Value::Null => return Err("associative list with keys may not have a null element".into()),
        Value::Object(object) => object,
        _ => return Err("associative list with keys may not have non-map elements".into()),
    };
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        let value = object.get(name).or_else(|| list.item.field(name)?.default.as_ref());
        if let Some(value) = value {
            let value = KeyValue::of(value).ok_or("associative list has a key that is not a scalar")?;
            keys.push((name.clone(), value));
        }
    }
    if keys.is_empty() && !names.is_empty() {
        let quoted: Vec<String> = names.iter().map(|n| format!("{n:?}")).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default \
             values for any key fields)",
            quoted.join(" ")
        ));
    }
    keys.sort();
    Ok(PathElement::Key(keys))
}
