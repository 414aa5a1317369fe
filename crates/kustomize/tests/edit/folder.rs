//! Files in memory, as the folder of a kustomization.

use std::{fs, io, path::Path};

use hub_kustomize::edit::Folder;

use super::case::Files;

/// Files in memory.
pub(crate) struct MapFolder {
    pub(crate) files: Files,
}

fn normalize(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}

impl Folder for MapFolder {
    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(&normalize(path)) || self.is_folder(path)
    }

    fn is_folder(&self, path: &str) -> bool {
        let path = normalize(path);
        path.is_empty() || self.files.keys().any(|file| file.starts_with(&format!("{path}/")))
    }

    fn names(&self, path: &str) -> Vec<String> {
        let path = normalize(path);
        let prefix = if path.is_empty() { path } else { path + "/" };
        let below = self.files.keys().filter_map(|file| file.strip_prefix(&prefix));
        let mut names: Vec<String> =
            below.map(|rest| rest.split('/').next().unwrap_or(rest).to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        self.files.get(&normalize(path)).map(|text| text.clone().into_bytes()).ok_or_else(missing)
    }

    fn is_within(&self, path: &str) -> bool {
        !path.starts_with('/') && !path.split('/').any(|part| part == "..")
    }
}

/// All files below a folder on disk.
pub(crate) fn read_all(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_all(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read_to_string(entry.path()).expect("text"));
        }
    }
}
