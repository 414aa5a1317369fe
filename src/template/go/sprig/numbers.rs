//! Arithmetic, on whatever looks like a number.
//!
//! Source: sprig's `numeric.go`: what is no number counts as 0.

use super::super::functions::{Call, Entry};
use super::super::value::Value;

pub(in super::super) const FUNCTIONS: &[Entry] = &[
    ("int", |call| call.count(1, 1).map(|()| Value::Int(int(call.value(0))))),
    ("int64", |call| call.count(1, 1).map(|()| Value::Int(int(call.value(0))))),
    ("float64", |call| call.count(1, 1).map(|()| Value::Float(float(call.value(0))))),
    ("atoi", |call| {
        call.count(1, 1)?;
        Ok(Value::Int(call.text(0)?.parse().unwrap_or(0)))
    }),
    ("toDecimal", |call| {
        call.count(1, 1)?;
        Ok(Value::Int(i64::from_str_radix(&call.value(0).to_string(), 8).unwrap_or(0)))
    }),
    ("add", |call| Ok(Value::Int(call.values.iter().fold(0, |sum: i64, v| sum.wrapping_add(int(v)))))),
    ("add1", |call| call.count(1, 1).map(|()| Value::Int(int(call.value(0)).wrapping_add(1)))),
    ("sub", |call| {
        call.count(2, 2)?;
        Ok(Value::Int(int(call.value(0)).wrapping_sub(int(call.value(1)))))
    }),
    ("mul", |call| {
        call.count(1, usize::MAX)?;
        Ok(Value::Int(call.values.iter().fold(1, |product: i64, v| product.wrapping_mul(int(v)))))
    }),
    ("div", |call| divide(call, i64::wrapping_div)),
    ("mod", |call| divide(call, i64::wrapping_rem)),
    ("max", |call| extreme(call, i64::max)),
    ("biggest", |call| extreme(call, i64::max)),
    ("min", |call| extreme(call, i64::min)),
    ("floor", |call| call.count(1, 1).map(|()| Value::Float(float(call.value(0)).floor()))),
    ("ceil", |call| call.count(1, 1).map(|()| Value::Float(float(call.value(0)).ceil()))),
    ("round", round),
    ("until", |call| {
        call.count(1, 1)?;
        let stop = call.int(0)?;
        steps(0, stop, if stop < 0 { -1 } else { 1 })
    }),
    ("untilStep", |call| {
        call.count(3, 3)?;
        steps(call.int(0)?, call.int(1)?, call.int(2)?)
    }),
];

/// As sprig's `toInt64`.
pub(super) fn int(value: &Value) -> i64 {
    match value {
        Value::Str(text) => text.parse().unwrap_or(0),
        Value::Int(i) => *i,
        Value::Float(x) => *x as i64,
        Value::Bool(b) => i64::from(*b),
        _ => 0,
    }
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Str(text) => text.parse().unwrap_or(0.0),
        Value::Int(i) => *i as f64,
        Value::Float(x) => *x,
        Value::Bool(b) => f64::from(u8::from(*b)),
        _ => 0.0,
    }
}

fn divide(call: &Call<'_>, operation: fn(i64, i64) -> i64) -> Result<Value, String> {
    call.count(2, 2)?;
    match int(call.value(1)) {
        0 => Err("integer divide by zero".to_owned()),
        divisor => Ok(Value::Int(operation(int(call.value(0)), divisor))),
    }
}

fn extreme(call: &Call<'_>, choose: fn(i64, i64) -> i64) -> Result<Value, String> {
    call.count(1, usize::MAX)?;
    Ok(Value::Int(call.values.iter().map(int).reduce(choose).unwrap_or(0)))
}

fn round(call: &Call<'_>) -> Result<Value, String> {
    call.count(2, 3)?;
    let places = i32::try_from(call.int(1)?).unwrap_or(0);
    let limit = call.values.get(2).map_or(0.5, float);
    let power = 10f64.powi(places);
    let digit = power * float(call.value(0));
    let rounded = if digit.fract() >= limit { digit.ceil() } else { digit.floor() };
    Ok(Value::Float(rounded / power))
}

/// The longest list that counting may make.
const MAX_STEPS: usize = 1_000_000;

fn steps(start: i64, stop: i64, step: i64) -> Result<Value, String> {
    let mut out = Vec::new();
    let mut i = start;
    while (stop < start && step < 0 && i > stop) || (stop >= start && step > 0 && i < stop) {
        if out.len() == MAX_STEPS {
            return Err(format!("more than {MAX_STEPS} steps"));
        }
        out.push(Value::Int(i));
        i = i.saturating_add(step);
    }
    Ok(Value::list(out))
}
