//! Encodings and digests.
//!
//! Source: sprig's `strings.go`, `crypto.go`, `url.go`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::super::format;
use super::super::functions::{Call, Entry};
use super::super::value::Value;

pub(in super::super) const FUNCTIONS: &[Entry] = &[
    ("b64enc", |call| on_text(call, |text| STANDARD.encode(text))),
    ("b64dec", |call| {
        on_text(call, |text| decoded(STANDARD.decode(text).map_err(|_| "illegal base64 data".into())))
    }),
    ("b32enc", |call| on_text(call, base32)),
    ("b32dec", |call| on_text(call, |text| decoded(unbase32(text)))),
    ("sha256sum", |call| on_text(call, |text| hex(&Sha256::digest(text.as_bytes())))),
    ("sha1sum", |call| on_text(call, |text| hex(&sha1::Sha1::digest(text.as_bytes())))),
    ("adler32sum", |call| on_text(call, |text| adler32(text.as_bytes()).to_string())),
    ("toJson", |call| {
        call.count(1, 1)?;
        Ok(Value::text(format::json(&call.value(0).to_json().to_string())))
    }),
    ("toPrettyJson", |call| {
        call.count(1, 1)?;
        let text = serde_json::to_string_pretty(&call.value(0).to_json()).map_err(|e| e.to_string())?;
        Ok(Value::text(format::json(&text)))
    }),
    ("urlParse", url_parse),
    ("urlJoin", url_join),
];

fn on_text(call: &Call<'_>, work: impl FnOnce(&str) -> String) -> Result<Value, String> {
    call.count(1, 1)?;
    Ok(Value::text(work(call.text(0)?)))
}

/// Sprig gives the message of a failed decoding as the result.
fn decoded(bytes: Result<Vec<u8>, String>) -> String {
    match bytes {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(message) => message,
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    (b << 16) | a
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Source: RFC 4648.
fn base32(text: &str) -> String {
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(5) {
        let mut bits = [0u8; 5];
        bits[..chunk.len()].copy_from_slice(chunk);
        let number = bits.iter().fold(0u64, |n, b| (n << 8) | u64::from(*b));
        let used = (chunk.len() * 8).div_ceil(5);
        for i in 0..8 {
            let digit = usize::try_from((number >> (35 - 5 * i)) & 31).unwrap_or(0);
            out.push(if i < used { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    out
}

fn unbase32(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u64, 0u32);
    for (i, byte) in text.trim_end_matches('=').bytes().enumerate() {
        let digit = ALPHABET.iter().position(|a| *a == byte);
        let digit = digit.ok_or_else(|| format!("illegal base32 data at input byte {i}"))?;
        bits = ((bits << 5) | digit as u64) & 0xffff;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or(0));
        }
    }
    Ok(out)
}

fn url_parse(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, 1)?;
    let text = call.text(0)?;
    let url = Url::parse(text).map_err(|e| format!("unable to parse url: {e}"))?;
    let host = url.host_str().unwrap_or_default();
    let user = match (url.username(), url.password()) {
        ("", None) => String::new(),
        (user, None) => user.to_owned(),
        (user, Some(password)) => format!("{user}:{password}"),
    };
    // The crate adds the slash that Go leaves out.
    let path =
        if url.path() == "/" && !text.trim_end_matches(['?', '#']).ends_with('/') { "" } else { url.path() };
    let entry = |key: &str, value: &str| (key.to_owned(), Value::text(value));
    Ok(Value::map([
        entry("scheme", url.scheme()),
        entry("host", &url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))),
        entry("hostname", host),
        entry("path", path),
        entry("query", url.query().unwrap_or_default()),
        entry("opaque", if url.cannot_be_a_base() { url.path() } else { "" }),
        entry("fragment", url.fragment().unwrap_or_default()),
        entry("userinfo", &user),
    ]))
}

fn url_join(call: &Call<'_>) -> Result<Value, String> {
    call.count(1, 1)?;
    let map = call.map(0)?.borrow();
    let get = |key: &str| map.get(key).map(ToString::to_string).unwrap_or_default();
    let mut out = String::new();
    if !get("scheme").is_empty() {
        out.push_str(&format!("{}:", get("scheme")));
    }
    if !get("opaque").is_empty() {
        out.push_str(&get("opaque"));
    } else {
        if !get("host").is_empty() || !get("userinfo").is_empty() {
            out.push_str("//");
        }
        if !get("userinfo").is_empty() {
            out.push_str(&format!("{}@", get("userinfo")));
        }
        out.push_str(&get("host"));
        let path = get("path");
        if !path.is_empty() && !path.starts_with('/') && !get("host").is_empty() {
            out.push('/');
        }
        out.push_str(&path);
    }
    for (key, mark) in [("query", '?'), ("fragment", '#')] {
        if !get(key).is_empty() {
            out.push(mark);
            out.push_str(&get(key));
        }
    }
    Ok(Value::text(out))
}
