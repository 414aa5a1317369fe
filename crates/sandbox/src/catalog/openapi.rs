//! OpenAPI documents, as far as kubectl's `explain`, `create` and `apply` read them.
//!
//! In: the catalog. Out: `/openapi/v3` with one document per group version, `/openapi/v2` with the merge hints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Catalog, Resource, Source};
use crate::schema::builtin;

/// The index of `/openapi/v3`.
pub(crate) fn index(catalog: &Catalog) -> Value {
    let mut paths = Map::new();
    for resource in catalog.resources() {
        let path = document_path(resource);
        let url = json!({"serverRelativeURL": format!("/openapi/v3/{path}")});
        paths.insert(path, url);
    }
    json!({"paths": paths})
}

fn document_path(resource: &Resource) -> String {
    if resource.group.is_empty() {
        format!("api/{}", resource.version)
    } else {
        format!("apis/{}/{}", resource.group, resource.version)
    }
}

/// The document of `/openapi/v3/api/<version>` or `/openapi/v3/apis/<group>/<version>`.
pub(crate) fn document(catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let served: Vec<&Resource> =
        catalog.resources().map(|r| &**r).filter(|r| r.group == group && r.version == version).collect();
    if served.is_empty() {
        return None;
    }
    let schemas = definitions(&served, "#/components/schemas/");
    let paths: Map<String, Value> = served.iter().flat_map(|r| paths(r)).collect();
    Some(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.3"},
        "paths": paths,
        "components": {"schemas": schemas},
    }))
}

/// The document of `/openapi/v2`.
pub(crate) fn swagger(catalog: &Catalog) -> Value {
    let served: Vec<&Resource> = catalog.resources().map(|r| &**r).collect();
    let paths: Map<String, Value> = served.iter().flat_map(|r| paths(r)).collect();
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.36.3"},
        "paths": paths,
        "definitions": definitions(&served, "#/definitions/"),
    })
}

/// The outline of `/openapi/v2` as protobuf, without paths and types: kubectl asks for it about kinds that
/// `/openapi/v3` does not have, and learns that there are none.
pub(crate) fn outline() -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).expect("an outline's texts are short");
        [&[number << 3 | 2, length], bytes].concat()
    };
    let info = [field(1, b"Kubernetes"), field(2, b"v1.36.3")].concat();
    [field(1, b"2.0"), field(2, &info), field(8, b""), field(9, b"")].concat()
}

/// The types of resources and all that they refer to, by full name.
fn definitions(resources: &[&Resource], prefix: &str) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    let mut wanted: BTreeSet<String> = BTreeSet::from(["meta.v1.DeleteOptions".to_owned()]);
    for resource in resources {
        match &resource.source {
            Source::Builtin(Some(line)) => drop(wanted.insert(line.name().to_owned())),
            Source::Builtin(None) => {}
            Source::Custom(version) => {
                let mut schema = version.openapi().clone();
                if schema.is_object() {
                    let gvk = json!([{"group": resource.group, "kind": resource.kind, "version": resource.version}]);
                    schema["x-kubernetes-group-version-kind"] = gvk;
                    schema["properties"]["apiVersion"] = json!({"type": "string"});
                    schema["properties"]["kind"] = json!({"type": "string"});
                    schema["properties"]["metadata"] = json!({"$ref": "meta.v1.ObjectMeta"});
                    references(&mut schema, prefix, &mut wanted);
                    out.insert(custom_name(resource), schema);
                }
            }
        }
    }
    while let Some(name) = wanted.pop_first() {
        let full = long(&name);
        let (false, Some(line)) = (out.contains_key(&full), builtin::line(&name)) else {
            continue;
        };
        let mut schema = line.openapi();
        let mut found = BTreeSet::new();
        references(&mut schema, prefix, &mut found);
        out.insert(full, schema);
        wanted.extend(found.into_iter().filter(|n| !out.contains_key(&long(n))));
    }
    out
}

/// Rewrites references to full names and collects the names.
fn references(node: &mut Value, prefix: &str, found: &mut BTreeSet<String>) {
    match node {
        Value::Object(map) => {
            if let Some(Value::String(name)) = map.get_mut("$ref") {
                let full = format!("{prefix}{}", long(name));
                found.insert(std::mem::replace(name, full));
            }
            map.shift_remove("x-go");
            map.values_mut().for_each(|child| references(child, prefix, found));
        }
        Value::Array(items) => items.iter_mut().for_each(|child| references(child, prefix, found)),
        _ => {}
    }
}

/// The full name of a type from its short one.
fn long(name: &str) -> String {
    let first = name.split('.').next().unwrap_or_default();
    match first {
        "meta" => format!("io.k8s.apimachinery.pkg.apis.{name}"),
        "pkg" => format!("io.k8s.apimachinery.{name}"),
        "apiextensions" => format!("io.k8s.apiextensions-apiserver.pkg.apis.{name}"),
        "apiregistration" => format!("io.k8s.kube-aggregator.pkg.apis.{name}"),
        "io" => name.to_owned(),
        _ => format!("io.k8s.api.{name}"),
    }
}

fn custom_name(resource: &Resource) -> String {
    let group: Vec<&str> = resource.group.split('.').rev().collect();
    format!("{}.{}.{}", group.join("."), resource.version, resource.kind)
}

/// The paths of a resource, each verb with the kind it is about.
fn paths(resource: &Resource) -> Vec<(String, Value)> {
    let root = if resource.group.is_empty() { "/api" } else { "/apis" };
    let mut base = format!("{root}/{}", crate::object::api_version(&resource.group, &resource.version));
    if resource.namespaced {
        base.push_str("/namespaces/{namespace}");
    }
    let collection = format!("{base}/{}", resource.plural);
    let gvk = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let parameters = json!([
        {"name": "dryRun", "in": "query", "schema": {"type": "string", "uniqueItems": true}},
        {"name": "fieldManager", "in": "query", "schema": {"type": "string", "uniqueItems": true}},
        {"name": "fieldValidation", "in": "query", "schema": {"type": "string", "uniqueItems": true}},
    ]);
    let operation = |action: &str| {
        json!({
            "parameters": parameters, "x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvk,
            "responses": {"200": {"description": "OK"}},
        })
    };
    vec![
        (collection.clone(), json!({"get": operation("list"), "post": operation("post")})),
        (
            format!("{collection}/{{name}}"),
            json!({
                "get": operation("get"), "put": operation("put"), "patch": operation("patch"),
                "delete": operation("delete"),
            }),
        ),
    ]
}
