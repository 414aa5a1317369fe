//! The commands that hooks call by names of their own: `files`, `copy`, `color`, `dotenv`, `params`, `kubeconfig`,
//! `kustomize`, `yq`. They are this program, started under another name.
//!
//! In: the name, arguments, the surroundings. Out: what hubctl's scripts of these names print and do, without bash, curl,
//! tar, jq or yq. Refuses to know: stacks, clusters.
//!
//! Source: hub-extensions' `bin/`. Unlike there, a warning does not take two seconds.

mod color;
mod copy;
pub(super) mod dotenv;
mod files;
mod kubeconfig;
mod params;
mod yq;

use std::path::Path;

use super::exit::Exit;
use super::surroundings::Surroundings;
use crate::ui;

/// The names that hooks find on their PATH, `hub` and `hubctl` aside.
pub(super) const NAMES: [&str; 8] =
    ["files", "copy", "color", "dotenv", "params", "kubeconfig", "kustomize", "yq"];

/// Why a command ends with a code other than 0, after saying why on standard error.
pub(super) struct Stop {
    code: u8,
    message: String,
}

impl Stop {
    fn new(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    fn with_code(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn of_file(path: &Path, error: &std::io::Error) -> Self {
        Self::new(format!("{}: {error}", path.display()))
    }
}

/// The command that the process was started as, if it is one of these.
pub(super) fn named(program: &str) -> Option<&'static str> {
    let name = Path::new(program).file_name()?.to_str()?;
    NAMES.into_iter().find(|known| *known == name)
}

/// Runs the command of a name.
pub(super) fn run(name: &str, arguments: &[String], surroundings: &Surroundings) -> Exit {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match name {
        "files" => files::run(&words, surroundings),
        "copy" => copy::run(&words),
        "color" => color::run(&words, surroundings),
        "dotenv" => dotenv::run(&words, surroundings),
        "params" => params::run(&words, surroundings),
        "yq" => yq::run(&words, surroundings),
        _ => kubeconfig::run(&words, surroundings),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(stop) => {
            if !stop.message.is_empty() {
                ui::note(&format!("{name}: {}", stop.message));
            }
            Exit::Code(stop.code)
        }
    }
}
