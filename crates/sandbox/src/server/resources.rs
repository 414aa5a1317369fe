//! Requests for objects: which verb on which resource.

use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::options::{body_dry_run, delete_options, options, patch_body};
use crate::catalog::Resource;
use crate::object;
use crate::read::{Form, Selection, WatchRequest, WatchStream, list, render};
use crate::request::{ApiRequest, Target, decode_object};
use crate::state::State;
use crate::status::StatusError;
use crate::store::Key;
use crate::write::{DeleteOptions, Deleted, Session, Written};

type Answered = Result<Answer, StatusError>;

/// Answers a request for objects.
pub(super) fn answer(shared: &Arc<Mutex<State>>, state: &mut State, request: &ApiRequest) -> Answered {
    let target = Target::parse(&request.path).ok_or_else(StatusError::no_resource)?;
    if !state.catalog.serves(&target.group, &target.version) {
        return Ok(Answer::nowhere());
    }
    let resource = state
        .catalog
        .resource(&target.group, &target.version, &target.plural)
        .cloned()
        .ok_or_else(StatusError::no_resource)?;
    if target.name.is_some() && resource.namespaced != target.namespace.is_some() {
        return Err(StatusError::no_resource());
    }
    let warnings: Vec<String> = deprecation(&resource).into_iter().collect();
    let answered = match &target.name {
        None => collection(shared, state, request, &resource, &target),
        Some(name) => {
            let key = Key::new(target.namespace.as_deref().unwrap_or_default(), name);
            named(shared, state, request, &resource, &target, &key)
        }
    };
    answered.map(|answer| answer.warn(warnings))
}

/// The warning for whoever uses a resource that is on its way out.
fn deprecation(resource: &Resource) -> Option<String> {
    match (resource.custom(), resource.group.as_str(), resource.plural.as_str()) {
        (Some(custom), ..) => custom.deprecation.clone(),
        (None, "", "endpoints") => {
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into())
        }
        (None, "", "componentstatuses") => Some("v1 ComponentStatus is deprecated in v1.19+".into()),
        _ => None,
    }
}

fn collection(
    shared: &Arc<Mutex<State>>,
    state: &mut State,
    request: &ApiRequest,
    resource: &Arc<Resource>,
    target: &Target,
) -> Answered {
    let namespace = target.namespace.as_deref();
    match request.method {
        Method::GET if !resource.allows("list") => Err(StatusError::method_not_allowed()),
        Method::GET => {
            let selection = Selection::of(request, resource.clone(), namespace)?;
            if request.query.flag("watch") {
                return watch(shared, state, request, selection);
            }
            let found = list(state, &selection, request)?;
            Ok(Answer::ok(render(found, Form::of(request), resource)))
        }
        Method::POST => create(state, request, resource, namespace),
        Method::DELETE if resource.allows("deletecollection") => {
            delete_all(state, request, resource, namespace)
        }
        _ => Err(StatusError::method_not_allowed()),
    }
}

fn watch(shared: &Arc<Mutex<State>>, state: &State, request: &ApiRequest, selection: Selection) -> Answered {
    let wanted = WatchRequest::of(request, selection, Form::of(request))?;
    Ok(Answer::Watch(Box::new(WatchStream::begin(wanted, shared, state))))
}

fn create(
    state: &mut State,
    request: &ApiRequest,
    resource: &Arc<Resource>,
    namespace: Option<&str>,
) -> Answered {
    if !resource.allows("create") || resource.namespaced && namespace.is_none() {
        return Err(StatusError::method_not_allowed());
    }
    let value = decode_object(request)?;
    if let Some(review) = super::access::review(&resource.group, &resource.plural, &value) {
        return Ok(Answer::with_code(201, review));
    }
    let mut session = Session::new(state, resource.clone(), None, options(request)?);
    let written = session.create(value, namespace).map_err(|error| error.warn(&session.warnings))?;
    Ok(tell(&written, session.warnings, request, resource))
}

fn delete_all(
    state: &mut State,
    request: &ApiRequest,
    resource: &Arc<Resource>,
    namespace: Option<&str>,
) -> Answered {
    let selection = Selection::of(request, resource.clone(), namespace)?;
    let delete = delete_options(request)?;
    let found = list(state, &selection, request)?;
    let keys: Vec<Key> = found["items"].as_array().into_iter().flatten().map(Key::of).collect();
    let mut session = Session::new(state, resource.clone(), None, options(request)?);
    for key in keys {
        session.delete(&key, &delete)?;
    }
    Ok(Answer::ok(found))
}

fn named(
    shared: &Arc<Mutex<State>>,
    state: &mut State,
    request: &ApiRequest,
    resource: &Arc<Resource>,
    target: &Target,
    key: &Key,
) -> Answered {
    match target.subresource.as_deref() {
        None => {}
        Some("scale") if resource.has_subresource("scale") => return scale(state, request, resource, key),
        Some("status" | "finalize" | "ephemeralcontainers" | "resize" | "approval") => {}
        Some(other) => return action(state, request, resource, key, other),
    }
    if let Some(subresource) = target.subresource.as_deref()
        && !resource.has_subresource(subresource)
    {
        return Err(StatusError::no_resource());
    }
    let subresource = target.subresource.clone();
    match request.method {
        Method::GET if request.query.flag("watch") => {
            let mut request = request.clone();
            request.query = crate::request::Query::parse(&format!(
                "fieldSelector=metadata.name%3D{}&watch=true",
                key.name
            ));
            let selection = Selection::of(&request, resource.clone(), target.namespace.as_deref())?;
            watch(shared, state, &request, selection)
        }
        Method::GET => {
            let session = Session::new(state, resource.clone(), None, options(request)?);
            let value = session.live(key).ok_or_else(|| session.not_found(&key.name))?;
            Ok(Answer::ok(render(value, Form::of(request), resource)))
        }
        Method::PUT => {
            let value = decode_object(request)?;
            if subresource.as_deref() == Some("finalize") {
                return finalize(state, request, resource, key, value);
            }
            let mut session = Session::new(state, resource.clone(), subresource, options(request)?);
            let written = session.replace(value, key).map_err(|error| error.warn(&session.warnings))?;
            Ok(tell(&written, session.warnings, request, resource))
        }
        Method::PATCH => {
            let (kind, body) = patch_body(request)?;
            let mut session = Session::new(state, resource.clone(), subresource, options(request)?);
            let written = session.patch(kind, body, key).map_err(|error| error.warn(&session.warnings))?;
            Ok(tell(&written, session.warnings, request, resource))
        }
        Method::DELETE if resource.allows("delete") && subresource.is_none() => {
            delete(state, request, resource, key)
        }
        _ => Err(StatusError::method_not_allowed()),
    }
}

fn delete(state: &mut State, request: &ApiRequest, resource: &Arc<Resource>, key: &Key) -> Answered {
    let delete = delete_options(request)?;
    let mut options = options(request)?;
    options.dry_run |= body_dry_run(request);
    let mut session = Session::new(state, resource.clone(), None, options);
    let deleted = session.delete(key, &delete)?;
    let value = match deleted {
        Deleted::Pending(value) => {
            return Ok(Answer::ok(render((*value).clone(), Form::of(request), resource)));
        }
        Deleted::Gone(value) => value,
    };
    if returns_object(resource) {
        return Ok(Answer::ok(render((*value).clone(), Form::of(request), resource)));
    }
    let mut details = json!({"name": key.name});
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    details["kind"] = json!(resource.plural);
    details["uid"] = json!(object::uid(&value));
    Ok(Answer::ok(json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
    })))
}

/// Tells whether a delete is answered by the object.
fn returns_object(resource: &Resource) -> bool {
    match resource.group.as_str() {
        "" => matches!(
            resource.plural.as_str(),
            "pods"
                | "services"
                | "serviceaccounts"
                | "persistentvolumes"
                | "persistentvolumeclaims"
                | "podtemplates"
                | "resourcequotas"
        ),
        "storage.k8s.io" => matches!(resource.plural.as_str(), "storageclasses" | "csidrivers" | "csinodes"),
        _ => false,
    }
}

fn finalize(
    state: &mut State,
    request: &ApiRequest,
    resource: &Arc<Resource>,
    key: &Key,
    value: Value,
) -> Answered {
    let session = Session::new(state, resource.clone(), None, options(request)?);
    let mut live = session.live(key).ok_or_else(|| session.not_found(&key.name))?;
    live["spec"] = value["spec"].clone();
    let table = resource.table();
    let empty = live["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty);
    let value = if empty && object::deleting(&live) && object::meta_list(&live, "finalizers").is_empty() {
        state.remove(&table, key)?.map_or(live, |v| (*v).clone())
    } else {
        (*state.put(&table, live)?).clone()
    };
    Ok(Answer::ok(value))
}

fn scale(state: &mut State, request: &ApiRequest, resource: &Arc<Resource>, key: &Key) -> Answered {
    let mut session = Session::new(state, resource.clone(), Some("scale".into()), options(request)?);
    match request.method {
        Method::GET => Ok(Answer::ok(session.scale(key)?)),
        Method::PUT => {
            let value = decode_object(request)?;
            Ok(Answer::ok(session.replace_scale(&value, key)?.0))
        }
        Method::PATCH => {
            let (kind, body) = patch_body(request)?;
            Ok(Answer::ok(session.patch_scale(kind, &body, key)?.0))
        }
        _ => Err(StatusError::method_not_allowed()),
    }
}

/// Subresources that do something.
fn action(
    state: &mut State,
    request: &ApiRequest,
    resource: &Arc<Resource>,
    key: &Key,
    name: &str,
) -> Answered {
    let session = Session::new(state, resource.clone(), None, options(request)?);
    let live = session.live(key).ok_or_else(|| session.not_found(&key.name))?;
    match (resource.plural.as_str(), name) {
        // Nothing runs here; what a container would have written is said by whoever made the pod.
        ("pods", "log") => {
            let text = live["metadata"]["annotations"][crate::controllers::LOG].as_str().unwrap_or_default();
            Ok(Answer::text(text.to_owned()))
        }
        ("pods", "eviction") => {
            let mut session = Session::new(state, resource.clone(), None, options(request)?);
            session.delete(key, &DeleteOptions::default())?;
            Ok(Answer::with_code(
                201,
                json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}),
            ))
        }
        ("pods", "binding") => Ok(Answer::with_code(
            201,
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}),
        )),
        ("serviceaccounts", "token") => {
            let mut review = decode_object(request)?;
            review["metadata"] = json!({"name": object::name(&live), "namespace": object::namespace(&live)});
            let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
            review["status"] = json!({
                "token": format!("sandbox.{}", object::uid(&live)),
                "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            });
            Ok(Answer::with_code(201, review))
        }
        _ => Err(StatusError::no_resource()),
    }
}

/// The answer to a write.
fn tell(written: &Written, warnings: Vec<String>, request: &ApiRequest, resource: &Resource) -> Answer {
    let body = match Form::of(request) {
        Form::Whole => written.object.clone(),
        form => Arc::new(render((*written.object).clone(), form, resource)),
    };
    Answer::with_code(if written.created { 201 } else { 200 }, body).warn(warnings)
}
