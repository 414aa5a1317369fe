//! ConfigMaps and Secrets.

use serde_json::{Value, json};

use super::{immutable, text};
use crate::status::Cause;

const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
     'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
/// The bytes that all values together may have.
const LARGEST: usize = 1 << 20;

/// A ConfigMap.
pub(super) fn config_map(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    keys(value, &["data", "binaryData"], causes);
    if let Some(live) = live.filter(|live| live["immutable"] == true) {
        sealed(value, live, &["data", "binaryData"], causes);
    }
}

/// A Secret.
pub(super) fn secret(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    immutable::keep(value, live, "/type", causes);
    keys(value, &["data"], causes);
    let wanted: &[&str] = match text(value, "/type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    };
    for key in wanted {
        if value["data"].get(key).is_none() {
            causes.push(Cause::required(format!("data[{key}]"), ""));
        }
    }
    if let Some(live) = live.filter(|live| live["immutable"] == true) {
        sealed(value, live, &["data"], causes);
    }
}

fn keys(value: &Value, fields: &[&str], causes: &mut Vec<Cause>) {
    let mut bytes = 0;
    for field in fields {
        for (key, text) in value[*field].as_object().into_iter().flatten() {
            bytes += text.as_str().map_or(0, str::len);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if key.is_empty() || !key.chars().all(plain) {
                causes.push(Cause::invalid(format!("{field}[{key}]"), &json!(key), KEY));
            }
        }
    }
    if bytes > LARGEST {
        causes.push(Cause::too_long("", LARGEST as u64));
    }
}

/// What may not change once `immutable` is set.
fn sealed(value: &Value, live: &Value, fields: &[&str], causes: &mut Vec<Cause>) {
    let detail = "field is immutable when `immutable` is set";
    if value["immutable"] != true {
        causes.push(Cause::forbidden("immutable", detail));
    }
    for field in fields {
        if value[*field] != live[*field] {
            causes.push(Cause::forbidden(*field, detail));
        }
    }
}
