//! Running a parsed template.
//!
//! In: a tree, data, functions. Out: text. Refuses to know: files, where data comes from.
//!
//! Source: Go's `text/template/exec.go`.

use std::collections::BTreeMap;

use super::ast::{Base, Block, Command, Fault, Node, Operand, Pipeline, Span, Templates};
use super::functions::{self, Call};
use super::value::Value;

/// Runs a template over `data`.
///
/// # Errors
/// A function refuses its arguments, a value has no such field, a template is not defined.
pub(super) fn execute(templates: &Templates, data: Value) -> Result<String, Fault> {
    let mut run = Execution {
        templates,
        out: String::new(),
        variables: vec![("$".to_owned(), data.clone())],
        depth: 0,
    };
    run.block(&templates.main, &data)?;
    Ok(run.out)
}

/// How deeply templates may call each other. Go's own limit is 100,000; its stack grows.
const MAX_CALLS: usize = 200;
/// The largest text that a template may grow to.
const MAX_OUTPUT: usize = 64 << 20;

struct Execution<'a> {
    templates: &'a Templates,
    out: String,
    variables: Vec<(String, Value)>,
    depth: usize,
}

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

impl Execution<'_> {
    fn block(&mut self, block: &Block, dot: &Value) -> Result<Flow, Fault> {
        for node in block.iter() {
            let flow = self.node(node, dot)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Result<Flow, Fault> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipe) => {
                let value = self.pipeline(pipe, dot)?;
                if pipe.variables.is_empty() {
                    self.print(&value);
                }
                if self.out.len() > MAX_OUTPUT {
                    return Err(Fault::new(pipe.span, "the template grows without end"));
                }
            }
            Node::If { pipe, then, otherwise } => {
                return self.scoped(|run| {
                    let value = run.pipeline(pipe, dot)?;
                    run.block(if value.truth() { then } else { otherwise }, dot)
                });
            }
            Node::With { pipe, then, otherwise } => {
                return self.scoped(|run| {
                    let value = run.pipeline(pipe, dot)?;
                    if value.truth() { run.block(then, &value) } else { run.block(otherwise, dot) }
                });
            }
            Node::Range { pipe, body, otherwise } => {
                self.scoped(|run| run.range(pipe, body, otherwise, dot))?;
            }
            Node::Template { name, argument, span } => self.call(name, argument.as_ref(), *span, dot)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    /// Variables that are declared inside are gone afterwards.
    fn scoped<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let mark = self.variables.len();
        let result = work(self);
        self.variables.truncate(mark);
        result
    }

    fn range(
        &mut self,
        pipe: &Pipeline,
        body: &Block,
        otherwise: &Block,
        dot: &Value,
    ) -> Result<Flow, Fault> {
        let value = self.commands(pipe, dot)?;
        let pairs: Vec<(Value, Value)> = match &value {
            Value::List(items) => (0..).map(Value::Int).zip(items.iter().cloned()).collect(),
            Value::Map(map) => {
                let copy: BTreeMap<String, Value> = map.borrow().clone();
                copy.into_iter().map(|(key, value)| (Value::text(key), value)).collect()
            }
            Value::Int(count) => (0..*count).map(|i| (Value::Int(i), Value::Int(i))).collect(),
            Value::Missing | Value::Nil => Vec::new(),
            other => return Err(Fault::new(pipe.span, format!("range can't iterate over {other}"))),
        };
        if pairs.is_empty() {
            return self.block(otherwise, dot);
        }
        for (key, item) in pairs {
            let flow = self.scoped(|run| {
                match pipe.variables.as_slice() {
                    [] => {}
                    [one] => run.bind(one, item.clone(), pipe.assigns),
                    [first, second, ..] => {
                        run.bind(first, key, pipe.assigns);
                        run.bind(second, item.clone(), pipe.assigns);
                    }
                }
                run.block(body, &item)
            })?;
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    fn call(
        &mut self,
        name: &str,
        argument: Option<&Pipeline>,
        span: Span,
        dot: &Value,
    ) -> Result<(), Fault> {
        let templates = self.templates;
        let Some(block) = templates.defined.get(name) else {
            return Err(Fault::new(span, format!("template \"{name}\" not defined")));
        };
        let data = argument.map_or(Ok(Value::Nil), |pipe| self.pipeline(pipe, dot))?;
        self.depth += 1;
        if self.depth > MAX_CALLS {
            return Err(Fault::new(span, format!("the template \"{name}\" calls itself without end")));
        }
        let outer = std::mem::replace(&mut self.variables, vec![("$".to_owned(), data.clone())]);
        self.block(block, &data)?;
        self.variables = outer;
        self.depth -= 1;
        Ok(())
    }

    fn pipeline(&mut self, pipe: &Pipeline, dot: &Value) -> Result<Value, Fault> {
        let value = self.commands(pipe, dot)?;
        for name in &pipe.variables {
            self.bind(name, value.clone(), pipe.assigns);
        }
        Ok(value)
    }

    fn bind(&mut self, name: &str, value: Value, assigns: bool) {
        match self.variables.iter_mut().rev().find(|(n, _)| assigns && n == name) {
            Some((_, slot)) => *slot = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    fn commands(&mut self, pipe: &Pipeline, dot: &Value) -> Result<Value, Fault> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, dot, last)?);
        }
        Ok(last.unwrap_or(Value::Missing))
    }

    fn command(&mut self, command: &Command, dot: &Value, piped: Option<Value>) -> Result<Value, Fault> {
        let Some((first, arguments)) = command.operands.split_first() else { return Ok(Value::Missing) };
        if let Base::Function(name) = &first.base {
            return self.function(name, arguments, command.span, dot, piped);
        }
        if !arguments.is_empty() || piped.is_some() {
            return Err(Fault::new(first.span, "can't give argument to what is no function"));
        }
        if matches!(first.base, Base::Nil) {
            return Err(Fault::new(first.span, "nil is not a command"));
        }
        self.operand(first, dot)
    }

    fn function(
        &mut self,
        name: &str,
        arguments: &[Operand],
        span: Span,
        dot: &Value,
        piped: Option<Value>,
    ) -> Result<Value, Fault> {
        if name == "and" || name == "or" {
            return self.decide(name == "or", arguments, span, dot, piped);
        }
        let mut values = Vec::with_capacity(arguments.len() + 1);
        for argument in arguments {
            values.push(self.operand(argument, dot)?);
        }
        values.extend(piped);
        functions::call(name, &Call { name, values: &values })
            .map_err(|message| Fault::new(span, format!("{name}: {message}")))
    }

    /// `and` and `or` look at no more arguments than they need.
    fn decide(
        &mut self,
        stop_at: bool,
        arguments: &[Operand],
        span: Span,
        dot: &Value,
        piped: Option<Value>,
    ) -> Result<Value, Fault> {
        let mut value = None;
        for argument in arguments {
            let next = self.operand(argument, dot)?;
            if next.truth() == stop_at {
                return Ok(next);
            }
            value = Some(next);
        }
        piped.or(value).ok_or_else(|| Fault::new(span, "wrong number of args: want at least 1 got 0"))
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, Fault> {
        let mut value = match &operand.base {
            Base::Dot => dot.clone(),
            Base::Variable(name) => self.variable(name),
            Base::Constant(value) => value.clone(),
            Base::Nil => Value::Nil,
            Base::Function(name) => self.function(name, &[], operand.span, dot, None)?,
            Base::Group(pipe) => self.scoped(|run| run.pipeline(pipe, dot))?,
        };
        for field in &operand.fields {
            value = access(&value, field).map_err(|message| Fault::new(operand.span, message))?;
        }
        Ok(value)
    }

    fn variable(&self, name: &str) -> Value {
        let found = self.variables.iter().rev().find(|(n, _)| n == name);
        found.map_or(Value::Missing, |(_, value)| value.clone())
    }

    fn print(&mut self, value: &Value) {
        match value {
            Value::Missing | Value::Nil => self.out.push_str("<no value>"),
            other => self.out.push_str(&other.to_string()),
        }
    }
}

/// A field of a value.
fn access(value: &Value, field: &str) -> Result<Value, String> {
    match value {
        Value::Missing => Ok(Value::Missing),
        Value::Nil => Err(format!("nil pointer evaluating interface {{}}.{field}")),
        Value::Map(map) => Ok(map.borrow().get(field).cloned().unwrap_or(Value::Missing)),
        other => Err(format!("can't evaluate field {field} in a value of type {}", other.type_name())),
    }
}
