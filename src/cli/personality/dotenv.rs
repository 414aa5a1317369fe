//! `dotenv get|set|contains|keys|export|merge`: files of `KEY="value"` lines.

use std::path::{Path, PathBuf};

use super::{Stop, Surroundings};
use crate::ui;

const USAGE: &str = "usage: dotenv get KEY [--default VALUE] | set KEY=VALUE | set KEY VALUE | contains KEY | keys | export | merge
       [-f FILE]... [default: DOT_ENV, ./.env]";

pub(super) fn run(words: &[&str], surroundings: &Surroundings) -> Result<(), Stop> {
    let (mut files, mut default, mut operands) = (Vec::new(), "", Vec::new());
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "-f" | "--file" => files.extend(rest.next().map(PathBuf::from)),
            "--default" => default = rest.next().unwrap_or_default(),
            "--verbose" => {}
            "-h" | "--help" => {
                ui::line(USAGE);
                return Ok(());
            }
            word => operands.push(word),
        }
    }
    if files.is_empty() {
        files = default_files(surroundings);
    }
    let first = files.first().cloned().unwrap_or_else(|| PathBuf::from(".env"));
    match operands.as_slice() {
        ["get", key] => {
            let value = get(&read(&first)?, key).filter(|v| !v.is_empty());
            ui::line(&value.unwrap_or_else(|| default.to_owned()));
        }
        ["contains" | "contain" | "has" | "have", key] => {
            if get(&read(&first)?, key).is_none() {
                return Err(Stop::new(""));
            }
        }
        ["keys"] => entries(&read(&first)?).iter().for_each(|entry| ui::line(entry.key)),
        ["export"] => {
            entries(&read(&first)?).iter().for_each(|e| ui::line(&format!("export {}={}", e.key, e.raw)));
        }
        ["merge"] => ui::bytes(merge_all(&files)?.as_bytes()).map_err(|e| Stop::new(e.to_string()))?,
        ["set", assignment] if assignment.contains('=') => set(&first, assignment)?,
        ["set", key, value] => set(&first, &format!("{key}=\"{value}\""))?,
        _ => return Err(Stop::new(USAGE)),
    }
    Ok(())
}

/// The files of `DOT_ENV`, or `.env`.
pub(super) fn default_files(surroundings: &Surroundings) -> Vec<PathBuf> {
    match surroundings.get("DOT_ENV") {
        Some(list) => list.split_whitespace().map(PathBuf::from).collect(),
        None => vec![PathBuf::from(".env")],
    }
}

/// A file's text; a file that is not there is empty.
pub(super) fn read(path: &Path) -> Result<String, Stop> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Stop::of_file(path, &error)),
    }
}

struct Entry<'a> {
    key: &'a str,
    raw: &'a str,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (key, raw) = line.split_once('=')?;
    Some(Entry { key, raw })
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    text.lines().filter_map(entry).collect()
}

/// The value of a key, without its quotes.
pub(super) fn get(text: &str, key: &str) -> Option<String> {
    let entry = entries(text).into_iter().rfind(|e| e.key == key)?;
    let raw = entry.raw.trim_end();
    let raw = raw.strip_prefix('"').unwrap_or(raw);
    Some(raw.strip_suffix('"').unwrap_or(raw).to_owned())
}

/// Sets a variable in a file, which is made where it is missing.
///
/// # Errors
/// The file cannot be read or written; what is wrong, in words.
pub(in crate::cli) fn put(path: &Path, name: &str, value: &str) -> Result<(), String> {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    set(path, &format!("{name}=\"{quoted}\"")).map_err(|stop| stop.message)
}

/// All variables of a file, without quotes; none where it is missing.
pub(in crate::cli) fn variables(path: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let keys = entries(&text).into_iter().map(|entry| entry.key.to_owned());
    keys.filter_map(|key| get(&text, &key).map(|value| (key, value))).collect()
}

fn merge_all(files: &[PathBuf]) -> Result<String, Stop> {
    let mut out = String::new();
    for file in files {
        out = merged(&out, &read(file)?);
    }
    Ok(out)
}

/// Lines of `more` replace those of the same key, and others follow; comments are kept once.
fn merged(text: &str, more: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    for line in more.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let key = entry(line).map(|e| e.key);
        let same = lines.iter_mut().find(|old| match key {
            Some(key) => entry(old).is_some_and(|e| e.key == key),
            None => old.as_str() == line,
        });
        match same {
            Some(old) => line.clone_into(old),
            None => lines.push(line.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn set(path: &Path, assignment: &str) -> Result<(), Stop> {
    let text = merged(&read(path)?, assignment);
    std::fs::write(path, text).map_err(|e| Stop::of_file(path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_their_quotes_and_keys_are_replaced() {
        let text = "# note\nexport A=\"x y\"\nB=1\nB_C=a=b\n";
        assert_eq!(get(text, "A").as_deref(), Some("x y"));
        assert_eq!(get(text, "B").as_deref(), Some("1"));
        assert_eq!(get(text, "B_C").as_deref(), Some("a=b"));
        assert_eq!(get(text, "C"), None);
        assert_eq!(merged(text, "B=2\n# note\nD=3"), "# note\nexport A=\"x y\"\nB=2\nB_C=a=b\nD=3\n");
    }
}
