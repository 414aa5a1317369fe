//! `kustomize build` with the flags that corpora use: `build [--reorder none] [--load-restrictor X] DIR`.

use std::{io::Write, process::ExitCode};

use hub_kustomize::{DiskLoader, LoadRestrictor, Options, Reorder, build};

fn main() -> ExitCode {
    let mut options = Options::default();
    let mut target = String::from(".");
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (arg.clone(), None),
        };
        let mut value = || inline.clone().or_else(|| args.next()).unwrap_or_default();
        match name.as_str() {
            "--reorder" if value() == "none" => options.reorder = Reorder::None,
            "--load-restrictor" if value() == "LoadRestrictionsNone" => {
                options.load_restrictor = LoadRestrictor::None
            }
            "--enable-managedby-label" => options.managed_by_label = true,
            "--reorder" | "--load-restrictor" => {}
            _ => target = arg,
        }
    }
    let mut stderr = std::io::stderr().lock();
    let printed = build(&DiskLoader, &target, &options).and_then(|built| {
        for warning in &built.warnings {
            let _ = writeln!(stderr, "# Warning: {warning}");
        }
        built.resources.to_yaml()
    });
    match printed {
        Ok(text) => {
            let written = std::io::stdout().lock().write_all(text.as_bytes());
            if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            let _ = writeln!(stderr, "Error: {}", error.chain());
            ExitCode::FAILURE
        }
    }
}
