//! Tries out the sources of a generator.
//!
//! In: an entry of `configMapGenerator` or `secretGenerator`, and the folder of the kustomization. Out: nothing, or why it
//! could not work.
//!
//! Source: api `kv/kv.go`, api `internal/generators/utils.go`.

use hub_yaml::Node;

use super::{
    error::{Error, Result},
    folder::Folder,
    generators::Kind,
};

/// # Errors
/// A file is missing or lies outside the folder, a literal is none, a key repeats.
pub(super) fn check(generator: &Node, kind: Kind, folder: &dyn Folder) -> Result<()> {
    let name = generator.get("name").and_then(Node::text).unwrap_or_default();
    keys(generator, folder).map_err(|message| Error::Generator {
        what: kind.name(),
        name: name.to_owned(),
        message,
    })
}

fn keys(generator: &Node, folder: &dyn Folder) -> Result<(), String> {
    if generator.get("name").is_none() {
        return Err("it must have a name".to_owned());
    }
    let mut keys: Vec<String> = Vec::new();
    for path in texts(generator, "envs") {
        let text = String::from_utf8(load(folder, path)?).map_err(|_| format!("'{path}' is not UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
        let named = lines.map(|line| line.split('=').next().unwrap_or_default().to_owned());
        keys.extend(named.filter(|key| !key.is_empty()));
    }
    for literal in texts(generator, "literals") {
        match literal.split_once('=') {
            Some((key, _)) if !key.is_empty() => keys.push(key.to_owned()),
            _ => return Err(format!("invalid literal source {literal}, expected key=value")),
        }
    }
    for source in texts(generator, "files") {
        let (key, path) = file_source(source)?;
        load(folder, path)?;
        keys.push(key.to_owned());
    }
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("the key '{}' repeats", pair[0])),
        None => Ok(()),
    }
}

fn texts<'n>(generator: &'n Node, field: &str) -> impl Iterator<Item = &'n str> {
    generator.get(field).map_or(&[][..], Node::items).iter().filter_map(Node::text)
}

/// Key and path of `path` or `key=path`.
fn file_source(source: &str) -> Result<(&str, &str), String> {
    match source.split('=').collect::<Vec<_>>()[..] {
        [path] => Ok((path.trim_end_matches('/').rsplit('/').next().unwrap_or(path), path)),
        ["", path] => Err(format!("missing key name for file path '{path}'")),
        [key, ""] => Err(format!("missing file path for key name '{key}'")),
        [key, path] => Ok((key, path)),
        _ => Err(format!("source '{source}': key name or file path contains '='")),
    }
}

fn load(folder: &dyn Folder, path: &str) -> Result<Vec<u8>, String> {
    let content = folder.read(path).map_err(|error| format!("'{path}' cannot be read: {error}"))?;
    if !folder.is_within(path) {
        return Err(format!("'{path}' is not in or below the folder of the kustomization"));
    }
    Ok(content)
}
