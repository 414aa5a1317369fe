//! The objects of a revision, without what is secret in them.
//!
//! In: rendered objects, or kept ones and what is live. Out: the other. Every string that is secret is replaced by a
//! placeholder and remembered by its salted hash; it is found again where a live object still has it. Refuses to
//! read the cluster.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::ObjectId;
use crate::mask::{Mask, PLACEHOLDER, Sensitive};

/// An object as a revision keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The object, with placeholders.
    pub(crate) object: Value,
    /// What the placeholders stand for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) withheld: Vec<Withheld>,
}

/// A secret string that is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Withheld {
    /// Where it was (RFC 6901).
    pub(crate) pointer: String,
    /// Its salted hash.
    pub(crate) hash: String,
}

/// A secret that no live object has any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostSecret {
    /// The object that needs it.
    pub id: ObjectId,
    /// Where in it, as a JSON pointer.
    pub field: String,
}

impl std::fmt::Display for LostSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.field)
    }
}

/// Takes the secrets out of an object.
pub(crate) fn withhold(object: &Value, mask: &Mask, hash: impl Fn(&[u8]) -> String) -> Kept {
    let is_secret = object["apiVersion"] == "v1" && object["kind"] == "Secret";
    let mut kept = Kept { object: object.clone(), withheld: Vec::new() };
    let mut found = Vec::new();
    strings(object, &mut String::new(), &mut |pointer, text| {
        let is_data = is_secret && (pointer.starts_with("/data/") || pointer.starts_with("/stringData/"));
        if is_data || mask.text(text) != text {
            found.push(Withheld { pointer: pointer.to_string(), hash: hash(text.as_bytes()) });
        }
    });
    for one in &found {
        if let Some(value) = kept.object.pointer_mut(&one.pointer) {
            *value = Value::String(PLACEHOLDER.into());
        }
    }
    kept.withheld = found;
    kept
}

/// Strings of live objects and values that are given, by their salted hashes, as far as they are wanted.
pub(crate) fn treasury(
    kept: &[Kept],
    live: &[Value],
    given: &[Sensitive],
    hash: impl Fn(&[u8]) -> String,
) -> HashMap<String, String> {
    let wanted: HashSet<&str> =
        kept.iter().flat_map(|one| &one.withheld).map(|withheld| withheld.hash.as_str()).collect();
    let mut found = HashMap::new();
    let mut look = |text: &str| {
        let hash = hash(text.as_bytes());
        if wanted.contains(hash.as_str()) {
            found.insert(hash, text.to_string());
        }
    };
    for value in given.iter().map(Sensitive::reveal) {
        look(value);
        look(&STANDARD.encode(value));
    }
    for object in live {
        strings(object, &mut String::new(), &mut |_, text| look(text));
    }
    found
}

/// Puts secrets back in. What is nowhere to be found stays a placeholder and is named.
pub(crate) fn restore(kept: Vec<Kept>, treasury: &HashMap<String, String>) -> (Vec<Value>, Vec<LostSecret>) {
    let mut lost = Vec::new();
    let mut objects = Vec::with_capacity(kept.len());
    for Kept { mut object, withheld } in kept {
        for one in withheld {
            match (treasury.get(&one.hash), object.pointer_mut(&one.pointer)) {
                (Some(text), Some(value)) => *value = Value::String(text.clone()),
                _ => {
                    if let Ok(id) = ObjectId::of(&object) {
                        lost.push(LostSecret { id, field: one.pointer });
                    }
                }
            }
        }
        objects.push(object);
    }
    (objects, lost)
}

/// Calls `visit` with the pointer and text of every string below a value.
fn strings(value: &Value, pointer: &mut String, visit: &mut dyn FnMut(&str, &str)) {
    let length = pointer.len();
    match value {
        Value::String(text) => visit(pointer, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                strings(item, pointer, visit);
                pointer.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                strings(item, pointer, visit);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// Packs the objects of a revision.
pub(crate) fn pack(kept: &[Kept]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for one in kept {
        serde_json::to_writer(&mut encoder, one)?;
        encoder.write_all(b"\n")?;
    }
    encoder.finish()
}

/// Unpacks the objects of a revision.
pub(crate) fn unpack(bytes: &[u8]) -> std::io::Result<Vec<Kept>> {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text)?;
    text.lines().map(|line| serde_json::from_str(line).map_err(std::io::Error::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hash(bytes: &[u8]) -> String {
        format!("h:{}", bytes.len() * 31 + usize::from(bytes.first().copied().unwrap_or(0)))
    }

    #[test]
    fn secrets_leave_and_come_back_from_live_objects() {
        let mask = Mask::new(&[Sensitive::new("hunter22")]);
        let secret =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a/b": "cGF5"}});
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"},
            "data": {"url": "db:hunter22@x", "plain": "y"}});
        let kept = vec![withhold(&secret, &mask, hash), withhold(&map, &mask, hash)];
        let packed = pack(&kept).expect("packs");
        let kept = unpack(&packed).expect("unpacks");
        let text = serde_json::to_string(&kept).expect("prints");
        assert!(!text.contains("hunter22") && !text.contains("cGF5") && text.contains("plain"), "{text}");
        assert_eq!(kept[0].withheld[0].pointer, "/data/a~1b");

        let live = [secret.clone(), json!({"data": {"elsewhere": "db:hunter22@x"}})];
        let (objects, lost) = restore(kept.clone(), &treasury(&kept, &live, &[], hash));
        assert_eq!((objects, lost), (vec![secret, map], Vec::new()));

        // Who still knows the values may say them.
        let given = [Sensitive::new("pay"), Sensitive::new("db:hunter22@x")];
        let (_, lost) = restore(kept.clone(), &treasury(&kept, &[], &given, hash));
        assert_eq!(lost, Vec::new());

        let (_, lost) = restore(kept.clone(), &treasury(&kept, &[], &[], hash));
        assert_eq!(
            lost.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["Secret s /data/a~1b", "ConfigMap m /data/url"]
        );
    }
}
