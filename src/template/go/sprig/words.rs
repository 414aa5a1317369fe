//! Cases, abbreviations, line breaks, versions: what needs more than a line.
//!
//! Source: Masterminds/goutils 1.1, huandu/xstrings 1.3, Masterminds/semver 1.5.

/// As Go's `strings.Title`: each letter behind what is no letter.
pub(super) fn title(text: &str) -> String {
    let mut previous = ' ';
    text.chars()
        .map(|c| {
            let begins = !(previous.is_alphanumeric() || previous == '_' || previous == '\'');
            previous = c;
            if begins { c.to_uppercase().to_string() } else { c.to_string() }
        })
        .collect()
}

/// The first letter of each word small.
pub(super) fn untitle(text: &str) -> String {
    let mut begins = true;
    text.chars()
        .map(|c| {
            let lower = begins;
            begins = c.is_whitespace();
            if lower { c.to_lowercase().to_string() } else { c.to_string() }
        })
        .collect()
}

pub(super) fn swapcase(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_uppercase() { c.to_lowercase().to_string() } else { c.to_uppercase().to_string() })
        .collect()
}

pub(super) fn initials(text: &str) -> String {
    text.split_whitespace().filter_map(|word| word.chars().next()).collect()
}

/// `FirstName` to `first_name`; runs of capitals are one word.
pub(super) fn separated(text: &str, mark: char) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if matches!(c, '_' | '-') || c.is_whitespace() {
            out.push(mark);
            continue;
        }
        let previous = i.checked_sub(1).and_then(|i| chars.get(i));
        let next_is_lower = chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        let begins = c.is_uppercase()
            && previous.is_some_and(|p| {
                p.is_lowercase() || p.is_ascii_digit() || (p.is_uppercase() && next_is_lower)
            });
        if begins {
            out.push(mark);
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// `some_words` to `SomeWords`; marks in front stay.
pub(super) fn camelcase(text: &str) -> String {
    let is_mark = |c: char| matches!(c, '_' | '-') || c.is_whitespace();
    let front: String = text.chars().take_while(|c| is_mark(*c)).collect();
    let mut out = front.clone();
    let mut upper = true;
    for c in text[front.len()..].chars() {
        if is_mark(c) {
            upper = true;
            continue;
        }
        if upper {
            out.extend(c.to_uppercase())
        } else {
            out.extend(c.to_lowercase())
        }
        upper = false;
    }
    out
}

/// At most `width` characters from `offset` on, with dots for what is left out.
pub(super) fn abbreviate(text: &str, offset: i64, width: i64) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (Ok(offset), Ok(width)) = (usize::try_from(offset), usize::try_from(width)) else {
        return text.to_owned();
    };
    if width < 4 || (offset > 0 && width < 7) || chars.len() <= width {
        return text.to_owned();
    }
    let mut offset = offset.min(chars.len());
    if chars.len() - offset < width - 3 {
        offset = chars.len() - (width - 3);
    }
    let part = |from: usize, to: usize| chars[from..to.min(chars.len())].iter().collect::<String>();
    if offset <= 4 {
        return format!("{}...", part(0, width - 3));
    }
    if offset + width - 3 < chars.len() {
        return format!("...{}...", part(offset, offset + width - 6));
    }
    format!("...{}", part(chars.len() - (width - 3), chars.len()))
}

/// Breaks lines at spaces so that none is longer than `width`, where that can be done.
pub(super) fn wrap(text: &str, width: i64, newline: &str, break_long: bool) -> String {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while chars.len() - at > width {
        if chars[at] == ' ' {
            at += 1;
            continue;
        }
        let space = (at..=at + width).rev().find(|i| chars.get(*i) == Some(&' '));
        let (end, next) = match space {
            Some(space) => (space, space + 1),
            None if break_long => (at + width, at + width),
            None => match (at + width..chars.len()).find(|i| chars[*i] == ' ') {
                Some(space) => (space, space + 1),
                None => (chars.len(), chars.len()),
            },
        };
        out.extend(&chars[at..end]);
        at = next;
        if end < chars.len() {
            out.push_str(newline);
        }
    }
    out.extend(&chars[at..]);
    out
}

/// Whether a version fits a constraint: `>=1.2, <2.0.0 || ~3.1`, `^1`, `1.2.x`, `!=1.0.0`.
///
/// As semver 1.5 has it: `<2` lets 2.x through, and `^0.2` lets 0.3 through.
pub(super) fn version_fits(constraint: &str, version: &str) -> Result<bool, String> {
    let version = parse(version).ok_or("Invalid Semantic Version")?.0;
    let mut fits = false;
    for alternative in constraint.split("||") {
        let mut all = true;
        let spaced = [">=", "<=", "!=", ">", "<", "=", "~", "^"]
            .iter()
            .fold(alternative.replace(',', " "), |text, mark| text.replace(&format!("{mark} "), mark));
        for condition in spaced.split_whitespace() {
            all &= condition_fits(condition, version).ok_or("improper constraint")?;
        }
        fits |= all;
    }
    Ok(fits)
}

type Version = [u64; 3];

/// The numbers of a version and how many are written; a suffix behind `-` or `+` does not count.
fn parse(text: &str) -> Option<(Version, usize)> {
    let text = text.trim().trim_start_matches('v');
    let text = text.split(['-', '+']).next().unwrap_or(text);
    let mut numbers = [0; 3];
    let mut written = 0;
    for part in text.split('.') {
        if matches!(part, "x" | "X" | "*") {
            break;
        }
        *numbers.get_mut(written)? = part.parse().ok()?;
        written += 1;
    }
    Some((numbers, written))
}

fn condition_fits(condition: &str, version: Version) -> Option<bool> {
    let digits = condition.trim_start_matches(['=', '<', '>', '!', '~', '^']);
    let operator = &condition[..condition.len() - digits.len()];
    let (low, written) = parse(digits)?;
    // The first version above all that begin with the first `kept` numbers.
    let above = |kept: usize| {
        let mut high = [0; 3];
        high[..kept].copy_from_slice(&low[..kept]);
        if let Some(last) = kept.checked_sub(1) {
            high[last] += 1;
        }
        if kept == 0 { [u64::MAX; 3] } else { high }
    };
    let same = version >= low && version < above(written);
    Some(match operator {
        "" | "=" => same,
        "!=" => !same,
        ">" => version > low,
        ">=" | "=>" => version >= low,
        "<" if written == 3 => version < low,
        "<" | "<=" | "=<" => version < above(written),
        "~" | "~>" => version >= low && version < above(written.min(2)),
        "^" => version >= low && version < above(1),
        _ => return None,
    })
}
