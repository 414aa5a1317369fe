//! Drift in words.
//!
//! In: how a component differs from what was deployed. Out: lines. Secrets are masked in it already.

use hub_cluster::{Drift, DriftClass, DriftedField, DriftedObject};

use super::style::Palette;

/// Longer values are cut.
const LONGEST: usize = 60;

/// The lines about one component.
#[must_use]
pub fn drift_lines(drift: &Drift, palette: &Palette) -> Vec<String> {
    let name = palette.bold.apply_to(&drift.owner.component).to_string();
    let mut lines = vec![format!("{name}  {}", drift_summary(drift, palette))];
    lines.extend(drift.objects.iter().flat_map(|one| object_lines(one, palette)));
    for left in &drift.left {
        let text = format!("  {} {} is left to {}", left.id, left.field.field, left.field.manager);
        lines.push(palette.dim.apply_to(text).to_string());
    }
    lines
}

/// One component's drift in a few words.
#[must_use]
pub fn drift_summary(drift: &Drift, palette: &Palette) -> String {
    let Some(revision) = drift.revision else {
        let text = "no revision of it is kept, so there is nothing to compare with; deploy it once more";
        return palette.warn.apply_to(text).to_string();
    };
    if !drift.is_any() {
        return format!("{} as deployed (revision {revision})", palette.good.apply_to("✓"));
    }
    let words = [
        (DriftClass::Changed, if drift.unfinished { "changed" } else { "changed by others" }),
        (DriftClass::Missing, "missing"),
        (DriftClass::Stale, "stale"),
        (DriftClass::Extra, "extra"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .map(|(class, word)| (drift.count(class), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let by_whom = if drift.unfinished { ", in part by a run that did not end well" } else { "" };
    palette.warn.apply_to(format!("{} since revision {revision}{by_whom}", parts.join(", "))).to_string()
}

fn object_lines(one: &DriftedObject, palette: &Palette) -> Vec<String> {
    let reason = one.reason.as_ref().map(|reason| format!("  ({reason})")).unwrap_or_default();
    let head = match one.class {
        DriftClass::Changed => palette.warn.apply_to(format!("  ~ {}{reason}", one.id)),
        DriftClass::Missing => palette.bad.apply_to(format!("  - {} is missing{reason}", one.id)),
        DriftClass::Stale => palette.warn.apply_to(format!("  = {} is stale{reason}", one.id)),
        DriftClass::Extra => palette.warn.apply_to(format!("  + {} is extra{reason}", one.id)),
    };
    let mut lines = vec![head.to_string()];
    lines.extend(one.fields.iter().map(field_line));
    lines
}

fn field_line(field: &DriftedField) -> String {
    let value = |value: &Option<serde_json::Value>| match value {
        None => "(none)".to_owned(),
        Some(serde_json::Value::String(text)) => cut(text),
        Some(other) => cut(&other.to_string()),
    };
    let by: Vec<String> =
        field
            .by
            .iter()
            .map(|one| {
                if one.at.is_empty() { one.manager.clone() } else { format!("{} at {}", one.manager, one.at) }
            })
            .collect();
    let by = if by.is_empty() { String::new() } else { format!("  [{}]", by.join(", ")) };
    if field.want.is_none() && field.live.is_none() {
        return format!("      {}{by}", field.path);
    }
    format!("      {}: deployed {}, now {}{by}", field.path, value(&field.want), value(&field.live))
}

fn cut(text: &str) -> String {
    let line = text.replace('\n', "⏎");
    if line.chars().count() > LONGEST {
        return format!("{}…", line.chars().take(LONGEST).collect::<String>());
    }
    line
}
