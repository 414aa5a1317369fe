//! Who may import what, and how long files are.
//!
//! In: the sources. Out: each breach, with file and line. A wall that should move is moved here, with a reason.

use std::path::Path;
use std::process::ExitCode;

use regex::Regex;

use crate::report;

/// A pattern that only some places may contain.
struct Wall {
    what: &'static str,
    pattern: &'static str,
    allowed: &'static [&'static str],
}

const WALLS: [Wall; 7] = [
    Wall {
        what: "printing",
        pattern: r"\b(e?print(ln)?!|io::(stdout|stderr)\(\))",
        allowed: &["src/ui/", "src/cli/surroundings.rs", "xtask/"],
    },
    Wall {
        what: "the process environment",
        pattern: r"\benv::(var|vars|args|current_exe)",
        allowed: &["src/cli/surroundings.rs", "xtask/"],
    },
    Wall { what: "reqwest", pattern: r"\breqwest::", allowed: &["src/fetch/"] },
    Wall {
        what: "kube",
        pattern: r"\bkube::",
        // The modules of the lifecycle that know kubeconfigs.
        allowed: &[
            "crates/cluster/",
            "crates/sandbox/",
            "src/lifecycle/target.rs",
            "src/lifecycle/kubeconfig.rs",
        ],
    },
    Wall { what: "anyhow", pattern: r"\banyhow::", allowed: &["src/main.rs", "src/cli/", "xtask/"] },
    Wall { what: "the terminal in a library step", pattern: r"\bindicatif::", allowed: &["src/ui/"] },
    Wall { what: "unfinished work", pattern: r"\b(todo|unimplemented)!\(", allowed: &[] },
];

/// Lines at the most. Tables of facts are exempt by name.
const LONGEST: usize = 600;

/// Checks all sources.
pub(crate) fn check(root: &Path) -> ExitCode {
    let mut breaches = Vec::new();
    for folder in ["src", "crates", "xtask/src"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().filter_map(Result::ok) {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "rs") {
                check_file(root, path, &mut breaches);
            }
        }
    }
    for breach in &breaches {
        report(breach);
    }
    if breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check_file(root: &Path, path: &Path, breaches: &mut Vec<String>) {
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let Ok(text) = std::fs::read_to_string(path) else {
        breaches.push(format!("{name}: cannot be read"));
        return;
    };
    let lines = text.lines().count();
    if lines > LONGEST {
        breaches.push(format!("{name}: {lines} lines, more than {LONGEST}"));
    }
    let is_test = name.contains("/tests/")
        || name.ends_with("/tests.rs")
        || name.contains("/examples/")
        || name.contains("/benches/");
    let wall_file = name == "xtask/src/walls.rs";
    if is_test || wall_file {
        return;
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    for wall in &WALLS {
        if wall.allowed.iter().any(|allowed| name.starts_with(allowed)) {
            continue;
        }
        let Ok(pattern) = Regex::new(wall.pattern) else {
            breaches.push(format!("the pattern for {} is wrong", wall.what));
            continue;
        };
        for (number, line) in code.lines().enumerate() {
            let comment = line.trim_start().starts_with("//");
            if !comment && pattern.is_match(line) {
                breaches.push(format!("{name}:{}: {} does not belong here", number + 1, wall.what));
            }
        }
    }
}
