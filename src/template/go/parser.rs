//! Tokens to a tree: the actions that hold blocks.
//!
//! In: tokens. Out: [`Templates`]. Refuses to know: values; which functions there are is asked.
//!
//! Source: Go's `text/template/parse/parse.go`.

use std::collections::HashMap;

use super::ast::{Block, Fault, Node, Pipeline, Span, Templates};
use super::lexer::{Lexeme, Token, lex};

/// Parses a template.
///
/// # Errors
/// Its syntax, an unknown function, or a variable that nothing declares.
pub(super) fn parse(text: &str, knows: &dyn Fn(&str) -> bool) -> Result<Templates, Fault> {
    let lexemes = lex(text)?;
    let end = Span { start: text.len(), len: 0 };
    let mut parser = Parser {
        lexemes,
        at: 0,
        end,
        variables: vec!["$".to_owned()],
        ranges: 0,
        depth: 0,
        defined: HashMap::new(),
        knows,
    };
    let (main, stop) = parser.block()?;
    if let Some((word, span)) = stop {
        return Err(Fault::new(span, format!("unexpected {{{{{word}}}}}")));
    }
    Ok(Templates { main, defined: parser.defined })
}

/// How deeply actions and parentheses may nest.
const MAX_DEPTH: usize = 200;

pub(super) struct Parser<'a> {
    lexemes: Vec<Lexeme>,
    at: usize,
    end: Span,
    pub(super) variables: Vec<String>,
    ranges: usize,
    pub(super) depth: usize,
    defined: HashMap<String, Block>,
    pub(super) knows: &'a dyn Fn(&str) -> bool,
}

/// The `end` or `else` that a block stopped at.
type Stop = Option<(String, Span)>;

impl Parser<'_> {
    /// Nodes up to `end`, `else`, or the end of the text.
    fn block(&mut self) -> Result<(Block, Stop), Fault> {
        let mut nodes = Vec::new();
        while let Some(Lexeme { token, span }) = self.next() {
            match token {
                Token::Text(text) => nodes.push(Node::Text(text)),
                Token::Open => {
                    let keyword = self.keyword();
                    match keyword.as_deref() {
                        Some("end") => {
                            self.expect_close("end")?;
                            return Ok((nodes.into(), Some(("end".to_owned(), span))));
                        }
                        Some("else") => return Ok((nodes.into(), Some(("else".to_owned(), span)))),
                        Some(word) => nodes.extend(self.control(word, span)?),
                        None => nodes.push(Node::Action(self.pipeline_to_close("command", false)?)),
                    }
                }
                other => return Err(Fault::new(span, format!("unexpected {other:?}"))),
            }
        }
        Ok((nodes.into(), None))
    }

    /// The keyword that an action begins with; it is consumed.
    fn keyword(&mut self) -> Option<String> {
        const KEYWORDS: [&str; 10] =
            ["if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"];
        self.skip_space();
        let Some(Token::Word(word)) = self.peek() else { return None };
        let word = word.clone();
        KEYWORDS.contains(&word.as_str()).then(|| {
            self.at += 1;
            word
        })
    }

    fn control(&mut self, word: &str, span: Span) -> Result<Option<Node>, Fault> {
        match word {
            "if" | "with" | "range" => self.conditional(word, span).map(Some),
            "define" => self.define(span).map(|()| None),
            "template" => self.template(span).map(Some),
            "block" => self.block_template(span).map(Some),
            _ => {
                self.expect_close(word)?;
                if self.ranges == 0 {
                    return Err(Fault::new(span, format!("{{{{{word}}}}} outside {{{{range}}}}")));
                }
                Ok(Some(if word == "break" { Node::Break } else { Node::Continue }))
            }
        }
    }

    fn conditional(&mut self, word: &str, span: Span) -> Result<Node, Fault> {
        let scope = self.variables.len();
        self.deeper(span)?;
        let pipe = self.pipeline_to_close(word, word == "range")?;
        self.ranges += usize::from(word == "range");
        let (then, stop) = self.block()?;
        self.ranges -= usize::from(word == "range");
        let otherwise = match stop {
            None => return Err(Fault::new(span, format!("{{{{{word}}}}} has no {{{{end}}}}"))),
            Some((stop, _)) if stop == "end" => Vec::new().into(),
            Some(_) => self.otherwise(word, span)?,
        };
        self.variables.truncate(scope);
        self.depth -= 1;
        Ok(match word {
            "if" => Node::If { pipe, then, otherwise },
            "with" => Node::With { pipe, then, otherwise },
            _ => Node::Range { pipe, body: then, otherwise },
        })
    }

    /// What follows `{{else`: a block, or the same action again (`else if`, `else with`).
    fn otherwise(&mut self, word: &str, span: Span) -> Result<Block, Fault> {
        self.skip_space();
        let chained = self.peek() == Some(&Token::Word(word.to_owned())) && word != "range";
        if chained {
            self.at += 1;
            return Ok(vec![self.conditional(word, span)?].into());
        }
        self.expect_close("else")?;
        let (block, stop) = self.block()?;
        match stop {
            Some((stop, _)) if stop == "end" => Ok(block),
            Some((_, span)) => Err(Fault::new(span, "expected end; found {{else}}")),
            None => Err(Fault::new(span, format!("{{{{{word}}}}} has no {{{{end}}}}"))),
        }
    }

    fn define(&mut self, span: Span) -> Result<(), Fault> {
        let name = self.name("define")?;
        self.expect_close("define")?;
        self.define_body(name, span)
    }

    fn define_body(&mut self, name: String, span: Span) -> Result<(), Fault> {
        // A template of its own sees nothing of the variables and loops around it.
        let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let ranges = std::mem::take(&mut self.ranges);
        let (block, stop) = self.block()?;
        self.variables = variables;
        self.ranges = ranges;
        match stop {
            Some((stop, _)) if stop == "end" => {
                self.defined.insert(name, block);
                Ok(())
            }
            _ => Err(Fault::new(span, format!("the template \"{name}\" has no {{{{end}}}}"))),
        }
    }

    fn template(&mut self, span: Span) -> Result<Node, Fault> {
        let name = self.name("template")?;
        self.skip_space();
        let argument = if self.peek() == Some(&Token::Close) {
            self.at += 1;
            None
        } else {
            Some(self.pipeline_to_close("template", false)?)
        };
        Ok(Node::Template { name, argument, span })
    }

    fn block_template(&mut self, span: Span) -> Result<Node, Fault> {
        let name = self.name("block")?;
        let argument = self.pipeline_to_close("block", false)?;
        self.define_body(name.clone(), span)?;
        Ok(Node::Template { name, argument: Some(argument), span })
    }

    fn name(&mut self, context: &str) -> Result<String, Fault> {
        self.skip_space();
        match self.next() {
            Some(Lexeme { token: Token::Str(name), .. }) => Ok(name),
            other => Err(Fault::new(
                other.map_or(self.end, |l| l.span),
                format!("{{{{{context}}}}} needs a name in quotes"),
            )),
        }
    }

    fn pipeline_to_close(&mut self, context: &str, range: bool) -> Result<Pipeline, Fault> {
        let pipeline = self.pipeline(context, range)?;
        self.expect_close(context)?;
        Ok(pipeline)
    }

    fn expect_close(&mut self, context: &str) -> Result<(), Fault> {
        self.skip_space();
        match self.next() {
            Some(Lexeme { token: Token::Close, .. }) => Ok(()),
            other => {
                Err(Fault::new(other.map_or(self.end, |l| l.span), format!("unexpected text in {context}")))
            }
        }
    }

    pub(super) fn deeper(&mut self, span: Span) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(span, "the template is nested too deeply"));
        }
        Ok(())
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.lexemes.get(self.at).map(|l| &l.token)
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<&Token> {
        self.lexemes.get(self.at + offset).map(|l| &l.token)
    }

    pub(super) fn here(&self) -> Span {
        self.lexemes.get(self.at).map_or(self.end, |l| l.span)
    }

    pub(super) fn next(&mut self) -> Option<Lexeme> {
        let lexeme = self.lexemes.get(self.at).cloned();
        self.at += usize::from(lexeme.is_some());
        lexeme
    }

    pub(super) fn skip_space(&mut self) {
        while self.peek() == Some(&Token::Space) {
            self.at += 1;
        }
    }
}
