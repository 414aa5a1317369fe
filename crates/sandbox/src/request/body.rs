//! Decoding request bodies.

use serde_json::Value;

use super::ApiRequest;
use crate::status::StatusError;

/// Reads an object from a JSON or YAML body.
///
/// # Errors
/// 415 for other media types, 400 for what does not parse or is no object.
pub(crate) fn decode_object(request: &ApiRequest) -> Result<Value, StatusError> {
    let media = request.media_type();
    match media {
        ""
        | "application/json"
        | "application/merge-patch+json"
        | "application/strategic-merge-patch+json" => json(&request.body),
        "application/yaml" | "application/apply-patch+yaml" => yaml(&request.body),
        "application/vnd.kubernetes.protobuf" => super::protobuf::decode(&request.body).ok_or_else(|| {
            StatusError::bad_request("the body is no protobuf object of a kind that this server knows")
        }),
        _ => Err(StatusError::unsupported_media(format!(
            "the body of the request was in an unknown format - accepted media types include: application/json, \
             application/yaml, application/vnd.kubernetes.protobuf, application/cbor; got {media}"
        ))),
    }
}

fn json(body: &[u8]) -> Result<Value, StatusError> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| StatusError::bad_request(format!("couldn't parse the request body: {error}")))?;
    if value.is_object() { Ok(value) } else { Err(not_an_object()) }
}

fn yaml(body: &[u8]) -> Result<Value, StatusError> {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return if value.is_object() { Ok(value) } else { Err(not_an_object()) };
    }
    let value: Value = serde_yaml::from_slice(body)
        .map_err(|error| StatusError::bad_request(format!("error decoding YAML: {error}")))?;
    if value.is_object() { Ok(value) } else { Err(not_an_object()) }
}

fn not_an_object() -> StatusError {
    StatusError::bad_request(
        "couldn't get version/kind; json parse error: json: cannot unmarshal non-object value",
    )
}
