//! Numbers as Go reads and writes them.
//!
//! In: texts and values. Out: values and texts. Knows no YAML.
//!
//! Source: Go's `strconv` (ParseInt with base 0, ParseFloat, FormatFloat) and `encoding/json`.

/// Reads an integer with an optional sign and a base prefix (`0x`, `0o`, `0b`, `0`), as ParseInt and ParseUint do
/// with base 0. None if it is none or does not fit in 64 bits; a sign allows only the range of signed ones.
pub(crate) fn parse_int(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (Some(1), &text[1..]),
        b'-' => (Some(-1), &text[1..]),
        _ => (None, text),
    };
    let bytes = digits.as_bytes();
    let (base, digits) = match bytes {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, base).ok()?);
    match sign {
        None => Some(value),
        Some(sign) => i64::try_from(sign * value).ok().map(i128::from),
    }
}

/// Whether a text is a decimal number: `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
pub(crate) fn is_decimal_float(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if whole == 0 && count == 0 {
            return false;
        }
        rest = &fraction[count..];
    } else if whole == 0 {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    !exponent.is_empty() && exponent.bytes().all(|b| b.is_ascii_digit())
}

/// The value of a decimal number; None if it is too large.
pub(crate) fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Reads a number that begins with a point, where Go lets underscores separate digits.
pub(crate) fn parse_go_float(text: &str) -> Option<f64> {
    if !text.contains('_') {
        return is_decimal_float(text).then(|| finite(text)).flatten();
    }
    let bytes = text.as_bytes();
    let separates = |at: usize| {
        at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    };
    let fits = (0..bytes.len()).all(|at| bytes[at] != b'_' || separates(at));
    let plain = text.replace('_', "");
    (fits && is_decimal_float(&plain)).then(|| finite(&plain)).flatten()
}

/// Writes a finite number as Go's JSON and then go-yaml v2 do: whole numbers that fit 64 bits as integers,
/// others in the shortest form that reads back the same.
pub fn format_float(value: f64) -> String {
    let (negative, digits, point) = decimal_digits(value);
    let sign = if negative { "-" } else { "" };
    if digits == "0" {
        return "0".into();
    }
    let exponent = point - 1;
    if digits.len() as i32 <= point && exponent < 21 {
        let text = format!("{sign}{digits}{}", "0".repeat((point as usize) - digits.len()));
        if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
            return text;
        }
    }
    if !(-4..6).contains(&exponent) {
        return scientific(sign, &digits, exponent);
    }
    positional(sign, &digits, point)
}

/// Writes a finite number as Go's `%g` with the shortest digits: `5`, `1e+06`.
pub fn format_go_float(value: f64) -> String {
    let (negative, digits, point) = decimal_digits(value);
    let sign = if negative { "-" } else { "" };
    if digits == "0" {
        return format!("{sign}0");
    }
    let exponent = point - 1;
    if !(-4..6).contains(&exponent) {
        return scientific(sign, &digits, exponent);
    }
    positional(sign, &digits, point)
}

/// `1.5e+07`: at least two digits of exponent.
fn scientific(sign: &str, digits: &str, exponent: i32) -> String {
    let (head, tail) = digits.split_at(1);
    let dot = if tail.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{head}{dot}{tail}e{exponent_sign}{:02}", exponent.abs())
}

fn positional(sign: &str, digits: &str, point: i32) -> String {
    if point <= 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(-point as usize));
    }
    let point = point as usize;
    if digits.len() <= point {
        return format!("{sign}{digits}{}", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

/// The shortest digits of a number and where its point is: `0.ddd × 10^point`.
fn decimal_digits(value: f64) -> (bool, String, i32) {
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').expect("always has an exponent");
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let exponent: i32 = exponent.parse().expect("always a number");
    (value.is_sign_negative(), digits, exponent + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        for (value, expected) in [
            (1.0, "1"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (1e3, "1000"),
            (1e20, "1e+20"),
            (1e19, "10000000000000000000"),
            (-1e19, "-1e+19"),
            (1e21, "1e+21"),
            (1234567.5, "1.2345675e+06"),
            (123456.5, "123456.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
        ] {
            assert_eq!(format_float(value), expected);
        }
    }
}
