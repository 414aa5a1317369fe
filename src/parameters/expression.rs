//! CEL expressions over parameters: `#{…}` in values, and rules.
//!
//! In: an expression's text and something that knows names. Out: a value, or what is wrong and at which column.
//! Refuses to know: layers, components, outputs.
//!
//! Source: hubctl's `parameters/eval.go`: an identifier with all its selections (`mysql.password`) is a parameter's
//! full name; of several that could be meant, the longest is. Unlike there, nothing has to be quoted, and an error has
//! a column.

use std::collections::BTreeSet;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, SourceInfo};
use cel::parser::Parser;
use cel::{Context, ExecutionError, objects::Key};
use serde_json::Value;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExpressionError<E> {
    /// It is not CEL, or cannot be evaluated.
    Wrong {
        /// What is wrong.
        message: String,
        /// Where in the expression, in characters from 1.
        column: usize,
    },
    /// It names something that is not known.
    Unknown {
        /// The whole name.
        name: String,
        /// Where in the expression, in characters from 1.
        column: usize,
    },
    /// A name is known, but has no value.
    Name(E),
}

/// Gives an expression's value. `lookup` says what a name means; `None` where it means nothing.
pub(super) fn evaluate<E>(
    text: &str,
    lookup: &mut dyn FnMut(&str) -> Result<Option<Value>, E>,
) -> Result<Value, ExpressionError<E>> {
    let parsed = Parser::new().enable_ident_escape_syntax(true).parse_with_source_info(text);
    let (mut expression, source) = parsed.map_err(|errors| first_error(text, &errors.errors))?;
    let mut names =
        Names { lookup, source: &source, text, bound: BTreeSet::new(), context: Context::default() };
    names.replace(&mut expression)?;
    let context = names.context;
    let result = context.resolve(&expression).map_err(|error| {
        let id = culprit(&expression, &context);
        ExpressionError::Wrong { message: explained(&error), column: column(text, &source, id) }
    })?;
    result.json().map_err(|_| ExpressionError::Wrong {
        message: "its result is neither text, number, boolean, list nor map".to_owned(),
        column: 1,
    })
}

fn first_error<E>(text: &str, errors: &[cel::ParseError]) -> ExpressionError<E> {
    let error = errors.first();
    let message = error.map_or("it is not CEL", |e| e.msg.as_str());
    let message = message.trim_start_matches("Syntax error: ").to_owned();
    let length = text.chars().count();
    let column = error.and_then(|e| usize::try_from(e.pos.1).ok()).unwrap_or(1);
    ExpressionError::Wrong { message, column: column.clamp(1, length + 1) }
}

fn explained(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchOverload(overload) => {
            let function = overload.function().trim_matches('_').replace("_", "");
            let types = overload.argument_types().join(" and ");
            format!("`{function}` cannot be used with {types}")
        }
        other => other.to_string(),
    }
}

fn column(text: &str, source: &SourceInfo, id: u64) -> usize {
    let offset = source.offset_for(id).map_or(0, |(start, _)| start as usize);
    // The parser counts characters.
    offset.min(text.chars().count()) + 1
}

/// The innermost part that fails by itself.
fn culprit(expression: &IdedExpr, context: &Context<'_, '_>) -> u64 {
    let failing = |part: &&IdedExpr| context.resolve(part).is_err();
    let parts: Vec<&IdedExpr> = match &expression.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        // The parts of a comprehension have meaning only inside it.
        Expr::Comprehension(comprehension) => vec![&comprehension.iter_range],
        _ => Vec::new(),
    };
    parts.into_iter().find(failing).map_or(expression.id, |part| culprit(part, context))
}

/// Puts variables in the place of parameters' names.
struct Names<'a, 'c, E> {
    lookup: &'a mut dyn FnMut(&str) -> Result<Option<Value>, E>,
    source: &'a SourceInfo,
    text: &'a str,
    /// Variables of the comprehensions around.
    bound: BTreeSet<String>,
    context: Context<'c, 'c>,
}

impl<E> Names<'_, '_, E> {
    fn replace(&mut self, expression: &mut IdedExpr) -> Result<(), ExpressionError<E>> {
        if let Some(mut segments) = name_of(expression, &self.bound) {
            return self.replace_name(expression, &mut segments);
        }
        match &mut expression.expr {
            Expr::Call(call) => {
                if let Some(target) = &mut call.target {
                    self.replace_target(target)?;
                }
                call.args.iter_mut().try_for_each(|arg| self.replace(arg))
            }
            Expr::Select(select) => self.replace(&mut select.operand),
            Expr::List(list) => list.elements.iter_mut().try_for_each(|item| self.replace(item)),
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|e| self.replace_entry(&mut e.expr)),
            Expr::Struct(value) => value.entries.iter_mut().try_for_each(|e| self.replace_entry(&mut e.expr)),
            Expr::Comprehension(comprehension) => {
                self.replace(&mut comprehension.iter_range)?;
                self.replace(&mut comprehension.accu_init)?;
                let outer = self.bound.clone();
                self.bound.extend([comprehension.iter_var.clone(), comprehension.accu_var.clone()]);
                self.bound.extend(comprehension.iter_var2.clone());
                self.replace(&mut comprehension.loop_cond)?;
                self.replace(&mut comprehension.loop_step)?;
                self.replace(&mut comprehension.result)?;
                self.bound = outer;
                Ok(())
            }
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Ok(()),
        }
    }

    fn replace_entry(&mut self, entry: &mut EntryExpr) -> Result<(), ExpressionError<E>> {
        match entry {
            EntryExpr::StructField(field) => self.replace(&mut field.value),
            EntryExpr::MapEntry(entry) => {
                self.replace(&mut entry.key)?;
                self.replace(&mut entry.value)
            }
        }
    }

    /// What stands before a method may be the name of a function's family, as in `base64.encode(x)`.
    fn replace_target(&mut self, target: &mut IdedExpr) -> Result<(), ExpressionError<E>> {
        match self.replace(target) {
            Err(ExpressionError::Unknown { name, .. })
                if ["base64", "math", "strings"].contains(&name.as_str()) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    fn replace_name(
        &mut self,
        expression: &mut IdedExpr,
        segments: &mut [String],
    ) -> Result<(), ExpressionError<E>> {
        let whole = segments.join(".");
        let (column, tested) = (column(self.text, self.source, root_id(expression)), is_test(expression));
        for length in (1..=segments.len()).rev() {
            let name = segments[..length].join(".");
            let Some(value) = (self.lookup)(&name).map_err(ExpressionError::Name)? else {
                continue;
            };
            let variable = name.replace(['.', '-'], "_");
            let variable = format!("parameter_{variable}");
            let present = !value.is_null();
            self.context.add_variable_from_value(variable.clone(), to_cel(&value));
            if tested && length == segments.len() {
                expression.expr = literal(present);
            } else {
                set_root(expression, segments.len() - length, variable);
            }
            return Ok(());
        }
        if tested {
            expression.expr = literal(false);
            return Ok(());
        }
        Err(ExpressionError::Unknown { name: whole, column })
    }
}

fn literal(value: bool) -> Expr {
    Expr::Literal(cel::common::ast::LiteralValue::Boolean(value.into()))
}

fn is_test(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Select(select) if select.test)
}

/// The parts of a dotted name; `None` for anything else, and for names that a comprehension brings.
fn name_of(expression: &IdedExpr, bound: &BTreeSet<String>) -> Option<Vec<String>> {
    match &expression.expr {
        Expr::Ident(name) => (!bound.contains(name)).then(|| vec![name.clone()]),
        Expr::Select(select) => {
            let mut segments = name_of(&select.operand, bound)?;
            segments.push(select.field.clone());
            Some(segments)
        }
        _ => None,
    }
}

fn root_id(expression: &IdedExpr) -> u64 {
    match &expression.expr {
        Expr::Select(select) => root_id(&select.operand),
        _ => expression.id,
    }
}

/// Keeps the last `kept` selections and puts a variable below them.
fn set_root(expression: &mut IdedExpr, kept: usize, variable: String) {
    match &mut expression.expr {
        Expr::Select(select) if kept > 0 => set_root(&mut select.operand, kept - 1, variable),
        _ => expression.expr = Expr::Ident(variable),
    }
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), _, _) => cel::Value::Int(integer),
            (_, Some(integer), _) => cel::Value::UInt(integer),
            (_, _, float) => cel::Value::Float(float.unwrap_or_default()),
        },
        Value::String(text) => cel::Value::String(text.clone().into()),
        Value::Array(items) => cel::Value::List(items.iter().map(to_cel).collect::<Vec<_>>().into()),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| (Key::String(key.clone().into()), to_cel(value)));
            cel::Value::Map(cel::objects::Map { map: std::sync::Arc::new(pairs.collect()) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value_of(text: &str) -> Result<Value, ExpressionError<()>> {
        evaluate(text, &mut |name| {
            Ok(match name {
                "mysql.password" => Some(json!("")),
                "mysql.host" => Some(json!("db")),
                "replicas" => Some(json!(3)),
                "on" => Some(json!(true)),
                "hosts" => Some(json!(["a", "b"])),
                "limits" => Some(json!({"cpu": 2})),
                _ => None,
            })
        })
    }

    #[test]
    fn dotted_names_are_parameters() {
        for (text, value) in [
            ("size(mysql.password) == 0", json!(true)),
            ("mysql.host + ':' + string(replicas)", json!("db:3")),
            ("on && replicas > 2", json!(true)),
            ("mysql.host == 'x' ? 1 : 2", json!(2)),
            ("hosts.all(h, h.size() == 1)", json!(true)),
            ("hosts.exists(h, h == mysql.host)", json!(false)),
            ("limits.cpu * 2", json!(4)),
            ("has(limits.cpu) && !has(limits.memory) && !has(nowhere.at)", json!(true)),
            ("mysql.host.startsWith('d')", json!(true)),
            ("mysql.host in ['db', 'x']", json!(true)),
            ("mysql.host.matches('^d.$')", json!(true)),
        ] {
            assert_eq!(value_of(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_has_a_column() {
        for (text, found) in [
            ("on && mysql.hots == ''", 7),
            ("on &&", 6),
            ("replicas > 1 && replicas + hosts", 26),
            ("1 + + 2", 5),
        ] {
            let column = match value_of(text) {
                Err(ExpressionError::Wrong { column, .. } | ExpressionError::Unknown { column, .. }) => {
                    column
                }
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(column, found, "{text}: {:?}", value_of(text));
        }
    }
}
