//! How Go prints numbers and quoted text.

/// From this power of ten on, the shortest form has an exponent. Source: Go's `strconv/ftoa.go`.
const SHORTEST_LIMIT: i32 = 6;

/// `%g`, and `%v` without a precision: the digits that are needed, with an exponent where it is below -4 or large.
pub(super) fn general(x: f64, precision: Option<usize>) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = match precision {
        Some(p) => format!("{x:.*e}", p.max(1) - 1),
        None => format!("{x:e}"),
    };
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = if precision.is_some() && digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    };
    let power: i32 = power.parse().unwrap_or(0);
    let count = i32::try_from(digits.chars().filter(char::is_ascii_digit).count()).unwrap_or(i32::MAX);
    // Go compares with the digits there are when the precision asks for more of them than the whole part has.
    let limit = match precision.map(|p| i32::try_from(p.max(1)).unwrap_or(i32::MAX)) {
        Some(p) if p > count && count > power => count,
        Some(p) => p,
        None => SHORTEST_LIMIT,
    };
    if power < -4 || power >= limit {
        return with_exponent(digits, power);
    }
    let places = usize::try_from((count - 1 - power).max(0)).unwrap_or(0);
    format!("{x:.places$}")
}

/// `%e`: at least two digits of exponent.
pub(super) fn exponential(x: f64, precision: usize) -> String {
    let text = format!("{x:.precision$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    with_exponent(digits, power.parse().unwrap_or(0))
}

fn with_exponent(digits: &str, power: i32) -> String {
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

/// Text in double quotes with Go's escapes.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() || c == '\u{feff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// JSON text as Go marshals it: `<`, `>` and `&` escaped.
pub(super) fn json(text: &str) -> String {
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
