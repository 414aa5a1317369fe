//! Telling from metadata alone whether an object is still as it was.
//!
//! In: metadata of a live object and what is recorded about it. Out: whether the record proves that nothing but
//! the status changed. Refuses to see contents.

use serde_json::{Value, json};

use super::{Entry, EntryState, Inventory};

/// What the record says about a live object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The object is exactly as it was, and whether it was ready then.
    Untouched {
        /// Readiness at that time.
        ready: bool,
    },
    /// At most its status changed.
    StatusOnly,
    /// Nothing is proven.
    None,
}

impl Inventory {
    /// Judges a live object by its metadata. `hash` is that of the object as it is rendered now.
    pub(crate) fn proof(&self, entry: &Entry, hash: &str, live: &Value) -> Proof {
        let metadata = &live["metadata"];
        let is_same_object = entry.state == EntryState::Applied && metadata["uid"] == entry.uid.as_str();
        if !is_same_object || entry.hash != hash || entry.uid.is_empty() {
            return Proof::None;
        }
        if metadata["resourceVersion"] == entry.resource_version.as_str() {
            return Proof::Untouched { ready: entry.ready };
        }
        match self.fingerprint(live) {
            Some(now) if now == entry.fingerprint => Proof::StatusOnly,
            _ => Proof::None,
        }
    }

    /// Salted hash of everything in the metadata that changes when anything but the status does. `None` for
    /// objects without a generation: nothing tells about changes of their content but the resourceVersion.
    ///
    /// Every write of a field enters the generation (content) or is itself metadata; writers of the status
    /// subresource appear apart in the managed fields and are left out.
    pub(crate) fn fingerprint(&self, live: &Value) -> Option<String> {
        let metadata = &live["metadata"];
        metadata["generation"].as_i64()?;
        let entries = crate::managed_fields::entries(live);
        let managers: Vec<&Value> = entries.iter().filter(|entry| entry["subresource"] != "status").collect();
        let content = json!([
            metadata["generation"],
            metadata["labels"],
            metadata["annotations"],
            metadata["ownerReferences"],
            metadata["finalizers"],
            metadata["deletionTimestamp"],
            managers,
        ]);
        Some(self.hash(content.to_string().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::Owner;

    #[test]
    fn only_what_is_proven_counts() {
        let owner = Owner { stack: "s".into(), component: "c".into(), state_namespace: "n".into() };
        let inventory = Inventory::empty(owner);
        let live = |version: &str, generation: i64, status_time: &str, label: &str| {
            json!({"metadata": {"uid": "u", "resourceVersion": version, "generation": generation, "labels": {"l": label}, "managedFields": [
                {"manager": "hub", "operation": "Apply", "time": "1"},
                {"manager": "kube", "operation": "Update", "subresource": "status", "time": status_time}]}})
        };
        let entry = Entry {
            state: EntryState::Applied,
            uid: "u".into(),
            resource_version: "5".into(),
            hash: "h".into(),
            fingerprint: inventory.fingerprint(&live("5", 1, "1", "a")).expect("a generation"),
            ready: true,
            ..Entry::default()
        };
        assert_eq!(inventory.proof(&entry, "h", &live("5", 1, "1", "a")), Proof::Untouched { ready: true });
        assert_eq!(inventory.proof(&entry, "h", &live("6", 1, "2", "a")), Proof::StatusOnly);
        assert_eq!(inventory.proof(&entry, "h", &live("6", 2, "2", "a")), Proof::None);
        assert_eq!(inventory.proof(&entry, "h", &live("6", 1, "2", "b")), Proof::None);
        assert_eq!(inventory.proof(&entry, "x", &live("5", 1, "1", "a")), Proof::None);
        let pending = Entry { state: EntryState::Pending, ..entry };
        assert_eq!(inventory.proof(&pending, "h", &live("5", 1, "1", "a")), Proof::None);
    }
}
