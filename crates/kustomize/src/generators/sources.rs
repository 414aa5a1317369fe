//! Keys and values from `literals`, `files` and `envs`.
//!
//! Source: api `kv/kv.go`, `internal/generators/utils.go`.

use std::collections::BTreeMap;

use crate::{
    error::{Error, Result},
    kustomization::GeneratorArgs,
    loader::Root,
};

/// The data of a generator, by key.
///
/// # Errors
/// A source is none, cannot be read, or a key is there twice.
pub(crate) fn load(args: &GeneratorArgs, root: &Root<'_>, step: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let fail = |message: String| Error::step(step, format!("'{}': {message}", args.name));
    let mut pairs: Vec<(String, Vec<u8>)> = Vec::new();
    for path in &args.envs {
        let content = root.load(path)?;
        lines(&content, &mut pairs).map_err(|message| fail(format!("{path}: {message}")))?;
    }
    for literal in &args.literals {
        pairs.push(parse_literal(literal).map_err(fail)?);
    }
    for source in &args.files {
        let (key, path) = parse_file_source(source).map_err(fail)?;
        pairs.push((key, root.load(&path)?));
    }
    let mut data = BTreeMap::new();
    for (key, value) in pairs {
        if data.contains_key(&key) {
            return Err(fail(format!("the key '{key}' is there twice")));
        }
        data.insert(key, value);
    }
    Ok(data)
}

/// Reads `KEY=value` line by line; empty lines and comments are passed over, a key alone has an empty value.
fn lines(content: &[u8], pairs: &mut Vec<(String, Vec<u8>)>) -> Result<(), String> {
    for (at, line) in content.split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| format!("line {} is not UTF-8", at + 1))?;
        let text = if at == 0 { text.trim_start_matches('\u{FEFF}') } else { text };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(())
}

fn parse_literal(literal: &str) -> Result<(String, Vec<u8>), String> {
    let (key, value) = literal
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| format!("invalid literal '{literal}': expected key=value"))?;
    let quoted = value.len() >= 2
        && ['"', '\''].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote));
    let value = if quoted { &value[1..value.len() - 1] } else { value };
    Ok((key.to_owned(), value.as_bytes().to_vec()))
}

/// `path`, or `key=path`.
fn parse_file_source(source: &str) -> Result<(String, String), String> {
    match source.split_once('=') {
        None => {
            let trimmed = source.trim_end_matches('/');
            let name = trimmed.rsplit('/').next().unwrap_or_default();
            let name = if name.is_empty() { "." } else { name };
            Ok((name.to_owned(), source.to_owned()))
        }
        Some(("", path)) if !path.contains('=') => {
            Err(format!("invalid file source '{source}': the key is missing"))
        }
        Some((_, "")) => Err(format!("invalid file source '{source}': the path is missing")),
        Some((_, path)) if path.contains('=') => {
            Err(format!("invalid file source '{source}': it has more than one '='"))
        }
        Some((key, path)) => Ok((key.to_owned(), path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_lose_one_pair_of_quotes() {
        for (literal, value) in [
            ("a=b", "b"),
            ("a='b'", "b"),
            ("a=\"b", "\"b"),
            ("a=\"\"b\"\"", "\"b\""),
            ("a=b=c", "b=c"),
            ("a=", ""),
        ] {
            assert_eq!(parse_literal(literal), Ok(("a".into(), value.into())), "{literal}");
        }
        assert!(parse_literal("=b").is_err() && parse_literal("ab").is_err());
    }

    #[test]
    fn env_files_are_read_by_line() {
        let mut pairs = Vec::new();
        lines("\u{FEFF}A=1\r\n# no\n\n  B=x=y \nC\n".as_bytes(), &mut pairs).expect("good lines");
        let expected = [("A", "1"), ("B", "x=y "), ("C", "")];
        let found: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), std::str::from_utf8(value).expect("text")))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn file_sources_have_a_key_or_the_name_of_the_file() {
        assert_eq!(parse_file_source("a/b.txt"), Ok(("b.txt".into(), "a/b.txt".into())));
        assert_eq!(parse_file_source("k=a/b.txt"), Ok(("k".into(), "a/b.txt".into())));
        for source in ["=a", "k=", "k=a=b"] {
            assert!(parse_file_source(source).is_err(), "{source}");
        }
    }
}
