//! `files download|download-tar|copy|abspath|relpath|find-in-path`.

use std::path::{Component, Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::{Stop, Surroundings, copy};
use crate::fetch::{Content, FetchOptions, Fetcher, LOCK_FILE, Limits, Source, unpack};
use crate::lifecycle::merge_folder;
use crate::ui;

const USAGE: &str = "usage: files find-in-path [--dir] FILE | abspath FILE | relpath TARGET SOURCE
       files download URL DEST | download-tar URL DIR [--tar-subpath PATH] | copy FILE DEST";

struct Words<'a> {
    operation: &'a str,
    operands: Vec<&'a str>,
    fail: bool,
    directories: bool,
    subpath: &'a str,
}

pub(super) fn run(words: &[&str], surroundings: &Surroundings) -> Result<(), Stop> {
    let words = match parse(words) {
        Some(words) => words,
        None if words.iter().any(|w| matches!(*w, "-h" | "--help")) => {
            ui::line(USAGE);
            return Ok(());
        }
        None => return Err(Stop::new(USAGE)),
    };
    match (words.operation, words.operands.as_slice()) {
        ("find-in-path", [file]) => find_in_path(file, &words, surroundings),
        ("abspath", [file]) => {
            ui::line(&absolute(Path::new(file)).display().to_string());
            Ok(())
        }
        ("relpath", [target, rest @ ..]) => {
            let source = rest.first().copied().unwrap_or(".");
            ui::line(&relative(&absolute(Path::new(target)), &absolute(Path::new(source))));
            Ok(())
        }
        ("copy", [from, rest @ ..]) => {
            copy::copy(Path::new(from), Path::new(rest.first().copied().unwrap_or(".")))
        }
        ("download", [url, rest @ ..]) => {
            let file = fetch(url, surroundings)?;
            let to = PathBuf::from(rest.first().copied().unwrap_or("."));
            let name = url.rsplit('/').next().unwrap_or_default();
            copy::copy(&file, &if to.is_dir() { to.join(name) } else { to })
        }
        ("download-tar" | "download-tarball", [url, target]) => {
            let file = fetch(url, surroundings)?;
            extract(&file, url, words.subpath, Path::new(target))
        }
        _ => Err(Stop::new(USAGE)),
    }
}

fn parse<'a>(words: &[&'a str]) -> Option<Words<'a>> {
    let mut parsed =
        Words { operation: "", operands: Vec::new(), fail: false, directories: false, subpath: "" };
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "-e" | "--error" | "--fail" => parsed.fail = true,
            "-V" | "--verbose" => {}
            "--dir" => parsed.directories = true,
            "--tar-subpath" => parsed.subpath = rest.next()?,
            word if word.starts_with('-') => return None,
            word if parsed.operation.is_empty() => parsed.operation = word,
            word => parsed.operands.push(word),
        }
    }
    (!parsed.operation.is_empty()).then_some(parsed)
}

/// Gets a URL through the cache that all downloads share.
fn fetch(url: &str, surroundings: &Surroundings) -> Result<PathBuf, Stop> {
    let failed = |error: &dyn std::error::Error| {
        let cause = error.source().map(|s| format!(": {s}")).unwrap_or_default();
        Stop::new(format!("{error}{cause}"))
    };
    let source = Source::parse(url).map_err(|e| failed(&e))?;
    let cache = surroundings.cache_dir().unwrap_or_else(|| PathBuf::from(".hub/cache"));
    let offline = surroundings.get("HUB_OFFLINE").is_some_and(|v| v == "true" || v == "1");
    // What hooks download is pinned beside the rest of the stack.
    let lock_file = surroundings.get("HUB_BASE_DIR").map(|base| Path::new(base).join(LOCK_FILE));
    let options = FetchOptions { offline, lock_file, ..FetchOptions::new(cache) };
    let fetcher = Fetcher::new(options, CancellationToken::new()).map_err(|e| failed(&e))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(&e))?;
    let fetched = runtime.block_on(fetcher.fetch(&source, Path::new("."), Content::Any, &|_| {}));
    let fetched = fetched.map_err(|e| failed(&e))?;
    if fetched.size == 0 {
        return Err(Stop::new(format!("have got empty file (url: {url})")));
    }
    Ok(fetched.path)
}

/// Puts an archive's content, or a part of it, into a folder, which is emptied first.
fn extract(archive: &Path, url: &str, subpath: &str, target: &Path) -> Result<(), Stop> {
    let failed = |e: std::io::Error| Stop::of_file(target, &e);
    let holder = tempfile::tempdir().map_err(failed)?;
    let content = holder.path().join("content");
    unpack(archive, url, &content, Limits::default()).map_err(|e| Stop::new(e.to_string()))?;
    let from = content.join(subpath.trim_matches('/'));
    if !from.is_dir() {
        return Err(Stop::new(format!("{url} has no folder {subpath}")));
    }
    if target.exists() {
        std::fs::remove_dir_all(target).map_err(failed)?;
    }
    std::fs::create_dir_all(target).map_err(failed)?;
    merge_folder(&from, target).map_err(failed)
}

fn find_in_path(file: &str, words: &Words<'_>, surroundings: &Surroundings) -> Result<(), Stop> {
    let file = file.trim_start_matches('/');
    let path = format!(".hub:.hub/bin:{}", surroundings.get("PATH").unwrap_or_default());
    let found = path.split(':').map(|folder| Path::new(folder).join(file)).find(|candidate| {
        use std::os::unix::fs::PermissionsExt as _;
        candidate
            .metadata()
            .is_ok_and(|m| if m.is_dir() { words.directories } else { m.permissions().mode() & 0o111 != 0 })
    });
    match found {
        Some(found) => ui::line(&absolute(&found).display().to_string()),
        None if words.fail => return Err(Stop::with_code(44, "")),
        None => {}
    }
    Ok(())
}

/// The path from the root, without `.` and `..`; what is not there is fine.
fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut out = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// How to get to `target` from `source`.
fn relative(target: &Path, source: &Path) -> String {
    let shared = target.components().zip(source.components()).take_while(|(a, b)| a == b).count();
    let up = source.components().count() - shared;
    let parts = std::iter::repeat_n("..".to_owned(), up);
    let down = target.components().skip(shared).map(|c| c.as_os_str().to_string_lossy().into_owned());
    parts.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_source() {
        let relative = |target: &str, source: &str| relative(Path::new(target), Path::new(source));
        assert_eq!(relative("/a/b/c", "/a/d"), "../b/c");
        assert_eq!(relative("/a/b", "/a"), "b");
        assert_eq!(relative("/a", "/a/b/c"), "../..");
        assert_eq!(absolute(Path::new("/a/./b/../c")), Path::new("/a/c"));
    }
}
