//! The file: one checksummed record per write, appended; rewritten at opening once most of it is history.
//!
//! A record is `length: u32 | crc32: u32 | payload`, little endian; the payload is a JSON array
//! `[revision, group, plural, namespace, name]`, a line feed, and the object (nothing for a delete).
//! What follows the last whole record of a file is the unfinished write of a process that was killed: it is cut off.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::objects::{Key, Table};

/// The first bytes of the file, with the version of its form.
const MAGIC: &[u8] = b"hub-sandbox-1\n";
/// A file is rewritten when it holds this many bytes of history, and more history than objects.
const REWRITE_AT: u64 = 4 << 20;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Reading or writing failed.
    #[error("cannot {action} the sandbox file {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{path} is not a sandbox file of this version; remove it, or name another")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another process has the file open.
    #[error("the sandbox file {path} is in use by {holder}")]
    Held {
        /// The file.
        path: PathBuf,
        /// Who uses it.
        holder: super::Holder,
    },
}

/// The latest payload of each object, with its revision.
type Latest<'a> = BTreeMap<Vec<u8>, (u64, &'a [u8])>;

/// One write as read back.
pub(crate) struct Record {
    pub(crate) revision: u64,
    pub(crate) table: Table,
    pub(crate) key: Key,
    /// Nothing for a delete.
    pub(crate) object: Option<Value>,
}

/// The open file.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
}

impl Journal {
    /// Opens or makes the file; gives the latest record of every object that is still there.
    pub(crate) fn open(path: &Path) -> Result<(Journal, Vec<Record>), StoreError> {
        let fail = |action| {
            let path = path.to_owned();
            move |source| StoreError::File { action, path, source }
        };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fail("open"))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail("read"))?;
        if bytes.len() < MAGIC.len() && MAGIC.starts_with(&bytes) {
            file.set_len(0).map_err(fail("write"))?;
            file.write_all(MAGIC).map_err(fail("write"))?;
            bytes = MAGIC.to_vec();
        }
        let Some(body) = bytes.strip_prefix(MAGIC) else {
            return Err(StoreError::Foreign { path: path.to_owned() });
        };
        let (found, whole) = scan(body);
        let end = (MAGIC.len() + whole) as u64;
        if end < bytes.len() as u64 {
            file.set_len(end).map_err(fail("repair"))?;
        }
        let mut journal = Journal { path: path.to_owned(), file, buffer: Vec::new() };
        let live: u64 = found.values().map(|(_, raw)| raw.len() as u64).sum();
        if end > REWRITE_AT && end > 2 * live {
            journal.rewrite(&found)?;
        }
        let mut records: Vec<Record> = found.values().filter_map(|(_, raw)| decode(raw)).collect();
        records.sort_by_key(|record| record.revision);
        Ok((journal, records))
    }

    /// Appends one write.
    pub(crate) fn append(
        &mut self,
        revision: u64,
        table: &Table,
        key: &Key,
        object: Option<&Value>,
    ) -> Result<(), StoreError> {
        self.buffer.clear();
        self.buffer.extend([0; 8]);
        let head = (revision, &table.group, &table.plural, &key.namespace, &key.name);
        serde_json::to_writer(&mut self.buffer, &head).expect("strings and numbers are JSON");
        self.buffer.push(b'\n');
        if let Some(object) = object {
            serde_json::to_writer(&mut self.buffer, object).expect("a JSON value is JSON");
        }
        let (length, sum) = frame(&self.buffer[8..]);
        self.buffer[..4].copy_from_slice(&length);
        self.buffer[4..8].copy_from_slice(&sum);
        let fail = |source| StoreError::File { action: "write", path: self.path.clone(), source };
        self.file.write_all(&self.buffer).map_err(fail)
    }

    /// Empties the file.
    pub(crate) fn clear(&mut self) -> Result<(), StoreError> {
        let fail = |source| StoreError::File { action: "empty", path: self.path.clone(), source };
        self.file.set_len(MAGIC.len() as u64).map_err(fail)
    }

    /// Writes a new file with the latest records only and puts it in the old one's place.
    fn rewrite(&mut self, latest: &Latest<'_>) -> Result<(), StoreError> {
        let path = self.path.clone();
        let fail = |source| StoreError::File { action: "compact", path: path.clone(), source };
        let next = self.path.with_extension("next");
        let mut bytes = MAGIC.to_vec();
        let mut records: Vec<&(u64, &[u8])> = latest.values().collect();
        records.sort_by_key(|(revision, _)| *revision);
        let newest = records.last().map(|(revision, _)| *revision);
        for (revision, payload) in records {
            // a delete is history, except that the newest revision must survive
            if !payload.ends_with(b"\n") || Some(*revision) == newest {
                let (length, sum) = frame(payload);
                bytes.extend(length);
                bytes.extend(sum);
                bytes.extend(*payload);
            }
        }
        let mut file = File::create(&next).map_err(fail)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(fail)?;
        std::fs::rename(&next, &self.path).map_err(fail)?;
        self.file = OpenOptions::new().read(true).append(true).open(&self.path).map_err(fail)?;
        Ok(())
    }
}

fn frame(payload: &[u8]) -> ([u8; 4], [u8; 4]) {
    let length = u32::try_from(payload.len()).expect("an object is smaller than 4 GiB");
    (length.to_le_bytes(), crc32fast::hash(payload).to_le_bytes())
}

/// Finds the latest payload per object, and where the last whole record ends.
fn scan(body: &[u8]) -> (Latest<'_>, usize) {
    let mut latest = BTreeMap::new();
    let mut at = 0;
    while let Some(head) = body.get(at..at + 8) {
        let length = u32::from_le_bytes(head[..4].try_into().expect("four bytes")) as usize;
        let sum = u32::from_le_bytes(head[4..].try_into().expect("four bytes"));
        let Some(payload) = body.get(at + 8..at + 8 + length) else {
            break;
        };
        if crc32fast::hash(payload) != sum {
            break;
        }
        let Some(end) = payload.iter().position(|b| *b == b'\n') else {
            break;
        };
        let Some(comma) = payload.iter().position(|b| *b == b',') else {
            break;
        };
        let revision = std::str::from_utf8(&payload[1..comma]).ok().and_then(|text| text.parse().ok());
        let Some(revision) = revision else { break };
        latest.insert(payload[comma..end].to_vec(), (revision, payload));
        at += 8 + length;
    }
    (latest, at)
}

fn decode(payload: &[u8]) -> Option<Record> {
    let end = payload.iter().position(|b| *b == b'\n')?;
    let (revision, group, plural, namespace, name): (u64, String, String, String, String) =
        serde_json::from_slice(&payload[..end]).ok()?;
    let object = &payload[end + 1..];
    let object = if object.is_empty() { None } else { Some(serde_json::from_slice(object).ok()?) };
    Some(Record { revision, table: Table { group, plural }, key: Key { namespace, name }, object })
}
