//! A plan in a few lines, or in all of them.
//!
//! In: a plan. Out: lines. Values of secrets are masked in the plan already.

use std::collections::BTreeMap;

use hub_cluster::{Action, Change, FieldDiff, Plan};
use serde_json::Value;

use super::style::Palette;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// New and unchanged objects are counted; the others are named with their fields.
    Short,
    /// Every object that changes is named, every field with both values.
    Full,
}

/// More fields or objects than this are counted in the short form.
const SHORT: usize = 8;

/// The lines of a plan, without the component's name.
#[must_use]
pub fn plan_lines(plan: &Plan, detail: Detail, palette: &Palette) -> Vec<String> {
    let of = |action: Action| plan.changes.iter().filter(move |c| c.action == action);
    let mut lines = Vec::new();
    let created: Vec<&Change> = of(Action::Create).collect();
    if detail == Detail::Full || created.len() <= SHORT {
        let named = named(&created, '+').into_iter();
        lines.extend(named.map(|line| palette.good.apply_to(line).to_string()));
    } else {
        lines.push(palette.good.apply_to(format!("+ {}", by_kind(&created))).to_string());
    }
    for change in of(Action::Update).chain(of(Action::Recreate)) {
        lines.extend(changed(change, detail, palette));
    }
    let deleted: Vec<&Change> = of(Action::Delete).collect();
    if detail == Detail::Full || deleted.len() <= SHORT {
        let named = named(&deleted, '-').into_iter();
        lines.extend(named.map(|line| palette.bad.apply_to(line).to_string()));
    } else {
        lines.push(palette.bad.apply_to(format!("- {}", by_kind(&deleted))).to_string());
    }
    lines.extend(kept(of(Action::Keep), palette));
    let unchanged = of(Action::Unchanged).count();
    if unchanged > 0 {
        lines.push(palette.dim.apply_to(format!("  {unchanged} unchanged")).to_string());
    }
    for change in of(Action::Unchanged) {
        for field in &change.yielded {
            let line = format!("    {} {} is left to {}", change.id, field.field, field.manager);
            lines.push(palette.dim.apply_to(line).to_string());
        }
    }
    lines.extend(plan.warnings.iter().map(|w| palette.warn.apply_to(format!("! {w}")).to_string()));
    lines
}

/// The counts of a plan that was carried out, as words: `3 created, 1 changed`.
#[must_use]
pub fn done(counts: &hub_cluster::Counts) -> String {
    counted(counts, true)
}

/// The counts of a plan as words: `3 to create, 1 to change`.
#[must_use]
pub(super) fn counted(counts: &hub_cluster::Counts, done: bool) -> String {
    let words = [
        (counts.create, "created", "to create"),
        (counts.update, "changed", "to change"),
        (counts.recreate, "recreated", "to recreate"),
        (counts.delete, "deleted", "to delete"),
        (counts.unchanged, "unchanged", "unchanged"),
        (counts.keep, "kept", "to keep"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, past, future)| format!("{count} {}", if done { past } else { future }))
        .collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// A line for each; a reason that several have in common is told once, at their end.
fn named(changes: &[&Change], sign: char) -> Vec<String> {
    let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in changes.iter().filter_map(|change| change.reason.as_deref()) {
        *shared.entry(reason).or_default() += 1;
    }
    shared.retain(|_, count| *count > 1);
    let line = |change: &&Change| {
        let told = change.reason.as_deref().is_some_and(|reason| shared.contains_key(reason));
        format!("{sign} {}{}", change.id, if told { String::new() } else { why(change) })
    };
    let mut lines: Vec<String> = changes.iter().map(line).collect();
    lines.extend(shared.iter().map(|(reason, count)| format!("  ({count} of these: {reason})")));
    lines
}

fn by_kind(changes: &[&Change]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes {
        *kinds.entry(change.id.kind.as_str()).or_default() += 1;
    }
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, n)| if *n == 1 { (*kind).to_owned() } else { format!("{n} {kind}") })
        .collect();
    kinds.join(", ")
}

fn changed(change: &Change, detail: Detail, palette: &Palette) -> Vec<String> {
    let sign = if change.action == Action::Recreate { "±" } else { "~" };
    let mut lines = vec![palette.warn.apply_to(format!("{sign} {}{}", change.id, why(change))).to_string()];
    let shown = if detail == Detail::Full { change.diff.len() } else { SHORT };
    lines.extend(change.diff.iter().take(shown).flat_map(|field| field_lines(field, detail)));
    if change.diff.len() > shown {
        lines.push(format!("    … and {} more fields", change.diff.len() - shown));
    }
    for field in &change.yielded {
        lines.push(format!("    {} is left to {}", field.field, field.manager));
    }
    for field in &change.taken {
        lines.push(format!("    {} is taken from {}", field.field, field.manager));
    }
    lines
}

fn field_lines(field: &FieldDiff, detail: Detail) -> Vec<String> {
    let value = |value: &Option<Value>| match value {
        None => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let (old, new) = (value(&field.old), value(&field.new));
    let owners =
        if field.owners.is_empty() { String::new() } else { format!("  [{}]", field.owners.join(", ")) };
    if old.contains('\n') || new.contains('\n') {
        return multi_line(&field.path, &old, &new, &owners, detail);
    }
    if let (Some(Value::Array(old)), Some(Value::Array(new))) = (&field.old, &field.new) {
        return multi_line(&field.path, &one_a_line(old), &one_a_line(new), &owners, detail);
    }
    let cut = |text: String| {
        if detail == Detail::Short && text.chars().count() > 60 {
            format!("{}…", text.chars().take(60).collect::<String>())
        } else {
            text
        }
    };
    vec![format!("    {}: {} → {}{owners}", field.path, cut(old), cut(new))]
}

/// The elements of a list, of which few differ as a rule.
fn one_a_line(list: &[Value]) -> String {
    list.iter().map(|element| format!("{element}\n")).collect()
}

/// Only the lines of a text that differ.
fn multi_line(path: &str, old: &str, new: &str, owners: &str, detail: Detail) -> Vec<String> {
    let diff = similar::TextDiff::from_lines(old, new);
    let changes = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            similar::ChangeTag::Delete => "-",
            similar::ChangeTag::Insert => "+",
            similar::ChangeTag::Equal => return None,
        };
        Some(format!("      {sign} {}", change.value().trim_end_matches('\n')))
    });
    let changes: Vec<String> = changes.collect();
    let shown = if detail == Detail::Full { changes.len() } else { SHORT };
    let more = changes.len().saturating_sub(shown);
    let mut lines = vec![format!("    {path}:{owners}")];
    lines.extend(changes.into_iter().take(shown));
    if more > 0 {
        lines.push(format!("      … and {more} more lines"));
    }
    lines
}

fn why(change: &Change) -> String {
    change.reason.as_ref().map_or_else(String::new, |reason| format!("  ({reason})"))
}

/// What stays, and how to delete it all the same. Objects that stay for the same reason share a line.
fn kept<'a>(changes: impl Iterator<Item = &'a Change>, palette: &Palette) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&Change>)> = Vec::new();
    for change in changes {
        let reason = change.reason.as_deref().unwrap_or("it is kept");
        match groups.iter_mut().find(|(r, _)| *r == reason) {
            Some((_, group)) => group.push(change),
            None => groups.push((reason, vec![change])),
        }
    }
    let line = |(reason, group): (&str, Vec<&Change>)| {
        let what = match group.as_slice() {
            [one] => format!("{} stays", one.id),
            many => format!("{} stay", by_kind(many)),
        };
        palette.dim.apply_to(format!("= {what}: {reason}")).to_string()
    };
    groups.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_list_only_the_elements_are_shown_that_differ() {
        let field = FieldDiff {
            path: "spec.args".to_owned(),
            old: Some(json!(["server", "--port=5000", "--dev"])),
            new: Some(json!(["server", "--port=5000", "--metrics", "--quiet"])),
            owners: Vec::new(),
            masked: false,
        };
        let lines = field_lines(&field, Detail::Short);
        let expected =
            ["    spec.args:", "      - \"--dev\"", "      + \"--metrics\"", "      + \"--quiet\""];
        assert_eq!(lines, expected);
    }
}
