//! Constants as Go writes them: numbers, characters, quoted and raw text.

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// What quotes hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    Text(String),
    Char(char),
}

/// The number at the start of `text`, and its length.
///
/// # Errors
/// It is none; the message and the length of what looks like one.
pub(super) fn number(text: &str) -> Result<(Number, usize), (String, usize)> {
    let mut len = text.len() - text.trim_start_matches(['+', '-']).len().min(text.len());
    len = len.min(1);
    let mut previous = ' ';
    let hex = text[len..].starts_with("0x") || text[len..].starts_with("0X");
    for c in text[len..].chars() {
        let exponent = if hex { matches!(previous, 'p' | 'P') } else { matches!(previous, 'e' | 'E') };
        if c.is_alphanumeric() || c == '.' || c == '_' || (matches!(c, '+' | '-') && exponent) {
            len += c.len_utf8();
            previous = c;
        } else {
            break;
        }
    }
    let word = &text[..len];
    parse(word).map(|n| (n, len)).ok_or_else(|| (format!("bad number syntax: \"{word}\""), len))
}

fn parse(word: &str) -> Option<Number> {
    let plain = word.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let lower = digits.to_ascii_lowercase();
    let radix = [("0x", 16), ("0b", 2), ("0o", 8)].into_iter().find(|(prefix, _)| lower.starts_with(prefix));
    let sign = if negative { -1 } else { 1 };
    if let Some((_, radix)) = radix {
        return i64::from_str_radix(&lower[2..], radix).ok().map(|i| Number::Int(sign * i));
    }
    if lower.len() > 1 && lower.starts_with('0') && lower.bytes().all(|b| b.is_ascii_digit()) {
        return i64::from_str_radix(&lower, 8).ok().map(|i| Number::Int(sign * i));
    }
    if lower.bytes().all(|b| b.is_ascii_digit()) {
        return plain.trim_start_matches('+').parse().ok().map(Number::Int);
    }
    plain.parse().ok().map(Number::Float)
}

/// What the quotes at the start of `text` hold, and the length with quotes.
///
/// # Errors
/// They are not closed, or an escape is none of Go's.
pub(super) fn quoted(text: &str) -> Result<(Quoted, usize), String> {
    let quote = text.chars().next().unwrap_or('"');
    if quote == '`' {
        let end = text[1..].find('`').ok_or("unterminated raw quoted string")?;
        return Ok((Quoted::Text(text[1..=end].replace('\r', "")), end + 2));
    }
    let kind = if quote == '"' { "quoted string" } else { "character constant" };
    let mut out = Vec::new();
    let mut at = 1;
    loop {
        let c = text[at..].chars().next().filter(|c| *c != '\n').ok_or(format!("unterminated {kind}"))?;
        at += c.len_utf8();
        if c == quote {
            break;
        }
        if c == '\\' {
            at += escape(&text[at..], quote, &mut out)?;
        } else {
            out.extend(c.to_string().bytes());
        }
    }
    let value = String::from_utf8(out).map_err(|_| "the text in quotes is not UTF-8".to_owned())?;
    if quote == '"' {
        return Ok((Quoted::Text(value), at));
    }
    let mut chars = value.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok((Quoted::Char(c), at)),
        _ => Err(format!("malformed character constant: '{value}'")),
    }
}

/// Decodes the escape behind a backslash; gives how long it is.
fn escape(rest: &str, quote: char, out: &mut Vec<u8>) -> Result<usize, String> {
    let bad = || "invalid escape in quotes".to_owned();
    let c = rest.chars().next().ok_or_else(bad)?;
    let simple = match c {
        'a' => Some(7),
        'b' => Some(8),
        'f' => Some(12),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(11),
        '\\' => Some(b'\\'),
        c if c == quote => u8::try_from(c).ok(),
        _ => None,
    };
    if let Some(byte) = simple {
        out.push(byte);
        return Ok(1);
    }
    let (digits, radix, skip) = match c {
        'x' => (2, 16, 1),
        'u' => (4, 16, 1),
        'U' => (8, 16, 1),
        '0'..='7' => (3, 8, 0),
        _ => return Err(bad()),
    };
    let code = rest.get(skip..skip + digits).ok_or_else(bad)?;
    let code = u32::from_str_radix(code, radix).map_err(|_| bad())?;
    if digits >= 4 {
        let c = char::from_u32(code).ok_or_else(bad)?;
        out.extend(c.to_string().bytes());
    } else {
        out.push(u8::try_from(code).map_err(|_| bad())?);
    }
    Ok(skip + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_gos() {
        for (text, expected, len) in [
            ("12 ", Number::Int(12), 2),
            ("-3|", Number::Int(-3), 2),
            ("0x1F)", Number::Int(31), 4),
            ("1_000", Number::Int(1000), 5),
            ("017", Number::Int(15), 3),
            ("1e3", Number::Float(1000.0), 3),
            (".5", Number::Float(0.5), 2),
            ("1e-2}}", Number::Float(0.01), 4),
        ] {
            assert_eq!(number(text), Ok((expected, len)), "{text}");
        }
        assert!(number("1a").is_err());
    }

    #[test]
    fn quotes_are_gos() {
        assert_eq!(quoted(r#""a\n\"\x41ä\u00e4" x"#), Ok((Quoted::Text("a\n\"Aää".into()), 19)));
        assert_eq!(quoted("`a\\n` x"), Ok((Quoted::Text("a\\n".into()), 5)));
        assert_eq!(quoted("'a'"), Ok((Quoted::Char('a'), 3)));
        assert!(quoted("\"a").is_err());
        assert!(quoted(r#""\q""#).is_err());
    }
}
