//! Values that a custom resource's schema does not allow.

use serde_json::{Number, Value, json};

use crate::catalog::CustomVersion;
use crate::schema::{Atom, List, ListKind, Rules, Scalar, Schema};
use crate::status::Cause;

/// Lists what is wrong with an object; what was already wrong with the live one at an unchanged place is let pass.
pub(crate) fn faults(version: &CustomVersion, value: &Value, live: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    node(version.schema(), value, live, "", &mut causes);
    causes.retain(|cause| !cause.field.starts_with("metadata."));
    causes.extend(scale_fault(version, value));
    causes
}

fn node(schema: &Schema, value: &Value, live: Option<&Value>, path: &str, causes: &mut Vec<Cause>) {
    if live == Some(value) {
        return;
    }
    let none = Rules::default();
    let rules = schema.rules.as_deref().unwrap_or(&none);
    if value.is_null() {
        if !rules.nullable && !matches!(schema.shape, crate::schema::Shape::Any) {
            causes.push(wrong_type(path, "null", expected(schema)));
        }
        return;
    }
    if let Some(cause) = type_fault(schema, rules, value, path) {
        causes.push(cause);
        enumerated(rules, value, path, causes);
        return;
    }
    if rules.embedded {
        for name in ["apiVersion", "kind"] {
            if value.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                causes.push(Cause::required(join(path, name), ""));
            }
        }
    }
    values(rules, value, path, causes);
    match (schema.atom(Some(value)), value) {
        (Atom::Map { map, .. }, Value::Object(fields)) => {
            for name in &rules.required {
                if !fields.contains_key(name) {
                    causes.push(Cause::required(join(path, name), ""));
                }
            }
            for (name, child) in fields {
                if let Some(field) = map.child(name) {
                    node(field, child, live.and_then(|l| l.get(name)), &join(path, name), causes);
                }
            }
        }
        (Atom::List { list }, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                node(&list.item, item, live.and_then(|l| l.get(index)), &format!("{path}[{index}]"), causes);
            }
            repeated(list, items, path, causes);
        }
        _ => {}
    }
    combined(rules, value, path, causes);
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn wrong_type(path: &str, found: &str, wanted: &str) -> Cause {
    let detail = format!("{path} in body must be of type {wanted}: {found:?}");
    Cause::type_invalid(path, found, detail)
}

fn expected(schema: &Schema) -> &'static str {
    match &schema.target().shape {
        crate::schema::Shape::List(_) => "array",
        crate::schema::Shape::Map(_) => "object",
        crate::schema::Shape::Scalar(Scalar::Integer) => "integer",
        crate::schema::Shape::Scalar(Scalar::Number) => "number",
        crate::schema::Shape::Scalar(Scalar::Boolean) => "boolean",
        _ => "string",
    }
}

fn type_fault(schema: &Schema, rules: &Rules, value: &Value, path: &str) -> Option<Cause> {
    if rules.int_or_string && !(value.is_string() || value.is_i64() || value.is_u64()) {
        return Some(wrong_type(path, found_type(value), "integer,string"));
    }
    let fits = match (schema.atom(Some(value)), value) {
        (Atom::Map { .. }, Value::Object(_)) | (Atom::List { .. }, Value::Array(_)) => true,
        (Atom::Scalar(kind), value) => match kind {
            Scalar::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|f| f.fract() == 0.0)
            }
            Scalar::Number => value.is_number(),
            Scalar::Boolean => value.is_boolean(),
            Scalar::Any => true,
            Scalar::IntOrString | Scalar::Quantity => value.is_string() || value.is_number(),
            _ => value.is_string(),
        },
        _ => false,
    };
    let found = found_type(value);
    (!fits).then(|| wrong_type(path, found, expected(schema)))
}

fn values(rules: &Rules, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    enumerated(rules, value, path, causes);
    match value {
        Value::String(text) => text_rules(rules, text, value, path, causes),
        Value::Number(number) => number_rules(rules, number, value, path, causes),
        Value::Array(items) => {
            let count = items.len() as u64;
            if let Some(most) = rules.items.1.filter(|most| count > *most) {
                let message = format!("Too many: {count}: must have at most {most} items");
                causes.push(Cause { reason: "FieldValueTooMany", field: path.into(), message });
            }
            if let Some(least) = rules.items.0.filter(|least| count < *least) {
                let detail = format!("{path} in body should have at least {least} items");
                causes.push(Cause::invalid(path, &json!(count), detail));
            }
        }
        Value::Object(fields) => {
            let count = fields.len() as u64;
            if let Some(most) = rules.properties.1.filter(|most| count > *most) {
                let message = format!("Too many: {count}: must have at most {most} items");
                causes.push(Cause { reason: "FieldValueTooMany", field: path.into(), message });
            }
            if let Some(least) = rules.properties.0.filter(|least| count < *least) {
                let detail = format!("{path} in body should have at least {least} properties");
                causes.push(Cause::invalid(path, &json!(count), detail));
            }
        }
        _ => {}
    }
}

/// A value that is none of those listed.
fn enumerated(rules: &Rules, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if !rules.allowed.is_empty() && !rules.allowed.contains(value) {
        let allowed: Vec<String> =
            rules.allowed.iter().map(|a| a.as_str().map_or_else(|| a.to_string(), str::to_owned)).collect();
        causes.push(Cause::unsupported(path, value, &allowed));
    }
}

fn found_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Only the first thing that is wrong with a text is told, but for its format.
fn text_rules(rules: &Rules, text: &str, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let length = text.chars().count() as u64;
    let pattern = rules.pattern.as_deref().filter(|p| regex::Regex::new(p).is_ok_and(|r| !r.is_match(text)));
    if let Some(most) = rules.length.1.filter(|most| length > *most) {
        causes.push(Cause::too_long(path, most));
    } else if let Some(least) = rules.length.0.filter(|least| length < *least) {
        causes.push(Cause::invalid(
            path,
            value,
            format!("{path} in body should be at least {least} chars long"),
        ));
    } else if let Some(pattern) = pattern {
        causes.push(Cause::invalid(path, value, format!("{path} in body should match '{pattern}'")));
    }
    if let Some(format) = rules.format.as_deref().filter(|format| !format_holds(format, text)) {
        let detail = format!("{path} in body must be of type {format}: {value}");
        causes.push(Cause::type_invalid(path, text, detail));
    }
}

fn format_holds(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "byte" => {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.decode(text).is_ok()
        }
        "uuid" => text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-'),
        _ => true,
    }
}

fn number_rules(rules: &Rules, number: &Number, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let found = number.as_f64().unwrap_or_default();
    let bound = |n: &Number| n.as_f64().unwrap_or_default();
    if let Some((least, exclusive)) = &rules.minimum
        && (found < bound(least) || *exclusive && found == bound(least))
    {
        let or_equal = if *exclusive { "" } else { " or equal to" };
        let detail = format!("{path} in body should be greater than{or_equal} {least}");
        causes.push(Cause::invalid(path, value, detail));
    }
    if let Some((most, exclusive)) = &rules.maximum
        && (found > bound(most) || *exclusive && found == bound(most))
    {
        let or_equal = if *exclusive { "" } else { " or equal to" };
        let detail = format!("{path} in body should be less than{or_equal} {most}");
        causes.push(Cause::invalid(path, value, detail));
    }
    if let Some(step) = rules.multiple_of
        && (found / step).fract() != 0.0
    {
        causes.push(Cause::invalid(path, value, format!("{path} in body should be a multiple of {step}")));
    }
    let range = match rules.format.as_deref() {
        Some("int32") => f64::from(i32::MIN)..=f64::from(i32::MAX),
        _ => return,
    };
    if !range.contains(&found) {
        let detail = format!("{path} in body must be of type int32: \"int64\"");
        causes.push(Cause::invalid(path, &json!("number"), detail));
    }
}

/// Items that occur twice in a set or under the same keys.
fn repeated(list: &List, items: &[Value], path: &str, causes: &mut Vec<Cause>) {
    let key_of = |item: &Value| -> Value {
        let ListKind::Map(keys) = &list.kind else { return item.clone() };
        let mut keys: Vec<&String> = keys.iter().collect();
        keys.sort();
        let found = keys.into_iter().filter_map(|k| Some((k.clone(), item.get(k)?.clone())));
        Value::Object(found.collect())
    };
    if list.kind == ListKind::Atomic {
        return;
    }
    let mut seen = std::collections::HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let key = key_of(item);
        if !seen.insert(key.to_string()) {
            causes.push(Cause::duplicate(format!("{path}[{index}]"), &key));
        }
    }
}

/// `allOf`, `anyOf`, `oneOf` and `not`.
fn combined(rules: &Rules, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let faults_of = |schema: &Schema| {
        let mut found = Vec::new();
        node(schema, value, None, path, &mut found);
        found
    };
    let mut fail = |detail: &str, more: Vec<Cause>| {
        let message = format!("Invalid value: \"\": {path:?} {detail}");
        causes.push(Cause { reason: "FieldValueInvalid", field: "<nil>".into(), message });
        causes.extend(more);
    };
    let first = |schemas: &[Schema]| schemas.first().map(faults_of).unwrap_or_default();
    let holding = |schemas: &[Schema]| schemas.iter().filter(|s| faults_of(s).is_empty()).count();
    let broken: Vec<Cause> = rules.all_of.iter().flat_map(faults_of).collect();
    if !broken.is_empty() {
        fail("must validate all the schemas (allOf)", broken);
    }
    if !rules.any_of.is_empty() && holding(&rules.any_of) == 0 {
        fail("must validate at least one schema (anyOf)", first(&rules.any_of));
    }
    if !rules.one_of.is_empty() {
        let which = "must validate one and only one schema (oneOf).";
        match holding(&rules.one_of) {
            1 => {}
            0 => fail(&format!("{which} Found none valid"), first(&rules.one_of)),
            count => fail(&format!("{which} Found {count} valid alternatives"), Vec::new()),
        }
    }
    if rules.not.as_ref().is_some_and(|not| faults_of(not).is_empty()) {
        fail("must not validate the schema (not)", Vec::new());
    }
}

/// The replicas of a kind with a scale may not be negative.
fn scale_fault(version: &CustomVersion, value: &Value) -> Option<Cause> {
    let path = &version.scale.as_ref()?.spec_replicas;
    let found = crate::jsonpath::find(value, path).first().copied()?;
    found.as_i64().filter(|n| *n < 0)?;
    Some(Cause::invalid(path.as_str(), found, "should be a non-negative integer"))
}
