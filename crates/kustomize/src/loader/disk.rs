//! Files of the file system.

use std::{fs, io, path::Path};

use super::{Loader, Location};

/// Reads files of the file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskLoader;

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "is a directory, not a file".into(),
        _ => error.to_string(),
    }
}

impl Loader for DiskLoader {
    fn locate(&self, path: &str) -> Result<Location, String> {
        let real = fs::canonicalize(Path::new(path)).map_err(|e| words(&e))?;
        let is_folder = real.is_dir();
        let text = real.to_str().ok_or("the path is not UTF-8")?.to_owned();
        if is_folder {
            return Ok(Location { folder: text, file: None });
        }
        let (folder, file) = text.rsplit_once('/').ok_or("the path has no folder")?;
        Ok(Location {
            folder: if folder.is_empty() { "/".into() } else { folder.into() },
            file: Some(file.to_owned()),
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(path).map_err(|e| words(&e))
    }

    fn is_file(&self, path: &str) -> bool {
        Path::new(path).is_file()
    }
}
