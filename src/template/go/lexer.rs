//! Text to tokens.
//!
//! In: a template's text. Out: tokens with places. Refuses to know: what tokens mean together.
//!
//! Source: Go's `text/template/parse/lex.go`.

use super::ast::{Fault, Span};
use super::literal;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Text(String),
    Open,
    Close,
    /// A word: keyword, function, `true`, `nil`.
    Word(String),
    /// `.name`.
    Field(String),
    /// `$name`, with the dollar.
    Variable(String),
    Dot,
    Int(i64),
    Float(f64),
    Str(String),
    Declare,
    Assign,
    Pipe,
    Comma,
    LeftParen,
    RightParen,
    Space,
}

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// Splits a template into tokens.
///
/// # Errors
/// An action that is not closed, or a character that nothing begins with.
pub(super) fn lex(text: &str) -> Result<Vec<Lexeme>, Fault> {
    let mut lexer = Lexer { text, at: 0, out: Vec::new() };
    lexer.run()?;
    Ok(lexer.out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Vec<Lexeme>,
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        let mut trim_left = false;
        loop {
            let rest = &self.text[self.at..];
            let (plain, open) = match rest.find("{{") {
                Some(offset) => (&rest[..offset], Some(self.at + offset)),
                None => (rest, None),
            };
            let mut plain = if trim_left { plain.trim_start_matches(SPACES) } else { plain };
            let trim_right = open.is_some_and(|open| self.trims_before(open));
            if trim_right {
                plain = plain.trim_end_matches(SPACES);
            }
            if !plain.is_empty() {
                self.emit(Token::Text(plain.to_owned()), self.at, plain.len());
            }
            let Some(open) = open else { return Ok(()) };
            self.at = open + 2 + usize::from(trim_right);
            trim_left = self.action(open)?;
        }
    }

    /// Whether the action that opens at `open` begins with a trim mark: `-` and a space.
    fn trims_before(&self, open: usize) -> bool {
        let mut next = self.text[open + 2..].chars();
        next.next() == Some('-') && next.next().is_some_and(|c| SPACES.contains(&c))
    }

    /// Reads an action to its end; whether it trims what follows.
    fn action(&mut self, open: usize) -> Result<bool, Fault> {
        if self.text[self.at..].trim_start_matches(SPACES).starts_with("/*") {
            return self.comment(open);
        }
        self.emit(Token::Open, open, 2);
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else {
                return Err(Fault::new(Span { start: open, len: 2 }, "unclosed action"));
            };
            if rest.starts_with("}}") {
                self.emit(Token::Close, self.at, 2);
                self.at += 2;
                return Ok(false);
            }
            if SPACES.contains(&c) {
                let spaces = rest.len() - rest.trim_start_matches(SPACES).len();
                if rest[spaces..].starts_with("-}}") {
                    self.emit(Token::Close, self.at, spaces + 3);
                    self.at += spaces + 3;
                    return Ok(true);
                }
                self.emit(Token::Space, self.at, spaces);
                self.at += spaces;
                continue;
            }
            let (token, len) = self.token(c, rest)?;
            self.emit(token, self.at, len);
            self.at += len;
        }
    }

    fn comment(&mut self, open: usize) -> Result<bool, Fault> {
        let fault = |message: &str| Fault::new(Span { start: open, len: 2 }, message);
        let rest = &self.text[self.at..];
        let end = rest.find("*/").ok_or_else(|| fault("unclosed comment"))? + 2;
        let after = &rest[end..];
        let bare = after.trim_start_matches(SPACES);
        let spaces = after.len() - bare.len();
        let (len, trims) = match (spaces, bare) {
            (1.., bare) if bare.starts_with("-}}") => (spaces + 3, true),
            (0, bare) if bare.starts_with("}}") => (2, false),
            _ => return Err(fault("comment ends before closing delimiter")),
        };
        self.at += end + len;
        Ok(trims)
    }

    fn token(&self, c: char, rest: &str) -> Result<(Token, usize), Fault> {
        let name = |text: &str| text.chars().take_while(|c| is_word(*c)).map(char::len_utf8).sum::<usize>();
        let here = |len: usize| Span { start: self.at, len };
        let two = rest.get(..2);
        match c {
            ':' if two == Some(":=") => Ok((Token::Declare, 2)),
            '=' => Ok((Token::Assign, 1)),
            '|' => Ok((Token::Pipe, 1)),
            ',' => Ok((Token::Comma, 1)),
            '(' => Ok((Token::LeftParen, 1)),
            ')' => Ok((Token::RightParen, 1)),
            '"' | '\'' | '`' => literal::quoted(rest)
                .map(|(literal, len)| {
                    let token = match literal {
                        literal::Quoted::Text(text) => Token::Str(text),
                        literal::Quoted::Char(c) => Token::Int(i64::from(u32::from(c))),
                    };
                    (token, len)
                })
                .map_err(|message| Fault::new(here(1), message)),
            '$' => {
                let len = 1 + name(&rest[1..]);
                Ok((Token::Variable(rest[..len].to_owned()), len))
            }
            '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let len = name(&rest[1..]);
                let token = if len == 0 { Token::Dot } else { Token::Field(rest[1..=len].to_owned()) };
                Ok((token, len + 1))
            }
            '+' | '-' | '.' | '0'..='9' => {
                let (number, len) = literal::number(rest).map_err(|(m, len)| Fault::new(here(len), m))?;
                Ok(match number {
                    literal::Number::Int(i) => (Token::Int(i), len),
                    literal::Number::Float(f) => (Token::Float(f), len),
                })
            }
            c if is_word(c) => {
                let len = name(rest);
                Ok((Token::Word(rest[..len].to_owned()), len))
            }
            c => Err(Fault::new(here(c.len_utf8()), format!("unexpected `{c}` in an action"))),
        }
    }

    fn emit(&mut self, token: Token, start: usize, len: usize) {
        self.out.push(Lexeme { token, span: Span { start, len } });
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
