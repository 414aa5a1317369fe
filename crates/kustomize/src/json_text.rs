//! Trees as JSON text, byte for byte as Go writes it.
//!
//! Source: Go's `encoding/json` (Marshal, MarshalIndent).

use std::fmt::Write;

use hub_yaml::{Node, Printed, Value};

use crate::meta;

/// Writes a tree; `indented` by two spaces, or in one line.
///
/// # Errors
/// In words: a value that JSON has no form for.
pub(crate) fn write(node: &Node, indented: bool) -> Result<String, String> {
    let mut compact = String::new();
    write_json(node, &mut compact)?;
    Ok(if indented { indent(&compact) } else { compact })
}

/// Puts line breaks and indentation into JSON without any.
fn indent(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    let mut chars = compact.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = chars.next() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            out.push(c);
            continue;
        }
        match c {
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                if matches!(chars.peek(), Some('}' | ']')) {
                    out.extend(chars.next());
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => out.push(c),
        }
    }
    out
}

/// Writes JSON as Go does: keys sorted, `<`, `>` and `&` escaped.
pub(crate) fn write_json(node: &Node, out: &mut String) -> Result<(), String> {
    match &node.value {
        Value::Mapping(entries) => {
            let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (meta::text_of(key), value)).collect();
            sorted.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write_json(value, out)?;
            }
            out.push('}');
        }
        Value::Sequence(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(item, out)?;
            }
            out.push(']');
        }
        _ => match hub_yaml::printed(node).map_err(|e| e.to_string())? {
            Printed::Bare(text) => out.push_str(&text),
            Printed::Text(text) => write_text(&text, out),
        },
    }
    Ok(())
}

/// Writes a string as Go's JSON encoder does.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1F' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
