//! Mustache, the whole of it except partials.
//!
//! In: text and parameters. Out: text. Refuses to know: files.
//!
//! Source: <https://mustache.github.io/mustache.5.html> and hubctl's `processMustache`: dots of a name become `_`,
//! a name that is not there is an error, `{{x}}` escapes for HTML.

use serde_json::{Map, Value};

use crate::diagnostic::{Problem, Problems, SourceText, did_you_mean};
use crate::parameters::{ParameterSet, text_of};

/// Renders one template.
///
/// # Errors
/// A tag or section that is not closed, a partial, a name that is not there; with its place.
pub(super) fn render(source: &SourceText, parameters: &ParameterSet) -> Result<String, Problems> {
    let bindings: Map<String, Value> =
        parameters.iter().map(|p| (p.name.replace('.', "_"), p.value.clone())).collect();
    let fault = |fault: Fault| -> Problems {
        Problem::new("hub::template::mustache", fault.message)
            .maybe_help(fault.help)
            .at(source.at(fault.at, fault.len))
            .into()
    };
    let mut parser = Parser { text: source.text(), at: 0, open: "{{".into(), close: "}}".into() };
    let nodes = parser.section(None).map_err(fault)?;
    let root = Value::Object(bindings);
    let mut out = String::new();
    show(&nodes, &mut vec![&root], &mut out).map_err(fault)?;
    Ok(out)
}

struct Fault {
    message: String,
    help: Option<String>,
    at: usize,
    len: usize,
}

enum Node {
    Text(String),
    Variable { name: String, escaped: bool, at: usize },
    Section { name: String, inverted: bool, inner: Vec<Node>, at: usize },
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    open: String,
    close: String,
}

struct Tag {
    sigil: char,
    name: String,
    start: usize,
}

impl Parser<'_> {
    /// Nodes up to the end of the section `inside`, or of the text.
    fn section(&mut self, inside: Option<&Tag>) -> Result<Vec<Node>, Fault> {
        let mut nodes = Vec::new();
        loop {
            let Some(offset) = self.text[self.at..].find(&self.open) else {
                if let Some(tag) = inside {
                    return Err(fault(tag.start, format!("the section `{}` is not closed", tag.name)));
                }
                nodes.push(Node::Text(self.text[self.at..].to_owned()));
                return Ok(nodes);
            };
            let start = self.at + offset;
            let mut text = self.text[self.at..start].to_owned();
            let tag = self.tag(start)?;
            if tag.sigil != '&' && tag.sigil != '{' && tag.sigil != ' ' {
                self.standalone(&mut text, start);
            }
            nodes.push(Node::Text(text));
            match tag.sigil {
                '!' => {}
                '=' => self.delimiters(&tag)?,
                '>' => {
                    return Err(fault(
                        start,
                        format!("the partial `{}`: templates here have no partials", tag.name),
                    ));
                }
                '#' | '^' => {
                    let inner = self.section(Some(&tag))?;
                    nodes.push(Node::Section {
                        name: tag.name,
                        inverted: tag.sigil == '^',
                        inner,
                        at: start,
                    });
                }
                '/' => match inside {
                    Some(opened) if opened.name == tag.name => return Ok(nodes),
                    _ => {
                        return Err(fault(
                            start,
                            format!("nothing that is open is closed by `{}`", tag.name),
                        ));
                    }
                },
                sigil => nodes.push(Node::Variable { name: tag.name, escaped: sigil == ' ', at: start }),
            }
        }
    }

    /// Reads the tag that opens at `start`.
    fn tag(&mut self, start: usize) -> Result<Tag, Fault> {
        let inner = start + self.open.len();
        let sigil = self.text[inner..].chars().next().filter(|c| "#^/!>=&{".contains(*c)).unwrap_or(' ');
        let content = inner + if sigil == ' ' { 0 } else { 1 };
        let close = match sigil {
            '{' => format!("}}{}", self.close),
            '=' => format!("={}", self.close),
            _ => self.close.clone(),
        };
        let len =
            self.text[content..].find(&close).ok_or_else(|| fault(start, "the tag is not closed".into()))?;
        self.at = content + len + close.len();
        Ok(Tag { sigil, name: self.text[content..content + len].trim().to_owned(), start })
    }

    /// A tag that is alone on its line takes the line with it.
    fn standalone(&mut self, before: &mut String, start: usize) {
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let starts_line = line > 0 || start == before.len();
        let after = &self.text[self.at..];
        let blank = after.len() - after.trim_start_matches([' ', '\t']).len();
        let ending = match &after[blank..] {
            "" => 0,
            rest if rest.starts_with("\r\n") => 2,
            rest if rest.starts_with('\n') => 1,
            _ => return,
        };
        let only_tag = starts_line || self.text[..start].ends_with('\n');
        if only_tag && before[line..].chars().all(|c| c == ' ' || c == '\t') {
            before.truncate(line);
            self.at += blank + ending;
        }
    }

    fn delimiters(&mut self, tag: &Tag) -> Result<(), Fault> {
        let mut words = tag.name.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(open), Some(close), None) => {
                (self.open, self.close) = (open.to_owned(), close.to_owned());
                Ok(())
            }
            _ => Err(fault(tag.start, "a change of delimiters names two: {{=<% %>=}}".into())),
        }
    }
}

fn fault(at: usize, message: String) -> Fault {
    Fault { message, help: None, at, len: 2 }
}

fn show<'a>(nodes: &'a [Node], stack: &mut Vec<&'a Value>, out: &mut String) -> Result<(), Fault> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Variable { name, escaped, at } => {
                let text = text_of(find(name, stack).ok_or_else(|| unknown(name, *at, stack))?);
                if *escaped { escape(&text, out) } else { out.push_str(&text) }
            }
            Node::Section { name, inverted, inner, at } => {
                let value = find(name, stack).ok_or_else(|| unknown(name, *at, stack))?;
                if *inverted {
                    if is_false(value) {
                        show(inner, stack, out)?;
                    }
                    continue;
                }
                let items = match value {
                    Value::Array(items) => items.as_slice(),
                    value if is_false(value) => &[],
                    value => std::slice::from_ref(value),
                };
                for item in items {
                    stack.push(item);
                    show(inner, stack, out)?;
                    stack.pop();
                }
            }
        }
    }
    Ok(())
}

fn is_false(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The innermost value of a name: `.`, a name as it is, or a path below one.
fn find<'a>(name: &str, stack: &[&'a Value]) -> Option<&'a Value> {
    if name == "." {
        return stack.last().copied();
    }
    let whole = stack.iter().rev().find_map(|value| value.get(name));
    whole.or_else(|| {
        let (first, rest) = name.split_once('.')?;
        let start = stack.iter().rev().find_map(|value| value.get(first))?;
        rest.split('.').try_fold(start, |value, part| value.get(part))
    })
}

fn unknown(name: &str, at: usize, stack: &[&Value]) -> Fault {
    let known = stack.first().and_then(|root| root.as_object());
    let help = known.and_then(|map| did_you_mean(name, map.keys().map(String::as_str)));
    let help = help.or_else(|| Some("names have `_` where the parameter has a dot".to_owned()));
    Fault {
        message: format!("the template names `{name}`, which is not there"),
        help,
        at,
        len: 2 + name.len(),
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}
