//! Knowing a saved plan again.
//!
//! In: a plan. Out: what of it must be the same for it to do the same, object by object, and what moved between two.
//! Contents appear only as keyed hashes. Refuses to save anything.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Plan;
use crate::change::{Action, Change};
use crate::id::ObjectId;

/// What a plan does to one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fingerprint {
    /// The object.
    pub id: ObjectId,
    /// What is done to it.
    pub action: Action,
    /// Keyed hash of the object as it was rendered; empty for one that goes or stays.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rendered: String,
    /// Uid of the live object; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Keyed hash of what changes about it.
    pub effect: String,
    /// True where the server could not be asked when the plan was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
}

/// Why a plan is not the saved one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The object.
    pub id: ObjectId,
    /// What is different about it.
    pub what: String,
}

impl std::fmt::Display for Moved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.id, self.what)
    }
}

impl Plan {
    /// What the plan does, object by object. The key is random text that is saved with them: without it, contents
    /// could be guessed from the hashes.
    pub fn fingerprints(&self, key: &str) -> Vec<Fingerprint> {
        self.changes.iter().map(|change| fingerprint(change, key)).collect()
    }
}

fn fingerprint(change: &Change, key: &str) -> Fingerprint {
    let hash = |parts: &[&[u8]]| {
        let mut digest = Sha256::new();
        for part in [key.as_bytes()].iter().chain(parts) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let rendered = change.rendered.as_ref().map(|rendered| hash(&[&rendered.body])).unwrap_or_default();
    let sent = change.desired.as_ref().map_or(&[][..], |desired| desired.body.as_ref());
    let diff = serde_json::to_vec(&change.diff).unwrap_or_default();
    // Masked values look the same on both sides, so the sent object and the live version stand in for them.
    let hidden = change.diff.iter().any(|field| field.masked);
    let live = change.live.as_ref().filter(|_| hidden).map_or("", |live| live.resource_version.as_str());
    let effect = hash(&[sent, &diff, live.as_bytes(), &[u8::from(change.force), u8::from(change.migrates)]]);
    Fingerprint {
        id: change.id.clone(),
        action: change.action,
        rendered,
        uid: change.live.as_ref().map(|live| live.uid.clone()).unwrap_or_default(),
        effect,
        unverified: change.unverified,
    }
}

/// What moved since a plan was saved. With `lenient`, objects that could not be put to the server when it was saved
/// are compared by what was rendered alone.
pub fn moved(saved: &[Fingerprint], now: &[Fingerprint], lenient: bool) -> Vec<Moved> {
    let mut found = Vec::new();
    for old in saved {
        let what = match now.iter().find(|new| new.id == old.id) {
            None if old.action.writes() => "it is not part of the plan any more".to_string(),
            None => continue,
            Some(new) => match difference(old, new, lenient && old.unverified) {
                Some(what) => what,
                None => continue,
            },
        };
        found.push(Moved { id: old.id.clone(), what });
    }
    let is_new = |new: &&Fingerprint| new.action.writes() && !saved.iter().any(|old| old.id == new.id);
    let added = now.iter().filter(is_new);
    found.extend(added.map(|new| {
        let what = format!("the plan did not name it, and would {} it now", word(new.action));
        Moved { id: new.id.clone(), what }
    }));
    found
}

fn difference(old: &Fingerprint, new: &Fingerprint, rendered_only: bool) -> Option<String> {
    if old.rendered != new.rendered {
        return Some("what is rendered for it is different now".into());
    }
    if rendered_only {
        return None;
    }
    if old.uid != new.uid {
        return Some(match (old.uid.is_empty(), new.uid.is_empty()) {
            (true, _) => "it was made on the cluster meanwhile".into(),
            (_, true) => "it was deleted on the cluster meanwhile".into(),
            _ => "it was deleted and made anew on the cluster meanwhile".into(),
        });
    }
    if old.action != new.action {
        return Some(format!("the plan would {} it, now it would {} it", word(old.action), word(new.action)));
    }
    (old.effect != new.effect)
        .then(|| "it changed on the cluster, so applying it would do something else".into())
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Unchanged => "leave",
        Action::Recreate => "recreate",
        Action::Delete => "delete",
        Action::Keep => "keep",
    }
}
