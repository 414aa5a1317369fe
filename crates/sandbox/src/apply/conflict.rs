//! Fields that another manager has set to something else.

use crate::fields::{FieldSet, PathElement, path_text};

use super::managers::ManagerId;

/// The conflicts of one apply, by manager and path.
#[derive(Debug, Clone)]
pub(crate) struct ApplyConflict {
    pub(crate) conflicts: Vec<(ManagerId, Vec<PathElement>)>,
}

impl ApplyConflict {
    pub(super) fn of(sets: &[(ManagerId, FieldSet)]) -> ApplyConflict {
        let paths = |(id, set): &(ManagerId, FieldSet)| {
            set.paths().into_iter().map(|path| (id.clone(), path)).collect::<Vec<_>>()
        };
        ApplyConflict { conflicts: sets.iter().flat_map(paths).collect() }
    }

    /// The `details.causes` of the answer: message and field of each conflict.
    pub(crate) fn causes(&self) -> Vec<(String, String)> {
        let cause = |(id, path): &(ManagerId, Vec<PathElement>)| {
            (format!("conflict with {}", manager_text(id)), path_text(path))
        };
        self.conflicts.iter().map(cause).collect()
    }

    /// The answer's message.
    pub(crate) fn message(&self) -> String {
        if let [(id, path)] = self.conflicts.as_slice() {
            let manager = manager_text(id);
            return format!("Apply failed with 1 conflict: conflict with {manager}: {}", path_text(path));
        }
        let mut ids: Vec<&ManagerId> = self.conflicts.iter().map(|(id, _)| id).collect();
        ids.sort_by(|a, b| {
            (&a.name, &a.api_version, &a.subresource).cmp(&(&b.name, &b.api_version, &b.subresource))
        });
        ids.dedup();
        let mut lines = Vec::new();
        for id in ids {
            lines.push(format!("conflicts with {}:", manager_text(id)));
            let own = self.conflicts.iter().filter(|(other, _)| other == id);
            lines.extend(own.map(|(_, path)| format!("- {}", path_text(path))));
        }
        format!("Apply failed with {} conflicts: {}", self.conflicts.len(), lines.join("\n"))
    }
}

fn manager_text(id: &ManagerId) -> String {
    let mut text = format!("{:?}", id.name);
    if !id.subresource.is_empty() {
        text.push_str(&format!(" with subresource {:?}", id.subresource));
    }
    if !id.applied {
        text.push_str(&format!(" using {}", id.api_version));
    }
    text
}
