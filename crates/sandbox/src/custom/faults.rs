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
    if let Some(cause) = type_fault(schema, value, path) {
        causes.push(cause);
        return;
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
                    node(
                        field,
                        child,
                        live.and_then(|l| l.get(name)),
                        &join(path, name),
                        causes,
                    );
                }
            }
        }
        (Atom::List { list }, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                node(
                    &list.item,
                    item,
                    live.and_then(|l| l.get(index)),
                    &format!("{path}[{index}]"),
                    causes,
                );
            }
            repeated(list, items, path, causes);
        }
        _ => {}
    }
    combined(rules, value, path, causes);
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
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

fn type_fault(schema: &Schema, value: &Value, path: &str) -> Option<Cause> {
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
    let found = match value {
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        _ => "object",
    };
    (!fits).then(|| wrong_type(path, found, expected(schema)))
}

fn values(rules: &Rules, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if !rules.allowed.is_empty() && !rules.allowed.contains(value) {
        let allowed: Vec<String> = rules
            .allowed
            .iter()
            .map(|a| a.as_str().map_or_else(|| a.to_string(), str::to_owned))
            .collect();
        causes.push(Cause::unsupported(path, value, &allowed));
    }
    match value {
        Value::String(text) => text_rules(rules, text, value, path, causes),
        Value::Number(number) => number_rules(rules, number, value, path, causes),
        Value::Array(items) => {
            let count = items.len() as u64;
            if let Some(most) = rules.items.1.filter(|most| count > *most) {
                let message = format!("Too many: {count}: must have at most {most} items");
                causes.push(Cause {
                    reason: "FieldValueTooMany",
                    field: path.into(),
                    message,
                });
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
                causes.push(Cause {
                    reason: "FieldValueTooMany",
                    field: path.into(),
                    message,
                });
            }
            if let Some(least) = rules.properties.0.filter(|least| count < *least) {
                let detail = format!("{path} in body should have at least {least} properties");
                causes.push(Cause::invalid(path, &json!(count), detail));
            }
        }
        _ => {}
    }
}

fn text_rules(rules: &Rules, text: &str, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let length = text.chars().count() as u64;
    if let Some(most) = rules.length.1.filter(|most| length > *most) {
        let message = format!("Too long: may not be more than {most} bytes");
        causes.push(Cause {
            reason: "FieldValueTooLong",
            field: path.into(),
            message,
        });
    }
    if let Some(least) = rules.length.0.filter(|least| length < *least) {
        let detail = format!("{path} in body should be at least {least} chars long");
        causes.push(Cause::invalid(path, value, detail));
    }
    if let Some(pattern) = &rules.pattern
        && let Ok(regex) = regex::Regex::new(pattern)
        && !regex.is_match(text)
    {
        causes.push(Cause::invalid(
            path,
            value,
            format!("{path} in body should match '{pattern}'"),
        ));
    }
    if let Some(format) = &rules.format
        && !format_holds(format, text)
    {
        let detail = format!("{path} in body must be of type {format}: {value}");
        causes.push(Cause::invalid(path, value, detail));
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
        causes.push(Cause::invalid(
            path,
            value,
            format!("{path} in body should be a multiple of {step}"),
        ));
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
    let keys_of = |item: &Value| -> Value {
        match &list.kind {
            ListKind::Map(keys) => {
                let found = keys
                    .iter()
                    .filter_map(|k| Some((k.clone(), item.get(k)?.clone())));
                Value::Object(found.collect())
            }
            _ => item.clone(),
        }
    };
    if list.kind == ListKind::Atomic {
        return;
    }
    let mut seen = std::collections::HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let key = keys_of(item);
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
    for schema in &rules.all_of {
        causes.extend(faults_of(schema));
    }
    let holding = |schemas: &[Schema]| schemas.iter().filter(|s| faults_of(s).is_empty()).count();
    if !rules.any_of.is_empty() && holding(&rules.any_of) == 0 {
        let detail = format!("{path} in body must validate at least one schema (anyOf)");
        causes.push(Cause::invalid(path, value, detail));
        causes.extend(rules.any_of.first().map(faults_of).unwrap_or_default());
    }
    if !rules.one_of.is_empty() {
        match holding(&rules.one_of) {
            1 => {}
            0 => {
                let detail =
                    format!("{path} in body must validate one and only one schema (oneOf). Found none valid");
                causes.push(Cause::invalid(path, value, detail));
                causes.extend(rules.one_of.first().map(faults_of).unwrap_or_default());
            }
            count => {
                let detail = format!(
                    "{path} in body must validate one and only one schema (oneOf). Found {count} valid alternatives"
                );
                causes.push(Cause::invalid(path, value, detail));
            }
        }
    }
    if let Some(not) = &rules.not
        && faults_of(not).is_empty()
    {
        let detail = format!("{path} in body must not validate the schema (not)");
        causes.push(Cause::invalid(path, value, detail));
    }
}
