//! The paths that name no objects: discovery, versions, health, OpenAPI.

use serde_json::{Value, json};

use super::answer::{Answer, DISCOVERY};
use crate::catalog::{discovery, openapi};
use crate::request::ApiRequest;
use crate::state::State;
use crate::status::StatusError;

/// Answers a request for such a path; `None` when the path names objects.
pub(super) fn answer(state: &State, request: &ApiRequest) -> Option<Result<Answer, StatusError>> {
    let path = request.path.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let catalog = &state.catalog;
    let found = |body: Option<Value>| Ok(body.map_or_else(Answer::nowhere, Answer::ok));
    Some(match parts.as_slice() {
        [] | [""] => Ok(Answer::ok(paths())),
        ["healthz" | "readyz" | "livez", ..] => Ok(Answer::text("ok")),
        ["version"] => Ok(Answer::ok(version())),
        ["api"] if aggregated(request) => Ok(discovered(discovery::aggregated(catalog, true))),
        ["apis"] if aggregated(request) => Ok(discovered(discovery::aggregated(catalog, false))),
        ["api"] => Ok(Answer::ok(discovery::core_versions())),
        ["apis"] => Ok(Answer::ok(discovery::group_list(catalog))),
        ["apis", group] => found(discovery::group(catalog, group)),
        ["api", version] => found(discovery::resource_list(catalog, "", version)),
        ["apis", group, version] => found(discovery::resource_list(catalog, group, version)),
        ["openapi", "v2"] if request.accept.contains("proto-openapi") => {
            Ok(Answer::Bytes(openapi::outline()))
        }
        ["openapi", "v2"] => Ok(Answer::ok(openapi::swagger(catalog))),
        ["openapi", "v3"] => Ok(Answer::ok(openapi::index(catalog))),
        ["openapi", "v3", "api", version] => found(openapi::document(catalog, "", version)),
        ["openapi", "v3", "apis", group, version] => found(openapi::document(catalog, group, version)),
        ["api" | "apis", ..] => return None,
        _ => Ok(Answer::nowhere()),
    })
}

/// Tells whether the client wants discovery in one document.
fn aggregated(request: &ApiRequest) -> bool {
    request.accept.split(',').any(|offer| {
        let parameters: Vec<&str> = offer.split(';').map(str::trim).collect();
        parameters.contains(&"as=APIGroupDiscoveryList") && parameters.contains(&"v=v2")
    })
}

fn discovered(body: Value) -> Answer {
    Answer::Json { code: 200, body: body.into(), warnings: Vec::new(), retry_after: None, media: DISCOVERY }
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.3", "gitCommit": "sandbox", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
    })
}

fn paths() -> Value {
    json!({"paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]})
}
