//! Objects in memory, one ordered table per resource, with the changes that watches replay.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::journal::{Journal, Record, StoreError};
use super::owners::Owners;
use crate::object;

/// How many changes a watch can go back.
const HISTORY: usize = 20_000;

/// A resource: API group and plural name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Table {
    pub(crate) group: String,
    pub(crate) plural: String,
}

impl Table {
    /// The table of a resource.
    pub(crate) fn new(group: &str, plural: &str) -> Table {
        Table { group: group.to_owned(), plural: plural.to_owned() }
    }
}

/// An object's place in its table; the namespace is empty for cluster-scoped objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    /// The key of a namespace and a name.
    pub(crate) fn new(namespace: &str, name: &str) -> Key {
        Key { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The key that an object names itself.
    pub(crate) fn of(object: &Value) -> Key {
        Key::new(object::namespace(object), object::name(object))
    }
}

/// One write: what was there and what is there since.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) table: Table,
    pub(crate) key: Key,
    pub(crate) before: Option<Arc<Value>>,
    /// What is there now; for a delete nothing.
    pub(crate) after: Option<Arc<Value>>,
}

/// All objects at the latest revision.
pub(crate) struct Store {
    tables: BTreeMap<Table, BTreeMap<Key, Arc<Value>>>,
    owners: Owners,
    revision: u64,
    history: VecDeque<Change>,
    /// The last revision that is not in the history any more.
    forgotten: u64,
    journal: Option<Journal>,
    announce: watch::Sender<u64>,
}

impl Store {
    /// A store that is written to `journal`, holding what the journal held.
    pub(crate) fn new(journal: Option<Journal>, records: Vec<Record>) -> Store {
        let mut store = Store {
            tables: BTreeMap::new(),
            owners: Owners::default(),
            revision: 0,
            history: VecDeque::new(),
            forgotten: 0,
            journal,
            announce: watch::Sender::new(0),
        };
        for record in records {
            store.revision = store.revision.max(record.revision);
            let table = store.tables.entry(record.table.clone()).or_default();
            match record.object {
                Some(object) => {
                    store.owners.change(&record.table, &record.key, None, Some(&object));
                    table.insert(record.key, Arc::new(object));
                }
                None => drop(table.remove(&record.key)),
            }
        }
        store.forgotten = store.revision;
        store
    }

    /// The revision of the latest write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Tells of every revision from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.announce.subscribe()
    }

    /// The object under a key.
    pub(crate) fn get(&self, table: &Table, key: &Key) -> Option<&Arc<Value>> {
        self.tables.get(table)?.get(key)
    }

    /// The objects of a table in key order; `None` as namespace means all.
    pub(crate) fn list<'a>(
        &'a self,
        table: &Table,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> + use<'a> {
        let start = Key::new(namespace.unwrap_or_default(), "");
        let range = self.tables.get(table).map(|objects| objects.range(start..));
        let inside = move |key: &Key| namespace.is_none_or(|n| key.namespace == n);
        range.into_iter().flatten().take_while(move |(key, _)| inside(key))
    }

    /// Where the object with a uid is, and the object.
    pub(crate) fn by_uid(&self, uid: &str) -> Option<(&Table, &Key, &Arc<Value>)> {
        let (table, key) = self.owners.place(uid)?;
        Some((table, key, self.get(table, key)?))
    }

    /// The objects that name an owner.
    pub(crate) fn dependents(&self, uid: &str) -> impl Iterator<Item = (&Table, &Key, &Arc<Value>)> {
        self.owners.dependents(uid).filter_map(|(table, key)| Some((table, key, self.get(table, key)?)))
    }

    /// The tables that hold objects.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|(_, objects)| !objects.is_empty()).map(|(table, _)| table)
    }

    /// Writes an object under its own key; gives it with its new `resourceVersion`.
    pub(crate) fn put(&mut self, table: &Table, mut object: Value) -> Result<Arc<Value>, StoreError> {
        let key = Key::of(&object);
        let revision = self.revision + 1;
        object::set_meta(&mut object, "resourceVersion", json!(revision.to_string()));
        let object = Arc::new(object);
        if let Some(journal) = &mut self.journal {
            journal.append(revision, table, &key, Some(&object))?;
        }
        let before = self.tables.entry(table.clone()).or_default().insert(key.clone(), object.clone());
        self.record(Change { revision, table: table.clone(), key, before, after: Some(object.clone()) });
        Ok(object)
    }

    /// Removes an object; gives its last state, with the revision of the delete.
    pub(crate) fn remove(&mut self, table: &Table, key: &Key) -> Result<Option<Arc<Value>>, StoreError> {
        if self.get(table, key).is_none() {
            return Ok(None);
        }
        let revision = self.revision + 1;
        if let Some(journal) = &mut self.journal {
            journal.append(revision, table, key, None)?;
        }
        let before = self.tables.get_mut(table).and_then(|objects| objects.remove(key));
        let last = before.map(|object| {
            let mut last = (*object).clone();
            object::set_meta(&mut last, "resourceVersion", json!(revision.to_string()));
            Arc::new(last)
        });
        self.record(Change {
            revision,
            table: table.clone(),
            key: key.clone(),
            before: last.clone(),
            after: None,
        });
        Ok(last)
    }

    fn record(&mut self, change: Change) {
        let (before, after) = (change.before.as_deref(), change.after.as_deref());
        self.owners.change(&change.table, &change.key, before, after);
        self.revision = change.revision;
        self.history.push_back(change);
        if self.history.len() > HISTORY {
            self.forgotten = self.history.pop_front().map_or(self.forgotten, |c| c.revision);
        }
        self.announce.send_replace(self.revision);
    }

    /// The changes after a revision, or the oldest revision that can be asked for when that is gone.
    pub(crate) fn changes_after(&self, revision: u64) -> Result<impl Iterator<Item = &Change>, u64> {
        if revision < self.forgotten {
            return Err(self.forgotten);
        }
        let first = self.history.partition_point(|change| change.revision <= revision);
        Ok(self.history.range(first..))
    }

    /// Forgets everything, in the file too.
    pub(crate) fn clear(&mut self) -> Result<(), StoreError> {
        if let Some(journal) = &mut self.journal {
            journal.clear()?;
        }
        self.tables.clear();
        self.owners = Owners::default();
        self.history.clear();
        self.forgotten = self.revision;
        Ok(())
    }
}
