//! `color w|e|g|b|h TEXT`: a line in a colour, warnings and errors to standard error.

use std::io::{IsTerminal as _, Read as _};

use super::{Stop, Surroundings};
use crate::ui::{self, Format};

const USAGE: &str = "usage: color [-n] [-e] [-c CODE] [w|e|g|b|h] TEXT";

pub(super) fn run(words: &[&str], surroundings: &Surroundings) -> Result<(), Stop> {
    let mut style = String::new();
    let (mut to_stderr, mut newline) = (false, true);
    let mut rest = words;
    let mut text = None;
    while let [word, after @ ..] = rest {
        rest = after;
        let message = || Some(after.join(" "));
        match *word {
            "-h" | "--help" => {
                ui::line(USAGE);
                return Ok(());
            }
            "-V" | "--verbose" => {}
            "-n" => newline = false,
            "-e" | "--stderr" => to_stderr = true,
            "+b" | "--bold" => style.push_str("\x1b[1m"),
            "-c" | "--color" => {
                style.push_str(&format!("\x1b[3{}m", after.first().unwrap_or(&"7")));
                rest = after.get(1..).unwrap_or_default();
            }
            "b" | "bold" => (style, text) = ("\x1b[1m".into(), message()),
            "g" | "green" => (style, text) = ("\x1b[32m".into(), message()),
            "h" | "highlight" => (style, text) = ("\x1b[37;1m".into(), message()),
            "w" | "warn" | "warning" => (style, text, to_stderr) = ("\x1b[33;1m".into(), message(), true),
            "e" | "err" | "error" => (style, text, to_stderr) = ("\x1b[31;1m".into(), message(), true),
            "--" => text = Some(String::new()),
            _ => text = Some([&[*word], after].concat().join(" ")),
        }
        if text.is_some() {
            break;
        }
    }
    let text = match text.filter(|t| !t.is_empty()) {
        Some(text) => text,
        None => from_stdin(),
    };
    show(&text, &style, to_stderr, newline, surroundings)
}

fn from_stdin() -> String {
    let mut text = String::new();
    if !std::io::stdin().is_terminal() {
        // What is no text is nothing to show.
        let _ = std::io::stdin().read_to_string(&mut text);
    }
    text.trim_end_matches('\n').to_owned()
}

fn show(
    text: &str,
    style: &str,
    to_stderr: bool,
    newline: bool,
    surroundings: &Surroundings,
) -> Result<(), Stop> {
    let drawn = !style.is_empty() && surroundings.screen(Format::Text).color;
    let text = if drawn { format!("{style}{text}\x1b[0m") } else { text.to_owned() };
    match (to_stderr, newline) {
        (true, _) => ui::note(&text),
        (false, true) => ui::line(&text),
        (false, false) => ui::bytes(text.as_bytes()).map_err(|e| Stop::new(e.to_string()))?,
    }
    Ok(())
}
