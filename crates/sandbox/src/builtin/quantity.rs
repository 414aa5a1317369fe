//! Quantities such as `100m`, `1.5Gi` and `2e3` in the one spelling that the server stores.
//!
//! Source: apimachinery `pkg/api/resource/quantity.go`.

use serde_json::Value;

/// The decimal suffixes with the power of ten of each, largest first.
const DECIMAL: [(&str, i32); 10] =
    [("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9)];
/// The binary suffixes with the power of two of each, largest first.
const BINARY: [(&str, u32); 6] = [("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];

/// Gives the canonical spelling; `None` for what is no quantity, or too fine or large to keep exactly here.
pub(crate) fn canonical(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let split =
        text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let (digits, places) = decimal(number)?;
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return binary(digits, places, *power);
    }
    let (power, exponent) = match DECIMAL.iter().find(|(name, _)| *name == suffix) {
        Some((_, power)) => (*power, false),
        None => (suffix.strip_prefix(['e', 'E'])?.parse().ok()?, true),
    };
    spell_decimal(digits, power - places, exponent)
}

/// Tells whether one quantity is more than another. What is no quantity is never more.
pub(crate) fn is_more(one: &Value, other: &Value) -> bool {
    matches!((amount(one), amount(other)), (Some(one), Some(other)) if one > other)
}

/// How much a quantity is, as far as a comparison needs it.
fn amount(value: &Value) -> Option<f64> {
    let text = canonical(value)?;
    let split =
        text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some(number * 2_f64.powi(i32::try_from(*power).ok()?));
    }
    let power = match DECIMAL.iter().find(|(name, _)| *name == suffix) {
        Some((_, power)) => *power,
        None => suffix.strip_prefix(['e', 'E'])?.parse().ok()?,
    };
    Some(number * 10_f64.powi(power))
}

/// Tells whether a text is written as a quantity is.
pub(crate) fn is_quantity(text: &str) -> bool {
    let number = text.trim_start_matches(['+', '-']);
    let split = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (digits, suffix) = number.split_at(split);
    let is_exponent = |suffix: &str| {
        let exponent = suffix.strip_prefix(['e', 'E']);
        exponent.is_some_and(|exponent| exponent.parse::<i32>().is_ok())
    };
    decimal(digits).is_some()
        && (BINARY.iter().any(|(name, _)| *name == suffix)
            || DECIMAL.iter().any(|(name, _)| *name == suffix)
            || is_exponent(suffix))
}

/// Reads digits and how many of them are behind the point.
fn decimal(number: &str) -> Option<(i128, i32)> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.trim_start_matches(['+', '-']).is_empty() {
        return None;
    }
    Some((digits.parse().ok()?, i32::try_from(fraction.len()).ok()?))
}

fn binary(digits: i128, places: i32, power: u32) -> Option<String> {
    let scaled = digits.checked_mul(1 << power)?;
    let unit = 10_i128.checked_pow(places.try_into().ok()?)?;
    if scaled % unit != 0 {
        return spell_decimal(scaled, -places, false);
    }
    let bytes = scaled / unit;
    if bytes == 0 {
        return Some("0".into());
    }
    if bytes.unsigned_abs() < 1024 {
        return Some(bytes.to_string());
    }
    let (name, power) =
        BINARY.iter().find(|(_, power)| bytes % (1 << power) == 0).copied().unwrap_or(("", 0));
    Some(format!("{}{name}", bytes >> power))
}

fn spell_decimal(mut digits: i128, mut power: i32, exponent: bool) -> Option<String> {
    if digits == 0 {
        return Some("0".into());
    }
    while digits % 10 == 0 {
        (digits, power) = (digits / 10, power + 1);
    }
    if power < -9 {
        return None;
    }
    let step = power.div_euclid(3) * 3;
    let digits = digits.checked_mul(10_i128.pow(power.rem_euclid(3).unsigned_abs()))?;
    if exponent {
        return Some(if step == 0 { digits.to_string() } else { format!("{digits}e{step}") });
    }
    let step = step.min(18);
    let (name, _) = DECIMAL.iter().find(|(_, p)| *p == step)?;
    Some(format!("{digits}{name}"))
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::json;

    #[test]
    fn quantities_are_spelled_as_the_server_spells_them() {
        for (text, expected) in [
            ("1000m", "1"),
            ("100m", "100m"),
            ("1.5", "1500m"),
            ("1024Mi", "1Gi"),
            ("1000Mi", "1000Mi"),
            ("0.5Gi", "512Mi"),
            ("1000", "1k"),
            ("1500", "1500"),
            ("2e3", "2e3"),
            ("0", "0"),
            ("1000k", "1M"),
            ("1Gi", "1Gi"),
            ("12", "12"),
        ] {
            assert_eq!(canonical(&json!(text)).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(canonical(&json!(2)).as_deref(), Some("2"));
        assert_eq!(canonical(&json!("x")), None);
        let is_quantity = super::is_quantity;
        assert!(["1", "-1.5Gi", "2e3", "1E", "0.1m", "1e-3"].into_iter().all(is_quantity));
        assert!(!["", "1Xi", "Gi", "1.2.3", "1e", "one"].into_iter().any(is_quantity));
        assert!(super::is_more(&json!("200m"), &json!("0.1")) && super::is_more(&json!("1Gi"), &json!("1G")));
        assert!(!super::is_more(&json!("1000m"), &json!(1)));
    }
}
