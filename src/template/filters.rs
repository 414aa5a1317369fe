//! The filters of curly and mustache templates.
//!
//! In: a value. Out: a value. Refuses to know: templates.
//!
//! Source: hubctl's filter table (hubctl `lifecycle/template.go`, `util/url.go`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use super::go::printed as text_of;
use crate::diagnostic::{Problem, did_you_mean};

type Filter = fn(&Value) -> Result<String, Problem>;

/// Every filter under its name.
const FILTERS: [(&str, Filter); 11] = [
    ("base64", |value| Ok(STANDARD.encode(text_of(value)))),
    ("unbase64", unbase64),
    ("json", |value| Ok(go_json(value))),
    ("yaml", yaml),
    ("first", |value| Ok(text_of(value).split(' ').next().unwrap_or_default().to_owned())),
    ("parseURL", |value| {
        let text = text_of(value);
        Ok(parse(value)?.map_or_else(|| text.clone(), |url| with_port(&text, &url)))
    }),
    ("isSecure", |value| Ok(is_secure(value)?.to_string())),
    ("insecure", |value| Ok((!is_secure(value)?).to_string())),
    ("hostname", |value| {
        Ok(parse(value)?.and_then(|u| u.host_str().map(ToOwned::to_owned)).unwrap_or_default())
    }),
    ("port", |value| {
        Ok(parse(value)?.and_then(|u| u.port_or_known_default()).map(|p| p.to_string()).unwrap_or_default())
    }),
    ("scheme", |value| Ok(parse(value)?.map(|u| u.scheme().to_owned()).unwrap_or_default())),
];

/// The name of every filter.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().map(|(name, _)| *name)
}

/// Applies one filter.
///
/// # Errors
/// There is no such filter, or it refuses the value. The value itself is never part of the message: it may be secret.
pub(super) fn apply(name: &str, value: &Value) -> Result<Value, Problem> {
    let Some((_, filter)) = FILTERS.iter().find(|(n, _)| *n == name) else {
        let known = FILTERS.map(|(n, _)| n);
        return Err(Problem::new("hub::template::unknown_filter", format!("there is no filter `{name}`"))
            .help(did_you_mean(name, known).unwrap_or_else(|| format!("filters: {}", known.join(", ")))));
    };
    filter(value).map(Value::String)
}

fn refused(filter: &str, why: &str) -> Problem {
    Problem::new("hub::template::filter", format!("the filter `{filter}` cannot take this value: {why}"))
}

fn unbase64(value: &Value) -> Result<String, Problem> {
    let bytes =
        STANDARD.decode(text_of(value).trim()).map_err(|_| refused("unbase64", "it is not base64"))?;
    String::from_utf8(bytes).map_err(|_| refused("unbase64", "what it encodes is not text"))
}

/// JSON as Go writes it: keys in order, `<`, `>` and `&` escaped. Tera hands mappings on in any order.
fn go_json(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn yaml(value: &Value) -> Result<String, Problem> {
    // Source: yaml.v2 sorts the keys of maps.
    let mut value = value.clone();
    value.sort_all_objects();
    let text = crate::yaml::to_yaml(&value).map_err(|e| refused("yaml", &e.to_string()))?;
    Ok(text.trim_matches('\n').to_owned())
}

/// The URL, or `None` for an empty value and for text without a scheme.
fn parse(value: &Value) -> Result<Option<Url>, Problem> {
    match Url::parse(&text_of(value)) {
        Ok(url) => Ok(Some(url)),
        Err(url::ParseError::RelativeUrlWithoutBase) => Ok(None),
        Err(e) => Err(refused("parseURL", &format!("it is not a URL ({e})"))),
    }
}

fn is_secure(value: &Value) -> Result<bool, Problem> {
    let text = text_of(value);
    // A scheme alone (`https`) is how components pass a protocol, besides whole URLs.
    if !text.contains(':') {
        return Ok(text == "https");
    }
    Ok(parse(value)?.is_some_and(|url| url.scheme() == "https"))
}

/// Source: hubctl prints the port of http and https even where it is the scheme's own. The rest stays as written.
fn with_port(text: &str, url: &Url) -> String {
    let port = match url.scheme() {
        "https" => 443,
        "http" => 80,
        _ => return text.to_owned(),
    };
    if url.port().is_some() {
        return text.to_owned();
    }
    let authority = text.find("://").map_or(0, |at| at + 3);
    let end = text[authority..].find(['/', '?', '#']).map_or(text.len(), |at| authority + at);
    if text[authority..end].ends_with(&format!(":{port}")) {
        return text.to_owned();
    }
    format!("{}:{port}{}", &text[..end], &text[end..])
}
