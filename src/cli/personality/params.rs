//! `params value|json|envvar|flatten|listenv`: parameters of hub files, as scripts read them.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Stop, Surroundings, dotenv};
use crate::parameters::text_of;
use crate::ui;

const USAGE: &str = "usage: params value|json NAME | envvar VARIABLE | flatten | listenv
       [-f FILE]... [-c COMPONENT] [-d DOTENV] [-e] [-S] [default: HUB_FILES]";

pub(super) fn run(words: &[&str], surroundings: &Surroundings) -> Result<(), Stop> {
    let (mut files, mut dotenvs, mut operands) = (Vec::new(), Vec::new(), Vec::new());
    let (mut component, mut fail, mut silent) = (None, false, false);
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "-f" | "--file" => files.extend(rest.next().map(PathBuf::from)),
            "-c" | "--component" => component = rest.next(),
            "-d" | "--dotenv" => dotenvs.extend(rest.next().map(PathBuf::from)),
            "-e" | "--error" => fail = true,
            "-S" | "--silent" => silent = true,
            "-V" | "--verbose" => {}
            "-h" | "--help" => {
                ui::line(USAGE);
                return Ok(());
            }
            word => operands.push(word),
        }
    }
    if dotenvs.is_empty() {
        dotenvs = dotenv::default_files(surroundings);
    }
    let dotenv_text = dotenvs.first().map_or(Ok(String::new()), |file| dotenv::read(file))?;
    if files.is_empty() {
        let list = surroundings.get("HUB_FILES").map(ToOwned::to_owned);
        let list = list.or_else(|| dotenv::get(&dotenv_text, "HUB_FILES")).unwrap_or_default();
        files = list.split_whitespace().map(PathBuf::from).collect();
    }
    if files.is_empty() && !silent {
        return Err(Stop::new("no hub file is named; see -f and HUB_FILES"));
    }
    let all = flatten_files(&files)?;
    let found = match operands.as_slice() {
        ["value", name] => named(&all, name, component).and_then(|p| value_of(p, &dotenv_text, surroundings)),
        ["json", name] => named(&all, name, component).map(ToString::to_string),
        ["envvar" | "env", variable] => {
            all.iter().find(|p| p["fromEnv"] == **variable).map(ToString::to_string)
        }
        ["flatten" | "flat"] => Some(Value::Array(all).to_string()),
        ["listenv"] => {
            let mut names: Vec<&str> = all.iter().filter_map(|p| p["fromEnv"].as_str()).collect();
            names.sort_unstable();
            names.iter().for_each(|name| ui::line(name));
            return Ok(());
        }
        _ => return Err(Stop::new(USAGE)),
    };
    match found {
        Some(text) => ui::line(&text),
        None if fail => return Err(Stop::new(format!("{} not found", operands.last().unwrap_or(&"")))),
        None => {}
    }
    Ok(())
}

/// All parameters of all files; a later one of the same name and component replaces the fields that it has.
fn flatten_files(files: &[PathBuf]) -> Result<Vec<Value>, Stop> {
    let mut all: Vec<Value> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|e| Stop::of_file(file, &e))?;
        for document in serde_yaml::Deserializer::from_str(&text) {
            let document: Value = serde::Deserialize::deserialize(document)
                .map_err(|e| Stop::new(format!("{}: {e}", file.display())))?;
            flatten(&document["parameters"], "", None, &mut all);
        }
    }
    Ok(all)
}

fn flatten(list: &Value, prefix: &str, component: Option<&str>, all: &mut Vec<Value>) {
    for item in list.as_array().into_iter().flatten() {
        let name = text_of(&item["name"]);
        let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        let component = item["component"].as_str().or(component);
        if item["parameters"].is_array() {
            flatten(&item["parameters"], &name, component, all);
            continue;
        }
        let mut leaf: Map<String, Value> = Map::from_iter([("name".to_owned(), json!(name))]);
        let fields = item.as_object().into_iter().flatten();
        leaf.extend(
            fields.filter(|(k, v)| *k != "name" && !v.is_null()).map(|(k, v)| (k.clone(), v.clone())),
        );
        if let Some(component) = component {
            leaf.insert("component".to_owned(), json!(component));
        }
        let leaf = Value::Object(leaf);
        let same = all.iter_mut().find(|p| p["name"] == leaf["name"] && p["component"] == leaf["component"]);
        match (same, leaf) {
            (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
            (_, leaf) => all.push(leaf),
        }
    }
}

/// The parameter of a name: that of the component if it has its own, else the one for all.
fn named<'a>(all: &'a [Value], name: &str, component: Option<&str>) -> Option<&'a Value> {
    let of = |wanted: Option<&str>| {
        all.iter().find(|p| p["name"] == *name && p["component"].as_str().filter(|c| !c.is_empty()) == wanted)
    };
    component.and_then(|c| of(Some(c))).or_else(|| of(None))
}

fn value_of(parameter: &Value, dotenv_text: &str, surroundings: &Surroundings) -> Option<String> {
    let text = |key: &str| Some(text_of(&parameter[key])).filter(|t| !t.is_empty());
    let from_env = || {
        let variable = text("fromEnv")?;
        let listed = dotenv::get(dotenv_text, &variable).filter(|v| !v.is_empty());
        listed.or_else(|| surroundings.get(&variable).map(ToOwned::to_owned))
    };
    text("value").or_else(from_env).or_else(|| text("default"))
}
