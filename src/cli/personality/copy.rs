//! `copy FROM TO`: copies a file; what was there before and differs is kept as `TO.bak`.

use std::path::Path;

use super::Stop;
use crate::ui;

const USAGE: &str = "usage: copy FROM TO";

pub(super) fn run(words: &[&str]) -> Result<(), Stop> {
    let places: Vec<&str> = words.iter().copied().filter(|w| !matches!(*w, "-V" | "--verbose")).collect();
    match places.as_slice() {
        ["-h" | "--help", ..] => {
            ui::line(USAGE);
            Ok(())
        }
        [from, to] => copy(Path::new(from), Path::new(to)),
        _ => Err(Stop::new(USAGE)),
    }
}

/// Copies one file.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Stop> {
    let content =
        std::fs::read(from).map_err(|_| Stop::with_code(2, format!("{} not found", from.display())))?;
    if let Some(parent) = to.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|e| Stop::of_file(parent, &e))?;
    }
    if let Ok(old) = std::fs::read(to) {
        if old == content {
            ui::line("Already up to date");
            return Ok(());
        }
        let mut backup = to.as_os_str().to_owned();
        backup.push(".bak");
        std::fs::write(&backup, old).map_err(|e| Stop::of_file(Path::new(&backup), &e))?;
    }
    std::fs::write(to, content).map_err(|e| Stop::of_file(to, &e))
}
