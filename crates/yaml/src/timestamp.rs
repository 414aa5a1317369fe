//! Dates and times as go-yaml reads them.
//!
//! In: the text of a scalar. Out: RFC 3339, as Go writes a time. Knows no YAML.
//!
//! Source: parseTimestamp of go-yaml's `resolve.go`, Go's `time.Parse`.

/// Reads `2001-1-2`, `2001-1-2 3:4:5.6` and `2001-1-2T3:4:5.6+07:00` (or `t`); None for anything else.
pub(crate) fn parse(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut rest = &text[5..];
    let year: i32 = text[..4].parse().ok()?;
    let month = number(&mut rest)?;
    rest = rest.strip_prefix('-')?;
    let day = number(&mut rest)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let zoned = match rest.as_bytes()[0] {
        b'T' | b't' => {
            rest = &rest[1..];
            true
        }
        b' ' => {
            rest = rest.trim_start_matches(' ');
            false
        }
        _ => return None,
    };
    let clock = clock(&mut rest)?;
    if !zoned {
        return rest.is_empty().then(|| format!("{date}T{clock}Z"));
    }
    let zone = zone(rest)?;
    Some(format!("{date}T{clock}{zone}"))
}

/// One or two digits.
fn number(rest: &mut &str) -> Option<u32> {
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (head, tail) = rest.split_at(digits);
    *rest = tail;
    head.parse().ok()
}

fn clock(rest: &mut &str) -> Option<String> {
    let hour = number(rest)?;
    *rest = rest.strip_prefix(':')?;
    let minute = number(rest)?;
    *rest = rest.strip_prefix(':')?;
    let second = number(rest)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut clock = format!("{hour:02}:{minute:02}:{second:02}");
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let kept = fraction[..digits.min(9)].trim_end_matches('0');
            if !kept.is_empty() {
                clock.push('.');
                clock.push_str(kept);
            }
            *rest = &fraction[digits..];
        }
    }
    Some(clock)
}

fn zone(rest: &str) -> Option<String> {
    if rest == "Z" {
        return Some("Z".into());
    }
    let bytes = rest.as_bytes();
    let fits = bytes.len() == 6
        && matches!(bytes[0], b'+' | b'-')
        && bytes[3] == b':'
        && [1, 2, 4, 5].iter().all(|at| bytes[*at].is_ascii_digit());
    if !fits {
        return None;
    }
    let hours: u32 = rest[1..3].parse().ok()?;
    let minutes: u32 = rest[4..6].parse().ok()?;
    if hours > 24 || minutes > 60 {
        return None;
    }
    Some(if hours == 0 && minutes == 0 { "Z".into() } else { rest.to_owned() })
}

fn days_in(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("2001-12-14", Some("2001-12-14T00:00:00Z")),
            ("2001-1-2", Some("2001-01-02T00:00:00Z")),
            ("2001-02-29", None),
            ("2001-12-14t21:59:43.10-05:00", Some("2001-12-14T21:59:43.1-05:00")),
            ("2001-12-14 21:59:43.10 -5", None),
            ("2001-12-15 2:59:43", Some("2001-12-15T02:59:43Z")),
            ("2001-12-15T02:59:43", None),
            ("2001-12-15T02:59:43Z", Some("2001-12-15T02:59:43Z")),
            ("20011-12-15", None),
        ] {
            assert_eq!(parse(text).as_deref(), expected, "{text}");
        }
    }
}
