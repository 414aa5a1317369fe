//! Objects in the protobuf form that typed clients such as `kubectl create` send.
//!
//! In: bytes. Out: the object as JSON. Field numbers are recorded in `data/protobuf.txt`; answers are always JSON.
//! Source: apimachinery `pkg/runtime/serializer/protobuf`, the generated.proto of each API package.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What a protobuf body begins with.
const MAGIC: &[u8] = b"k8s\0";

static MESSAGES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/protobuf.txt").lines();
    lines.map(|line| line.split_once('\t').unwrap_or((line, ""))).collect()
});

/// Reads an object; `None` when the bytes are malformed or of a kind that is not known.
pub(super) fn decode(body: &[u8]) -> Option<Value> {
    let (mut meta, mut raw) = (&[][..], &[][..]);
    for (number, field) in fields(body.strip_prefix(MAGIC)?)? {
        match (number, field) {
            (1, Wire::Bytes(bytes)) => meta = bytes,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (mut api_version, mut kind) = (String::new(), String::new());
    for (number, field) in fields(meta)? {
        let Wire::Bytes(bytes) = field else { return None };
        let text = String::from_utf8(bytes.to_vec()).ok()?;
        if number == 1 { api_version = text } else { kind = text }
    }
    let (group, version) = crate::object::group_version(&api_version);
    let name = match kind.as_str() {
        "DeleteOptions" | "Status" | "CreateOptions" => format!("meta.v1.{kind}"),
        _ => crate::schema::builtin::kind(group, version, &kind)?.name().to_owned(),
    };
    let mut value = json!({"kind": kind, "apiVersion": api_version});
    message(&name, raw, value.as_object_mut()?)?;
    Some(value)
}

/// One field as it is on the wire.
enum Wire<'a> {
    Number(u64),
    Fixed([u8; 8]),
    Bytes(&'a [u8]),
}

fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Wire<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Wire::Number(varint(&mut bytes)?),
            1 => Wire::Fixed(take(&mut bytes, 8)?.try_into().ok()?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Wire::Bytes(take(&mut bytes, length)?)
            }
            _ => return None,
        };
        found.push((key >> 3, field));
    }
    Some(found)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Reads a message of a recorded type into an object.
fn message(name: &str, bytes: &[u8], out: &mut Map<String, Value>) -> Option<()> {
    let line = MESSAGES.get(name)?;
    let known: Vec<(u64, &str, &str)> = line
        .split('\t')
        .filter_map(|field| {
            let mut parts = field.split(' ');
            Some((parts.next()?.parse().ok()?, parts.next()?, parts.next()?))
        })
        .collect();
    for (number, field) in fields(bytes)? {
        let Some((_, name, kind)) = known.iter().find(|(n, ..)| *n == number) else { continue };
        if let (Some(inline), Wire::Bytes(bytes)) = (kind.strip_prefix('+'), &field) {
            message(inline, bytes, out)?;
        } else if let Some(item) = kind.strip_prefix('*') {
            let list = out.entry(*name).or_insert_with(|| json!([]));
            list.as_array_mut()?.push(value(item, &field)?);
        } else if let Some(item) = kind.strip_prefix('%') {
            let Wire::Bytes(bytes) = field else { return None };
            let (key, item) = entry(item, bytes)?;
            out.entry(*name).or_insert_with(|| json!({})).as_object_mut()?.insert(key, item);
        } else if let Some(value) = value(kind, &field) {
            out.insert((*name).to_owned(), value);
        }
    }
    Some(())
}

fn entry(kind: &str, bytes: &[u8]) -> Option<(String, Value)> {
    let mut key = String::new();
    let mut item = value(kind, &Wire::Bytes(&[])).unwrap_or_default();
    for (number, field) in fields(bytes)? {
        match (number, &field) {
            (1, Wire::Bytes(bytes)) => key = String::from_utf8(bytes.to_vec()).ok()?,
            _ => item = value(kind, &field)?,
        }
    }
    Some((key, item))
}

fn value(kind: &str, field: &Wire<'_>) -> Option<Value> {
    Some(match (kind, field) {
        ("bool", Wire::Number(number)) => json!(*number != 0),
        ("int32", Wire::Number(number)) => json!(*number as i32),
        (_, Wire::Number(number)) => json!(*number as i64),
        ("double", Wire::Fixed(bytes)) => json!(f64::from_le_bytes(*bytes)),
        ("string", Wire::Bytes(bytes)) => json!(std::str::from_utf8(bytes).ok()?),
        ("bytes", Wire::Bytes(bytes)) => json!(STANDARD.encode(bytes)),
        ("meta.v1.Time" | "meta.v1.MicroTime", Wire::Bytes(bytes)) => time(kind, bytes)?,
        ("pkg.api.resource.Quantity", Wire::Bytes(bytes)) => {
            let first = fields(bytes)?.into_iter().next()?.1;
            value("string", &first)?
        }
        ("pkg.util.intstr.IntOrString", Wire::Bytes(bytes)) => int_or_string(bytes)?,
        ("meta.v1.FieldsV1" | "pkg.runtime.RawExtension" | "apiextensions.v1.JSON", Wire::Bytes(bytes)) => {
            match fields(bytes)?.into_iter().next()?.1 {
                Wire::Bytes(raw) => serde_json::from_slice(raw).ok()?,
                _ => return None,
            }
        }
        (name, Wire::Bytes(bytes)) => {
            let mut out = Map::new();
            message(name, bytes, &mut out)?;
            Value::Object(out)
        }
        (_, Wire::Fixed(_)) => return None,
    })
}

fn int_or_string(bytes: &[u8]) -> Option<Value> {
    let (mut text, mut number, mut is_text) = (String::new(), 0_i64, false);
    for (index, field) in fields(bytes)? {
        match (index, field) {
            (1, Wire::Number(kind)) => is_text = kind == 1,
            (2, Wire::Number(value)) => number = i64::from(value as i32),
            (3, Wire::Bytes(bytes)) => text = String::from_utf8(bytes.to_vec()).ok()?,
            _ => {}
        }
    }
    Some(if is_text { json!(text) } else { json!(number) })
}

fn time(kind: &str, bytes: &[u8]) -> Option<Value> {
    let (mut seconds, mut nanos) = (0, 0);
    for (number, field) in fields(bytes)? {
        match (number, field) {
            (1, Wire::Number(value)) => seconds = value as i64,
            (2, Wire::Number(value)) => nanos = value as i32,
            _ => {}
        }
    }
    if seconds == 0 && nanos == 0 {
        return None;
    }
    let time = jiff::Timestamp::new(seconds, nanos).ok()?;
    let format = if kind == "meta.v1.Time" { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S.%6fZ" };
    Some(json!(time.strftime(format).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).expect("short")], bytes].concat()
    }

    #[test]
    fn a_secret_is_read() {
        let entry = [field(1, b"key"), field(2, b"value")].concat();
        let secret = [field(1, &field(1, b"name")), field(2, &entry), field(3, b"Opaque")].concat();
        let meta = [field(1, b"v1"), field(2, b"Secret")].concat();
        let body = [MAGIC.to_vec(), field(1, &meta), field(2, &secret)].concat();
        let expected = json!({
            "kind": "Secret", "apiVersion": "v1", "metadata": {"name": "name"}, "data": {"key": "dmFsdWU="},
            "type": "Opaque",
        });
        assert_eq!(decode(&body), Some(expected));
        assert_eq!(decode(b"k8s\0\xff"), None);
    }

    #[test]
    fn every_recorded_type_is_known() {
        let plain = ["string", "bytes", "bool", "int32", "int64", "double"];
        for (name, line) in MESSAGES.iter() {
            for field in line.split('\t').filter(|f| !f.is_empty()) {
                let kind = field.rsplit(' ').next().expect("a type").trim_start_matches(['+', '*', '%']);
                let known = plain.contains(&kind) || kind.starts_with("pkg.") || MESSAGES.contains_key(kind);
                assert!(known, "{name}: {kind}");
            }
        }
    }
}
