//! The entries of `metadata.managedFields`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::fields::FieldSet;

/// Who wrote: a manager is one per name, operation and subresource, updates also per API version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ManagerId {
    pub(crate) name: String,
    pub(crate) applied: bool,
    /// Empty for appliers.
    pub(crate) api_version: String,
    pub(crate) subresource: String,
}

impl ManagerId {
    /// The id of a writer in one API version.
    pub(crate) fn new(name: &str, applied: bool, api_version: &str, subresource: &str) -> ManagerId {
        let api_version = if applied { String::new() } else { api_version.to_owned() };
        ManagerId { name: name.to_owned(), applied, api_version, subresource: subresource.to_owned() }
    }
}

/// What one manager manages, as of which API version, and when it last wrote (RFC 3339).
#[derive(Debug, Clone, Default)]
pub(crate) struct Managed {
    pub(crate) set: FieldSet,
    pub(crate) api_version: String,
    pub(crate) time: Option<String>,
}

/// All managers of an object.
pub(crate) type Managers = BTreeMap<ManagerId, Managed>;

/// Reads `metadata.managedFields`; `None` when an entry is malformed.
pub(crate) fn decode(entries: &Value) -> Option<Managers> {
    let mut managers = Managers::new();
    for entry in entries.as_array().map(Vec::as_slice).unwrap_or_default() {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let applied = match text("operation")? {
            "Apply" => true,
            "Update" => false,
            _ => return None,
        };
        let api_version = text("apiVersion").filter(|v| !v.is_empty())?;
        if text("fieldsType") != Some("FieldsV1") {
            return None;
        }
        let id = ManagerId::new(
            text("manager").unwrap_or_default(),
            applied,
            api_version,
            text("subresource").unwrap_or_default(),
        );
        let set = match entry.get("fieldsV1") {
            Some(fields) => FieldSet::from_fields_v1(fields)?,
            None => FieldSet::default(),
        };
        let time = text("time").map(str::to_owned);
        managers.insert(id, Managed { set, api_version: api_version.to_owned(), time });
    }
    Some(managers)
}

/// Writes `metadata.managedFields`: appliers first, then by time and name.
pub(crate) fn encode(managers: &Managers) -> Vec<Value> {
    let mut entries: Vec<(&ManagerId, &Managed)> = managers.iter().collect();
    entries.sort_by(|(a, x), (b, y)| {
        b.applied.cmp(&a.applied).then_with(|| {
            (&x.time, &a.name, &x.api_version, &a.subresource).cmp(&(
                &y.time,
                &b.name,
                &y.api_version,
                &b.subresource,
            ))
        })
    });
    entries.into_iter().map(|(id, managed)| entry(id, managed)).collect()
}

fn entry(id: &ManagerId, managed: &Managed) -> Value {
    let mut out = Map::new();
    if !id.name.is_empty() {
        out.insert("manager".into(), json!(id.name));
    }
    out.insert("operation".into(), json!(if id.applied { "Apply" } else { "Update" }));
    out.insert("apiVersion".into(), json!(managed.api_version));
    if let Some(time) = &managed.time {
        out.insert("time".into(), json!(time));
    }
    out.insert("fieldsType".into(), json!("FieldsV1"));
    out.insert("fieldsV1".into(), managed.set.to_fields_v1());
    if !id.subresource.is_empty() {
        out.insert("subresource".into(), json!(id.subresource));
    }
    Value::Object(out)
}
