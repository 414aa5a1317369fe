//! `readiness:` and `drift:` of a component: when its objects are ready, and which of their fields are left to others.
//!
//! In: the keys of a component's manifest. Out: rules for the engine. Refuses to know: objects.

use hub_cluster::readiness::{ReadinessCheck, ReadinessRule};
use hub_cluster::{GroupKind, IgnoreRule};

use super::document::{Node, Reader};
use crate::diagnostic::Problem;

const READINESS_KEYS: [&str; 7] = ["kind", "name", "condition", "status", "path", "value", "failed"];
const CHECK_KEYS: [&str; 4] = ["condition", "status", "path", "value"];
const IGNORE_KEYS: [&str; 7] = ["kind", "namespace", "name", "path", "paths", "managers", "because"];

/// Reads `readiness`; empty when there is none.
///
/// `- {kind: Thing.example.org, condition: Ready}`, `- {kind: …, path: status.phase, value: [Bound, Ready]}`, either with
/// `name:` and `failed: {path: …, value: …}`.
pub(super) fn read_readiness(reader: &mut Reader<'_>, root: &Node) -> Vec<ReadinessRule> {
    let entries = reader.sequence(root, "readiness");
    entries.iter().filter_map(|entry| read_rule(reader, entry)).collect()
}

fn read_rule(reader: &mut Reader<'_>, entry: &Node) -> Option<ReadinessRule> {
    refuse_unknown(reader, entry, &READINESS_KEYS, "an entry of `readiness`");
    let kind = read_kind(reader, entry);
    let ready = read_check(reader, entry);
    let failed = reader.mapping(entry, "failed");
    if let Some(failed) = &failed {
        refuse_unknown(reader, failed, &CHECK_KEYS, "`failed`");
    }
    let failed = failed.and_then(|failed| read_check(reader, &failed));
    let place = reader.place(entry);
    if kind.is_none() || ready.is_none() {
        let what = if kind.is_none() { "a `kind`" } else { "a `condition` or a `path`" };
        reader.problems.push(
            Problem::new("hub::manifest::readiness", format!("a rule of readiness needs {what}"))
                .help("readiness: [{kind: Thing.example.org, condition: Ready}] or [{kind: Thing.example.org, path: status.phase, value: Done}]")
                .at(place),
        );
    }
    Some(ReadinessRule {
        kind: kind?,
        name: reader.text(entry, "name"),
        ready: vec![ready?],
        failed: failed.into_iter().collect(),
    })
}

fn read_check(reader: &mut Reader<'_>, node: &Node) -> Option<ReadinessCheck> {
    if let Some(name) = reader.text(node, "condition") {
        let status = reader.text(node, "status").unwrap_or_else(|| "True".to_owned());
        return Some(ReadinessCheck::Condition { name, status });
    }
    let path = reader.text(node, "path")?;
    let values = reader.words(node, "value").into_iter().map(|word| word.value).collect();
    Some(ReadinessCheck::Field { path, values })
}

/// Reads `drift.ignore`; empty when there is none.
///
/// `- {kind: Deployment.apps, name: server, path: spec.replicas, because: …}`, or `managers: [keda-operator]`.
pub(super) fn read_ignore(reader: &mut Reader<'_>, root: &Node) -> Vec<IgnoreRule> {
    let Some(drift) = reader.mapping(root, "drift") else { return Vec::new() };
    refuse_unknown(reader, &drift, &["ignore"], "`drift`");
    let entries = reader.sequence(&drift, "ignore");
    entries.iter().filter_map(|entry| read_ignored(reader, entry)).collect()
}

fn read_ignored(reader: &mut Reader<'_>, entry: &Node) -> Option<IgnoreRule> {
    refuse_unknown(reader, entry, &IGNORE_KEYS, "an entry of `drift.ignore`");
    let words = |reader: &mut Reader<'_>, key: &str| {
        reader.words(entry, key).into_iter().map(|word| word.value).collect::<Vec<_>>()
    };
    let mut paths = words(reader, "paths");
    paths.extend(words(reader, "path"));
    let managers = words(reader, "managers");
    if paths.is_empty() && managers.is_empty() {
        let place = reader.place(entry);
        reader.problems.push(
            Problem::new("hub::manifest::drift", "a rule of drift needs a `path` or `managers`")
                .help("drift: {ignore: [{kind: Deployment.apps, path: spec.replicas, because: it is scaled by hand}]}")
                .at(place),
        );
        return None;
    }
    Some(IgnoreRule {
        kind: read_kind(reader, entry),
        namespace: reader.text(entry, "namespace"),
        name: reader.text(entry, "name"),
        paths,
        managers,
        because: reader.text(entry, "because"),
    })
}

fn read_kind(reader: &mut Reader<'_>, entry: &Node) -> Option<GroupKind> {
    let text = reader.text(entry, "kind")?;
    match text.parse() {
        Ok(kind) => Some(kind),
        Err(error) => {
            let place = reader.place_of(entry, "kind");
            reader.problems.push(Problem::new("hub::manifest::readiness", format!("{error}")).at(place));
            None
        }
    }
}

/// A rule that is misspelt would silently not count, so that is an error here.
fn refuse_unknown(reader: &mut Reader<'_>, node: &Node, known: &[&str], what: &str) {
    let unknown = reader.unknown_keys(node, known, what);
    reader.problems.0.extend(unknown);
}
