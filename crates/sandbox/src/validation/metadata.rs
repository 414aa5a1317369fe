//! Names, labels and the rest of an object's metadata.

use serde_json::Value;

use crate::catalog::Resource;
use crate::object;
use crate::status::Cause;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
     and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
/// What names must be that are DNS labels.
pub(super) const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
     and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
     alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
     validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
     and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
     for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
     an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
     '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// Lists what is wrong with an object's metadata.
pub(crate) fn metadata(resource: &Resource, value: &Value, live: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if live.is_none() {
        name(resource, object::name(value), &mut causes);
    }
    labels(value.pointer("/metadata/labels"), "metadata.labels", &mut causes);
    let annotations = value.pointer("/metadata/annotations").and_then(Value::as_object);
    for key in annotations.into_iter().flatten().map(|(key, _)| key) {
        qualified_name(&key.to_lowercase(), "metadata.annotations", key, &mut causes);
    }
    owners(value, &mut causes);
    if let Some(live) = live.filter(|live| object::deleting(live)) {
        let held = object::meta_list(live, "finalizers");
        let added: Vec<&str> =
            object::meta_list(value, "finalizers").into_iter().filter(|f| !held.contains(f)).collect();
        if !added.is_empty() {
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers {}",
                go_strings(&added)
            );
            // the real server checks this twice
            causes.push(Cause::forbidden("metadata.finalizers", &detail));
            causes.push(Cause::forbidden("metadata.finalizers", &detail));
        }
    }
    causes
}

fn owners(value: &Value, causes: &mut Vec<Cause>) {
    let owners = value.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    for owner in owners.into_iter().flatten() {
        for (name, detail) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if owner[name].as_str().is_none_or(str::is_empty) {
                let field = format!("metadata.ownerReferences.{name}");
                causes.push(Cause::invalid(field, &Value::from(""), detail));
            }
        }
    }
}

fn go_strings(items: &[&str]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
    format!("[]string{{{}}}", quoted.join(", "))
}

fn name(resource: &Resource, name: &str, causes: &mut Vec<Cause>) {
    let mut fail = |detail: &str| causes.push(Cause::invalid("metadata.name", &name.into(), detail));
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("rbac.authorization.k8s.io", _) => {
            if name == "." || name == ".." {
                fail(&format!("may not be '{name}'"));
            } else if let Some(c) = ["/", "%"].iter().find(|c| name.contains(**c)) {
                fail(&format!("may not contain '{c}'"));
            }
        }
        ("", "namespaces") if !is_label(name, false) => fail(LABEL),
        ("", "namespaces") if name.len() > 63 => fail("must be no more than 63 bytes"),
        ("", "services") if !is_label(name, false) => fail(LABEL),
        ("", "namespaces" | "services") => {}
        _ if name.len() > 253 => fail("must be no more than 253 bytes"),
        _ if !is_subdomain(name) => fail(SUBDOMAIN),
        _ => {}
    }
    let _ = SERVICE;
}

/// Lists what is wrong with a map of labels.
pub(crate) fn labels(labels: Option<&Value>, path: &str, causes: &mut Vec<Cause>) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        qualified_name(key, path, key, causes);
        let text = value.as_str().unwrap_or_default();
        if text.len() > 63 {
            causes.push(Cause::invalid(path, value, "must be no more than 63 bytes"));
        } else if !text.is_empty() && !is_qualified(text) {
            causes.push(Cause::invalid(path, value, LABEL_VALUE));
        }
    }
}

fn qualified_name(key: &str, path: &str, shown: &str, causes: &mut Vec<Cause>) {
    let mut fail = |detail: &str| causes.push(Cause::invalid(path, &shown.into(), detail));
    let (prefix, name) = match key.split_once('/') {
        None => (None, key),
        Some((_, rest)) if rest.contains('/') => {
            return fail(&format!(
                "a qualified name {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                QUALIFIED.trim_start_matches("name part ")
            ));
        }
        Some((prefix, name)) => (Some(prefix), name),
    };
    if let Some(prefix) = prefix {
        if prefix.is_empty() {
            fail("prefix part must be non-empty");
        } else if !is_subdomain(prefix) {
            fail(&format!("prefix part {SUBDOMAIN}"));
        }
    }
    if name.is_empty() {
        fail("name part must be non-empty");
    } else if name.len() > 63 {
        fail("name part must be no more than 63 bytes");
    }
    if !is_qualified(name) {
        fail(QUALIFIED);
    }
}

/// Tells whether a text is a DNS label; `alphabetic` asks for a letter first.
pub(crate) fn is_label(text: &str, alphabetic: bool) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    let first_fits = if alphabetic { first.is_ascii_lowercase() } else { inner(*first) };
    first_fits && inner(*last) && bytes.iter().all(|b| inner(*b) || *b == b'-')
}

/// Tells whether a text is a DNS subdomain.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.split('.').all(|part| is_label(part, false))
}

fn is_qualified(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
