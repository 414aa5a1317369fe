//! `hub stack init|configure|set|use|ls|rm`: the variables of a stack, kept in `.env` files as hubctl's shell layer does.
//!
//! `.hub/env/NAME.env` has the variables of one domain, and `.env` is a link to the one that is in use. All commands
//! read `.env` beside hub.yaml; a variable that the process has counts more.
//!
//! Source: hub-extensions' `hub-stack-init`, `hub-stack-configure`, `hub-stack-use`, `hub-stack-ls`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::arguments::StackArguments;
use super::conclude::refuse;
use super::exit::Exit;
use super::personality::dotenv;
use super::session::Session;
use super::surroundings::Surroundings;
use crate::diagnostic::Problem;
use crate::lifecycle::Error;
use crate::manifest::ParameterDeclaration;
use crate::ui;

/// Variables of a stack.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum StackCommand {
    /// Make .env, with a name for the stack's domain
    Init(InitArguments),
    /// Give values to the variables that parameters read (`fromEnv`)
    Configure(StackFile),
    /// Set a variable in .env
    Set {
        /// NAME=VALUE
        #[arg(value_name = "NAME=VALUE", required = true)]
        assignments: Vec<String>,
    },
    /// Use the variables of another domain
    Use {
        /// As `hub stack ls` lists it
        name: String,
    },
    /// List the domains that have variables
    Ls,
    /// Forget the variables of a domain
    Rm {
        /// As `hub stack ls` lists it
        name: String,
    },
}

/// Which stack.
#[derive(Args, Clone, Debug)]
pub(super) struct StackFile {
    #[command(flatten)]
    stack: StackArguments,
}

/// Which stack, under which name.
#[derive(Args, Clone, Debug)]
pub(super) struct InitArguments {
    /// The domain's name [default: the stack's name]
    name: Option<String>,
    #[command(flatten)]
    stack: StackArguments,
}

const LINK: &str = ".env";
const FOLDER: &str = ".hub/env";

/// Runs `hub stack`.
pub(super) fn stack(command: StackCommand) -> Exit {
    let done = match command {
        StackCommand::Init(arguments) => init(&arguments),
        StackCommand::Configure(arguments) => configure(&arguments.stack),
        StackCommand::Set { assignments } => assignments.iter().try_for_each(|a| set(Path::new(LINK), a)),
        StackCommand::Use { name } => using(&name),
        StackCommand::Ls => list(),
        StackCommand::Rm { name } => remove(&name),
    };
    done.map_or_else(|error| refuse(None, error), |()| Exit::Done)
}

fn problem(message: impl Into<String>, help: &str) -> Error {
    Problem::new("hub::stack::variables", message).help(help).into()
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    problem(format!("{}: {error}", path.display()), "is the folder writable?")
}

fn file(name: &str) -> Result<PathBuf, Error> {
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(problem(format!("`{name}` is no name of a domain"), "letters, digits, dots and dashes"));
    }
    Ok(Path::new(FOLDER).join(format!("{name}.env")))
}

fn init(arguments: &InitArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &[])?;
    let name = arguments.name.clone().unwrap_or_else(|| session.stack.name.clone());
    let path = file(&name)?;
    std::fs::create_dir_all(FOLDER).map_err(|e| failed(Path::new(FOLDER), &e))?;
    if !path.exists() {
        let text = format!("HUB_DOMAIN_NAME=\"{name}\"\nHUB_STACK_NAME=\"{}\"\n", session.stack.name);
        crate::workspace::write_private(&path, &text).map_err(|e| failed(&path, &e))?;
    }
    using(&name)?;
    let missing = unset(&session);
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|p| variable(p).to_owned()).collect();
        ui::note(&format!("without a value yet: {}; `hub stack configure` asks for them", names.join(", ")));
    }
    Ok(())
}

fn variable(parameter: &ParameterDeclaration) -> &str {
    parameter.from_env.as_deref().unwrap_or_default()
}

/// Parameters whose variable is set nowhere, each variable once.
fn unset(session: &Session) -> Vec<&ParameterDeclaration> {
    let mut found: Vec<&ParameterDeclaration> = Vec::new();
    for parameter in session.stack.parameters.iter().flatten() {
        let name = variable(parameter);
        let is_set = session.surroundings.get(name).is_some();
        if !name.is_empty() && !is_set && !found.iter().any(|p| variable(p) == name) {
            found.push(parameter);
        }
    }
    found
}

fn configure(arguments: &StackArguments) -> Result<(), Error> {
    let session = Session::open(arguments, &[])?;
    let missing = unset(&session);
    if missing.is_empty() {
        ui::line("all variables have values");
        return Ok(());
    }
    if !Surroundings::read().interactive {
        let names: Vec<&str> = missing.iter().map(|p| variable(p)).collect();
        return Err(problem(
            format!("without a value: {}", names.join(", ")),
            "there is no terminal to ask at: `hub stack set NAME=VALUE`, or set them in the environment",
        ));
    }
    for parameter in missing {
        let default = parameter.default.as_ref().map(crate::parameters::text_of).unwrap_or_default();
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let brief = parameter.brief.as_ref().map(|b| format!(" ({b})")).unwrap_or_default();
        let answer = ui::ask(&format!("{}{brief}{shown}: ", variable(parameter)));
        let answer = answer.trim();
        let value = if answer.is_empty() { default.as_str() } else { answer };
        if !value.is_empty() {
            set(Path::new(LINK), &format!("{}={value}", variable(parameter)))?;
        }
    }
    Ok(())
}

fn set(path: &Path, assignment: &str) -> Result<(), Error> {
    let Some((name, value)) = assignment.split_once('=') else {
        return Err(problem(format!("`{assignment}` sets nothing"), "write NAME=VALUE"));
    };
    dotenv::put(path, name, value).map_err(|reason| problem(reason, "is the file writable?"))
}

fn using(name: &str) -> Result<(), Error> {
    let path = file(name)?;
    if !path.is_file() {
        return Err(problem(
            format!("{} does not exist", path.display()),
            "`hub stack ls` lists what there is, `hub stack init NAME` makes one",
        ));
    }
    let link = Path::new(LINK);
    match link.symlink_metadata() {
        Ok(metadata) if !metadata.is_symlink() => {
            return Err(problem(".env is a file of its own, no link", "move it to .hub/env/NAME.env first"));
        }
        Ok(_) => std::fs::remove_file(link).map_err(|e| failed(link, &e))?,
        Err(_) => {}
    }
    std::os::unix::fs::symlink(&path, link).map_err(|e| failed(link, &e))?;
    ui::line(&format!("{} is in use", path.display()));
    Ok(())
}

fn list() -> Result<(), Error> {
    let used = std::fs::read_link(LINK).ok();
    let entries = std::fs::read_dir(FOLDER).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    for name in names.iter().filter_map(|name| name.strip_suffix(".env")) {
        let mark = if used.as_deref() == file(name).ok().as_deref() { "*" } else { " " };
        ui::line(&format!("{mark} {name}"));
    }
    Ok(())
}

fn remove(name: &str) -> Result<(), Error> {
    let path = file(name)?;
    if std::fs::read_link(LINK).is_ok_and(|used| used == path) {
        return Err(problem(
            format!("{name} is in use"),
            "`hub stack use` another one first; what is deployed stays in any case",
        ));
    }
    std::fs::remove_file(&path).map_err(|e| failed(&path, &e))
}
