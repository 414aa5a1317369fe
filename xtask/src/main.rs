//! Chores of this repository.
//!
//! `cargo xtask walls` checks who may import what, and how long files are. `cargo xtask component-docs` writes the tables
//! in the components' READMEs that come from their manifests.

mod component_docs;
mod walls;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    match std::env::args().nth(1).as_deref() {
        Some("walls") => walls::check(root),
        Some("component-docs") => component_docs::write(root),
        _ => {
            report("usage: cargo xtask walls | component-docs");
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::print_stderr, reason = "a chore talks to whoever runs it")]
fn report(text: &str) {
    eprintln!("{text}");
}
