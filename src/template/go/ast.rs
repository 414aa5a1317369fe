//! A parsed template.

use std::collections::HashMap;
use std::rc::Rc;

use super::value::Value;

/// Where something stands in the text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) len: usize,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) span: Span,
}

impl Fault {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, span }
    }
}

/// A list of nodes, shared since templates call each other.
pub(super) type Block = Rc<[Node]>;

/// One piece of a template.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Action(Pipeline),
    If { pipe: Pipeline, then: Block, otherwise: Block },
    With { pipe: Pipeline, then: Block, otherwise: Block },
    Range { pipe: Pipeline, body: Block, otherwise: Block },
    Template { name: String, argument: Option<Pipeline>, span: Span },
    Break,
    Continue,
}

/// `$x := a | b c`.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// Variables that take the result: one, or two in a `range`.
    pub(super) variables: Vec<String>,
    /// `=` instead of `:=`.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command>,
    pub(super) span: Span,
}

/// An operand with its arguments.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) operands: Vec<Operand>,
    pub(super) span: Span,
}

/// One word of a command.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) base: Base,
    /// `.a.b` behind it.
    pub(super) fields: Vec<String>,
    pub(super) span: Span,
}

/// What an operand starts with.
#[derive(Debug)]
pub(super) enum Base {
    Dot,
    Variable(String),
    Constant(Value),
    Nil,
    Function(String),
    Group(Box<Pipeline>),
}

/// All templates of a file: the main one, and those it defines.
#[derive(Debug)]
pub(super) struct Templates {
    pub(super) main: Block,
    pub(super) defined: HashMap<String, Block>,
}
