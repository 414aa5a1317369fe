//! `hooks:` lists: programs to run at points of a component's life.
//!
//! In: the `hooks` key of a component's manifest or of a stack's component reference. Out: [`HookDeclaration`]s.
//! Refuses to know: how a hook is found or run.

use std::time::Duration;

use super::document::{Node, Reader};
use crate::diagnostic::{Place, Problem};

/// One entry of a `hooks:` list.
#[derive(Clone, Debug, PartialEq)]
pub struct HookDeclaration {
    /// A path relative to the component, or a name to look up.
    pub file: String,
    /// Globs that are matched with `pre-deploy`, `post-deploy`, `pre-undeploy`, `post-undeploy`.
    pub triggers: Vec<String>,
    /// How long it may take; `None` means the run's default.
    pub timeout: Option<Duration>,
    /// What a failure means.
    pub on_error: OnError,
    /// Where it is written.
    pub place: Place,
}

/// What the failure of a hook means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The component fails.
    Fail,
    /// A warning, and on it goes.
    Ignore,
}

/// Reads the `hooks` key of `parent`; empty when there is none.
pub(super) fn read(reader: &mut Reader<'_>, parent: &Node) -> Vec<HookDeclaration> {
    let entries = reader.sequence(parent, "hooks");
    entries.iter().filter_map(|entry| read_one(reader, entry)).collect()
}

fn read_one(reader: &mut Reader<'_>, entry: &Node) -> Option<HookDeclaration> {
    let place = reader.place(entry);
    let Some(file) = reader.text(entry, "file") else {
        reader.problems.push(
            Problem::new("hub::manifest::hook", "a hook needs a `file`")
                .help("hooks: [{file: bin/check, triggers: [pre-deploy]}]")
                .at(place),
        );
        return None;
    };
    let timeout =
        reader.text(entry, "timeout").and_then(|text| match crate::parameters::parse_duration(&text) {
            Some(duration) => Some(duration),
            None => {
                let place = reader.place_of(entry, "timeout");
                reader.problems.push(
                    Problem::new("hub::manifest::duration", format!("`{text}` is not a duration"))
                        .help("durations are written as 90s, 10m or 1h30m")
                        .at(place),
                );
                None
            }
        });
    let on_error = match reader.text(entry, "error").as_deref() {
        None => OnError::Fail,
        Some("ignore") => OnError::Ignore,
        Some("fail") => OnError::Fail,
        Some(other) => {
            let place = reader.place_of(entry, "error");
            reader.problems.push(
                Problem::new(
                    "hub::manifest::hook",
                    format!("`error: {other}` is neither `ignore` nor `fail`"),
                )
                .at(place),
            );
            OnError::Fail
        }
    };
    let triggers = reader.words(entry, "triggers").into_iter().map(|w| w.value).collect();
    Some(HookDeclaration { file, triggers, timeout, on_error, place })
}
