//! Tokens to pipelines: variables, commands, operands.
//!
//! Source: Go's `text/template/parse/parse.go` (`pipeline`, `command`, `operand`, `term`).

use super::ast::{Base, Command, Fault, Operand, Pipeline, Span};
use super::lexer::{Lexeme, Token};
use super::parser::Parser;
use super::value::Value;

impl Parser<'_> {
    /// A pipeline; it stops before `}}` or `)`.
    pub(super) fn pipeline(&mut self, context: &str, range: bool) -> Result<Pipeline, Fault> {
        self.skip_space();
        let start = self.here();
        let (variables, assigns) = self.variables_of(range)?;
        let mut commands = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(Token::Close | Token::RightParen) | None => break,
                Some(Token::Pipe) => {
                    return Err(Fault::new(self.here(), format!("missing value for {context}")));
                }
                Some(_) => commands.push(self.command()?),
            }
            self.skip_space();
            if self.peek() == Some(&Token::Pipe) {
                let span = self.here();
                self.next();
                self.skip_space();
                if matches!(self.peek(), Some(Token::Close | Token::RightParen) | None) {
                    return Err(Fault::new(span, format!("missing value for {context}")));
                }
            }
        }
        if commands.is_empty() {
            return Err(Fault::new(start, format!("missing value for {context}")));
        }
        for command in &commands[1..] {
            refuse_constant_stage(command)?;
        }
        // A variable is known behind its own pipeline only.
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        let span = Span { start: start.start, len: self.here().start.saturating_sub(start.start) };
        Ok(Pipeline { variables, assigns, commands, span })
    }

    /// `$x :=`, `$x =`, `$i, $x :=`.
    fn variables_of(&mut self, range: bool) -> Result<(Vec<String>, bool), Fault> {
        let mut names = Vec::new();
        let mut offset = 0;
        let skip = |parser: &Self, offset: &mut usize| {
            while parser.peek_at(*offset) == Some(&Token::Space) {
                *offset += 1;
            }
        };
        loop {
            let Some(Token::Variable(name)) = self.peek_at(offset) else { return Ok((Vec::new(), false)) };
            names.push(name.clone());
            offset += 1;
            skip(self, &mut offset);
            match self.peek_at(offset) {
                Some(Token::Comma) if range && names.len() == 1 => {
                    offset += 1;
                    skip(self, &mut offset);
                }
                Some(Token::Comma) => {
                    return Err(Fault::new(self.here(), "too many declarations in an action"));
                }
                Some(Token::Declare | Token::Assign) => {
                    let assigns = self.peek_at(offset) == Some(&Token::Assign);
                    let span = self.here();
                    for _ in 0..=offset {
                        self.next();
                    }
                    if assigns {
                        for name in &names {
                            self.refuse_undefined(name, span)?;
                        }
                    }
                    return Ok((names, assigns));
                }
                _ => return Ok((Vec::new(), false)),
            }
        }
    }

    fn refuse_undefined(&self, name: &str, span: Span) -> Result<(), Fault> {
        if self.variables.iter().any(|v| v == name) {
            return Ok(());
        }
        Err(Fault::new(span, format!("undefined variable \"{name}\"")))
    }

    fn command(&mut self) -> Result<Command, Fault> {
        let start = self.here();
        let mut operands = vec![self.operand()?];
        loop {
            let spaced = self.peek() == Some(&Token::Space);
            self.skip_space();
            match self.peek() {
                Some(Token::Close | Token::RightParen | Token::Pipe) | None => break,
                Some(_) if spaced => operands.push(self.operand()?),
                Some(_) => return Err(Fault::new(self.here(), "words of an action are separated by spaces")),
            }
        }
        let span = Span { start: start.start, len: self.here().start.saturating_sub(start.start) };
        Ok(Command { operands, span })
    }

    fn operand(&mut self) -> Result<Operand, Fault> {
        let Some(Lexeme { token, span }) = self.next() else {
            return Err(Fault::new(self.here(), "the action ends too early"));
        };
        let mut fields = Vec::new();
        let base = match token {
            Token::Word(word) => self.word(word, span)?,
            Token::Dot => Base::Dot,
            Token::Field(name) => {
                fields.push(name);
                Base::Dot
            }
            Token::Variable(name) => {
                self.refuse_undefined(&name, span)?;
                Base::Variable(name)
            }
            Token::Int(i) => Base::Constant(Value::Int(i)),
            Token::Float(f) => Base::Constant(Value::Float(f)),
            Token::Str(text) => Base::Constant(Value::text(text)),
            Token::LeftParen => {
                self.deeper(span)?;
                let inner = self.pipeline("parenthesized pipeline", false)?;
                self.skip_space();
                if !matches!(self.next(), Some(Lexeme { token: Token::RightParen, .. })) {
                    return Err(Fault::new(span, "unclosed left paren"));
                }
                self.depth -= 1;
                Base::Group(Box::new(inner))
            }
            other => return Err(Fault::new(span, format!("unexpected {} in an operand", shown(&other)))),
        };
        while let Some(Token::Field(name)) = self.peek() {
            fields.push(name.clone());
            self.next();
        }
        if !fields.is_empty() && matches!(base, Base::Constant(_) | Base::Nil | Base::Function(_)) {
            return Err(Fault::new(span, "a constant or function has no fields; put it in parentheses"));
        }
        let len = self.here().start.saturating_sub(span.start);
        Ok(Operand { base, fields, span: Span { start: span.start, len } })
    }

    fn word(&self, word: String, span: Span) -> Result<Base, Fault> {
        match word.as_str() {
            "true" => Ok(Base::Constant(Value::Bool(true))),
            "false" => Ok(Base::Constant(Value::Bool(false))),
            "nil" => Ok(Base::Nil),
            _ if (self.knows)(&word) => Ok(Base::Function(word)),
            _ => Err(Fault {
                help: super::nearest_function(&word),
                ..Fault::new(span, format!("function \"{word}\" not defined"))
            }),
        }
    }
}

fn refuse_constant_stage(command: &Command) -> Result<(), Fault> {
    match command.operands.first().map(|o| &o.base) {
        Some(Base::Constant(_) | Base::Nil | Base::Dot) if command.operands[0].fields.is_empty() => {
            Err(Fault::new(command.span, "a pipeline's later stages must be functions"))
        }
        _ => Ok(()),
    }
}

fn shown(token: &Token) -> &'static str {
    match token {
        Token::Declare => "`:=`",
        Token::Assign => "`=`",
        Token::Pipe => "`|`",
        Token::Comma => "`,`",
        Token::RightParen => "`)`",
        Token::Close => "`}}`",
        _ => "text",
    }
}
