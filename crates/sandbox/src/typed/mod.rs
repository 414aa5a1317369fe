//! Objects seen through their schema: check, merge, compare, list and remove fields.
//!
//! In: a [`Schema`](crate::schema::Schema) and JSON values. Out: values, field sets and comparisons.
//! Knows nothing of managers, versions or requests. Source: structured-merge-diff `typed`.

mod check;
mod compare;
mod field_set;
mod item;
mod merge;
mod mismatch;
mod remove;

pub(crate) use check::{SchemaError, check};
pub(crate) use compare::{Comparison, compare};
pub(crate) use field_set::field_set;
pub(crate) use merge::merge;
pub(crate) use mismatch::{mismatch, unknown_fields};
pub(crate) use remove::remove;

use crate::schema::{Atom, Schema};
use serde_json::Value;

/// Chooses the views to walk for a pair of values: one where both agree, else the left's and then the right's.
fn views<'a>(schema: &'a Schema, lhs: Option<&Value>, rhs: Option<&Value>) -> (Option<Atom<'a>>, Atom<'a>) {
    let right = || schema.atom(rhs);
    match (lhs, rhs) {
        (_, None) => (None, schema.atom(lhs)),
        (None, _) => (None, right()),
        _ => {
            let left = schema.atom(lhs);
            if left.same_shape(&right()) { (None, right()) } else { (Some(left), right()) }
        }
    }
}

fn list_of(value: Option<&Value>) -> Option<&Vec<Value>> {
    value.and_then(Value::as_array)
}

fn map_of(value: Option<&Value>) -> Option<&serde_json::Map<String, Value>> {
    value.and_then(Value::as_object)
}
