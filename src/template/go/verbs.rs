//! `printf` with Go's verbs.
//!
//! Source: Go's `fmt/print.go`.

use super::format;
use super::value::Value;

/// A directive between `%` and its verb.
#[derive(Clone, Copy, Debug, Default)]
struct Directive {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// The widest field; a template must not fill the memory.
const MAX_WIDTH: usize = 1 << 16;

/// Formats `arguments` as `pattern` says.
pub(super) fn printf(pattern: &str, arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (directive, after) = directive(rest, arguments, &mut next);
        let Some(verb) = after.chars().next() else {
            out.push_str("%!(NOVERB)");
            return out;
        };
        rest = &after[verb.len_utf8()..];
        if verb == '%' {
            out.push('%');
            continue;
        }
        match arguments.get(next) {
            Some(value) => out.push_str(&one(value, verb, directive)),
            None => out.push_str(&format!("%!{verb}(MISSING)")),
        }
        next += 1;
    }
    out.push_str(rest);
    if next < arguments.len() {
        let extra: Vec<String> = arguments[next..].iter().map(described).collect();
        out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    out
}

/// An item of a list or map; a nil there has no verb to fail.
fn inner(value: &Value, verb: char, d: Directive) -> String {
    match value {
        Value::Nil | Value::Missing => "<nil>".to_owned(),
        value => one(value, verb, d),
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::Missing | Value::Nil => "<nil>".to_owned(),
        value => format!("{}={value}", value.type_name()),
    }
}

fn directive<'a>(text: &'a str, arguments: &[Value], next: &mut usize) -> (Directive, &'a str) {
    let mut d = Directive::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|c| "-+# 0".contains(*c)) {
        match flag {
            '-' => d.minus = true,
            '+' => d.plus = true,
            '#' => d.sharp = true,
            ' ' => d.space = true,
            _ => d.zero = true,
        }
        rest = &rest[1..];
    }
    d.width = number(&mut rest, arguments, next);
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        d.precision = Some(number(&mut rest, arguments, next).unwrap_or(0));
    }
    (d, rest)
}

fn number(rest: &mut &str, arguments: &[Value], next: &mut usize) -> Option<usize> {
    if let Some(after) = rest.strip_prefix('*') {
        *rest = after;
        let value = arguments.get(*next);
        *next += 1;
        return match value {
            Some(Value::Int(width)) => usize::try_from(*width).ok().map(|w| w.min(MAX_WIDTH)),
            _ => None,
        };
    }
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = rest[..digits].parse().ok().map(|n: usize| n.min(MAX_WIDTH));
    *rest = &rest[digits..];
    number
}

fn one(value: &Value, verb: char, d: Directive) -> String {
    if let Value::List(items) = value
        && !matches!(verb, 'T' | 'p')
        && !(verb == 'v' && d.sharp)
    {
        let items: Vec<String> = items.iter().map(|item| inner(item, verb, d)).collect();
        return format!("[{}]", items.join(" "));
    }
    if let Value::Map(map) = value
        && !matches!(verb, 'T' | 'p')
        && !(verb == 'v' && d.sharp)
    {
        let map = map.borrow();
        let entries: Vec<String> = map
            .iter()
            .map(|(k, v)| format!("{}:{}", inner(&Value::text(k), verb, d), inner(v, verb, d)))
            .collect();
        return format!("map[{}]", entries.join(" "));
    }
    let text = match (verb, value) {
        ('T', value) => Some(value.type_name().to_owned()),
        ('v', value) if d.sharp => Some(go_syntax(value)),
        ('v', Value::Int(i)) => Some(integer(*i, 10, Directive { plus: false, ..d }, false)),
        ('v', value) => Some(value.to_string()),
        ('t', Value::Bool(b)) => Some(b.to_string()),
        ('s', Value::Str(s)) => Some(cut(s, d)),
        ('q', Value::Str(s)) if d.sharp && !s.contains('`') => Some(format!("`{s}`")),
        ('q', Value::Str(s)) => Some(format::quote(&cut(s, d))),
        ('x' | 'X', Value::Str(s)) => Some(hex(s, verb == 'X')),
        (_, Value::Int(i)) => int(*i, verb, d),
        (_, Value::Float(x)) => float(*x, verb, d),
        _ => None,
    };
    match text {
        Some(text) => pad(text, verb, value, d),
        None => match value {
            Value::Missing | Value::Nil => format!("%!{verb}(<nil>)"),
            value => format!("%!{verb}({})", described(value)),
        },
    }
}

fn cut(text: &str, d: Directive) -> String {
    text.chars().take(d.precision.unwrap_or(usize::MAX)).collect()
}

fn hex(text: &str, upper: bool) -> String {
    text.bytes().map(|b| if upper { format!("{b:02X}") } else { format!("{b:02x}") }).collect()
}

fn int(i: i64, verb: char, d: Directive) -> Option<String> {
    Some(match verb {
        'd' => integer(i, 10, d, false),
        'b' => integer(i, 2, d, false),
        'o' => integer(i, 8, d, false),
        'O' => format!("0o{}", integer(i, 8, d, false)),
        'x' => integer(i, 16, d, false),
        'X' => integer(i, 16, d, true),
        'c' => u32::try_from(i).ok().and_then(char::from_u32).unwrap_or('\u{fffd}').to_string(),
        'q' => format!("'{}'", u32::try_from(i).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')),
        'U' => format!("U+{i:04X}"),
        _ => return None,
    })
}

fn integer(i: i64, radix: u32, d: Directive, upper: bool) -> String {
    let n = i.unsigned_abs();
    let (mut digits, prefix) = match (radix, upper) {
        (2, _) => (format!("{n:b}"), "0b"),
        (8, _) => (format!("{n:o}"), "0"),
        (16, true) => (format!("{n:X}"), "0X"),
        (16, false) => (format!("{n:x}"), "0x"),
        _ => (n.to_string(), ""),
    };
    let sign = sign(i < 0, d);
    let prefix = if d.sharp { prefix } else { "" };
    if let Some(precision) = d.precision {
        digits = format!("{digits:0>precision$}");
    } else if let (true, false, Some(width)) = (d.zero, d.minus, d.width) {
        let width = width.saturating_sub(sign.len());
        digits = format!("{digits:0>width$}");
    }
    format!("{sign}{prefix}{digits}")
}

fn sign(negative: bool, d: Directive) -> &'static str {
    match (negative, d.plus, d.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

fn float(x: f64, verb: char, d: Directive) -> Option<String> {
    let size = x.abs();
    let text = match verb {
        'f' | 'F' => format!("{size:.*}", d.precision.unwrap_or(6)),
        'e' => format::exponential(size, d.precision.unwrap_or(6)),
        'E' => format::exponential(size, d.precision.unwrap_or(6)).to_uppercase(),
        'g' => format::general(size, d.precision),
        'G' => format::general(size, d.precision).to_uppercase(),
        _ => return None,
    };
    let sign = sign(x.is_sign_negative() && !x.is_nan(), d);
    if let (true, false, Some(width)) = (d.zero, d.minus, d.width) {
        let width = width.saturating_sub(sign.len());
        return Some(format!("{sign}{text:0>width$}"));
    }
    Some(format!("{sign}{text}"))
}

fn pad(text: String, verb: char, value: &Value, d: Directive) -> String {
    let Some(width) = d.width else { return text };
    if d.minus {
        return format!("{text:<width$}");
    }
    let zeros = d.zero && matches!(value, Value::Str(_)) && matches!(verb, 's' | 'v' | 'q' | 'x' | 'X');
    if zeros { format!("{text:0>width$}") } else { format!("{text:>width$}") }
}

fn go_syntax(value: &Value) -> String {
    match value {
        Value::Missing | Value::Nil => "<nil>".to_owned(),
        Value::Str(s) => format::quote(s),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Map(map) => {
            let map = map.borrow();
            let entries: Vec<String> =
                map.iter().map(|(k, v)| format!("{}:{}", format::quote(k), go_syntax(v))).collect();
            format!("map[string]interface {{}}{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
