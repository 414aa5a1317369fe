//! Whether a value fits what its parameter declares, and its text form.
//!
//! In: a value, a declaration. Out: the value in its type, or why it does not fit.
//! Refuses to know: where the value came from.

use std::time::Duration;

use serde_json::Value;

use crate::diagnostic::nearest;
use crate::manifest::{ParameterDeclaration, ParameterType};

/// Why a value does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// Turns `value` into what the declaration asks for. Text is read as the type, since flags and variables are text.
pub(super) fn fit(value: Value, declaration: &ParameterDeclaration) -> Result<Value, Misfit> {
    let empty = value.as_str() == Some("");
    if empty && declaration.required {
        return Err(Misfit { message: "must not be empty".into(), help: None });
    }
    if empty {
        return Ok(value);
    }
    let value = match declaration.parameter_type {
        Some(wanted) => coerce(value, wanted)?,
        None => value,
    };
    check_choices(&value, declaration)?;
    check_pattern(&value, declaration)?;
    Ok(value)
}

fn coerce(value: Value, wanted: ParameterType) -> Result<Value, Misfit> {
    let text = text_of(&value);
    let misfit = |help: &str| Misfit {
        message: format!("`{text}` is not {}", article(wanted)),
        help: Some(help.to_owned()),
    };
    match wanted {
        ParameterType::String => match value {
            Value::Array(_) | Value::Object(_) => Err(misfit("write one line of text")),
            _ => Ok(Value::String(text)),
        },
        ParameterType::Integer => match text.parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(misfit("write a whole number such as 3")),
        },
        ParameterType::Number => match text.parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
            Some(_) if value.is_number() => Ok(value),
            Some(number) => Ok(text.parse::<i64>().map_or(Value::Number(number), Into::into)),
            None => Err(misfit("write a number such as 0.5")),
        },
        ParameterType::Boolean => match text.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(misfit("write true or false")),
        },
        ParameterType::List => match (&value, json_or_words(&text)) {
            (Value::Array(_), _) => Ok(value),
            (Value::String(_), Value::Array(items)) => Ok(Value::Array(items)),
            _ => Err(misfit("write a list, or words separated by spaces")),
        },
        ParameterType::Map => match (&value, serde_json::from_str::<Value>(&text)) {
            (Value::Object(_), _) => Ok(value),
            (Value::String(_), Ok(Value::Object(map))) => Ok(Value::Object(map)),
            _ => Err(misfit("write a mapping, as JSON on the command line")),
        },
        ParameterType::Url => match url::Url::parse(&text) {
            Ok(_) => Ok(Value::String(text)),
            Err(error) => Err(misfit(&format!("{error}; an example: https://example.com/path"))),
        },
        ParameterType::Duration => match parse_duration(&text) {
            Some(_) => Ok(Value::String(text)),
            None => Err(misfit("durations are written as 90s, 10m or 1h30m")),
        },
    }
}

fn article(wanted: ParameterType) -> &'static str {
    match wanted {
        ParameterType::String => "a text",
        ParameterType::Integer => "an integer",
        ParameterType::Number => "a number",
        ParameterType::Boolean => "a boolean",
        ParameterType::List => "a list",
        ParameterType::Map => "a map",
        ParameterType::Url => "a URL",
        ParameterType::Duration => "a duration",
    }
}

fn json_or_words(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(list @ Value::Array(_)) => list,
        _ => text.split_whitespace().collect(),
    }
}

fn check_choices(value: &Value, declaration: &ParameterDeclaration) -> Result<(), Misfit> {
    if declaration.choices.is_empty() {
        return Ok(());
    }
    let text = text_of(value);
    let choices: Vec<String> = declaration.choices.iter().map(text_of).collect();
    if choices.contains(&text) {
        return Ok(());
    }
    let near = nearest(&text, choices.iter().map(String::as_str));
    let mut help = format!("allowed: {}", choices.join(", "));
    if let Some(near) = near.first() {
        help = format!("{help}; did you mean `{near}`?");
    }
    Err(Misfit { message: format!("`{text}` is not allowed"), help: Some(help) })
}

fn check_pattern(value: &Value, declaration: &ParameterDeclaration) -> Result<(), Misfit> {
    let Some(pattern) = &declaration.pattern else {
        return Ok(());
    };
    let text = text_of(value);
    match regex::Regex::new(&format!("^(?:{pattern})$")) {
        Ok(anchored) if anchored.is_match(&text) => Ok(()),
        _ => Err(Misfit {
            message: format!("`{text}` does not match the pattern of the parameter"),
            help: Some(format!("the whole value must match {pattern}")),
        }),
    }
}

/// The text of a value as templates and hooks get it: strings as they are, null as nothing, the rest as JSON.
///
/// Source: hubctl's encoding for component processes, with mappings as JSON instead of `(error)`.
#[must_use]
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => plain_numbers(other).to_string(),
    }
}

/// Floats without a fraction as whole numbers, as Go's JSON has them (`1e7` is `10000000`).
fn plain_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
            Some(float) if !number.is_i64() && float.fract() == 0.0 && float.abs() < 9e15 => {
                (float as i64).into()
            }
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(plain_numbers).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), plain_numbers(v))).collect(),
        _ => value.clone(),
    }
}

/// The text of a value where it becomes part of another one: `true`, `1e+07`, `[a b]`, `map[k:v]`.
///
/// Source: hubctl prints such values with Go's `%v`.
#[must_use]
pub fn printed(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut pairs: Vec<String> = map.iter().map(|(k, v)| format!("{k}:{}", printed(v))).collect();
            pairs.sort();
            format!("map[{}]", pairs.join(" "))
        }
        Value::Number(number) if number.is_f64() => float_printed(number.as_f64().unwrap_or_default()),
        Value::Null => String::new(),
        other => text_of(other),
    }
}

/// Source: Go's `strconv`, format `g` with the shortest precision: with an exponent below -4 and from 6 on.
fn float_printed(float: f64) -> String {
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
        }
        _ => float.to_string(),
    }
}

/// Reads `90s`, `10m`, `1h30m`, `250ms`; `None` for anything else, a bare number included.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = rest[..digits].parse().ok()?;
        let unit_end =
            rest[digits..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |i| digits + i);
        let seconds = match &rest[digits..unit_end] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(amount * seconds).ok()?)?;
        rest = &rest[unit_end..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declared(parameter_type: ParameterType) -> ParameterDeclaration {
        ParameterDeclaration { parameter_type: Some(parameter_type), ..ParameterDeclaration::named("p") }
    }

    #[test]
    fn text_is_read_as_the_type() {
        let fits = |value: Value, wanted| fit(value, &declared(wanted));
        assert_eq!(fits(json!("3"), ParameterType::Integer), Ok(json!(3)));
        assert_eq!(fits(json!("a b"), ParameterType::List), Ok(json!(["a", "b"])));
        assert_eq!(fits(json!("{\"a\":1}"), ParameterType::Map), Ok(json!({"a": 1})));
        assert_eq!(fits(json!(true), ParameterType::String), Ok(json!("true")));
        assert_eq!(fits(json!(""), ParameterType::Integer), Ok(json!("")));
        for (value, wanted) in [
            (json!("3.5"), ParameterType::Integer),
            (json!("yes"), ParameterType::Boolean),
            (json!("nope"), ParameterType::Url),
            (json!("10"), ParameterType::Duration),
            (json!({}), ParameterType::List),
        ] {
            assert!(fits(value.clone(), wanted).is_err(), "{value} as {wanted:?}");
        }
    }

    #[test]
    fn choices_are_listed_with_the_nearest() {
        let declaration = ParameterDeclaration {
            choices: vec![json!("Serverless"), json!("RawDeployment")],
            ..ParameterDeclaration::named("p")
        };
        let foo = fit(json!("Foo"), &declaration).unwrap_err();
        assert_eq!(foo.help.unwrap(), "allowed: Serverless, RawDeployment");
        let near = fit(json!("serverles"), &declaration).unwrap_err();
        assert!(near.help.unwrap().ends_with("did you mean `Serverless`?"));
    }

    #[test]
    fn numbers_read_as_go_prints_them() {
        assert_eq!(text_of(&json!(1e7)), "10000000");
        assert_eq!(text_of(&json!(["x", true, 1.0])), "[\"x\",true,1]");
        assert_eq!(printed(&json!(1e7)), "1e+07");
        assert_eq!(printed(&json!(1.5)), "1.5");
        assert_eq!(printed(&json!(0.00001)), "1e-05");
        assert_eq!(printed(&json!({"b": 1, "a": ["x", null]})), "map[a:[x ] b:1]");
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("10"), None);
        assert_eq!(parse_duration("s"), None);
        assert_eq!(parse_duration(""), None);
    }
}
