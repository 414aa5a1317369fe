//! Edits of kustomization files, compared with what kustomize v5.8.1 makes of them.
//!
//! Each file in `cases` has commands, the files before them, the exit codes, and the files that were changed after them.
//! With `KUSTOMIZE=/path/to/kustomize` all of that is compared with the program itself, with `RECORD=1` beside it, exit codes
//! and files after are written anew.

mod arguments;
mod case;
mod folder;

use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

use self::{
    arguments::Parsed,
    case::{Case, Files},
    folder::MapFolder,
};
use hub_kustomize::edit;

fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edit/cases");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("cases").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.display().to_string();
        let case = Case::parse(&fs::read_to_string(&path).expect("a case"));
        (name, case)
    };
    paths.into_iter().map(read).collect()
}

/// Runs one command on files; gives whether it was done.
fn run(words: &[String], files: &mut Files) -> Result<(), String> {
    let folder = MapFolder { files: files.clone() };
    let edited = match arguments::parse(words) {
        Parsed::Create(create) => {
            let created = edit::create(&create, &folder).map_err(|e| e.to_string())?;
            files.insert("kustomization.yaml".into(), created.text.unwrap_or_default());
            return Ok(());
        }
        Parsed::Edit(request) => {
            let name = edit::file_name(&folder).map_err(|e| e.to_string())?;
            let edited = edit::edit(&files[name], name, &request, &folder).map_err(|e| e.to_string())?;
            (name, edited)
        }
    };
    let (name, edited) = edited;
    for (path, content) in edited.files {
        files.insert(path, String::from_utf8(content).expect("text"));
    }
    if let Some(text) = edited.text {
        files.insert(name.into(), text);
    }
    Ok(())
}

#[test]
fn files_are_edited_as_by_kustomize() {
    let mut failures = Vec::new();
    let cases = cases();
    assert!(cases.iter().map(|(_, case)| case.commands.len()).sum::<usize>() >= 50);
    for (name, case) in cases {
        let mut files = case.before.clone();
        for command in &case.commands {
            let done = run(&command.words, &mut files);
            if done.is_ok() != (command.exit == 0) {
                failures.push(format!("{name}: {}: {done:?}, expected exit {}", command.line, command.exit));
            }
        }
        let after = case::changed(&case.before, &files);
        if after != case.after {
            failures.push(format!("{name}:\n--- ours\n{}--- kustomize\n{}", show(&after), show(&case.after)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn show(files: &Files) -> String {
    files.iter().map(|(name, text)| format!("[{name}]\n{text}")).collect()
}

#[test]
fn recorded_cases_are_what_kustomize_does() {
    let Ok(program) = env::var("KUSTOMIZE") else {
        return;
    };
    let record = env::var("RECORD").is_ok();
    for (name, mut case) in cases() {
        let folder = env::temp_dir().join(format!("edit-{}-{}", std::process::id(), case.slug()));
        fs::create_dir_all(&folder).expect("a folder");
        for (path, text) in &case.before {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        for command in &mut case.commands {
            let mut child = Command::new(&program);
            let output = child.args(&command.words).current_dir(&folder).output().expect("kustomize runs");
            let code = output.status.code().unwrap_or(-1);
            assert!(record || code == command.exit, "{name}: {}: exit {code}", command.line);
            command.exit = code;
        }
        let mut files = BTreeMap::new();
        folder::read_all(&folder, "", &mut files);
        let after = case::changed(&case.before, &files);
        assert!(record || after == case.after, "{name}:\n{}", show(&after));
        case.after = after;
        if record {
            fs::write(&name, case.print()).expect("the case is written");
        }
        fs::remove_dir_all(folder).expect("the folder goes");
    }
}
