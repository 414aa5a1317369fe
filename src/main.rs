//! The `hub` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(hub::cli::main().code())
}
