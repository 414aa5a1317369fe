//! OpenAPI v3 schema nodes to [`Schema`].
//!
//! In: a JSON node, of the recorded table or of a CustomResourceDefinition. Out: the typed tree.
//! Source: kube-openapi `pkg/schemaconv` for what apply sees, apiextensions' structural schemas for the rest.

use indexmap::IndexMap;
use serde_json::{Map as Object, Value};

use super::{GoForm, List, ListKind, Map, PatchHint, Rules, Scalar, Schema, Shape, builtin};

/// Whose schema is read: the two differ in references and in what a resource's root carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Builtin,
    Custom,
}

/// Reads the schema of one version of a custom resource, with the fields that every object has.
pub(crate) fn custom_resource(node: &Value) -> Schema {
    let mut root = schema(node, Source::Custom);
    if let Shape::Any = root.shape {
        root.shape = Shape::Map(Map { rest: Some(Box::default()), ..Map::default() });
    }
    add_object_fields(&mut root);
    root
}

/// Reads one node.
pub(crate) fn schema(node: &Value, source: Source) -> Schema {
    let Value::Object(node) = node else {
        return Schema::default();
    };
    let patch = patch_hint(node);
    let go = match text(node, "x-go") {
        Some("always") => GoForm::Always,
        Some("zero") => GoForm::Zero,
        Some("struct") => GoForm::Struct,
        _ => GoForm::Plain,
    };
    let default = node.get("default").filter(|d| !d.is_null() || source == Source::Custom).cloned();
    if let Some(name) = node.get("$ref").and_then(Value::as_str) {
        let atomic = text(node, "x-kubernetes-map-type") == Some("atomic");
        let mut named = builtin::named(name);
        if let Shape::Named { atomic: whole, .. } = &mut named.shape {
            *whole = atomic;
        }
        return Schema { default, patch, go, ..named };
    }
    let mut read = Schema { shape: shape(node, source), default, rules: rules(node, source), patch, go };
    if flag(node, "x-kubernetes-embedded-resource") {
        if let Shape::Any = read.shape {
            read.shape = Shape::Map(Map { rest: Some(Box::default()), ..Map::default() });
        }
        add_object_fields(&mut read);
    }
    read
}

fn add_object_fields(root: &mut Schema) {
    let Shape::Map(map) = &mut root.shape else { return };
    for name in ["apiVersion", "kind"] {
        map.fields
            .entry(name.into())
            .or_insert_with(|| Schema { shape: Shape::Scalar(Scalar::String), ..Schema::default() });
    }
    let declared = map.fields.shift_remove("metadata");
    let metadata = Schema { rules: declared.and_then(|d| d.rules), ..builtin::named("meta.v1.ObjectMeta") };
    map.fields.insert("metadata".into(), metadata);
}

fn shape(node: &Object<String, Value>, source: Source) -> Shape {
    if flag(node, "x-kubernetes-int-or-string") {
        return if source == Source::Custom { Shape::Any } else { Shape::Scalar(Scalar::IntOrString) };
    }
    match text(node, "type") {
        Some("object") => Shape::Map(map(node, source)),
        Some("array") => Shape::List(list(node, source)),
        Some("integer") => Shape::Scalar(Scalar::Integer),
        Some("number") => Shape::Scalar(Scalar::Number),
        Some("boolean") => Shape::Scalar(Scalar::Boolean),
        Some("string") => Shape::Scalar(match text(node, "format") {
            None | Some("") => Scalar::String,
            Some("byte") => Scalar::Bytes,
            Some("int-or-string") => Scalar::IntOrString,
            Some("date-time") if source == Source::Builtin => Scalar::Time,
            Some(_) => Scalar::Formatted,
        }),
        _ if node.contains_key("properties") => Shape::Map(map(node, source)),
        _ => Shape::Any,
    }
}

fn map(node: &Object<String, Value>, source: Source) -> Map {
    let mut fields = IndexMap::new();
    if let Some(Value::Object(properties)) = node.get("properties") {
        for (name, child) in properties {
            fields.insert(name.clone(), schema(child, source));
        }
    }
    let rest = match node.get("additionalProperties") {
        Some(child @ Value::Object(_)) => Some(Box::new(schema(child, source))),
        Some(Value::Bool(true)) => Some(Box::default()),
        Some(_) => None,
        None if flag(node, "x-kubernetes-preserve-unknown-fields") => Some(Box::default()),
        // a free-form object, which a custom resource's schema prunes to nothing
        None if fields.is_empty() && source == Source::Builtin => Some(Box::default()),
        None => None,
    };
    let empty = |default: &Value| match default {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(flag) => !flag,
        _ => false,
    };
    let says = |field: &Schema| field.default.clone().filter(|d| !d.is_object() && !empty(d));
    Map {
        defaults: fields.iter().filter_map(|(name, field)| Some((name.clone(), says(field)?))).collect(),
        written: fields
            .iter()
            .filter(|(_, field)| matches!(field.go, GoForm::Always | GoForm::Struct))
            .map(|(name, _)| name.clone())
            .collect(),
        fields,
        rest,
        atomic: text(node, "x-kubernetes-map-type") == Some("atomic"),
    }
}

fn list(node: &Object<String, Value>, source: Source) -> List {
    let item = match node.get("items") {
        Some(item) => schema(item, source),
        None => Schema { shape: Shape::Atomic, ..Schema::default() },
    };
    let kind = match text(node, "x-kubernetes-list-type") {
        Some("set") => ListKind::Set,
        Some("map") => ListKind::Map(strings(node, "x-kubernetes-list-map-keys")),
        _ => ListKind::Atomic,
    };
    List { kind, item: Box::new(item) }
}

fn patch_hint(node: &Object<String, Value>) -> Option<PatchHint> {
    let strategy = text(node, "x-kubernetes-patch-strategy")?;
    Some(PatchHint {
        merge: strategy.split(',').any(|s| s == "merge"),
        merge_key: text(node, "x-kubernetes-patch-merge-key").map(str::to_owned),
    })
}

fn rules(node: &Object<String, Value>, source: Source) -> Option<Box<Rules>> {
    const PLAIN: [&str; 13] = [
        "type",
        "properties",
        "items",
        "additionalProperties",
        "description",
        "default",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-map-type",
        "x-kubernetes-patch-strategy",
        "x-kubernetes-patch-merge-key",
        "title",
        "x-go",
    ];
    if node.keys().all(|k| PLAIN.contains(&k.as_str())) {
        return None;
    }
    let bound = |name: &str, exclusive: &str| match node.get(name) {
        Some(Value::Number(n)) => Some((n.clone(), flag(node, exclusive))),
        _ => None,
    };
    let range = |low: &str, high: &str| {
        let count = |name| node.get(name).and_then(Value::as_u64);
        (count(low), count(high))
    };
    let several = |name: &str| match node.get(name) {
        Some(Value::Array(nodes)) => nodes.iter().map(|n| schema(n, source)).collect(),
        _ => Vec::new(),
    };
    Some(Box::new(Rules {
        nullable: flag(node, "nullable"),
        preserve: flag(node, "x-kubernetes-preserve-unknown-fields"),
        embedded: flag(node, "x-kubernetes-embedded-resource"),
        int_or_string: flag(node, "x-kubernetes-int-or-string"),
        format: text(node, "format").map(str::to_owned),
        required: strings(node, "required"),
        allowed: node.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
        pattern: text(node, "pattern").map(str::to_owned),
        minimum: bound("minimum", "exclusiveMinimum"),
        maximum: bound("maximum", "exclusiveMaximum"),
        multiple_of: node.get("multipleOf").and_then(Value::as_f64),
        length: range("minLength", "maxLength"),
        items: range("minItems", "maxItems"),
        properties: range("minProperties", "maxProperties"),
        all_of: several("allOf"),
        any_of: several("anyOf"),
        one_of: several("oneOf"),
        not: node.get("not").map(|n| Box::new(schema(n, source))),
    }))
}

fn flag(node: &Object<String, Value>, name: &str) -> bool {
    node.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn text<'a>(node: &'a Object<String, Value>, name: &str) -> Option<&'a str> {
    node.get(name).and_then(Value::as_str)
}

fn strings(node: &Object<String, Value>, name: &str) -> Vec<String> {
    let items = node.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
