//! A case: commands, files before, files after.

use std::collections::BTreeMap;

/// Paths and texts.
pub(crate) type Files = BTreeMap<String, String>;

const OPEN_ENDED: &str = " (no line break at the end)";

/// A command and how it ends.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) line: String,
    pub(crate) words: Vec<String>,
    pub(crate) exit: i32,
}

/// Commands, files before, and those that are new or changed after.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) about: String,
    pub(crate) commands: Vec<Command>,
    pub(crate) before: Files,
    pub(crate) after: Files,
}

impl Case {
    pub(crate) fn parse(text: &str) -> Self {
        let mut case = Case::default();
        let mut file: Option<&mut String> = None;
        let mut open_ended: Vec<(bool, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end_matches('\n');
            if let Some(header) = bare.strip_prefix("-- ") {
                let (when, path) = header.split_once(' ').expect("before or after, and a path");
                let is_before = when == "before";
                let path = match path.strip_suffix(OPEN_ENDED) {
                    Some(path) => {
                        open_ended.push((is_before, path.to_owned()));
                        path
                    }
                    None => path,
                };
                let files = if is_before { &mut case.before } else { &mut case.after };
                file = Some(files.entry(path.to_owned()).or_default());
            } else if let Some(text) = &mut file {
                text.push_str(line);
            } else if let Some(about) = bare.strip_prefix("# ") {
                case.about = about.to_owned();
            } else if let Some(line) = bare.strip_prefix("$ ") {
                case.commands.push(Command { line: line.to_owned(), words: words(line), exit: 0 });
            } else if let Some(exit) = bare.strip_prefix("exit ") {
                let command = case.commands.last_mut().expect("an exit code follows a command");
                command.exit = exit.parse().expect("a number");
            }
        }
        for (is_before, path) in open_ended {
            let files = if is_before { &mut case.before } else { &mut case.after };
            files.entry(path).and_modify(|text| {
                text.pop();
            });
        }
        case
    }

    pub(crate) fn print(&self) -> String {
        let mut out = format!("# {}\n", self.about);
        for command in &self.commands {
            out.push_str(&format!("$ {}\nexit {}\n", command.line, command.exit));
        }
        for (when, files) in [("before", &self.before), ("after", &self.after)] {
            for (path, content) in files {
                let is_open = !content.is_empty() && !content.ends_with('\n');
                let (mark, end) = if is_open { (OPEN_ENDED, "\n") } else { ("", "") };
                out.push_str(&format!("-- {when} {path}{mark}\n{content}{end}"));
            }
        }
        out
    }

    /// The first command as a file name.
    pub(crate) fn slug(&self) -> String {
        let line = format!("{} {}", self.commands[0].line, self.about);
        line.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(150).collect()
    }
}

/// Files that are new or other than before. An empty text stands for a file that is gone.
pub(crate) fn changed(before: &Files, after: &Files) -> Files {
    let new = after.iter().filter(|(path, text)| before.get(*path) != Some(text));
    new.map(|(path, text)| (path.clone(), text.clone())).collect()
}

/// Splits a command line at spaces that are not in quotes. `\n` in double quotes is a line break.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') => match chars.next() {
                Some('n') => word.get_or_insert_default().push('\n'),
                Some(c) => word.get_or_insert_default().push(c),
                None => {}
            },
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
