//! Which fields differ between the live object and what the server would store.
//!
//! In: two objects. Out: a list of [`FieldDiff`]. Refuses to know the cluster; leaves out what the server
//! keeps for itself.

use serde_json::{Map, Value};

use crate::change::FieldDiff;
use crate::id::ObjectId;
use crate::managed_fields;
use crate::mask::{Mask, PLACEHOLDER};

/// Metadata that changes without anybody changing the object.
const SERVER_METADATA: [&str; 7] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "selfLink",
    "deletionTimestamp",
];

/// A step into an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// A field of an object.
    Field(String),
    /// The item of a list whose key fields have these values.
    Item(Vec<(String, Value)>),
    /// The n-th item of a list.
    Index(usize),
}

/// Fields that tell the items of a list apart, tried in this order. Source: `x-kubernetes-list-map-keys` and
/// merge keys of the built-in kinds.
const ITEM_KEYS: [&[&str]; 11] = [
    &["name"],
    &["containerPort", "protocol"],
    &["port", "protocol"],
    &["mountPath"],
    &["devicePath"],
    &["type"],
    &["ip"],
    &["uid"],
    &["key"],
    // As users write ports, without what the server adds.
    &["containerPort"],
    &["port"],
];

/// Compares the live object with what the server would store instead.
pub(crate) fn diff(id: &ObjectId, live: &Value, planned: &Value, mask: &Mask) -> Vec<FieldDiff> {
    let mut found = Vec::new();
    let (live_content, planned_content) = (content(live), content(planned));
    compare_objects(&mut Vec::new(), &live_content, &planned_content, &mut found);
    found.into_iter().map(|difference| present(id, live, difference, mask)).collect()
}

/// Where one object has something that another has not.
pub(crate) fn missing(from: &Value, object: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    compare_objects(&mut Vec::new(), &content(from), &content(object), &mut found);
    found.into_iter().filter(|one| one.new.is_none()).map(|one| one.path).collect()
}

/// Takes what a path leads to out of an object; a path that leads nowhere changes nothing.
pub(crate) fn remove(object: &mut Value, path: &[Step]) {
    let Some((step, rest)) = path.split_first() else { return };
    match (step, object) {
        (Step::Field(name), Value::Object(fields)) if rest.is_empty() => {
            fields.shift_remove(name);
        }
        (Step::Field(name), Value::Object(fields)) => {
            if let Some(child) = fields.get_mut(name) {
                remove(child, rest);
            }
        }
        (Step::Item(keys), Value::Array(items)) => {
            let is_meant = |item: &Value| keys.iter().all(|(key, value)| item.get(key) == Some(value));
            match items.iter().position(is_meant) {
                Some(place) if rest.is_empty() => {
                    items.remove(place);
                }
                Some(place) => remove(&mut items[place], rest),
                None => {}
            }
        }
        (Step::Index(index), Value::Array(items)) if !rest.is_empty() => {
            if let Some(child) = items.get_mut(*index) {
                remove(child, rest);
            }
        }
        _ => {}
    }
}

/// The object without what the server keeps for itself.
fn content(object: &Value) -> Map<String, Value> {
    let mut content = object.as_object().cloned().unwrap_or_default();
    content.shift_remove("status");
    if let Some(metadata) = content.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in SERVER_METADATA {
            metadata.shift_remove(field);
        }
    }
    content
}

struct Difference {
    path: Vec<Step>,
    old: Option<Value>,
    new: Option<Value>,
}

fn present(id: &ObjectId, live: &Value, difference: Difference, mask: &Mask) -> FieldDiff {
    let Difference { path, old, new } = difference;
    let owners = managed_fields::owners(live, &path);
    let is_secret = id.is("", "Secret")
        && matches!(path.first(), Some(Step::Field(field)) if field == "data" || field == "stringData");
    let hidden = || Some(Value::String(PLACEHOLDER.into()));
    let shown = |value: Option<Value>| match value {
        Some(_) if is_secret || is_copy_of_all(&path, id, mask) => hidden(),
        Some(value) => Some(mask.value(&without_copies(value, id, mask))),
        None => None,
    };
    let (old_shown, new_shown) = (shown(old.clone()), shown(new.clone()));
    // Where a secret goes, its former value is: nobody can tell which part of the old text that was.
    let old_shown = if new_shown == new { old_shown } else { old_shown.and_then(|_| hidden()) };
    let masked = old_shown != old || new_shown != new;
    FieldDiff { path: print(&path), old: old_shown, new: new_shown, owners, masked }
}

/// What client-side tools applied last, kept on the object: all of it, with its secrets as they were then.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// True for the annotation that repeats an object which has or may have secrets.
fn is_copy_of_all(path: &[Step], id: &ObjectId, mask: &Mask) -> bool {
    (id.is("", "Secret") || !mask.is_empty()) && path.last() == Some(&Step::Field(LAST_APPLIED.into()))
}

/// The same for a value that may be the annotations as a whole.
fn without_copies(mut value: Value, id: &ObjectId, mask: &Mask) -> Value {
    if (id.is("", "Secret") || !mask.is_empty())
        && let Some(copy) = value.get_mut(LAST_APPLIED)
    {
        *copy = PLACEHOLDER.into();
    }
    value
}

fn compare(path: &mut Vec<Step>, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => compare_objects(path, old, new, found),
        (Value::Array(old), Value::Array(new)) => compare_lists(path, old, new, found),
        _ if same(old, new) => {}
        _ => found.push(Difference { path: path.clone(), old: Some(old.clone()), new: Some(new.clone()) }),
    }
}

/// Equal, where 1 and 1.0 are: the server may print a number either way.
fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(old), Value::Number(new)) => old == new || old.as_f64() == new.as_f64(),
        _ => old == new,
    }
}

fn compare_objects(
    path: &mut Vec<Step>,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    for (key, value) in old {
        path.push(Step::Field(key.clone()));
        match new.get(key) {
            Some(other) => compare(path, value, other, found),
            None => found.push(Difference { path: path.clone(), old: Some(value.clone()), new: None }),
        }
        path.pop();
    }
    for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        path.push(Step::Field(key.clone()));
        found.push(Difference { path: path.clone(), old: None, new: Some(value.clone()) });
        path.pop();
    }
}

fn compare_lists(path: &mut Vec<Step>, old: &[Value], new: &[Value], found: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    let keyed = ITEM_KEYS.iter().find_map(|keys| Some((item_keys(old, keys)?, item_keys(new, keys)?)));
    if let Some((old_keys, new_keys)) = keyed {
        for (key, item) in old_keys.iter().zip(old) {
            path.push(Step::Item(key.clone()));
            match new_keys.iter().position(|other| other == key) {
                Some(place) => compare(path, item, &new[place], found),
                None => found.push(Difference { path: path.clone(), old: Some(item.clone()), new: None }),
            }
            path.pop();
        }
        for (key, item) in new_keys.iter().zip(new).filter(|(key, _)| !old_keys.contains(key)) {
            path.push(Step::Item(key.clone()));
            found.push(Difference { path: path.clone(), old: None, new: Some(item.clone()) });
            path.pop();
        }
        return;
    }
    if old.len() == new.len() && old.iter().chain(new).all(Value::is_object) {
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            path.push(Step::Index(index));
            compare(path, old, new, found);
            path.pop();
        }
        return;
    }
    let whole = |list: &[Value]| Some(Value::Array(list.to_vec()));
    found.push(Difference { path: path.clone(), old: whole(old), new: whole(new) });
}

/// The keys of all items; `None` where an item lacks one or two items have the same.
fn item_keys(list: &[Value], keys: &[&str]) -> Option<Vec<Vec<(String, Value)>>> {
    let key_of = |item: &Value| {
        let read =
            |key: &&str| Some((key.to_string(), item.get(key).filter(|value| !value.is_object())?.clone()));
        keys.iter().map(read).collect::<Option<Vec<_>>>()
    };
    let found = list.iter().map(key_of).collect::<Option<Vec<_>>>()?;
    let is_unique = found.iter().enumerate().all(|(index, key)| !found[..index].contains(key));
    is_unique.then_some(found)
}

fn print(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if name.contains(['.', '/', '[']) => text.push_str(&format!("[{name}]")),
            Step::Field(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Item(keys) => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|(key, value)| match value {
                        Value::String(value) => format!("{key}={value}"),
                        value => format!("{key}={value}"),
                    })
                    .collect();
                text.push_str(&format!("[{}]", keys.join(",")));
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupKind;
    use crate::mask::Sensitive;
    use serde_json::json;

    fn paths(kind: &str, old: Value, new: Value) -> Vec<String> {
        let id = ObjectId::new(GroupKind::new("", kind), None, "a");
        let mask = Mask::new(&[Sensitive::new("hunter22")]);
        let show = |value: &Option<Value>| value.as_ref().map_or("-".to_string(), Value::to_string);
        let differences = diff(&id, &old, &new, &mask);
        differences
            .iter()
            .map(|one| format!("{}: {} → {}", one.path, show(&one.old), show(&one.new)))
            .collect()
    }

    #[test]
    fn server_fields_are_left_out() {
        let old = json!({"metadata": {"resourceVersion": "1", "generation": 1, "managedFields": []}, "status": {"a": 1}});
        let new = json!({"metadata": {"resourceVersion": "2", "generation": 2}, "status": {"a": 2}});
        assert!(paths("Pod", old, new).is_empty());
    }

    #[test]
    fn items_are_told_apart_by_their_keys() {
        let old = json!({"spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b"}], "args": ["1"], "n": 1}});
        let new = json!({"spec": {"containers": [{"name": "b"}, {"name": "a", "image": "y"}], "args": ["1", "2"], "n": 1.0}});
        assert_eq!(
            paths("Pod", old, new),
            [r#"spec.containers[name=a].image: "x" → "y""#, r#"spec.args: ["1"] → ["1","2"]"#]
        );
    }

    #[test]
    fn keys_with_dots_stay_readable() {
        let paths = paths(
            "Pod",
            json!({"metadata": {"labels": {}}}),
            json!({"metadata": {"labels": {"a.b/c": "1"}}}),
        );
        assert_eq!(paths, [r#"metadata.labels[a.b/c]: - → "1""#]);
    }

    #[test]
    fn secrets_are_never_shown() {
        let secret = paths("Secret", json!({"data": {"k": "b2xk"}}), json!({"data": {"k": "bmV3"}}));
        assert_eq!(secret, [r#"data.k: "(secret)" → "(secret)""#]);
        let map = paths("ConfigMap", json!({"data": {"k": "old"}}), json!({"data": {"k": "pw=hunter22"}}));
        assert_eq!(map, [r#"data.k: "(secret)" → "pw=(secret)""#], "the old text may have the former one");
        let copied = |data: &str| json!({"metadata": {"annotations": {LAST_APPLIED: data}}});
        assert_eq!(
            paths("Secret", copied("b2xk"), json!({"metadata": {}})),
            [r#"metadata.annotations: {"kubectl.kubernetes.io/last-applied-configuration":"(secret)"} → -"#]
        );
        assert_eq!(
            paths("ConfigMap", copied("old"), json!({"metadata": {"annotations": {}}})),
            [r#"metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]: "(secret)" → -"#]
        );
    }
}
